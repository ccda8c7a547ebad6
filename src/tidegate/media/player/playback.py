"""The playhead: plays what the buffers hold, stops when one runs dry, goes on when there is enough. Pure.

Flows in: time and media ranges. Flows out: state, startup time, rebuffers, latency. Between two calls nothing
happens that could not be worked out at the second, so it need not be called often to be exact.
"""

from math import inf

from tidegate.media.player.buffer import TrackBuffer
from tidegate.media.player.histogram import Histogram
from tidegate.media.player.rate import RateController
from tidegate.media.player.timeline import Timeline
from tidegate.media.player.types import PlayState

ENOUGH_S = 0.08
"""Buffered ahead before playing begins or goes on: the current frame and a few more, as HAVE_FUTURE_DATA asks."""

ROUNDING_S = 1e-6
"""Sums of seconds are not exact; a place this near to the end of a range is its end."""

EDGE_MOVING_S = 1.0
"""Without new media for so long, the live edge counts as standing still."""


class Playback:
    """One viewer's playhead over all its tracks."""

    def __init__(self, now_s: float, rate: RateController) -> None:
        self.timeline = Timeline()
        self.state: PlayState = "joining"
        self.startup_s = 0.0
        self.rebuffers = 0
        self.rebuffer_s = 0.0
        self.seeks = 0
        self.latency = Histogram()
        self.rate = 1.0
        self._control = rate
        self._tracks: list[TrackBuffer] = []
        self._wanted_s: list[float] = []
        self._enough_s = ENOUGH_S
        self._began_s = self._at_s = self._fed_s = now_s
        self._lasts_until_s = now_s
        self._playhead_s = 0.0

    def add_track(self) -> TrackBuffer:
        buffer = TrackBuffer()
        self._tracks.append(buffer)
        return buffer

    def want(self, position_s: float, ahead_s: float = 0.0) -> None:
        """Ask to begin at this position, once `ahead_s` is buffered; of several tracks' wishes the latest counts."""
        self._wanted_s.append(position_s)
        self._enough_s = max(self._enough_s, ahead_s)

    def before_media(self, now_s: float, wall_s: float) -> None:
        """To be called before media is appended: what it cannot change any more is settled first.

        Nothing is where what was buffered has lasted until now; the playhead is then moved when it is looked at.
        """
        if self.state != "playing" or now_s >= self._lasts_until_s:
            self.advance(now_s, wall_s)

    def fed(self, now_s: float) -> None:
        """New media has just been appended."""
        self._fed_s = now_s
        self._settle(now_s)

    @property
    def buffered_s(self) -> float:
        """What can play without a stop, seconds: the least of all tracks."""
        least = inf
        for track in self._tracks:  # asked some dozen times a second of each of a thousand viewers
            ahead = track.ahead(self._playhead_s)
            least = min(least, ahead)
        return least if least < inf else 0.0

    def latency_s(self, wall_s: float) -> float | None:
        """Wall clock minus PROGRAM-DATE-TIME at the playhead, None before there is one."""
        shown = None if self.state == "joining" else self.timeline.wall(self._playhead_s)
        return None if shown is None else wall_s - shown

    def advance(self, now_s: float, wall_s: float) -> None:
        """Play up to now, then decide the rate to play on at."""
        elapsed = max(0.0, now_s - self._at_s)
        self._at_s = max(now_s, self._at_s)
        if self.state == "playing":
            self._play(elapsed, now_s)
        elif self.state == "stalled":
            self.rebuffer_s += elapsed
        self._settle(now_s)
        if self.state == "playing":
            self._steer(now_s, wall_s)
        for track in self._tracks:
            track.trim(self._playhead_s - 1.0)

    def _play(self, elapsed: float, now_s: float) -> None:
        left = elapsed
        while left > 0.0:
            can = self.buffered_s
            if can > left * self.rate:
                self._playhead_s += left * self.rate
                return
            self._playhead_s += can
            left -= can / self.rate
            if not self._skip_hole():
                self._run_dry(left, now_s)
                return

    def _run_dry(self, for_s: float, now_s: float) -> None:
        if self._tracks and all(track.complete for track in self._tracks):
            self.state = "ended"
            return
        self.state = "stalled"
        self.rebuffers += 1
        self.rebuffer_s += for_s
        self._control.stalled(now_s)

    def _skip_hole(self) -> bool:
        """Go on behind a hole in any track: media comes in order, so what lies before other media will never come.

        Tracks end and begin again at different places, so one's media may begin in another's hole; and what is left before
        a hole may be too little to go on with.
        """
        target = self._playhead_s
        while True:
            starts = [track.next_start(target) for track in self._tracks]
            if not starts or any(start is None for start in starts):
                return False
            latest = max(start for start in starts if start is not None)
            if latest > target:
                target = latest
                continue
            rest = min(self._tracks, key=lambda track: track.ahead(target))
            over = target + rest.ahead(target) + ROUNDING_S
            if rest.ahead(target) >= ENOUGH_S or rest.next_start(over) is None:
                break
            target = over
        if target <= self._playhead_s:
            return False
        self._playhead_s = target
        return True

    def _settle(self, now_s: float) -> None:
        """Leave `joining` or `stalled` when there is enough to play."""
        if self.state == "joining":
            starts = [track.start_s for track in self._tracks]
            if not starts or any(start is None for start in starts):
                return
            self._playhead_s = max([*(s for s in starts if s is not None), *self._wanted_s])
        elif self.state != "stalled":
            return
        enough_s = self._enough_s if self.state == "joining" else ENOUGH_S
        if self.buffered_s < ENOUGH_S and not self._skip_hole():
            self._end_if_complete()
            return
        if self.buffered_s < enough_s and not all(track.complete for track in self._tracks):
            return
        if self.state == "joining":
            self.startup_s = now_s - self._began_s
        else:
            self.rebuffer_s += now_s - self._at_s
        self._at_s = self._lasts_until_s = max(now_s, self._at_s)
        self.state = "playing"

    def _end_if_complete(self) -> None:
        if all(track.complete for track in self._tracks):
            self.state = "ended"

    def _steer(self, now_s: float, wall_s: float) -> None:
        latency_s = self.latency_s(wall_s)
        moving = now_s - self._fed_s < EDGE_MOVING_S
        buffered_s = self.buffered_s
        self.rate, jump = self._control.update(now_s, latency_s, buffered_s, edge_moving=moving)
        self._lasts_until_s = self._at_s + buffered_s / self.rate
        if latency_s is None:
            return
        self.latency.add(latency_s)
        ends = [track.end_s for track in self._tracks if track.end_s is not None]
        if jump and ends and (edge := min(ends) - self._control.target_s) > self._playhead_s:
            self._playhead_s = edge
            self._lasts_until_s = self._at_s
            self.seeks += 1
