"""The built console's files: read once, compressed once, then served from memory while they do not change.

In: a path below the web folder. Out: bytes with media type and entity tag. Nothing outside the folder is ever opened,
and no more than `MAX_TOTAL_BYTES` is kept.
"""

import asyncio
import gzip
import hashlib
import mimetypes
from collections import OrderedDict
from pathlib import Path

import msgspec

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""Kept in memory, compressed and not. At the bound the file longest unasked gives way and is read again when asked."""

_SMALLEST_TO_COMPRESS = 512
"""Bytes. Below, gzip's own 20 bytes and the packet are most of it."""

_COMPRESSIBLE = (
    "text/",
    "application/javascript",
    "application/json",
    "image/svg+xml",
    "application/manifest",
)
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
"""Where the machine's own table may say otherwise; a wrong type makes a browser refuse a module (nosniff)."""


Stamp = tuple[int, int]
"""Modification time in nanoseconds, and size: whether a file is still the one that was read."""


class WebFile(msgspec.Struct, frozen=True):
    """One file, ready to serve. `gzipped` is empty where compressing did not pay."""

    media_type: str
    etag: str
    content: bytes
    gzipped: bytes


class WebFiles:
    """Files below one folder, by path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._kept: OrderedDict[Path, tuple[Stamp, WebFile]] = OrderedDict()
        self._bytes = 0

    async def get(self, path: str) -> WebFile | None:
        """The file at `path`, relative to the folder; None where there is none that may be served."""
        found = self._locate(path)
        if found is None:
            return None
        file, stamp = found
        kept = self._kept.get(file)
        if kept is not None and kept[0] == stamp:
            self._kept.move_to_end(file)
            return kept[1]
        try:
            loaded = await asyncio.to_thread(_load, file)
        except OSError:  # removed since: the console is being built anew
            return None
        self._keep(file, stamp, loaded)
        return loaded

    def _locate(self, path: str) -> tuple[Path, Stamp] | None:
        try:
            file = (self._folder / path.lstrip("/")).resolve()
            if not file.is_relative_to(self._folder) or not file.is_file():
                return None
            status = file.stat()
        except (OSError, ValueError):  # a name that no file can have: too long, a null byte, not UTF-8
            return None
        if status.st_size > MAX_FILE_BYTES:
            return None
        return file, (status.st_mtime_ns, status.st_size)

    def _keep(self, file: Path, stamp: Stamp, loaded: WebFile) -> None:
        before = self._kept.pop(file, None)
        if before is not None:
            self._bytes -= _size(before[1])
        self._kept[file] = (stamp, loaded)
        self._bytes += _size(loaded)
        while self._bytes > MAX_TOTAL_BYTES:
            _, (_, gone) = self._kept.popitem(last=False)
            self._bytes -= _size(gone)


def _load(file: Path) -> WebFile:
    content = file.read_bytes()
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    gzipped = b""
    if len(content) >= _SMALLEST_TO_COMPRESS and media_type.startswith(_COMPRESSIBLE):
        gzipped = gzip.compress(content, mtime=0)
    return WebFile(
        media_type=media_type,
        etag=hashlib.sha256(content).hexdigest()[:32],
        content=content,
        gzipped=gzipped,
    )


def _size(file: WebFile) -> int:
    return len(file.content) + len(file.gzipped)
