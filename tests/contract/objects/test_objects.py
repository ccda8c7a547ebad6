"""One suite over every object store engine."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from buckets import Bucket
from tidegate.objects.abc import ObjectInfo, Objects, checked_key
from tidegate.objects.errors import ObjectKeyError, ObjectNotFoundError, ObjectsError
from tidegate.objects.local import LocalObjects
from tidegate.objects.metrics import ObjectsCollector

State = Literal["local", "spooled", "carried"]
"""Where an engine's objects are when they are read: `spooled` before the bucket has them, `carried` when it alone does."""


@pytest.fixture(params=["local", "spooled", "carried"])
async def objects(
    request: pytest.FixtureRequest, tmp_path: Path, make_bucket: Callable[[], Awaitable[Bucket]]
) -> AsyncIterator[Objects]:
    state: State = request.param
    if state == "local":
        store: Objects = LocalObjects(tmp_path / "objects")
    else:
        store = (await make_bucket()).objects(tmp_path / "spool", carries=state == "carried")
    yield store
    await store.close()


async def test_what_was_put_is_read_back_whole_and_in_ranges(objects: Objects) -> None:
    await objects.put(("live/demo/seg-1.m4s", [b"abc", b"", b"defgh"]), ("live/demo/empty", b""))
    assert await objects.get("live/demo/seg-1.m4s") == b"abcdefgh"
    assert await objects.get("live/demo/seg-1.m4s", offset=2, length=3) == b"cde"
    assert await objects.get("live/demo/seg-1.m4s", offset=7, length=9) == b"h"
    assert await objects.get("live/demo/seg-1.m4s", offset=99, length=1) == b""
    assert await objects.get("live/demo/empty") == b""


async def test_a_later_put_replaces(objects: Objects) -> None:
    await objects.put(("a/b", b"first"))
    await objects.put(("a/b", b"2"))
    assert await objects.get("a/b") == b"2"
    assert await objects.list_prefix() == [ObjectInfo("a/b", 1)]


async def test_an_object_grows_piece_by_piece(objects: Objects) -> None:
    await objects.extend(("live/x/reel", 0, b"abc"), ("live/x/index", 0, b"1\n"))
    await objects.extend(("live/x/index", 2, b"2\n"), ("live/x/reel", 3, [b"de", b"", b"f"]))
    assert await objects.get("live/x/reel") == b"abcdef"
    assert await objects.get("live/x/reel", offset=3, length=3) == b"def"
    assert await objects.get("live/x/index") == b"1\n2\n"
    assert await objects.list_prefix("live") == [ObjectInfo("live/x/index", 4), ObjectInfo("live/x/reel", 6)]


async def test_extending_again_at_the_same_offset_repairs_what_failed(objects: Objects) -> None:
    await objects.extend(("reel", 0, b"abc"))
    await objects.extend(("reel", 3, b"d"))  # as much as a full disk took
    await objects.extend(("reel", 3, b"defg"))
    assert await objects.get("reel") == b"abcdefg"


async def test_a_sealed_object_stays_readable_and_may_even_grow_again(objects: Objects) -> None:
    await objects.extend(("reel", 0, b"abc"))
    await objects.seal("reel", "never/was")
    assert await objects.get("reel") == b"abc"
    await objects.seal("reel")
    await objects.extend(("reel", 3, b"def"))
    assert await objects.get("reel", offset=2, length=2) == b"cd"
    assert await objects.list_prefix() == [ObjectInfo("reel", 6)]


async def test_a_put_replaces_what_was_extended(objects: Objects) -> None:
    await objects.extend(("index", 0, b"many lines"))
    await objects.put(("index", b"one"))
    await objects.extend(("index", 3, b" more"))
    assert await objects.get("index") == b"one more"


async def test_extending_refuses_a_bad_key_before_it_writes(objects: Objects) -> None:
    with pytest.raises(ObjectKeyError):
        await objects.extend(("fine", 0, b"x"), ("../escape", 0, b"x"))
    assert await objects.list_prefix() == []


async def test_thousands_of_pieces_make_one_object(objects: Objects) -> None:
    pieces = [bytes([i % 251]) * (i % 7) for i in range(3000)]
    await objects.put(("many", pieces))
    assert await objects.get("many") == b"".join(pieces)


async def test_listing_is_sorted_and_keeps_to_whole_prefixes(objects: Objects) -> None:
    await objects.put(("a/2", b"xx"), ("a/1/z", b"x"), ("ab/3", b"xxx"))
    assert await objects.list_prefix("a") == [ObjectInfo("a/1/z", 1), ObjectInfo("a/2", 2)]
    assert await objects.list_prefix("none") == []
    usage = await objects.usage()
    assert (usage.objects, usage.used_bytes) == (3, 6)
    assert usage.free_bytes > 0


