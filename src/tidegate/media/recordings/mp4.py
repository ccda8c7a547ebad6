"""An MP4 file (ISO/IEC 14496-12, ISO/IEC 14496-14) made of stored segments as they are: an index in front, then the reels' own bytes.

In: sample tables and where each segment stands. Out: the file's head with `moov` first ("fast start"), and which bytes of which reel
follow. Segments keep the fragment heads they have; no sample is in them, so that players pass over them, and nothing has to be
written anew: any range of the file is a read at a known place. Pure: no I/O.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from tidegate.media.recordings.mp4_types import Mp4, Mp4Track, Span
from tidegate.media.recordings.samples import SampleError, find_box

MOVIE_TIMESCALE = 90_000
INTERLEAVE_S = 2.0
"""Media of one track before that of the next follows: a player that streams needs to hold no more of it."""

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_FILE_TYPE = struct.pack(">I4s4sI4s4s4s", 28, b"ftyp", b"isom", 0x200, b"isom", b"iso6", b"mp41")


def make_mp4(tracks: list[Mp4Track]) -> Mp4:
    """Lay out a file of `tracks`, whose segments are those of one stretch of time.

    Raises:
        SampleError: there is nothing to play in it, or a header cannot be read.
    """
    tracks = [track for track in tracks if len(track.samples.sizes)]
    if not tracks:
        raise SampleError("there is no media")
    spans, places, media_size = _laid_out(tracks)
    base_s = min(track.samples.times[0] / _timescale(track) for track in tracks)
    head = b""
    for _ in range(2):  # the second time with the head's own length known
        begin = len(head)
        moov = _moov(
            [
                _Trak(track, places[track.name], begin, base_s, number)
                for number, track in enumerate(tracks, 1)
            ]
        )
        head = _FILE_TYPE + moov + struct.pack(">I4sQ", 1, b"mdat", 16 + media_size)
    return Mp4(head, spans, len(head) + media_size)


def _laid_out(tracks: list[Mp4Track]) -> tuple[list[Span], dict[str, list[int]], int]:
    """Spans in the order of the file, and where each track's segments come to stand in the media."""
    spans: list[Span] = []
    places: dict[str, list[int]] = {track.name: [] for track in tracks}
    at = 0
    reached_s = dict.fromkeys(places, 0.0)
    left = {track.name: 0 for track in tracks}
    until_s = 0.0
    while any(left[track.name] < len(track.segments) for track in tracks):
        until_s += INTERLEAVE_S
        for track in tracks:
            while left[track.name] < len(track.segments) and reached_s[track.name] < until_s:
                segment = track.segments[left[track.name]]
                left[track.name] += 1
                reached_s[track.name] += segment.duration_s
                places[track.name].append(at)
                if not segment.reel:
                    continue
                last = spans[-1] if spans else None
                if (
                    last
                    and last.track == track.name
                    and last.reel == segment.reel
                    and last.offset + last.size == segment.offset
                ):
                    spans[-1] = last._replace(size=last.size + segment.size)
                else:
                    spans.append(Span(at, track.name, segment.reel, segment.offset, segment.size))
                at += segment.size
    return spans, places, at


def _timescale(track: Mp4Track) -> int:
    return next(iter(track.inits.values())).timescale


