"""Which fault comes when, and which of a viewer's troubles it explains. Pure: a seed and times in, a plan and a table out.

A trouble is explained where it came to a viewer of the channel that was hit, within that kind's window, and is of a sort that such
a fault may cost: a publisher that is cut may cost a discontinuity, and of media that was announced at most one piece a viewer.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Literal

Sort = Literal["lost", "discontinuity", "break", "seek", "stall", "error"]
"""What viewers report: announced media that never came, EXT-X-DISCONTINUITY, decode times that do not go on, a jump to the
live edge, a stop for want of media, a failed request."""

GAPS: frozenset[Sort] = frozenset({"lost", "discontinuity", "break", "seek"})

EARLY_S = 0.5
"""Viewers are looked at four times a second, on a clock of their own."""

PLATFORM_AT = (0.15, 0.38)
"""Where in a run the platform is killed: memory is judged over the second half, of one process."""


@dataclass(frozen=True)
class Kind:
    """A sort of fault.

    Attributes:
        window_s: how long what it causes may come.
        may_cost: which gaps it may cause; stalls and errors any may.
        may_lose_one: it may also cost each viewer one piece of media that was announced.
    """

    name: str
    window_s: float
    may_cost: frozenset[Sort]
    may_lose_one: bool = False


_NEW_SESSION: frozenset[Sort] = frozenset({"discontinuity", "seek"})
CUT = Kind("publisher killed", 10.0, _NEW_SESSION, may_lose_one=True)
"""Where picture had begun a segment for which no sound had come yet, or the other way round, the other track has nothing of
that segment, and its playlist says so (EXT-X-GAP). So it is wherever a new session follows."""

SILENT = Kind("publisher silent for 2 s", 30.0, _NEW_SESSION)
"""What comes after is late, and ffmpeg makes up for it slowly: dates follow after eight segments, with a discontinuity."""

KICK = Kind("publisher hung up on", 10.0, _NEW_SESSION, may_lose_one=True)
TAKEOVER = Kind("newer publisher takes over", 10.0, _NEW_SESSION, may_lose_one=True)
TRANSCODER = Kind("transcoder killed", 10.0, frozenset({"seek"}))
HANG = Kind("transcoder hangs", 12.0, frozenset({"seek"}))
PLATFORM = Kind("platform killed", 30.0, GAPS)
OF_PUBLISHERS = (CUT, SILENT, KICK, TAKEOVER)
OF_LADDERS = (TRANSCODER, HANG)


@dataclass
class Fault:
    """One fault, from when it is due; `at_s` is when it was done, and `channel` None where all are hit."""

    kind: Kind
    due_s: float
    channel: int | None
    at_s: float = 0.0

    def explains(self, trouble: "Trouble") -> bool:
        return (
            self.at_s > 0.0
            and self.channel in {None, trouble.channel}
            and self.at_s - EARLY_S <= trouble.at_s <= self.at_s + self.kind.window_s
        )


@dataclass(frozen=True)
class Trouble:
    """What one look found with one viewer of an audience: how many of a sort, and of stalls how long (`stall_s`)."""

    at_s: float
    channel: int
    audience: str
    viewer: int
    sort: Sort
    count: int
    stall_s: float = 0.0
    words: str = ""


def plan(seed: int, seconds: float, every_s: float, streams: int, ladders: int) -> list[Fault]:
    """One fault every `every_s`, kinds and channels in shuffled turns; none so late that its end would not be seen.

    Ladders are the channels from 0 on.
    """
    chance = random.Random(seed)
    due = [
        every_s * number
        for number in range(1, int(seconds / every_s) + 1)
        if every_s * number <= seconds - 10.0
    ]
    kills = {round(share * len(due)) for share in PLATFORM_AT} if len(due) >= 6 else set()
    kinds = [*OF_PUBLISHERS, *(OF_LADDERS if ladders else ())]
    chance.shuffle(kinds)
    channels = list(range(streams))
    chance.shuffle(channels)
    next_kind, next_channel, next_ladder = cycle(kinds), cycle(channels), cycle(range(max(ladders, 1)))
    faults = []
    for number, due_s in enumerate(due):
        if number in kills:
            faults.append(Fault(PLATFORM, due_s, None))
        else:
            kind = next(next_kind)
            faults.append(Fault(kind, due_s, next(next_ladder if kind in OF_LADDERS else next_channel)))
    return faults


@dataclass
class Row:
    """What the faults of one kind cost, or what came without any."""

    name: str
    count: int = 0
    worst_stall_s: float = 0.0
    stalls: int = 0
    explained: int = 0
    unexplained: int = 0
    errors: int = 0
    sorts: dict[str, int] = field(default_factory=dict)


def attribute(faults: Sequence[Fault], troubles: Iterable[Trouble]) -> tuple[list[Row], list[Trouble]]:
    """A row for each kind that came and one for what no fault explains, and the gaps that are unexplained."""
    rows: dict[str, Row] = {}
    for fault in faults:
        if fault.at_s:
            rows.setdefault(fault.kind.name, Row(fault.kind.name)).count += 1
    rows["none"] = Row("no fault")
    strange = []
    lost_one: set[tuple[int, str, int]] = set()
    for trouble in troubles:
        causes = [fault for fault in faults if fault.explains(trouble)]
        cause = max(causes, key=lambda fault: (trouble.sort in fault.kind.may_cost, fault.at_s), default=None)
        row = rows[cause.kind.name if cause else "none"]
        row.sorts[trouble.sort] = row.sorts.get(trouble.sort, 0) + trouble.count
        if trouble.sort == "stall":
            row.stalls += trouble.count
            row.worst_stall_s = max(row.worst_stall_s, trouble.stall_s)
        elif trouble.sort == "error":
            row.errors += trouble.count
        elif cause is not None and (
            trouble.sort in cause.kind.may_cost or _first_loss(cause, trouble, lost_one)
        ):
            row.explained += trouble.count
        else:
            row.unexplained += trouble.count
            strange.append(trouble)
    return list(rows.values()), strange


def _first_loss(cause: Fault, trouble: Trouble, seen: set[tuple[int, str, int]]) -> bool:
    """Whether this is the one piece that such a fault may cost this viewer."""
    if not cause.kind.may_lose_one or trouble.sort != "lost" or trouble.count > 1:
        return False
    who = (id(cause), trouble.audience, trouble.viewer)
    first = who not in seen
    seen.add(who)
    return first
