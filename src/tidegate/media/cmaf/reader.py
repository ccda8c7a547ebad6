"""Reads a CMAF track (or several muxed) as it arrives: headers and samples, across any byte boundaries. Pure.

In: bytes of `ftyp`/`moov`/`styp`/`moof`/`mdat` (ISO/IEC 23000-19 7), as any packager writes them. Out: `Header`s and
`SourceSample`s; a sample comes as soon as its last byte has arrived. Bounds: `scanner`, and the largest sample.
"""

import struct
from collections import deque
from itertools import pairwise

import msgspec

from tidegate.media.cmaf.boxes import (
    NON_SYNC_BIT,
    TFHD_BASE_DATA_OFFSET,
    TFHD_BASE_IS_MOOF,
    TFHD_DEFAULT_DURATION,
    TFHD_DEFAULT_FLAGS,
    TFHD_DEFAULT_SIZE,
    TFHD_DESCRIPTION_INDEX,
    TRUN_CTS,
    TRUN_DATA_OFFSET,
    TRUN_DURATION,
    TRUN_FIRST_FLAGS,
    TRUN_FLAGS,
    TRUN_SIZE,
    Box,
    BoxError,
    read_boxes,
)
from tidegate.media.cmaf.moov import SampleDefaults, SourceTrack, read_moov
from tidegate.media.cmaf.scanner import HEADER_BYTES, BoxScanner, CmafError

SAMPLE_BYTES_MAX = 16 << 20
"""Largest sample: an intra frame of 8K at very high quality."""

SAMPLES_MAX = 100_000
"""Samples of one fragment: a run whose samples take no table could else claim four billion."""

_TICKS_MAX = 1 << 62


class Header(msgspec.Struct, frozen=True):
    """A CMAF header: `data` as it came, `ftyp` included where there was one."""

    data: bytes
    tracks: tuple[SourceTrack, ...]


class SourceSample(msgspec.Struct, frozen=True, gc=False):
    """One sample; times in its track's ticks, the edit list not applied.

    Attributes:
        opens: the first of a segment: a `styp` came before its fragment.
    """

    track: int
    dts: int
    duration: int
    cts: int
    sync: bool
    data: bytes
    opens: bool = False


class _Place(msgspec.Struct, gc=False):
    """Where a sample lies, before its bytes are there. `offset` counts from the beginning of the `mdat`'s payload."""

    offset: int
    size: int
    track: int
    dts: int
    duration: int
    cts: int
    sync: bool


Event = Header | SourceSample


class CmafReader:
    """One pushed resource after another, or one endless one. After an error it is spent.

    Args:
        header: of the track, where it came as a resource of its own.
    """

    def __init__(self, header: Header | None = None) -> None:
        self.header = header
        self._tracks = {track.id: track for track in header.tracks} if header else {}
        self._scanner = BoxScanner(self)
        self._file_type = b""
        self._places: deque[_Place] = deque()
        self._buffer = bytearray()
        self._buffer_at = 0
        self._unplaced = False
        self._from_moof = True
        self._opens = False
        self._next_dts: dict[int, int] = {}
        self._events: list[Event] = []

    @property
    def held(self) -> int:
        """Bytes held of what has not arrived whole."""
        return self._scanner.held + len(self._buffer)

    @property
    def complete(self) -> bool:
        """Whether the resource may end here: between boxes, with every sample there."""
        return self._scanner.between_boxes and not self._places

    def feed(self, data: bytes) -> list[Event]:
        """Take what has arrived; return what it completes.

        Raises:
            CmafError: it is no CMAF, or over a bound.
        """
        try:
            self._scanner.feed(data)
        except (BoxError, struct.error) as error:
            raise CmafError(
                f"A movie fragment cannot be read: {error}.", hint="Restart the encoder."
            ) from error
        events, self._events = self._events, []
        return events

    def box(self, kind: bytes, whole: bytes) -> None:
        if kind == b"moov":
            self.header = Header(self._file_type + whole, read_moov(whole))
            self._tracks = {track.id: track for track in self.header.tracks}
            self._next_dts.clear()
            self._events.append(self.header)
        elif kind == b"moof":
            self._fragment(whole)
        elif kind == b"styp":
            self._opens = True
        else:
            self._file_type = whole

    def media(self, size: int, head: int) -> None:
        if not self._unplaced:
            raise CmafError(
                "Media data came without a movie fragment before it.",
                hint="Push fragmented MP4; with ffmpeg: -f mp4 -movflags cmaf.",
            )
        self._unplaced = False
        self._buffer.clear()
        self._buffer_at = 0 if not self._from_moof else head - HEADER_BYTES
        if self._places and self._places[0].offset < self._buffer_at:
            raise CmafError("Samples lie before their media data.", hint="Restart the encoder.")
        for before, after in pairwise(self._places):
            if after.offset < before.offset + before.size:
                raise CmafError("Samples overlap in their media data.", hint="Restart the encoder.")
        if self._places and self._places[-1].offset + self._places[-1].size > self._buffer_at + size:
            raise CmafError("Samples lie beyond their media data.", hint="Restart the encoder.")

    def media_data(self, data: bytes) -> None:
        self._buffer += data
        places = self._places
        while places:
            place = places[0]
            start = place.offset - self._buffer_at
            if start + place.size > len(self._buffer):
                break
            places.popleft()
            self._take(place, bytes(memoryview(self._buffer)[start : start + place.size]))
        keep_from = places[0].offset if places else self._buffer_at + len(self._buffer)
        drop = min(keep_from - self._buffer_at, len(self._buffer))
        del self._buffer[:drop]
        self._buffer_at += drop

    def _take(self, place: _Place, data: bytes) -> None:
        self._events.append(
            SourceSample(
                place.track, place.dts, place.duration, place.cts, place.sync, data, opens=self._opens
            )
        )
        self._opens = False

    def _fragment(self, whole: bytes) -> None:
        if not self._tracks:
            raise CmafError(
                "A movie fragment came before the track's header.",
                hint="Push the CMAF header (ftyp and moov) first.",
            )
        if self._places:
            raise CmafError("A movie fragment came without its media data.", hint="Restart the encoder.")
        places: list[_Place] = []
        implicit = 0
        relative = True
        for traf in read_boxes(whole[8:]):
            if traf.kind != b"traf":
                continue
            run, from_moof, implicit = self._track_fragment(traf, len(whole), implicit, len(places))
            relative &= from_moof
            places += run
        places.sort(key=lambda each: each.offset)
        if places and not relative:
            # offsets count from the beginning of a file that only the sender has: its media begins the mdat
            first = places[0].offset
            for each in places:
                each.offset -= first
        self._from_moof = relative
        self._places.extend(places)
        self._unplaced = True

    def _track_fragment(
        self, traf: Box, moof_size: int, implicit: int, placed: int
    ) -> tuple[list[_Place], bool, int]:
        """The samples of one `traf`, whether they are placed from the `moof`, and where the next one's may begin."""
        tfhd = traf.child(b"tfhd").payload
        flags, number = struct.unpack_from(">II", tfhd)
        flags &= 0xFFFFFF
        track = self._tracks.get(number)
        defaults = _fragment_defaults(tfhd, flags, track.defaults if track else SampleDefaults())
        base, from_moof = 0, True
        if flags & TFHD_BASE_DATA_OFFSET and not flags & TFHD_BASE_IS_MOOF:
            (base,) = struct.unpack_from(">Q", tfhd, 8)
            from_moof = False
        dts = self._decode_time(traf, number)
        places: list[_Place] = []
        head = moof_size + HEADER_BYTES if from_moof else 0
        for box in traf.children():
            if box.kind != b"trun":
                continue
            dts, implicit = _run(
                box.payload, defaults, number, dts, (base - head, implicit), places, SAMPLES_MAX - placed
            )
        if not 0 <= dts < _TICKS_MAX:
            raise CmafError(
                "A fragment's decode time is beyond all reason.", hint="Restart the encoder's clock."
            )
        self._next_dts[number] = dts
        return (places if track is not None else []), from_moof, implicit

    def _decode_time(self, traf: Box, number: int) -> int:
        for box in traf.children():
            if box.kind == b"tfdt":
                wide = box.payload[:1] == b"\x01"
                return int(struct.unpack_from(">Q" if wide else ">I", box.payload, 4)[0])
        return self._next_dts.get(number, 0)