class _Trak:
    """One track's `trak`, computed in columns."""

    def __init__(self, track: Mp4Track, places: list[int], begin: int, base_s: float, number: int) -> None:
        self.track, self.number = track, number
        self.first = next(iter(track.inits.values()))
        self.timescale = self.first.timescale
        samples = track.samples
        self.counts = np.frombuffer(samples.counts, dtype=np.uint32).astype(np.int64)
        self.sizes = np.frombuffer(samples.sizes, dtype=np.uint32)
        self.composition = np.frombuffer(samples.offsets, dtype=np.int32)
        self.syncs = np.frombuffer(samples.syncs, dtype=np.uint8)
        chunks = np.frombuffer(samples.chunks, dtype=np.uint32).astype(np.int64)
        owner = np.repeat(np.arange(len(chunks)), chunks)
        self.chunk_at = (
            begin + np.asarray(places, dtype=np.int64)[owner] + np.frombuffer(samples.places, dtype=np.uint32)
        )
        self.durations = self._durations()
        self.entries, entry_of = _entries(track)
        self.description = np.asarray(
            [entry_of[segment.map_uri] for segment in track.segments], dtype=np.int64
        )[owner]
        self.delay = round((samples.times[0] / self.timescale - base_s) * MOVIE_TIMESCALE)
        self.ticks = int(self.durations.sum())
        self.length = self.delay + self.ticks * MOVIE_TIMESCALE // self.timescale

    def _durations(self) -> NDArray[np.int64]:
        """Of each sample; the last before a hole lasts until what follows, so that time is right after it."""
        durations = np.frombuffer(self.track.samples.durations, dtype=np.uint32).astype(np.int64)
        times = np.frombuffer(self.track.samples.times, dtype=np.uint64).astype(np.int64)
        ends = np.cumsum(self.counts)
        totals = np.add.reduceat(durations, ends - self.counts) if len(ends) else durations
        missing = times[1:] - (times[:-1] + totals[:-1])
        last = ends[:-1] - 1
        durations[last] = np.maximum(1, durations[last] + missing)
        return durations

    def box(self) -> bytes:
        init = self.first.init
        media = _box(
            b"mdia",
            _full(b"mdhd", 1, struct.pack(">QQIQHH", 0, 0, self.timescale, self.ticks, 0x55C4, 0)),
            _copied(init, b"moov", b"trak", b"mdia", b"hdlr"),
            _box(
                b"minf",
                self._media_header(),
                _copied(init, b"moov", b"trak", b"mdia", b"minf", b"dinf"),
                self._tables(),
            ),
        )
        video = self.first.kind == "video"
        head = struct.pack(
            ">QQIIQ8xHHH2x", 0, 0, self.number, 0, self.length, 0, 0 if video else 1, 0 if video else 0x0100
        )
        size = struct.pack(">II", self.first.width << 16, self.first.height << 16)
        return _box(b"trak", _full(b"tkhd", 1, head + _MATRIX + size, flags=3), self._edits(), media)

    def _media_header(self) -> bytes:
        name = b"vmhd" if self.first.kind == "video" else b"smhd"
        return _copied(self.first.init, b"moov", b"trak", b"mdia", b"minf", name)

    def _edits(self) -> bytes:
        """A track that begins later than the other says so with an empty edit (8.6.6)."""
        if not self.delay:
            return b""
        entries = struct.pack(">QqHH", self.delay, -1, 1, 0) + struct.pack(
            ">QqHH", self.length - self.delay, 0, 1, 0
        )
        return _box(b"edts", _full(b"elst", 1, struct.pack(">I", 2) + entries))

    def _tables(self) -> bytes:
        tables = [
            _full(b"stsd", 0, struct.pack(">I", len(self.entries)) + b"".join(self.entries)),
            _full(b"stts", 0, _runs(self.durations)),
        ]
        if self.composition.any():
            tables.append(_full(b"ctts", 1, _runs(self.composition)))
        if not self.syncs.all():
            numbers = (np.flatnonzero(self.syncs) + 1).astype(">u4")
            tables.append(_full(b"stss", 0, struct.pack(">I", len(numbers)) + numbers.tobytes()))
        tables += [
            _full(b"stsc", 0, self._chunk_runs()),
            _full(b"stsz", 0, struct.pack(">II", 0, len(self.sizes)) + self.sizes.astype(">u4").tobytes()),
            _full(b"co64", 0, struct.pack(">I", len(self.chunk_at)) + self.chunk_at.astype(">u8").tobytes()),
        ]
        return _box(b"stbl", *tables)

    def _chunk_runs(self) -> bytes:
        changes = (np.diff(self.counts) != 0) | (np.diff(self.description) != 0)
        firsts = np.concatenate(([0], np.flatnonzero(changes) + 1))
        table = np.stack((firsts + 1, self.counts[firsts], self.description[firsts]), axis=1)
        return struct.pack(">I", len(firsts)) + table.astype(">u4").tobytes()


def _entries(track: Mp4Track) -> tuple[list[bytes], dict[str, int]]:
    """Different sample entries, and by header the number of its own: sessions of one encoder share one."""
    entries: list[bytes] = []
    numbers: dict[str, int] = {}
    for uri, header in track.inits.items():
        at, end = find_box(header.init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
        entry = header.init[at + 8 : end]
        if entry not in entries:
            entries.append(entry)
        numbers[uri] = entries.index(entry) + 1
    return entries, numbers


def _runs(values: NDArray[np.int64] | NDArray[np.int32]) -> bytes:
    """Count and value of each run of equal values, as `stts` and `ctts` have them."""
    firsts = np.concatenate(([0], np.flatnonzero(np.diff(values)) + 1))
    counts = np.diff(np.concatenate((firsts, [len(values)])))
    table = np.stack((counts, values[firsts]), axis=1)
    return struct.pack(">I", len(firsts)) + table.astype(">i4").tobytes()


def _moov(traks: list[_Trak]) -> bytes:
    head = struct.pack(
        ">QQIQIH10x", 0, 0, MOVIE_TIMESCALE, max(trak.length for trak in traks), 0x10000, 0x0100
    )
    movie = _full(b"mvhd", 1, head + _MATRIX + bytes(24) + struct.pack(">I", len(traks) + 1))
    return _box(b"moov", movie, *(trak.box() for trak in traks))


def _copied(init: bytes, *path: bytes) -> bytes:
    at, end = find_box(init, *path)
    return _box(path[-1], init[at:end])


def _box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, payload: bytes, *, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), payload)
