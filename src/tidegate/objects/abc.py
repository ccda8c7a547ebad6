"""Contract of the object store: named byte strings, put whole or extended at their end. Every engine passes tests/contract/objects.

In: keys such as `live/demo/video/seg-7m2k-12.m4s` and bytes. Out: the same bytes, listings, usage. Called by the
origin (segments, stream indexes) and whoever keeps media longer than memory should.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

import msgspec

from tidegate.objects.errors import ObjectKeyError

KEY_MAX_CHARS = 512
_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\Z")

Content = bytes | Sequence[bytes]
"""An object's bytes, whole or in pieces that follow each other; pieces spare the caller a copy."""


class ObjectInfo(msgspec.Struct, frozen=True):
    key: str
    size: int


class ObjectsUsage(msgspec.Struct, frozen=True):
    """What the store holds. `free_bytes` is 0 where an engine knows no limit."""

    objects: int
    used_bytes: int
    free_bytes: int


def checked_key(key: str) -> str:
    """Return `key` if it may name an object.

    Raises:
        ObjectKeyError: it is empty, too long, absolute, climbs, or has a part that begins with a dot.
    """
    if len(key) > KEY_MAX_CHARS or _KEY.match(key) is None:
        raise ObjectKeyError(
            f"{key[:80]!r} is not an object key.",
            hint="Use parts of A-Z, a-z, 0-9, '.', '_' and '-' joined by '/', none beginning with '.'.",
            key=key[:80],
        )
    return key


class Objects(ABC):
    """An object store. Every method may raise an `ObjectsError`; a refused call has changed nothing.

    Counters are plain ints, read by `metrics.ObjectsCollector`.
    """

    puts = 0
    gets = 0
    deletes = 0
    bytes_written = 0
    bytes_read = 0
    refused = 0
    errors = 0

    @abstractmethod
    async def put(self, *items: tuple[str, Content]) -> None:
        """Store each item in the order given, each atomically: a reader sees the old bytes or the new, never a mix.

        Raises:
            ObjectKeyError: before anything is written.
            ObjectsFullError: no space; the items before the failing one are stored.
            ObjectsDeniedError: the engine may not write there.
            ObjectsBusyError: too much work is waiting already.
        """

    @abstractmethod
    async def extend(self, *items: tuple[str, int, Content]) -> None:
        """Write each item's content into an object at an offset, in the order given; the object is made by its first.

        The offset is where the object ends. After a failure the same call may be repeated: whatever stands from
        the offset on is overwritten. Unlike `put` it is not atomic: a reader that knows no more than it was told of
        sees whole content only.

        Raises:
            ObjectKeyError: before anything is written.
            ObjectsFullError: no space; some of the content may be stored.
            ObjectsDeniedError: the engine may not write there.
            ObjectsBusyError: too much work is waiting already.
        """

    @abstractmethod
    async def seal(self, *keys: str) -> None:
        """Say that these objects will not be extended again, so that an engine may move them to where they stay.

        One that is not there, or was sealed before, is no error. Reading goes on throughout.
        """

    @abstractmethod
    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """Read an object, or `length` bytes of it from `offset`; fewer where it ends before.

        Raises:
            ObjectNotFoundError: nothing is stored under `key`.
        """

    @abstractmethod
    async def delete(self, *keys: str) -> None:
        """Remove objects; one that is not there is no error."""

    @abstractmethod
    async def delete_prefix(self, prefix: str) -> int:
        """Remove every object whose key begins with `prefix` + '/'; returns how many."""

    @abstractmethod
    async def list_prefix(self, prefix: str = "") -> list[ObjectInfo]:
        """Objects whose key begins with `prefix` + '/' (all for ''), sorted by key."""

    @abstractmethod
    async def usage(self) -> ObjectsUsage: ...

    @abstractmethod
    async def close(self) -> None:
        """Finish what is under way and let go of threads and connections."""
