"""Two encoders on one key: the newer one takes over, and the older one's automatic reconnect does not take back. Pure.

In: takeovers, and newcomers. Out: a refusal for an encoder that was itself taken over moments ago, as long as the one
that did it delivers. Each refused attempt renews the wait, so an encoder that retries for ever stays out for ever.
"""

from collections import OrderedDict

from tidegate.core.errors import ConflictError
from tidegate.core.streams import Publisher

REFUSE_S = 15.0
"""How long after it was taken over, or last refused, an encoder may not take back: encoders retry within 2 to 10 s."""

REMEMBERED_MAX = 16
"""Encoders remembered per broadcast; the one longest ago is forgotten."""


class RivalError(ConflictError):
    """A newer encoder has this stream, and keeps it while it delivers."""

    code = "taken-over"


class Rivals:
    def __init__(self) -> None:
        self._until: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def taken_over(self, loser: Publisher, now: float) -> None:
        """`loser` was hung up on in favour of a newer session."""
        self._remember(_identity(loser), now)

    def check(self, newcomer: Publisher, now: float) -> None:
        """Called where `newcomer` would take over from a session that delivers.

        Raises:
            RivalError: it was itself taken over moments ago.
        """
        identity = _identity(newcomer)
        if now >= self._until.get(identity, now):
            return
        self._remember(identity, now)
        raise RivalError(
            "Another encoder took this stream over and is publishing.",
            hint=f"Stop that one first, or keep this one still for {REFUSE_S:.0f} s; if it is not yours, rotate the key.",
        )

    def _remember(self, identity: tuple[str, str, str], now: float) -> None:
        self._until[identity] = now + REFUSE_S
        self._until.move_to_end(identity)
        if len(self._until) > REMEMBERED_MAX:
            self._until.popitem(last=False)


def _identity(publisher: Publisher) -> tuple[str, str, str]:
    """What stays the same when an encoder connects again."""
    return publisher.role, publisher.remote, publisher.encoder
