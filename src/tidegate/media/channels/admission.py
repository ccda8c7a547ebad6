"""Who may publish: the right key, and only to its own channel. Implements `core.ports.Admission`.

Answers from memory. A right key is admitted whatever else happens; wrong ones are counted by address, and beyond the
throttle's limit they are refused without a log line each, so that a flood of guesses costs a hash and nothing else.
What a refused publisher and the studio are told is the gateway's to pass on: the error holds it.
"""

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import RateLimitedError, UnauthorizedError
from tidegate.media.channels.directory import ChannelDirectory
from tidegate.media.channels.keys import lookup_id, matches
from tidegate.media.channels.throttle import AddressThrottle

LOG_EVERY = 100
"""Of the wrong keys beyond the limit, one in so many is logged."""

_log = structlog.get_logger()


class WrongKeyError(UnauthorizedError):
    code = "wrong-key"


class WrongChannelError(UnauthorizedError):
    code = "wrong-channel"


class TooManyWrongKeysError(RateLimitedError):
    code = "too-many-wrong-keys"


class KeyAdmission:
    """Admits publishers by stream key.

    Attributes:
        admitted, wrong, throttled: counters since start; `wrong` includes keys of another channel, `throttled` those
            refused beyond the limit.
    """

    def __init__(
        self, directory: ChannelDirectory, clock: Clock, throttle: AddressThrottle | None = None
    ) -> None:
        self._directory = directory
        self._throttle = AddressThrottle(clock) if throttle is None else throttle
        self.admitted = 0
        self.wrong = 0
        self.throttled = 0

    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        """Return the name of the channel that `key` may publish to.

        Args:
            protocol: what the publisher speaks, for the log.
            channel: what the publisher asks for; empty: the key alone says it.
            key: what the publisher gave; any text.
            remote_ip: whom wrong keys count against.

        Raises:
            WrongKeyError: no channel has this key.
            WrongChannelError: the key is another channel's.
            TooManyWrongKeysError: `remote_ip` has been wrong too often to be told why.
        """
        stored = self._directory.key(lookup_id(key))
        right = matches(key, stored)
        if stored is not None and right and channel in {"", stored.channel}:
            self.admitted += 1
            return stored.channel
        self._count(protocol, channel, remote_ip)
        error = _wrong_channel(channel) if right else _wrong_key(key)
        _log.warning(
            "publish_refused", protocol=protocol, channel=channel[:80], remote=remote_ip, code=error.code
        )
        raise error

    def _count(self, protocol: str, channel: str, remote_ip: str) -> None:
        self.wrong += 1
        if self._throttle.allow(remote_ip):
            return
        self.throttled += 1
        if self.throttled % LOG_EVERY == 1:
            _log.warning(
                "wrong_keys_throttled",
                protocol=protocol,
                channel=channel[:80],
                remote=remote_ip,
                throttled=self.throttled,
            )
        wait_s = self._throttle.retry_after_s(remote_ip)
        raise TooManyWrongKeysError(
            "Too many wrong stream keys came from this address.",
            hint=f"Check the key, and try again in {wait_s} s.",
            retry_after_s=wait_s,
        )


def _wrong_key(key: str) -> WrongKeyError:
    if not key:
        return WrongKeyError(
            "No stream key was given.",
            hint="Put the channel's stream key where the encoder asks for it; in OBS: Settings, Stream, Stream Key.",
        )
    return WrongKeyError(
        "The stream key is not right.",
        hint="Copy the whole key again, or rotate it in the studio to get a new one.",
    )


def _wrong_channel(channel: str) -> WrongChannelError:
    return WrongChannelError(
        f"The stream key belongs to another channel than {channel[:80]!r}.",
        hint="Use this channel's own key, or leave the channel out of the address.",
    )
