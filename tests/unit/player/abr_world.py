"""A player's decisions in a world without sockets: parts of a ladder made in time, one after the other through a network.

The network is a `Trace`, the playhead and its rate law are the player's own. Flows in: a trace, a ladder, seconds. Flows out: what
was shown when. Time moves by the player's tick.
"""

from random import Random

import msgspec

from tidegate.media.crowd.networks import Trace
from tidegate.media.player.abr import RenditionChoice
from tidegate.media.player.playback import Playback
from tidegate.media.player.rate import RateController, RateLimits
from tidegate.media.player.throughput import Throughput

LADDER = (700_000, 1_500_000, 3_000_000, 6_000_000)
PART_S = 0.2
TICK_S = 0.05
MADE_AFTER_S = 0.05
"""From a part's last picture to its place in a playlist."""

SEGMENT_PARTS = 10
KEY_WEIGHT = 3.0
"""The first part of a segment holds a key frame and so many times the bits of each of the others."""

FAR_BEHIND_S = 5.0
AUDIO_BPS = 128_000


class Seen(msgspec.Struct):
    """How a playback went.

    Attributes:
        switches: when, and to which rendition.
        stalled_s: after the first picture, before `settled_s` and after it.
    """

    switches: list[tuple[float, int]]
    start: int
    stalled_s: float = 0.0
    late_stalled_s: float = 0.0
    jumps: int = 0
    last: int = 0

    def after(self, at_s: float) -> int:
        return sum(when >= at_s for when, _ in self.switches)

    def at(self, at_s: float) -> int:
        return next((to for when, to in reversed(self.switches) if when <= at_s), self.start)


def constant(bps: float, rtt_s: float = 0.02, jitter_s: float = 0.0) -> Trace:
    return Trace((bps,), rtt_s=rtt_s, jitter_s=jitter_s)


def bits(index: int, number: int, ladder: tuple[int, ...]) -> float:
    weight = KEY_WEIGHT if number % SEGMENT_PARTS == 0 else 1.0
    return ladder[index] * PART_S * weight * SEGMENT_PARTS / (SEGMENT_PARTS - 1 + KEY_WEIGHT)


class _Transfer(msgspec.Struct):
    """Parts on their way in one request, with their share of the audio.

    Attributes:
        listed_s: when a player knows that they are there; `begin_s`, `came_s`: their first and last byte.
    """

    parts: int
    bits: float
    listed_s: float
    begin_s: float
    came_s: float

    @property
    def duration_s(self) -> float:
        return self.parts * PART_S


class _World:
    def __init__(self, trace: Trace, chance: Random, ladder: tuple[int, ...]) -> None:
        self._trace, self._chance, self._ladder = trace, chance, ladder
        self._playback = Playback(0.0, RateController(RateLimits()))
        self._buffer = self._playback.add_track()
        self._choice, self._measured = RenditionChoice(ladder, 0.0), Throughput()
        self._number, self._free_s = 0, 0.0
        self.seen = Seen([], self._choice.current)

    def tick(self, now_s: float, settled_s: float) -> None:
        before_s = self._playback.rebuffer_s
        self._playback.advance(now_s, now_s)
        while (coming := self._next(now_s)).came_s <= now_s:
            self._take(coming)
        self._coming = coming
        waited_s = now_s - coming.listed_s
        if waited_s > 0 and self._choice.gives_up(waited_s, coming.duration_s):
            was = self._choice.current
            self._measured.add_unfinished(int(self._ladder[was] * coming.duration_s / 8), waited_s)
            self._choice.give_up(now_s, self._measured.bps)
            self._switched(now_s, was)
            self._free_s, self._coming = now_s + self._trace.rtt_s, None
        self.seen.stalled_s, self.seen.last = self._playback.rebuffer_s, self._choice.current
        if now_s > settled_s:
            self.seen.late_stalled_s += self._playback.rebuffer_s - before_s

    _coming: _Transfer | None = None

    def _next(self, now_s: float) -> _Transfer:
        if self._coming is not None:
            return self._coming
        if now_s - self._made_s(self._number) > FAR_BEHIND_S:
            self.seen.jumps += 1
            self._number = int(now_s / PART_S) - 3
        whole = self._number % SEGMENT_PARTS == 0 and (
            self._made_s(self._number + SEGMENT_PARTS - 1) <= self._free_s
        )
        parts = SEGMENT_PARTS if whole else 1
        made_s = self._made_s(self._number + parts - 1)
        # what is hinted has been asked for; what is listed already is asked for now
        behind = self._free_s > made_s
        listed_s = self._free_s if behind else made_s + self._trace.rtt_s / 2
        jitter_s = self._chance.expovariate(1 / self._trace.jitter_s) if self._trace.jitter_s else 0.0
        begin_s = max(self._free_s, listed_s + (self._trace.rtt_s if behind else 0.0) + jitter_s)
        numbers = range(self._number, self._number + parts)
        size = sum(bits(self._choice.current, number, self._ladder) for number in numbers)
        came_s = self._trace.finish(begin_s, size + AUDIO_BPS * PART_S * parts)
        self._coming = _Transfer(parts, size, listed_s, begin_s, came_s)
        return self._coming

    def _made_s(self, number: int) -> float:
        return (number + 1) * PART_S + MADE_AFTER_S

    def _take(self, came: _Transfer) -> None:
        start_s = self._number * PART_S
        self._playback.advance(came.came_s, came.came_s)
        self._playback.timeline.place(0, start_s, None)
        self._buffer.append(start_s, start_s + came.duration_s)
        self._playback.fed(came.came_s)
        self._number, self._free_s, self._coming = self._number + came.parts, came.came_s, None
        share = came.bits / (came.bits + AUDIO_BPS * came.duration_s)
        self._measured.add(int(came.bits / 8), (came.came_s - came.begin_s) * share)
        was = self._choice.current
        self._choice.decide(came.came_s, self._measured.bps, self._playback.rebuffers)
        self._switched(came.came_s, was)
        if self._choice.current != was:
            self._free_s += self._trace.rtt_s

    def _switched(self, now_s: float, was: int) -> None:
        if self._choice.current != was:
            self.seen.switches.append((round(now_s, 3), self._choice.current))


def play(
    trace: Trace, seconds: float, seed: int = 0, ladder: tuple[int, ...] = LADDER, settled_s: float = 10.0
) -> Seen:
    """Play at the live edge for so long."""
    world = _World(trace, Random(seed), ladder)
    for tick in range(1, int(seconds / TICK_S) + 1):
        world.tick(tick * TICK_S, settled_s)
    return world.seen
