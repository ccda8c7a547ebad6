"""Frame numbers in the order they were shown, made into a verdict. Pure.

In: each frame's number, or None where it has none, and the breaks between them. Out: a `FrameReport`. Numbers are
modulo 2**32, as the strip carries them; a step is read as the shorter way round.
"""

from collections import Counter, OrderedDict

from tidegate.media.player.types import Place
from tidegate.media.verify.types import Fault, FaultKind, FrameReport

WRAP = 1 << 32
FAULTS_MAX = 100
"""Faults told singly; beyond it they are only counted."""

SEEN_MAX = 8192
"""Frame numbers remembered, so that one that comes again is known: more than four minutes at 30 fps."""


class Ledger:
    """Attributes:
    undecodable, left_out: pieces, counted by whoever feeds the ledger.
    """

    def __init__(self) -> None:
        self._frames = self._unreadable = self._restarts = self._discontinuities = 0
        self._first: int | None = None
        self._highest = 0
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._why = ""
        self._counts: Counter[FaultKind] = Counter()
        self._unexplained: Counter[FaultKind] = Counter()
        self._faults: list[Fault] = []
        self.undecodable = 0
        self.left_out = 0

    def break_(self, why: str) -> None:
        """What follows need not continue what was: `why` explains what is missing or comes again here."""
        self._why = why
        self._discontinuities += why == "discontinuity"

    def frame(self, number: int | None, place: Place) -> None:
        """The next frame on screen."""
        self._frames += 1
        if number is None:
            self._unreadable += 1
            return
        if self._first is None:
            self._first = self._highest = number
        elif number in self._seen:
            self._fault("repeated", number, 1, place)
        else:
            self._go_on(number, place)
        self._remember(number)

    def _go_on(self, number: int, place: Place) -> None:
        step = (number - self._highest + WRAP // 2) % WRAP - WRAP // 2
        if step > 0:
            if step > 1:
                self._fault("missing", (self._highest + 1) % WRAP, step - 1, place)
            self._why = ""
            self._highest = number
        elif self._why and step < -SEEN_MAX:
            self._restarts += 1
            self._why = ""
            self._highest = number
        else:
            self._fault("reordered", number, 1, place)

    def _remember(self, number: int) -> None:
        self._seen[number] = None
        self._seen.move_to_end(number)
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)

    def _fault(self, kind: FaultKind, number: int, count: int, place: Place) -> None:
        self._counts[kind] += count
        if not self._why:
            self._unexplained[kind] += count
        last = self._faults[-1] if self._faults else None
        if (
            last is not None
            and (last.kind, last.explained) == (kind, self._why)
            and number == last.frame + last.count
        ):
            self._faults[-1] = Fault(kind, last.frame, last.count + count, self._why, last.segment, last.part)
        elif len(self._faults) < FAULTS_MAX:
            self._faults.append(Fault(kind, number, count, self._why, place.segment, place.part))

    def report(self) -> FrameReport:
        """What it has come to."""
        lost = self.undecodable or self.left_out
        return FrameReport(
            continuous=self._first is not None and not self._unexplained.total() and not lost,
            frames=self._frames,
            unreadable=self._unreadable,
            first=self._first or 0,
            last=self._highest,
            missing=self._counts["missing"],
            repeated=self._counts["repeated"],
            reordered=self._counts["reordered"],
            unexplained_missing=self._unexplained["missing"],
            unexplained_repeated=self._unexplained["repeated"],
            unexplained_reordered=self._unexplained["reordered"],
            restarts=self._restarts,
            discontinuities=self._discontinuities,
            undecodable=self.undecodable,
            left_out=self.left_out,
            faults=tuple(self._faults),
        )
