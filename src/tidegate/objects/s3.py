"""Object store in a bucket that speaks S3, with this machine's disk before it.

S3 cannot extend an object and may be away, so everything is written to the local spool first and carried over when it is
whole (`put`, or `seal` after `extend`): a call returns when the bytes are on this disk, reading prefers them, and an outage of
the bucket costs disk space up to a bound and nothing else. What has not been carried over when the process dies is by the next.
Objects above 8 MiB go as multipart uploads. Credentials come from the usual `AWS_…` variables, or from the machine's role.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from tidegate.core.backoff import Backoff
from tidegate.core.errors import InvalidError
from tidegate.objects.abc import Content, ObjectInfo, Objects, ObjectsUsage, checked_key
from tidegate.objects.errors import (
    ObjectNotFoundError,
    ObjectsDeniedError,
    ObjectsError,
    ObjectsUnavailableError,
)
from tidegate.objects.spool import Spool

CARRIERS = 3
"""Objects carried over at once."""

RETRY_FIRST_S = 1.0
RETRY_MOST_S = 30.0
"""How long a bucket that did not take an object is left alone: doubling from the first to the most."""

MULTIPART_BYTES = 8 << 20
DELETE_BATCH = 500

_log = structlog.get_logger()


class S3Config(msgspec.Struct, frozen=True):
    """Where the bucket is.

    Attributes:
        prefix: before every key; several installations may share a bucket.
        endpoint: of a server that is not Amazon's, such as `http://127.0.0.1:9000`.
        spool_max_bytes: what may wait on this machine's disk; at the bound writing is refused as on a full disk.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    spool_max_bytes: int = 20 << 30


def parse_s3_dsn(dsn: str) -> S3Config:
    """Read `s3://bucket/prefix?endpoint=https://…&region=…`.

    Raises:
        InvalidError: it has another form, or carries credentials, which belong in the environment.
    """
    url = urlsplit(dsn)
    options = dict(parse_qsl(url.query))
    unknown = options.keys() - {"endpoint", "region"}
    if url.scheme != "s3" or not url.netloc or unknown or "@" in url.netloc:
        raise InvalidError(
            "The object store's address cannot be used.",
            hint="Give s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME; keys come from AWS_ACCESS_KEY_ID and"
            " AWS_SECRET_ACCESS_KEY.",
            field="objects",
        )
    prefix = url.path.strip("/")
    if prefix:
        checked_key(prefix)
    return S3Config(url.netloc, prefix, options.get("endpoint", ""), options.get("region", "us-east-1"))


