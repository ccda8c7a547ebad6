"""A recording, or a part of one, as one MP4 file to download: its index is made once and kept, its bytes are read as they are sent.

In: a manifest and a stretch of it. Out: an `Mp4` and its bytes piece by piece, so that a file of any length costs a few pieces of
memory. Making the index reads all media once, in slices that leave the loop to others; of an ended recording it is stored beside
the media, and made in the background when its broadcast ends.
"""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice

import structlog

from tidegate.media.origin.keys import media_key
from tidegate.media.origin.manifest import Head, Manifest, RunIndex, TrackIndex
from tidegate.media.recordings.mp4_types import Mp4, Mp4Track, SegmentPlace, Span
from tidegate.media.recordings.samples import Defaults, SampleError, SampleTable, header_defaults
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError, ObjectsError

PIECE_BYTES = 1 << 20
"""Read and sent at once."""

READ_BYTES = 4 << 20
"""Read at once while the index is made."""

SAMPLES_FILE = "samples.bin"

_log = structlog.get_logger()


class Downloads:
    """Makes MP4 files of stored media. One index is made at a time; who needs another waits."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._making = asyncio.Lock()

    async def mp4(
        self,
        manifest: Manifest,
        *,
        first_msn: int = 0,
        end_msn: int | None = None,
        tracks: frozenset[str] | None = None,
    ) -> Mp4:
        """The file of the segments from `first_msn` to, not including, `end_msn`, of `tracks` or of all.

        Raises:
            SampleError: there is nothing to play.
            ObjectsError: the store did not answer.
        """
        head = manifest.head
        if head is None:
            raise SampleError("there is no media")
        made = []
        for name, index in manifest.played.items():
            if tracks is not None and name not in tracks:
                continue
            whole = first_msn <= index.runs[0].msn and end_msn is None
            if whole:
                samples = await self.samples(head, name, index, kept=manifest.ended_at is not None)
                runs, segments = index.runs, _segments(index.runs, 0, None)
            else:
                runs = index.from_msn(first_msn)
                segments = _segments(runs, first_msn, end_msn)
                samples = await self._measure(head, name, index, segments)
            if segments:
                inits = {
                    uri: track
                    for uri, track in index.inits.items()
                    if any(each.map_uri == uri for each in segments)
                }
                made.append(Mp4Track(name, inits, segments, samples))
        return await asyncio.to_thread(_laid_out, made)

    async def samples(self, head: Head, name: str, index: TrackIndex, *, kept: bool) -> SampleTable:
        """The sample table of a track, stored or made; `kept` says that it is whole and may be stored."""
        key = media_key(head.channel, head.broadcast, name, SAMPLES_FILE)
        segments = _segments(index.runs, 0, None)
        if kept:
            try:
                table = SampleTable.unpack(await self._objects.get(key))
                if len(table.chunks) == len(segments):
                    return table
            except (ObjectNotFoundError, SampleError):
                pass
        async with self._making:
            table = await self._measure(head, name, index, segments)
        if kept:
            try:
                await self._objects.put((key, table.pack()))
            except ObjectsError as error:
                _log.warning("samples_not_stored", key=key, error=str(error))
        return table

    async def _measure(
        self, head: Head, name: str, index: TrackIndex, segments: list[SegmentPlace]
    ) -> SampleTable:
        """Read the segments for their sample tables."""
        table = SampleTable()
        defaults: dict[str, Defaults] = {
            uri: header_defaults(track.init) for uri, track in index.inits.items()
        }
        position = 0
        while position < len(segments):
            batch = _together(segments, position)
            position += len(batch)
            if not batch[0].reel:
                table.add_gap()
                continue
            size = sum(segment.size for segment in batch)
            key = media_key(head.channel, head.broadcast, name, batch[0].reel)
            data = await self._objects.get(key, offset=batch[0].offset, length=size)
            at = 0
            for segment in batch:
                try:
                    table.add(data[at : at + segment.size], defaults[segment.map_uri])
                except SampleError as error:
                    _log.warning("segment_unreadable", key=key, offset=segment.offset, error=str(error))
                    table.add_gap()
                at += segment.size
                await asyncio.sleep(
                    0
                )  # a segment's tables take a fraction of a millisecond; others wait no longer
        return table

    async def read(self, head: Head, mp4: Mp4, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of the file from `start` to, not including, `end`.

        Raises:
            ObjectsError: media could not be read; what was handed out is right up to there.
        """
        for piece in mp4.pieces(start, end):
            if isinstance(piece, bytes):
                yield piece
                continue
            async for data in self._read_span(head, piece):
                yield data

    async def _read_span(self, head: Head, span: Span) -> AsyncIterator[bytes]:
        key = media_key(head.channel, head.broadcast, span.track, span.reel)
        for at in range(0, span.size, PIECE_BYTES):
            length = min(PIECE_BYTES, span.size - at)
            data = await self._objects.get(key, offset=span.offset + at, length=length)
            if len(data) != length:
                raise ObjectNotFoundError(f"{key} is shorter than its manifest says.", key=key)
            yield data


def _laid_out(tracks: list[Mp4Track]) -> Mp4:
    from tidegate.media.recordings.mp4 import make_mp4  # noqa: PLC0415  NumPy would delay each start of a server

    return make_mp4(tracks)


def _segments(runs: list[RunIndex], first_msn: int, end_msn: int | None) -> list[SegmentPlace]:
    return [
        SegmentPlace(place.reel, place.offset, place.size, place.duration_s, place.map_uri)
        for run in runs
        for place in run.places()
        if place.msn >= first_msn and (end_msn is None or place.msn < end_msn)
    ]


def _together(segments: list[SegmentPlace], position: int) -> list[SegmentPlace]:
    """The segment at `position` with those that follow it in the same reel, up to what is read at once."""
    batch = [segments[position]]
    size = batch[0].size
    for segment in islice(segments, position + 1, None):
        if not segment.reel or segment.reel != batch[0].reel or size + segment.size > READ_BYTES:
            break
        batch.append(segment)
        size += segment.size
    return batch
