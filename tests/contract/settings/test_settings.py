"""The settings' service on either engine: who wins, what is remembered, what other nodes and restarts see."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from tidegate.core.clock import ManualClock
from tidegate.core.settings import (
    Catalogue,
    Setting,
    SettingChangedError,
    SettingNotFoundError,
    SettingsBook,
    SettingValueError,
    Subject,
)
from tidegate.settings.errors import (
    ChangeNotFoundError,
    HistoryRangeError,
    SettingPlaceError,
    SettingShareError,
)
from tidegate.settings.service import SettingsService
from tidegate.settings.types import Author, Place
from tidegate.store import OutboxEvent, Store

GRACE = Setting(
    name="origin.grace_s", default=60.0, owner="origin", sentence="Wait.", unit="s", minimum=0, maximum=600
)
LADDER = Setting(name="ladder.on", default=False, owner="ladder", sentence="Whether.", scopes=("channel",))
CATALOGUE = Catalogue([GRACE, LADDER])
ANN = Author("ann", "127.0.0.1", "too long")
DEMO = Place("channel", "demo")

Open = Callable[[], Awaitable[Store]]


async def service_on(store: Store, catalogue: Catalogue = CATALOGUE) -> SettingsService:
    service = SettingsService(store, catalogue, SettingsBook(catalogue))
    await service.load()
    return service


@pytest.fixture
async def service(store: Store) -> SettingsService:
    return await service_on(store)


async def test_a_value_is_in_effect_at_once_and_after_a_restart(service, store):
    state = await service.set(GRACE.name, 5, ANN)
    assert (state.version, state.value) == (1, 5.0)
    assert service.book.value(GRACE) == 5.0
    assert (await service_on(store)).book.value(GRACE) == 5.0


async def test_what_is_typed_is_read_as_typed(service):
    await service.set(GRACE.name, "7.5", ANN)
    await service.set(LADDER.name, "true", ANN)
    assert (service.book.value(GRACE), service.book.value(LADDER)) == (7.5, True)


async def test_a_channels_own_value_and_its_reset(service):
    await service.set(GRACE.name, 5, ANN, DEMO)
    assert service.book.value(GRACE, Subject(channel="demo")) == 5.0
    assert service.book.value(GRACE, Subject(channel="other")) == 60.0
    await service.reset(GRACE.name, ANN, DEMO)
    assert service.book.value(GRACE, Subject(channel="demo")) == 60.0
    assert service.book.state(GRACE.name).overrides == {}


async def test_of_two_writers_at_once_one_wins_and_the_other_is_told(open_store: Open):
    nodes = [await service_on(await open_store()) for _ in range(2)]
    for round_ in range(5):
        answers = await asyncio.gather(
            *(node.set(GRACE.name, 10 * round_ + i, ANN, version=round_) for i, node in enumerate(nodes, 1)),
            return_exceptions=True,
        )
        losers = [answer for answer in answers if isinstance(answer, SettingChangedError)]
        assert len(losers) == 1, answers
        assert losers[0].data["version"] == round_ + 1
        assert losers[0].status == 409
    page = await nodes[0].history()
    assert [entry.version for entry in page.items] == [5, 4, 3, 2, 1]


async def test_without_a_version_nobody_is_refused_and_nothing_is_lost(open_store: Open):
    nodes = [await service_on(await open_store()) for _ in range(2)]
    await asyncio.gather(
        *(
            node.set(GRACE.name, i, ANN, Place("channel", f"c{i}"))
            for i in range(8)
            for node in nodes[i % 2 :][:1]
        )
    )
    for node in nodes:
        await node.load()
        assert len(node.book.state(GRACE.name).overrides["channel"]) == 8
        assert node.book.state(GRACE.name).version == 8


async def test_another_node_follows(open_store: Open):
    here, there = [await service_on(await open_store()) for _ in range(2)]
    told: list[str] = []
    there.book.watch(told.append)
    following = asyncio.create_task(there.keep_current(0.01, shared=True))
    await here.set(GRACE.name, 5, ANN)
    async with asyncio.timeout(5):
        while there.book.value(GRACE) != 5.0:
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert told == [GRACE.name]  # once, however often it was read


async def test_history_tells_who_when_why_and_what_it_was(service, clock: ManualClock):
    await service.set(GRACE.name, 5, ANN)
    clock.advance(10)
    await service.set(GRACE.name, 6, Author("ben"), DEMO)
    await service.reset(GRACE.name, ANN)
    newest, own, first = (await service.history(GRACE.name)).items
    assert (first.who, first.remote, first.reason, first.old, first.new) == (
        "ann",
        "127.0.0.1",
        "too long",
        None,
        5.0,
    )
    assert (own.who, own.reach, own.id, own.old, own.new) == ("ben", "channel", "demo", None, 6.0)
    assert own.at - first.at == pytest.approx(10)
    assert (newest.action, newest.old, newest.new, newest.version) == ("reset", 5.0, None, 3)


async def test_history_is_read_page_by_page_without_gap_or_repeat(service, clock: ManualClock):
    for i in range(7):
        await service.set(GRACE.name, i, ANN)
        await service.set(LADDER.name, i % 2 == 0, ANN)
        if i % 3 == 0:
            clock.advance(1)
    seen, cursor = [], ""
    while True:
        page = await service.history(before=cursor, limit=3)
        seen += [(entry.name, entry.version) for entry in page.items]
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 14
    assert seen[-1][1] == 1
    with pytest.raises(HistoryRangeError):
        await service.history(before="nonsense")
    with pytest.raises(HistoryRangeError):
        await service.history(limit=0)


async def test_setting_what_is_set_counts_no_version(service):
    await service.set(GRACE.name, 5, ANN)
    assert (await service.set(GRACE.name, 5, ANN)).version == 1
    assert (await service.reset(GRACE.name, ANN, DEMO)).version == 1
    assert len((await service.history()).items) == 1


async def test_what_breaks_a_rule_is_refused_and_leaves_no_trace(service):
    for refused, edit in (
        (SettingValueError, service.set(GRACE.name, 601, ANN)),
        (SettingValueError, service.set(GRACE.name, "soon", ANN)),
        (SettingPlaceError, service.set(LADDER.name, True, ANN, Place("node", "n1"))),
        (SettingPlaceError, service.set(GRACE.name, 5, ANN, Place("node", "two words"))),
        (SettingShareError, service.release(GRACE.name, 5, 1.5, ANN)),
        (ChangeNotFoundError, service.promote(GRACE.name, "chg_local_none", ANN)),
    ):
        with pytest.raises(refused):
            await edit
    with pytest.raises(SettingNotFoundError, match=r"Did you mean origin\.grace_s"):
        await service.set("grace_s", 5, ANN)
    assert (await service.history()).items == ()
    assert service.book.state(GRACE.name).version == 0


async def test_a_change_grows_and_is_promoted(service, store):
    started = await service.release(GRACE.name, 5, 0.05, ANN)
    grown = await service.release(GRACE.name, 5, 0.5, ANN)
    assert [change.share for change in grown.changes] == [0.5]
    assert grown.changes[0].id == started.changes[0].id
    assert grown.changes[0].salt == started.changes[0].salt
    reached = [
        name for name in map(str, range(200)) if service.book.value(GRACE, Subject(channel=name)) == 5.0
    ]
    assert 60 < len(reached) < 140
    assert service.book.arms(Subject(channel=reached[0])) == (f"{grown.changes[0].id}:treatment",)
    again = await service_on(store)
    assert all(again.book.value(GRACE, Subject(channel=name)) == 5.0 for name in reached)
    done = await service.promote(GRACE.name, grown.changes[0].id, ANN)
    assert (done.value, done.changes) == (5.0, ())
    assert service.book.arms(Subject(channel=reached[0])) == ()
    shares = [(e.action, e.old_share, e.new_share) for e in (await service.history()).items]
    assert shares == [("promote", 0.5, 0.0), ("release", 0.05, 0.5), ("release", 0.0, 0.05)]


async def test_an_aborted_change_leaves_what_there_was(service):
    await service.set(GRACE.name, 30, ANN)
    state = await service.release(GRACE.name, 5, 1.0, ANN)
    assert service.book.value(GRACE, Subject(channel="demo")) == 5.0
    state = await service.abort(GRACE.name, state.changes[0].id, ANN)
    assert (state.value, state.changes) == (30.0, ())
    assert service.book.value(GRACE, Subject(channel="demo")) == 30.0


async def test_what_todays_bounds_refuse_is_told_and_the_default_holds(service, store):
    await service.set(GRACE.name, 500, ANN)
    await service.set(GRACE.name, 5, ANN, DEMO)
    await service.set(LADDER.name, True, ANN)
    narrow = Setting(
        name="origin.grace_s", default=60.0, owner="origin", sentence="Wait.", minimum=0, maximum=100
    )
    later = await service_on(store, Catalogue([narrow]))
    assert later.book.value(narrow) == 60.0
    assert later.book.value(narrow, Subject(channel="demo")) == 5.0
    assert [(problem.name, problem.place) for problem in later.problems] == [
        ("ladder.on", "all"),
        ("origin.grace_s", "all"),
    ]
    assert "at most 100" in later.problems[1].message
    await later.reset(narrow.name, ANN)
    assert [problem.name for problem in later.problems] == ["ladder.on"]
    assert (await service_on(store)).book.value(LADDER) is True  # the earlier release finds its own again


async def test_a_state_that_cannot_be_read_is_told_and_can_be_set_anew(service, store):
    await service.set(GRACE.name, 5, ANN)
    await store.write(lambda tx: tx.execute(text("UPDATE settings SET state = '{\"value\":[1]}'")).rowcount)
    later = await service_on(store)
    assert later.book.value(GRACE) == 60.0
    assert "cannot be read" in later.problems[0].message
    await later.set(GRACE.name, 7, ANN)
    assert later.book.value(GRACE) == 7.0
    assert later.problems == []


async def test_each_change_is_announced(service, store):
    await service.set(GRACE.name, 5, ANN, DEMO)
    events: list[OutboxEvent] = []

    async def take(event: OutboxEvent) -> None:
        events.append(event)

    await store.drain(take)
    assert [(event.topic, event.payload) for event in events] == [
        ("setting", {"name": GRACE.name, "version": 1, "action": "set", "reach": "channel", "id": "demo"})
    ]


async def test_differences(service, clock: ManualClock):
    await service.set(GRACE.name, 5, ANN)
    clock.advance(10)
    noon = clock.wall()
    clock.advance(10)
    await service.set(GRACE.name, 7, ANN)
    await service.set(GRACE.name, 9, ANN, DEMO)
    await service.reset(GRACE.name, ANN, DEMO)
    await service.release(LADDER.name, True, 0.25, ANN)
    clock.advance(1)
    assert [(each.name, each.old, each.new, each.new_share) for each in service.diff()] == [
        ("ladder.on", False, True, 0.25),
        ("origin.grace_s", 60.0, 7.0, 0.0),
    ]
    since_noon = await service.diff_times(noon, clock.wall())
    assert [(each.name, each.old, each.new, each.new_share) for each in since_noon] == [
        ("ladder.on", None, True, 0.25),
        ("origin.grace_s", 5.0, 7.0, 0.0),
    ]
    assert [(each.old, each.new) for each in await service.diff_versions(GRACE.name, 1, 3)] == [
        (5.0, 7.0),
        (None, 9.0),
    ]
    with pytest.raises(HistoryRangeError):
        await service.diff_times(5, 4)


async def test_a_place_that_is_gone_leaves_nothing_to_inherit(service):
    await service.set(GRACE.name, 5, ANN, DEMO)
    await service.set(LADDER.name, True, ANN, DEMO)
    await service.forget(DEMO, Author("server", reason="channel deleted"))
    assert service.book.state(GRACE.name).overrides == service.book.state(LADDER.name).overrides == {}


async def test_a_caller_who_leaves_does_not_undo_it(service):
    leaving = asyncio.create_task(service.set(GRACE.name, 5, ANN))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    async with asyncio.timeout(5):
        while service.book.value(GRACE) != 5.0:
            await asyncio.sleep(0.01)
