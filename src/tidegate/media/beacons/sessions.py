"""The playback sessions this node hears of, the one longest silent first; bounded.

In: channel, session and time. Out: the session's state, made where there was none; and, as time passes, those that have fallen
silent. At the bound a session silent for a while gives its place up; where there is none such, newcomers are refused: viewers
who are measured are not pushed out by whoever opens many sessions.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from tidegate.media.beacons.arrival import PlayerClock
from tidegate.media.beacons.errors import TooManySessionsError
from tidegate.media.beacons.order import SeenNumbers
from tidegate.media.beacons.stitch import Place, Stitcher

QUIET_S: Final = 15.0
"""Silent for so long, a session may give up its place to a new one."""
BURST_S: Final = 10.0
"""How many seconds' worth of reports may come at once: what a player held back while its network was away."""


class Session:
    """One playback session.

    Attributes:
        heard_at: when it last reported, monotonic seconds.
    """

    __slots__ = ("_budget", "clock", "heard_at", "seen", "stitcher")

    def __init__(self, place: Place, gap_max_s: float, reports_per_s: float, now: float) -> None:
        self.stitcher = Stitcher(place, gap_max_s)
        self.seen = SeenNumbers()
        self.clock = PlayerClock()
        self.heard_at = now
        self._budget = reports_per_s * BURST_S

    def spend(self, reports: int, reports_per_s: float, now: float) -> bool:
        """Take so many reports; False where the session has made more than is fair."""
        self._budget = (
            min(self._budget + (now - self.heard_at) * reports_per_s, reports_per_s * BURST_S) - reports
        )
        self.heard_at = now
        if self._budget >= 0:
            return True
        self._budget += reports
        return False


class SessionTable:
    """All of them, by channel and id."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def get(self, channel: str, session: str) -> Session | None:
        """The session, which counts as heard of now."""
        found = self._sessions.get((channel, session))
        if found is not None:
            self._sessions.move_to_end((channel, session))
        return found

    def add(self, channel: str, session: str, made: Session, most: int) -> Session | None:
        """Keep a new session; returns the one that gave its place up.

        Raises:
            TooManySessionsError: there are `most`, and none is silent.
        """
        gone = None
        if len(self._sessions) >= most:
            key, oldest = next(iter(self._sessions.items()))
            if made.heard_at - oldest.heard_at < QUIET_S:
                raise TooManySessionsError(
                    "This node hears of as many playback sessions as it can.",
                    hint="Playing is not touched by it.",
                )
            gone = self._sessions.pop(key)
        self._sessions[channel, session] = made
        return gone

    def silent(self, since: float) -> Iterator[Session]:
        """Take out those not heard of since then, monotonic seconds."""
        while self._sessions:
            key, oldest = next(iter(self._sessions.items()))
            if oldest.heard_at > since:
                return
            del self._sessions[key]
            yield oldest
