"""Clips that viewers cut, where a channel lets them: the same clips, within tighter bounds.

In: a viewer's wish and address. Out: a clip in the making, or why there is none. So many strangers may wish at once that each bound
stands alone: what one address may ask for, how long a clip is, and how much of the queue viewers may fill.
"""

from typing import Final

from tidegate.core.clock import Clock
from tidegate.core.errors import ForbiddenError, InvalidError, RateLimitedError
from tidegate.core.settings import SettingsBook, Subject
from tidegate.media.channels.throttle import AddressThrottle
from tidegate.media.recordings.clips import Clips, ClipsBusyError
from tidegate.media.recordings.settings import CLIPS_PUBLIC
from tidegate.media.recordings.types import Recording

LENGTH_MAX_S: Final = 60.0

BURST: Final = 3
PER_S: Final = 1 / 60
"""Clips one address may cut in a row, and how many come back per second: one a minute."""

WAITING_MAX: Final = 8
"""Clips that may wait when a viewer asks for one more: a quarter of the queue, the rest is for those signed in."""


class ClipsClosedError(ForbiddenError):
    code = "clips-closed"


class ViewerClips:
    """What viewers may cut."""

    def __init__(self, clips: Clips, settings: SettingsBook, clock: Clock) -> None:
        self._clips = clips
        self._settings = settings
        self._throttle = AddressThrottle(clock, burst=BURST, per_s=PER_S)

    def allowed(self, channel: str) -> bool:
        """Whether viewers of `channel` may cut clips at all."""
        return bool(self._settings.value(CLIPS_PUBLIC, Subject(channel=channel)))

    async def cut_last(self, channel: str, last_s: float, address: str) -> Recording:
        """Begin a clip of the last `last_s` seconds of `channel`, for the viewer at `address`.

        Raises:
            ClipsClosedError: this channel's viewers may not.
            InvalidError: it would be too long.
            ClipsBusyError: too many clips wait already.
            RateLimitedError: this address has cut as many as it may for now.
            NothingRecordedError: the channel is not being recorded now.
        """
        if not self.allowed(channel):
            raise ClipsClosedError(
                "Viewers of this channel may not cut clips.",
                hint="Sign in, or have `clips.public` set for the channel.",
            )
        if last_s > LENGTH_MAX_S:
            raise InvalidError(
                f"A viewer's clip has at most {LENGTH_MAX_S:g} s.", hint="Ask for a shorter one."
            )
        if len(self._clips.progress) >= WAITING_MAX:
            raise ClipsBusyError("Many clips are being cut just now.", hint="Try again in a minute.")
        if not self._throttle.allow(address):
            raise RateLimitedError(
                "You have just cut some clips.",
                hint=f"The next one can be cut in {self._throttle.retry_after_s(address)} s.",
            )
        return await self._clips.cut_last(channel, last_s)
