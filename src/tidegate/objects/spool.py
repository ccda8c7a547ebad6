"""This machine's disk before a remote store: what grows, and what waits to be carried over.

In: writes. Out: the same bytes at once, and the keys that wait, oldest first. Two folders say it all, so that kill -9
loses nothing: `growing/` holds objects that may be extended, `leaving/` those that are whole. An object moves from one to the
other by a rename, and goes when the remote store has it.
"""

import shutil
from contextlib import suppress
from pathlib import Path

from tidegate.objects.abc import Content, ObjectInfo
from tidegate.objects.errors import ObjectNotFoundError, ObjectsFullError
from tidegate.objects.local import LocalObjects


class Spool:
    """Objects on their way out.

    Attributes:
        waiting: keys of whole objects that have not been carried over, with their size in bytes, oldest first.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._growing_root, self._leaving_root = root / "growing", root / "leaving"
        self.growing, self.leaving = LocalObjects(self._growing_root), LocalObjects(self._leaving_root)
        self._max_bytes = max_bytes
        self._bytes = 0
        self.waiting: dict[str, int] = {}
        for path in sorted(self._leaving_root.rglob("*"), key=lambda each: each.name):
            key = path.relative_to(self._leaving_root)
            if path.is_file() and not key.parts[0].startswith("."):
                self._wait(key.as_posix(), path.stat().st_size)

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def path(self, key: str) -> Path:
        """Where the whole object stands until it is forgotten."""
        return self._leaving_root / key

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._leaving_root).free

    def check_room(self) -> None:
        """Refuse to take more while too much waits.

        Raises:
            ObjectsFullError: the bound is reached.
        """
        if self._bytes >= self._max_bytes:
            raise ObjectsFullError(
                f"{self._bytes >> 20} MiB wait on this machine's disk for a remote store that does not take them.",
                hint="Make the remote store reachable; writing goes on by itself as it takes them.",
                waiting_bytes=self._bytes,
            )

    async def put(self, key: str, content: Content) -> None:
        await self.leaving.put((key, content))
        await self.growing.delete(key)
        self._wait(key, len(content) if isinstance(content, bytes) else sum(map(len, content)))

    def reopen(self, key: str) -> bool:
        """Let a whole object that is still here grow again; False where it is not."""
        if not self._move(self.path(key), self._growing_root / key):
            return False
        self.forget(key)
        return True

    def seal(self, key: str) -> bool:
        """A growing object is whole; False where none grows under this key."""
        path = self._growing_root / key
        if not self._move(path, self.path(key)):
            return False
        self._wait(key, self.path(key).stat().st_size)
        return True

    def is_growing(self, key: str) -> bool:
        return (self._growing_root / key).is_file()

    def forget(self, key: str) -> None:
        """It no longer waits."""
        self._bytes -= self.waiting.pop(key, 0)

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> bytes | None:
        """What stands here, None where nothing does. Objects move from growing to leaving, so that is the order."""
        for engine in (self.growing, self.leaving):
            with suppress(ObjectNotFoundError):
                return await engine.get(key, offset=offset, length=length)
        return None

    async def list_prefix(self, prefix: str) -> list[ObjectInfo]:
        found = {info.key: info for info in await self.leaving.list_prefix(prefix)}
        found |= {info.key: info for info in await self.growing.list_prefix(prefix)}
        return list(found.values())

    async def delete(self, *keys: str) -> None:
        await self.growing.delete(*keys)
        await self.leaving.delete(*keys)
        for key in keys:
            self.forget(key)

    async def close(self) -> None:
        await self.growing.close()
        await self.leaving.close()

    def _wait(self, key: str, size: int) -> None:
        self.forget(key)
        self.waiting[key] = size
        self._bytes += size

    @staticmethod
    def _move(source: Path, target: Path) -> bool:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True
