"""What a bucket adds to the contract: it may be away, slow or closed to us, and this machine may die before it has everything."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from buckets import Bucket, BucketServer, carried_over
from tidegate.core.errors import InvalidError
from tidegate.objects import s3
from tidegate.objects.abc import ObjectInfo
from tidegate.objects.errors import ObjectsDeniedError, ObjectsError, ObjectsFullError
from tidegate.objects.s3 import S3Config, S3Objects, parse_s3_dsn


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "RETRY_FIRST_S", 0.05)
    monkeypatch.setattr(s3, "RETRY_MOST_S", 0.1)


@pytest.fixture(scope="module")
def own_server() -> Iterator[BucketServer]:
    """A server that a test may stop."""
    server = BucketServer()
    yield server
    server.stop()


async def test_what_is_whole_leaves_this_machine(
    make_bucket: Callable[[], Awaitable[Bucket]], tmp_path: Path
) -> None:
    bucket = await make_bucket()
    store = bucket.objects(tmp_path / "a")
    await store.put(("manifest", b"m"))
    await store.extend(("reel", 0, b"abc"), ("growing", 0, b"x"))
    await store.seal("reel")
    await carried_over(store)
    assert not (tmp_path / "a" / "leaving" / "reel").exists()
    elsewhere = bucket.objects(tmp_path / "b")
    assert await elsewhere.list_prefix() == [ObjectInfo("manifest", 1), ObjectInfo("reel", 3)]
    assert await elsewhere.get("reel", offset=1, length=1) == b"b"
    await elsewhere.close()
    await store.close()


async def test_a_large_object_goes_in_pieces(
    make_bucket: Callable[[], Awaitable[Bucket]], tmp_path: Path
) -> None:
    bucket = await make_bucket()
    store = bucket.objects(tmp_path / "a")
    data = bytes(range(256)) * (80 << 10)
    await store.put(("large", data))
    await carried_over(store)
    elsewhere = bucket.objects(tmp_path / "b")
    assert await elsewhere.get("large", offset=(9 << 20) + 7, length=3) == bytes([7, 8, 9])
    assert await elsewhere.get("large") == data
    await elsewhere.close()
    await store.close()


async def test_what_was_not_carried_over_is_by_the_next_life(
    own_server: BucketServer, tmp_path: Path
) -> None:
    bucket = await own_server.bucket()
    own_server.stop()
    store = bucket.objects(tmp_path)
    await store.put(("a/manifest", b"m"))
    await store.extend(("a/reel", 0, b"abc"), ("a/growing", 0, b"12"))
    await store.seal("a/reel")
    assert await store.get("a/reel") == b"abc"
    assert store.waiting_bytes == 4
    await store.close()  # nothing of it is told to a server that is away, as after kill -9
    await own_server.begin()
    bucket.make()
    again = bucket.objects(tmp_path)
    assert await again.get("a/growing") == b"12"
    await again.extend(("a/growing", 2, b"34"))
    await carried_over(again)
    assert again.waiting_bytes == 0
    assert await again.list_prefix("a") == [
        ObjectInfo("a/growing", 4),
        ObjectInfo("a/manifest", 1),
        ObjectInfo("a/reel", 3),
    ]
    await again.close()


async def test_an_outage_costs_disk_up_to_a_bound_and_then_writing(
    own_server: BucketServer, tmp_path: Path
) -> None:
    bucket = await own_server.bucket()
    own_server.stop()
    store = bucket.objects(tmp_path, spool_max_bytes=250)
    for number in range(3):
        await store.put((f"reel-{number}", b"x" * 100))
    with pytest.raises(ObjectsFullError, match="wait on this machine's disk"):
        await store.put(("one-too-many", b"x"))
    with pytest.raises(ObjectsFullError):
        await store.extend(("one-too-many", 0, b"x"))
    assert await store.get("reel-2") == b"x" * 100
    with pytest.raises(ObjectsError) as away:
        await store.get("elsewhere")
    assert away.value.code == "objects-unavailable"
    await own_server.begin()
    bucket.make()
    await carried_over(store)
    await store.put(("again", b"x"))
    await carried_over(store)
    assert store.error == ""
    assert len(await store.list_prefix()) == 4
    await store.close()


async def test_what_is_deleted_while_it_is_carried_stays_deleted(
    make_bucket: Callable[[], Awaitable[Bucket]], tmp_path: Path
) -> None:
    store = (await make_bucket()).objects(tmp_path)
    for number in range(12):
        await store.put((f"x/{number}", b"x" * 50_000))
        if number % 2:
            await asyncio.sleep(0.002 * number)
        await store.delete(f"x/{number}")
    await carried_over(store)
    assert await store.list_prefix("x") == []
    await store.close()


async def test_a_missing_bucket_is_an_error_that_says_so(
    make_bucket: Callable[[], Awaitable[Bucket]], tmp_path: Path
) -> None:
    store = (await make_bucket()).objects(tmp_path, bucket="no-such-bucket")
    with pytest.raises(ObjectsError, match="no-such-bucket"):
        await store.list_prefix()
    assert store.errors == 1
    await store.close()


def test_the_address_is_read_and_keys_do_not_belong_in_it() -> None:
    assert parse_s3_dsn("s3://media/a/b?endpoint=http://127.0.0.1:9&region=eu-1") == S3Config(
        "media", "a/b", "http://127.0.0.1:9", "eu-1"
    )
    for wrong in (
        "s3://",
        "s3://key:secret@bucket/",
        "gs://media",
        "s3://media?secret=x",
    ):
        with pytest.raises(InvalidError) as refused:
            parse_s3_dsn(wrong)
        assert "secret@" not in str(refused.value)


def test_a_closed_bucket_is_told_from_one_that_is_away(tmp_path: Path) -> None:
    from obstore.exceptions import GenericError, PermissionDeniedError  # noqa: PLC0415

    store = S3Objects(S3Config("b"), tmp_path)
    assert isinstance(store._failed(PermissionDeniedError("no")), ObjectsDeniedError)
    assert store._failed(GenericError("no")).code == "objects-unavailable"