async def test_deleting_one_many_and_none(objects: Objects) -> None:
    await objects.put(*((f"live/x/{i}", b"x") for i in range(5)), ("live/xy", b"y"))
    await objects.delete("live/x/0", "live/x/1", "never/was")
    assert await objects.delete_prefix("live/x") == 3
    assert await objects.delete_prefix("live/x") == 0
    assert await objects.list_prefix() == [ObjectInfo("live/xy", 1)]
    with pytest.raises(ObjectNotFoundError):
        await objects.get("live/x/4")


async def test_a_folder_is_not_an_object(objects: Objects) -> None:
    await objects.put(("a/b/c", b"x"))
    for key in ("a", "a/b", "a/b/c/d"):
        with pytest.raises(ObjectNotFoundError):
            await objects.get(key)


@pytest.mark.parametrize(
    "key",
    ["", "/abs", "a//b", "a/", "../up", "a/../b", "a/./b", ".hidden", "a/.tmp", "a b", "é", "a\n", "x" * 513],
)
async def test_keys_that_climb_or_hide_are_refused_everywhere(objects: Objects, key: str) -> None:
    for call in (
        objects.put((key, b"")),
        objects.get(key),
        objects.delete(key),
        objects.delete_prefix(key),
        objects.seal(key),
    ):
        with pytest.raises(ObjectKeyError):
            await call
    assert await objects.list_prefix() == []


@given(st.text(max_size=40))
def test_any_accepted_key_stays_below_the_root(text: str) -> None:
    try:
        key = checked_key(text)
    except ObjectKeyError:
        return
    root = Path("/data/objects")
    assert (root / key).as_posix() == f"/data/objects/{key}"
    assert ".." not in Path(key).parts


async def test_counters_say_what_happened(objects: Objects) -> None:
    await objects.put(("a", b"12345"))
    await objects.get("a")
    await objects.delete("a")
    assert (objects.puts, objects.gets, objects.deletes) == (1, 1, 1)
    assert (objects.bytes_written, objects.bytes_read, objects.refused, objects.errors) == (5, 5, 0, 0)


async def test_metrics_show_the_counters(objects: Objects) -> None:
    await objects.put(("a", b"12345"), ("b", b""))
    registry = CollectorRegistry()
    registry.register(ObjectsCollector(objects))
    text = generate_latest(registry).decode()
    assert "tidegate_objects_puts_total 2.0" in text
    assert "tidegate_objects_written_bytes_total 5.0" in text
    assert "tidegate_objects_refused_total 0.0" in text


async def test_local_refuses_at_its_bound_and_recovers(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path, pending_max=4)
    gate = threading.Event()

    def hold(*_: object) -> list[ObjectInfo]:
        gate.wait(5)
        return []

    store._list = hold  # type: ignore[method-assign]
    waiting = [asyncio.create_task(store.list_prefix()) for _ in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(ObjectsError, match="already wait") as refused:
        await store.put(("a", b"x"))
    assert refused.value.code == "objects-busy"
    assert store.refused == 1
    waiting[3].cancel()
    gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    await store.put(("a", b"x"))
    assert await store.get("a") == b"x"
    await store.close()


async def test_local_names_a_full_disk(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path)
    # the file the first put writes aside is the kernel's own full disk
    (tmp_path / ".incoming" / f"{os.getpid()}-0").symlink_to("/dev/full")
    with pytest.raises(ObjectsError) as failed:
        await store.put(("a/b", [b"x" * 5000, b"y"]))
    assert failed.value.code == "objects-full"
    assert failed.value.retryable
    assert store.errors == 1
    assert await store.list_prefix() == []
    await store.close()


async def test_local_names_a_root_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = LocalObjects(tmp_path / "file" / "objects")
    with pytest.raises(ObjectsError) as failed:
        await store.put(("a", b"x"))
    assert failed.value.code == "objects-unavailable"
    await store.close()


async def test_local_leaves_no_half_object_of_an_earlier_life(tmp_path: Path) -> None:
    (tmp_path / ".incoming").mkdir()
    (tmp_path / ".incoming" / "1-1").write_bytes(b"half")
    store = LocalObjects(tmp_path)
    assert list((tmp_path / ".incoming").iterdir()) == []
    await store.put(("a", b"whole"))
    assert await store.list_prefix() == [ObjectInfo("a", 5)]
    await store.close()
