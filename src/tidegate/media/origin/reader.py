"""Reads manifests from the object store and keeps what it has read, for going back in time and for recordings.

In: a broadcast. Out: its `Manifest`, brought up to date. Bound: segments over all manifests that are kept; the one that nobody has
asked for longest goes first.
"""

import asyncio
from collections import OrderedDict

from tidegate.core.clock import Clock
from tidegate.media.origin.keys import manifest_key
from tidegate.media.origin.manifest import Manifest
from tidegate.objects.abc import Objects

SEGMENTS_MAX = 300_000
"""Some 40 MB with their playlist lines: forty hours of two tracks."""

FRESH_S = 0.5
"""How long what was read of a growing manifest counts as its newest."""


class _Kept:
    __slots__ = ("lock", "manifest", "read_at")

    def __init__(self) -> None:
        self.manifest = Manifest()
        self.read_at = float("-inf")
        self.lock = asyncio.Lock()


class ManifestReader:
    def __init__(self, objects: Objects, clock: Clock, segments_max: int = SEGMENTS_MAX) -> None:
        self._objects = objects
        self._clock = clock
        self._segments_max = segments_max
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    async def read(self, channel: str, broadcast: str, *, newest: bool = False) -> Manifest:
        """The manifest as it stands, or stood half a second ago; with `newest` as it stands now.

        Raises:
            ObjectNotFoundError: there is none.
            ObjectsError: the store did not answer.
        """
        key = (channel, broadcast)
        kept = self._kept.setdefault(key, _Kept())
        self._kept.move_to_end(key)
        async with kept.lock:
            manifest = kept.manifest
            if manifest.ended_at is None and (newest or self._clock.monotonic() - kept.read_at >= FRESH_S):
                try:
                    manifest.feed(
                        await self._objects.get(manifest_key(channel, broadcast), offset=manifest.size)
                    )
                except BaseException:
                    self.forget(channel, broadcast)
                    raise
                kept.read_at = self._clock.monotonic()
        self._bound()
        return manifest

    def forget(self, channel: str, broadcast: str) -> None:
        self._kept.pop((channel, broadcast), None)

    def _bound(self) -> None:
        while (
            len(self._kept) > 1
            and sum(each.manifest.segments for each in self._kept.values()) > self._segments_max
        ):
            self._kept.popitem(last=False)
