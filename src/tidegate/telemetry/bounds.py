"""How many different values and how much text facts of one table may bring, so that no stranger can make telemetry grow without end.

In: facts. Out: the same facts, with what is too much cut short or called `other`; or none, and why. A whole number that an engine
could not add up is one, too. A text that says who a fact is
about (`IDENTITIES`) is never renamed: beyond the bound the fact is refused. Windows of an hour are counted each for itself.
"""

from collections.abc import Callable
from math import hypot
from operator import attrgetter
from typing import Any, Final

import msgspec

from tidegate.core.clock import Clock
from tidegate.core.facts import Fact
from tidegate.core.facts.reading import COUNT_MAX
from tidegate.telemetry.columns import DIMENSION, IDS, PROSE, columns

WINDOW_S: Final = 3600.0
OTHER: Final = "other"

IDENTITIES: Final = IDS | {"channel", "node", "region"}
"""Texts that say who a fact is about."""

TEXT_CHARS_MAX: Final = 256
PROSE_CHARS_MAX: Final = 8192
ARMS_MAX: Final = 16
CLIPPED_OBJECT: Final = '{"clipped":true}'
"""In the place of a JSON object that is too long: half of one could not be read."""

OBJECTS: Final = frozenset({"fields", "evidence"})

PAST_S: Final = 7 * 86_400.0
FUTURE_S: Final = 600.0
"""How far from now a fact may be dated: every day that facts are dated in is a file of its own."""

SEEN_MAX: Final = 50_000
"""Combinations that are known to be within bounds, so that most facts are looked at once. Forgotten all at once, and learnt anew."""


class Limits(msgspec.Struct, frozen=True):
    """How many different values a window may bring, of a dimension and of an identity."""

    values: int = 1_000
    identities: int = 100_000


class WriterBounds(msgspec.Struct, frozen=True):
    """What the writer may take up.

    Attributes:
        batch_s: how long facts gather at most.
        memory_bytes: of batches that wait in memory.
        spill_bytes: of batches that wait on disk.
    """

    batch_s: float = 1.0
    memory_bytes: int = 64 << 20
    spill_bytes: int = 1 << 30
    limits: Limits = Limits()


class BeyondBoundsError(Exception):
    """The fact is refused; `reason` is a counter's name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TableBounds:
    """One table's.

    Attributes:
        limited: how many facts were changed or refused in this window, by dimension; `limited_before` in the last one.
    """

    def __init__(self, fact: type[Fact], clock: Clock, limits: Limits) -> None:
        declared = columns(fact)
        self.limits = limits
        self.limited: dict[str, int] = {}
        self.limited_before: dict[str, int] = {}
        self._clock = clock
        self._texts = tuple(each.name for each in declared if each.type == DIMENSION)
        self._ids = tuple(each.name for each in declared if each.name in IDS)
        self._prose = tuple(each.name for each in declared if each.name in PROSE)
        counts = [each.name for each in declared if each.type == "Int64"]
        self._counts_of = _all_of(counts)
        self._optional_counts = tuple(each.name for each in declared if each.type == "Nullable(Int64)")
        self._texts_of: Any = attrgetter(*self._texts, "arms")
        self._ids_of: Any = attrgetter(*self._ids) if self._ids else None
        self._seen: set[Any] = set()
        self._seen_ids: set[Any] = set()
        self._values: dict[str, set[str]] = {}
        self._window_ends = clock.monotonic() + WINDOW_S

    def admit(self, fact: Any) -> Any:
        """The fact as it may be kept.

        Raises:
            BeyondBoundsError: it may not.
            TypeError: a field is not of its type.
        """
        now = self._clock.wall()
        if not now - PAST_S <= fact.at <= now + FUTURE_S:
            raise BeyondBoundsError("time")
        self._check_counts(fact)
        texts = self._texts_of(fact)
        if texts not in self._seen:
            fact = self._admit_texts(fact, texts)
        if self._ids_of is not None and (ids := self._ids_of(fact)) not in self._seen_ids:
            fact = self._admit_ids(fact, ids)
        for name in self._prose:
            if len(text := getattr(fact, name)) > PROSE_CHARS_MAX:
                cut = CLIPPED_OBJECT if name in OBJECTS else text[:PROSE_CHARS_MAX]
                fact = msgspec.structs.replace(fact, **{name: cut})
        return fact

    def _check_counts(self, fact: Any) -> None:
        """An engine's whole numbers have 63 bits, and what is longer begins anew below zero, without a word. Those that are
        bounded to 53 can be added up a thousand times, and every reader of JSON keeps them.
        """
        try:
            # No number is larger than the root of all their squares: one call for all of them, as this is asked of every fact.
            if hypot(*self._counts_of(fact)) > COUNT_MAX:
                raise BeyondBoundsError("number")
        except OverflowError:
            raise BeyondBoundsError("number") from None
        for name in self._optional_counts:
            if (value := getattr(fact, name)) is not None and not -COUNT_MAX <= value <= COUNT_MAX:
                raise BeyondBoundsError("number")

    def turn(self) -> None:
        """Begin the next window where this one is over."""
        if self._clock.monotonic() < self._window_ends:
            return
        self._window_ends = self._clock.monotonic() + WINDOW_S
        self.limited_before, self.limited = self.limited, {}
        self._values.clear()
        self._seen.clear()
        self._seen_ids.clear()

    def _admit_texts(self, fact: Any, texts: tuple[Any, ...]) -> Any:
        """A combination that is new: each text by itself."""
        *values, arms = texts
        changed: dict[str, Any] = {}
        for name, value in zip(self._texts, values, strict=True):
            if (kept := self._kept(name, value)) != value:
                changed[name] = kept
        if (
            arms
            and (kept_arms := tuple(dict.fromkeys(self._kept("arms", arm) for arm in arms[:ARMS_MAX])))
            != arms
        ):
            changed["arms"] = kept_arms
        if changed:
            return msgspec.structs.replace(fact, **changed)
        self._remember(self._seen, texts)
        return fact

    def _admit_ids(self, fact: Any, ids: Any) -> Any:
        changed = {
            name: kept
            for name in self._ids
            if (kept := self._kept(name, value := getattr(fact, name))) != value
        }
        if changed:
            return msgspec.structs.replace(fact, **changed)
        self._remember(self._seen_ids, ids)
        return fact

    def _kept(self, name: str, value: str) -> str:
        """A text as it may be kept: cut short, and itself, or `other` where there are too many already."""
        if not isinstance(value, str):
            raise TypeError(f"{name} is no text.")
        value = value[:TEXT_CHARS_MAX]
        known = self._values.setdefault(name, set())
        if not value or value in known:
            return value
        identity = name in IDENTITIES
        if len(known) < (self.limits.identities if identity else self.limits.values):
            known.add(value)
            return value
        self.limited[name] = self.limited.get(name, 0) + 1
        if identity:
            raise BeyondBoundsError("too-many-values")
        return OTHER

    @staticmethod
    def _remember(seen: set[Any], key: Any) -> None:
        if len(seen) >= SEEN_MAX:
            seen.clear()
        seen.add(key)


def _all_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What gives a fact's fields of these names."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda fact: tuple(getattr(fact, name) for name in names)
