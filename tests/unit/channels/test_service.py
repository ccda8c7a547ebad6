"""Channels and their keys: every change is stored, announced, and in memory."""

import asyncio
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.errors import InvalidError
from tidegate.core.ids import CHANNEL_NAME, channel_name
from tidegate.media.channels.keys import lookup_id, matches
from tidegate.media.channels.service import ChannelExistsError, ChannelNotFoundError, ChannelService
from tidegate.store import OutboxEvent, Store, StoreUnavailableError


async def announced(store: Store) -> list[tuple[str, object]]:
    events: list[tuple[str, object]] = []

    async def note(event: OutboxEvent) -> None:
        events.append((event.topic, event.payload))

    await store.drain(note)
    return events


async def test_a_new_channel_is_stored_and_in_memory(channels: ChannelService, clock: ManualClock) -> None:
    made = await channels.create("demo", "Demo")
    assert made.channel == await channels.get("demo") == channels.known("demo")
    assert (made.channel.title, made.channel.created_at) == ("Demo", clock.wall())
    assert (made.channel.home_region, made.channel.version) == ("local", 1)
    assert made.channel.key_hint == made.key[-4:]
    assert matches(made.key, channels.directory.key(lookup_id(made.key)))


async def test_channels_are_listed_by_name(channels: ChannelService) -> None:
    for name in ("b", "c", "a"):
        await channels.create(name)
    assert [channel.name for channel in await channels.list()] == ["a", "b", "c"]


async def test_a_taken_name_is_refused_and_keeps_its_key(channels: ChannelService) -> None:
    made = await channels.create("demo", "First")
    with pytest.raises(ChannelExistsError, match="There is a channel 'demo' already"):
        await channels.create("demo", "Second")
    assert channels.known("demo") == made.channel
    assert channels.directory.key(lookup_id(made.key)) is not None


@pytest.mark.parametrize("name", ["", "Demo", "a b", "-a", "a" * 64, "ä", "a/b", "..", "a\n"])
async def test_a_name_that_breaks_the_rule_is_refused(channels: ChannelService, name: str) -> None:
    with pytest.raises(InvalidError, match="is not a channel name"):
        await channels.create(name)
    assert await channels.list() == []


@given(st.text())
def test_a_name_is_refused_or_fits_an_address(name: str) -> None:
    if CHANNEL_NAME.match(name):
        assert channel_name(name) == quote(name, safe="")
    else:
        with pytest.raises(InvalidError) as caught:
            channel_name(name)
        assert len(caught.value.message) < 500


async def test_a_title_is_changed_everywhere(channels: ChannelService, clock: ManualClock) -> None:
    made = await channels.create("demo", "Old")
    clock.advance(5)
    changed = await channels.update("demo", "New")
    assert changed == await channels.get("demo") == channels.known("demo")
    assert (changed.title, changed.version, changed.key_hint) == ("New", 2, made.channel.key_hint)


async def test_a_new_key_replaces_the_old_one(channels: ChannelService) -> None:
    made = await channels.create("demo", "Demo")
    rotated = await channels.rotate_key("demo")
    assert rotated.key != made.key
    assert rotated.channel == await channels.get("demo") == channels.known("demo")
    assert channels.directory.key(lookup_id(made.key)) is None
    assert matches(rotated.key, channels.directory.key(lookup_id(rotated.key)))


async def test_a_deleted_channel_is_gone_everywhere(channels: ChannelService) -> None:
    made = await channels.create("demo")
    await channels.delete("demo")
    with pytest.raises(ChannelNotFoundError):
        await channels.get("demo")
    with pytest.raises(ChannelNotFoundError):
        channels.known("demo")
    assert channels.directory.key(lookup_id(made.key)) is None
    assert (await channels.create("demo")).channel.version == 1


@pytest.mark.parametrize("call", ["get", "delete", "rotate_key"])
async def test_what_is_not_there_cannot_be_changed(channels: ChannelService, call: str) -> None:
    with pytest.raises(ChannelNotFoundError, match="There is no channel 'demo'"):
        await getattr(channels, call)("demo")
    with pytest.raises(ChannelNotFoundError):
        await channels.update("demo", "x")


async def test_every_change_is_announced_in_order(channels: ChannelService, store: Store) -> None:
    await channels.create("demo")
    await channels.update("demo", "x")
    await channels.rotate_key("demo")
    with pytest.raises(ChannelExistsError):
        await channels.create("demo")
    await channels.delete("demo")
    assert await announced(store) == [
        ("channel", {"channel": "demo", "change": change})
        for change in ("created", "updated", "key-rotated", "deleted")
    ]


async def test_no_key_is_ever_announced(channels: ChannelService, store: Store) -> None:
    key = (await channels.create("demo")).key
    assert key not in repr(await announced(store))


async def test_a_fresh_service_knows_what_was_stored(channels: ChannelService, store: Store) -> None:
    made = await channels.create("demo", "Demo")
    await channels.create("gone")
    await channels.delete("gone")
    fresh = ChannelService(store)
    await fresh.load()
    assert fresh.known("demo") == made.channel
    assert len(fresh.directory) == 1
    assert matches(made.key, fresh.directory.key(lookup_id(made.key)))


async def test_loading_again_takes_in_what_another_node_has_changed(
    channels: ChannelService, store: Store
) -> None:
    old = await channels.create("demo")
    other = ChannelService(store)
    new = await other.rotate_key("demo")
    await other.create("new")
    await channels.load()
    assert channels.directory.key(lookup_id(old.key)) is None
    assert matches(new.key, channels.directory.key(lookup_id(new.key)))
    assert channels.known("new").name == "new"


async def test_while_the_store_is_away_nothing_changes_and_everything_is_known(
    channels: ChannelService, store: Store
) -> None:
    made = await channels.create("demo")
    await store.close()
    with pytest.raises(StoreUnavailableError):
        await channels.rotate_key("demo")
    with pytest.raises(StoreUnavailableError):
        await channels.load()
    assert channels.known("demo") == made.channel
    assert channels.directory.key(lookup_id(made.key)) is not None


async def test_a_change_whose_caller_left_shows_after_the_next_one(channels: ChannelService) -> None:
    made = await channels.create("demo")
    task = asyncio.ensure_future(channels.delete("demo"))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await channels.create("other")
    stored = {channel.name for channel in await channels.list()}
    assert ("demo" in stored) == (channels.directory.channel("demo") is not None)
    assert ("demo" in stored) == (channels.directory.key(lookup_id(made.key)) is not None)


async def test_changes_at_once_end_alike_in_store_and_memory(channels: ChannelService) -> None:
    await channels.create("demo")
    made = await asyncio.gather(*(channels.rotate_key("demo") for _ in range(10)))
    right = [one.key for one in made if matches(one.key, channels.directory.key(lookup_id(one.key)))]
    assert len(right) == 1
    assert (await channels.get("demo")).key_hint == right[0][-4:] == channels.known("demo").key_hint