def _fragment_defaults(tfhd: bytes, flags: int, defaults: SampleDefaults) -> SampleDefaults:
    position = 8 + 8 * bool(flags & TFHD_BASE_DATA_OFFSET) + 4 * bool(flags & TFHD_DESCRIPTION_INDEX)
    values = [defaults.duration, defaults.size, defaults.flags]
    for index, flag in enumerate((TFHD_DEFAULT_DURATION, TFHD_DEFAULT_SIZE, TFHD_DEFAULT_FLAGS)):
        if flags & flag:
            (values[index],) = struct.unpack_from(">I", tfhd, position)
            position += 4
    return SampleDefaults(*values)


def _run(
    run: bytes,
    defaults: SampleDefaults,
    track: int,
    dts: int,
    origin: tuple[int, int],
    places: list[_Place],
    samples_max: int,
) -> tuple[int, int]:
    """Append a `trun`'s samples to `places`; returns the decode time and the offset after them.

    `origin`: what its data offset counts from, and where its data begins if it has none.
    """
    version_flags, count = struct.unpack_from(">II", run)
    flags = version_flags & 0xFFFFFF
    if count > samples_max - len(places):
        raise CmafError(f"A fragment claims {count} samples.", hint="Push shorter fragments.")
    position = 8
    offset = origin[1]
    if flags & TRUN_DATA_OFFSET:
        (relative,) = struct.unpack_from(">i", run, position)
        offset = origin[0] + relative
        position += 4
    first_flags = None
    if flags & TRUN_FIRST_FLAGS:
        (first_flags,) = struct.unpack_from(">I", run, position)
        position += 4
    columns = [flag for flag in (TRUN_DURATION, TRUN_SIZE, TRUN_FLAGS, TRUN_CTS) if flags & flag]
    row = struct.Struct(">" + "".join("i" if flag == TRUN_CTS else "I" for flag in columns))
    if len(run) < position + count * row.size:
        raise BoxError(f"a run of {count} samples cut short")
    for index in range(count):
        values = dict(zip(columns, row.unpack_from(run, position), strict=True))
        position += row.size
        duration = values.get(TRUN_DURATION, defaults.duration)
        size = values.get(TRUN_SIZE, defaults.size)
        sample_flags = values.get(TRUN_FLAGS, defaults.flags)
        if index == 0 and first_flags is not None:
            sample_flags = first_flags
        if size > SAMPLE_BYTES_MAX:
            raise CmafError(
                f"A sample of {size} bytes is over the limit of {SAMPLE_BYTES_MAX}.",
                hint="Lower the bitrate.",
            )
        sync = not sample_flags & NON_SYNC_BIT
        places.append(_Place(offset, size, track, dts, duration, values.get(TRUN_CTS, 0), sync))
        offset += size
        dts += duration
    return dts, offset