class S3Objects(Objects):
    """Objects in a bucket. `credentials` as obstore names them; None: from the environment."""

    def __init__(
        self, config: S3Config, spool: Path, *, credentials: Mapping[str, Any] | None = None
    ) -> None:
        self._config = config
        self._spool = Spool(spool, config.spool_max_bytes)
        self._store = _store(config, credentials or {})
        self._changes: Counter[str] = Counter()
        self._outdated: set[str] = set()
        self._carrying: set[str] = set()
        self._due = asyncio.Event()
        self._carriers: list[asyncio.Task[None]] = []
        self.error = ""
        """Why the bucket did not take the last object, empty where it did."""

    @property
    def waiting_bytes(self) -> int:
        """What is on this machine's disk alone."""
        return self._spool.waiting_bytes

    async def put(self, *items: tuple[str, Content]) -> None:
        for key, _ in items:
            checked_key(key)
        self._check_room()
        for key, content in items:
            with self._changing(key):
                await self._spool.put(key, content)
            self._written(content)
        self._carry()

    async def extend(self, *items: tuple[str, int, Content]) -> None:
        for key, _, _ in items:
            checked_key(key)
        self._check_room()
        for key, offset, _ in items:
            if not self._spool.is_growing(key):
                with self._changing(key):
                    if not self._spool.reopen(key) and offset:
                        await self._fetch(key)
        await self._spool.growing.extend(*items)
        for _, _, content in items:
            self._written(content)

    async def seal(self, *keys: str) -> None:
        for key in keys:
            with self._changing(checked_key(key)):
                self._spool.seal(key)
        self._carry()

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> bytes:
        data = await self._spool.get(checked_key(key), offset=offset, length=length)
        if data is None:
            try:
                data = await self._remote_get(key, offset, length)
            except ObjectNotFoundError:  # unless it began to grow again between the two looks
                data = await self._spool.get(key, offset=offset, length=length)
                if data is None:
                    raise
        self.gets += 1
        self.bytes_read += len(data)
        return data

    async def delete(self, *keys: str) -> None:
        for key in keys:
            checked_key(key)
        with ExitStack() as changing:
            for key in keys:
                changing.enter_context(self._changing(key))
            await self._spool.delete(*keys)
            for start in range(0, len(keys), DELETE_BATCH):
                await self._remote_delete(list(keys[start : start + DELETE_BATCH]))
        self.deletes += len(keys)

    async def delete_prefix(self, prefix: str) -> int:
        found = await self.list_prefix(checked_key(prefix))
        if found:
            await self.delete(*(info.key for info in found))
        return len(found)

    async def list_prefix(self, prefix: str = "") -> list[ObjectInfo]:
        here = await self._spool.list_prefix(
            prefix
        )  # before the bucket: what leaves meanwhile is known by then
        found: dict[str, ObjectInfo] = {}
        try:
            async for batch in obstore.list(self._store, checked_key(prefix) if prefix else None):
                found |= {item["path"]: ObjectInfo(item["path"], item["size"]) for item in batch}
        except BaseError as error:
            raise self._failed(error) from error
        found |= {info.key: info for info in here}
        return sorted(found.values(), key=lambda info: info.key)

    async def usage(self) -> ObjectsUsage:
        infos = await self.list_prefix()
        return ObjectsUsage(len(infos), sum(info.size for info in infos), self._spool.free_bytes())

    async def close(self) -> None:
        """Stop carrying; what waits is carried over by the next life."""
        for task in self._carriers:
            task.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)
        self._carriers.clear()
        await self._spool.close()

    @contextmanager
    def _changing(self, key: str) -> Iterator[None]:
        """No carrier takes the key up meanwhile, and what one has under way is no longer the last word."""
        if key in self._carrying:
            self._outdated.add(key)
        self._changes[key] += 1
        try:
            yield
        finally:
            self._changes[key] -= 1
            if not self._changes[key]:
                del self._changes[key]

    def _check_room(self) -> None:
        try:
            self._spool.check_room()
        except ObjectsError:
            self.refused += 1
            self._carry()
            raise

    def _written(self, content: Content) -> None:
        self.puts += 1
        self.bytes_written += len(content) if isinstance(content, bytes) else sum(map(len, content))

    async def _fetch(self, key: str) -> None:
        with suppress(ObjectNotFoundError):
            await self._spool.growing.put((key, await self._remote_get(key, 0, None)))

    def _carry(self) -> None:
        self._due.set()
        if not self._carriers:
            loop = asyncio.get_running_loop()
            self._carriers = [loop.create_task(self._carry_for_ever()) for _ in range(CARRIERS)]

    async def _carry_for_ever(self) -> None:
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S, Random())  # noqa: S311  spreads retries, guards nothing
        while True:
            key = next((key for key in self._spool.waiting if self._may_carry(key)), None)
            if key is None:
                self._due.clear()
                await self._due.wait()
                continue
            self._carrying.add(key)
            try:
                await self._carry_one(key)
                backoff.reset()
            except ObjectsError as error:
                if not self.error:
                    _log.warning("bucket_does_not_take", bucket=self._config.bucket, error=str(error))
                self.error = error.message
                await asyncio.sleep(backoff.next_s())
            finally:
                self._carrying.discard(key)
                self._outdated.discard(key)

    def _may_carry(self, key: str) -> bool:
        return key not in self._carrying and key not in self._changes

    async def _carry_one(self, key: str) -> None:
        path = self._spool.path(key)
        try:
            await obstore.put_async(self._store, key, path, chunk_size=MULTIPART_BYTES, max_concurrency=2)
        except FileNotFoundError:  # deleted, or growing again
            self._spool.forget(key)
            return
        except BaseError as error:
            raise self._failed(error) from error
        if self.error:
            _log.info("bucket_takes_again", bucket=self._config.bucket)
            self.error = ""
        if key not in self._outdated:
            with self._changing(key):
                self._spool.forget(key)
                await self._spool.leaving.delete(key)
        elif not (key in self._changes or key in self._spool.waiting or self._spool.is_growing(key)):
            await self._remote_delete([key])  # it was deleted meanwhile

    async def _remote_get(self, key: str, offset: int, length: int | None) -> bytes:
        try:
            if not offset and length is None:
                return bytes(await (await obstore.get_async(self._store, key)).bytes_async())
            size = (await obstore.head_async(self._store, key))["size"] if length is None else offset + length
            return await self._remote_range(key, offset, size)
        except (FileNotFoundError, NotFoundError):
            raise ObjectNotFoundError(f"No object is stored as {key!r}.", key=key) from None
        except BaseError as error:
            raise self._failed(error) from error

    async def _remote_delete(self, keys: list[str]) -> None:
        try:
            await obstore.delete_async(self._store, keys)
        except (FileNotFoundError, NotFoundError):
            pass
        except BaseError as error:
            raise self._failed(error) from error

    async def _remote_range(self, key: str, start: int, end: int) -> bytes:
        if end <= start:
            return b""
        try:
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))
        except (FileNotFoundError, NotFoundError):
            raise
        except BaseError:
            size = (await obstore.head_async(self._store, key))["size"]
            if size >= end:
                raise
            if size <= start:
                return b""
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=size))

    def _failed(self, error: BaseError) -> ObjectsError:
        self.errors += 1
        bucket = self._config.bucket
        reason = str(error).strip().partition("\n")[0][:200]
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            return ObjectsDeniedError(
                f"The bucket {bucket!r} does not let this server in.",
                hint="Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's policy.",
                bucket=bucket,
            )
        return ObjectsUnavailableError(
            f"The bucket {bucket!r} did not answer: {reason}.",
            hint="Check its name, its endpoint and the network.",
            bucket=bucket,
        )


def _store(config: S3Config, credentials: Mapping[str, Any]) -> S3Store:
    plain = config.endpoint.startswith("http://")
    options: dict[str, Any] = {"endpoint": config.endpoint} if config.endpoint else {}
    return S3Store(
        config.bucket,
        prefix=config.prefix or None,
        region=config.region,
        client_options={"connect_timeout": "5s", "timeout": "120s", "allow_http": plain},
        retry_config={"max_retries": 1},
        **options,
        **credentials,
    )
