"""The settings of one installation: what others may call.

In: edits, each with its author. Out: states in the process's `SettingsBook`, history, differences. Every edit is one
transaction that writes state and history and announces itself in the store's outbox (topic `setting`). Reading needs
no store: it is answered from memory, so settings hold while the store is away; only changing them has to wait.
"""

import asyncio
from typing import Any

import msgspec
import structlog
from sqlalchemy import Row, Select

from tidegate.core.errors import TidegateError, UnavailableError
from tidegate.core.ids import new_id, random_token
from tidegate.core.nodes import Check
from tidegate.core.settings import NUMBER_MAX, Catalogue, SettingChangedError, SettingsBook, SettingState
from tidegate.settings import differences, edits, rows
from tidegate.settings.edits import Edit
from tidegate.settings.errors import HistoryRangeError
from tidegate.settings.soundness import sound
from tidegate.settings.types import (
    FOR_ALL,
    Author,
    HistoryEntry,
    Place,
    SettingChanged,
    SettingDifference,
    SettingHistory,
    SettingProblem,
)
from tidegate.store import Store, Transaction
from tidegate.store.errors import DuplicateRowError

TOPIC = "setting"

HISTORY_PAGE_MAX = 200
DIFF_ENTRIES_MAX = 10_000
"""Lines of history one difference may be made of; a longer stretch is refused."""

REASON_CHARS_MAX = 500
_SALT_BITS = 80
_SHOWN_MAX = 5

_log = structlog.get_logger()


class SettingsService:
    """Keeps `book` as the store has it.

    Attributes:
        problems: what is stored and cannot be used; its default holds.
    """

    def __init__(self, store: Store, catalogue: Catalogue, book: SettingsBook) -> None:
        self._store = store
        self.catalogue = catalogue
        self.book = book
        self._problems: dict[str, tuple[SettingProblem, ...]] = {}
        self._unsure = True
        self._changing: set[asyncio.Future[Any]] = set()

    @property
    def problems(self) -> list[SettingProblem]:
        return [problem for name in sorted(self._problems) for problem in self._problems[name]]

    def now(self) -> float:
        """Wall time as the history tells it, seconds since the Unix epoch."""
        return self._store.clock.wall()

    async def load(self) -> None:
        """Take in every state that is newer than the one in effect.

        Raises:
            StoreUnavailableError: the store did not answer; what was in effect stays.
        """
        for row in await self._store.read(rows.ALL):
            self._take_in(row)
        self._unsure = False

    async def keep_current(self, every_s: float, *, shared: bool) -> None:
        """Load again and again. Ends by cancellation.

        Where the store is not `shared` with other nodes, it is read anew only after a write whose outcome is unknown.
        """
        while True:
            await asyncio.sleep(every_s)
            if not shared and not self._unsure:
                continue
            try:
                await self.load()
            except UnavailableError as error:
                _log.warning("settings_not_refreshed", reason=error.message)

    async def set(
        self, name: str, value: object, author: Author, place: Place = FOR_ALL, version: int | None = None
    ) -> SettingState:
        """Give a setting a value, for all or for one subject. A text is read as typed.

        `version` is the one it must still have; None: whichever it has.

        Raises:
            SettingNotFoundError: there is no such setting.
            SettingValueError, SettingPlaceError: a bound is broken; the message names it.
            SettingChangedError: it has another version by now; `version` in its data tells which.
        """
        return await self._edit(
            name, edits.set_value(self.catalogue.get(name), place, value), author, version
        )

    async def reset(
        self, name: str, author: Author, place: Place = FOR_ALL, version: int | None = None
    ) -> SettingState:
        """Take back what is set, for all or for one subject; raises as `set` does."""
        return await self._edit(name, edits.reset_value(self.catalogue.get(name), place), author, version)

    async def release(
        self, name: str, value: object, share: float, author: Author, version: int | None = None
    ) -> SettingState:
        """Let a value reach a share of subjects: start a change, or move the one with this value; raises as `set`."""
        change_id = new_id("chg", self._store.region)
        edit = edits.release(self.catalogue.get(name), value, share, change_id, random_token(_SALT_BITS))
        return await self._edit(name, edit, author, version)

    async def promote(
        self, name: str, change: str, author: Author, version: int | None = None
    ) -> SettingState:
        """Make a change's value everyone's; raises as `set` does, and ChangeNotFoundError."""
        return await self._edit(name, edits.promote(self.catalogue.get(name), change), author, version)

    async def abort(self, name: str, change: str, author: Author, version: int | None = None) -> SettingState:
        """Withdraw a change; raises as `promote` does."""
        return await self._edit(name, edits.abort(self.catalogue.get(name), change), author, version)

    async def forget(self, place: Place, author: Author) -> None:
        """Reset every setting at a place that is gone, lest another of its name inherits them."""
        for setting in self.catalogue:
            if place.scope and place.id in self.book.state(setting.name).overrides.get(place.scope, {}):
                await self.reset(setting.name, author, place)

    async def history(self, name: str | None = None, before: str = "", limit: int = 50) -> SettingHistory:
        """Who changed what, newest first: of one setting or of all; `before` is `next` of the page before.

        Raises:
            SettingNotFoundError: there is no such setting.
            HistoryRangeError: `before` or `limit` cannot be read.
        """
        if name is not None:
            self.catalogue.get(name)
        if not 1 <= limit <= HISTORY_PAGE_MAX:
            raise HistoryRangeError(f"A page cannot have {limit} entries.", hint=f"1 to {HISTORY_PAGE_MAX}.")
        cursor = _cursor(before) if before else None
        found = await self._entries(rows.entries_before(name, cursor, limit + 1))
        page, more = found[:limit], len(found) > limit
        return SettingHistory(
            tuple(page), f"{page[-1].at!r}:{page[-1].version}:{page[-1].name}" if more else ""
        )

    def check(self) -> Check:
        """What differs on this node, and what cannot be used, as one line of the health report."""
        if problems := self.problems:
            first = problems[0]
            return Check(
                "settings",
                "degraded",
                f"{len(problems)} stored values cannot be used; {first.name} for {first.place}: {first.message}",
                f"tidegate setting get {first.name} tells more; tidegate setting reset {first.name} takes it back.",
            )
        own = [setting for setting in self.catalogue if self.book.value(setting) != setting.default]
        shown = [
            f"{each.name} = {each.worded(self.book.value(each))} ({self.book.source(each)})"
            for each in own[:_SHOWN_MAX]
        ]
        more = [f"{len(own) - _SHOWN_MAX} more"] if len(own) > _SHOWN_MAX else []
        return Check("settings", "ok", f"Not at their default: {', '.join(shown + more) or 'none'}.")

    def diff(self) -> list[SettingDifference]:
        """What differs from the release's defaults."""
        return differences.from_defaults(self.catalogue, self.book)

    async def diff_times(
        self, since: float, until: float, name: str | None = None
    ) -> list[SettingDifference]:
        """What changed between two moments, seconds since the Unix epoch.

        Raises:
            HistoryRangeError: they are the wrong way round, or too much happened between them.
        """
        if not since < until:
            raise HistoryRangeError("The first moment must be before the second.", hint="Exchange them.")
        if name is not None:
            self.catalogue.get(name)
        return await self._compared(rows.entries_within(name, since, until, DIFF_ENTRIES_MAX + 1))

    async def diff_versions(self, name: str, low: int, high: int) -> list[SettingDifference]:
        """What changed between two versions of a setting; raises as `diff_times`."""
        if not 0 <= low < high <= NUMBER_MAX:
            raise HistoryRangeError("The first version must be below the second.", hint="Exchange them.")
        self.catalogue.get(name)
        return await self._compared(rows.entries_between(name, low, high, DIFF_ENTRIES_MAX + 1))

    async def _compared(self, statement: Select[Any]) -> list[SettingDifference]:
        found = await self._entries(statement)
        if len(found) > DIFF_ENTRIES_MAX:
            raise HistoryRangeError(
                f"More than {DIFF_ENTRIES_MAX} changes lie between.",
                hint="Ask for a shorter stretch, or one setting.",
            )
        return differences.between(found)

    async def _entries(self, statement: Select[Any]) -> list[HistoryEntry]:
        return [rows.to_entry(row) for row in await self._store.read(statement)]

    async def _edit(self, name: str, edit: Edit, author: Author, version: int | None) -> SettingState:
        """Carry an edit through even if its caller leaves: what the store has done must be in effect."""
        edited = asyncio.ensure_future(self._write(name, edit, author, version))
        self._changing.add(edited)
        edited.add_done_callback(self._changing.discard)
        return await asyncio.shield(edited)

    async def _write(self, name: str, edit: Edit, author: Author, version: int | None) -> SettingState:
        author = msgspec.structs.replace(author, reason=author.reason[:REASON_CHARS_MAX])

        def work(transaction: Transaction) -> tuple[SettingState, HistoryEntry | None]:
            row = rows.find(transaction, name)
            state = SettingState(name) if row is None else _readable(row)
            if version is not None and version != state.version:
                raise _changed(state, version)
            edited = edit(state)
            if edited is None:
                return state, None
            entry = edited.signed(author, transaction.now)
            rows.save(transaction, row, edited.state, entry)
            transaction.emit(TOPIC, SettingChanged(name, entry.version, entry.action, entry.reach, entry.id))
            return edited.state, entry

        try:
            try:
                state, entry = await self._store.write(work)
            except DuplicateRowError:  # another node wrote this setting's first version in the same moment
                state, entry = await self._store.write(work)
        except UnavailableError:
            self._unsure = True  # it may have been committed before the connection went
            raise
        self._apply(state)
        if entry is not None:
            _log.info(
                "setting_changed", setting=name, action=entry.action, place=str(Place(entry.reach, entry.id)),
                old=entry.old, new=entry.new, version=entry.version, who=entry.who, reason=entry.reason,
            )  # fmt: skip
        return self.book.state(name)

    def _take_in(self, row: Row[Any]) -> None:
        try:
            state = rows.to_state(row)
            self._apply(state)
        except msgspec.MsgspecError as error:
            self._found(
                row.name, (SettingProblem(row.name, "all", f"What is stored cannot be read: {error}."),)
            )

    def _apply(self, stored: SettingState) -> None:
        """Put what can be used of a stored state in effect."""
        if stored.version <= self.book.state(stored.name).version:
            return
        try:
            setting = self.catalogue.get(stored.name)
        except TidegateError:
            self._found(
                stored.name,
                (SettingProblem(stored.name, "all", "This release has no such setting; it is left alone."),),
            )
            return
        state, problems = sound(setting, stored)
        self._found(stored.name, problems)
        self.book.apply(state)

    def _found(self, name: str, problems: tuple[SettingProblem, ...]) -> None:
        if problems == self._problems.get(name, ()):
            return
        for problem in problems:
            _log.warning("setting_not_usable", setting=name, place=problem.place, reason=problem.message)
        self._problems[name] = problems


def _readable(row: Row[Any]) -> SettingState:
    """The state to edit. What cannot be read is begun anew; the history has what it was."""
    try:
        return rows.to_state(row)
    except msgspec.MsgspecError:
        return SettingState(row.name, row.version)


def _changed(state: SettingState, expected: int) -> SettingChangedError:
    return SettingChangedError(
        f"{state.name} is at version {state.version} by now, not {expected}: someone else has changed it.",
        hint="Look at what it is now, and decide anew.",
        setting=state.name,
        version=state.version,
    )


def _cursor(text: str) -> tuple[float, str, int]:
    at, _, rest = text.partition(":")
    version, _, name = rest.partition(":")
    try:
        last = float(at), name, int(version)
    except ValueError:
        last = -1.0, "", 0
    if not (0 <= last[0] <= NUMBER_MAX and 0 < last[2] <= NUMBER_MAX):
        raise HistoryRangeError(
            "This is no page of the history.", hint="Give `next` of the page before, or nothing."
        )
    return last
