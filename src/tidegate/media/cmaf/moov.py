"""CMAF headers of others (ISO/IEC 14496-12 8): what a `moov` says of its tracks. Pure; trusts no length it finds.

In: a `moov` box. Out: `SourceTrack`s, with codec configurations as `media/types.py` has them and the edit list folded
into one shift, since the timeline here has none.
"""

import struct

import msgspec

from tidegate.core.chunks import TrackKind
from tidegate.media.cmaf.boxes import Box, BoxError, read_boxes
from tidegate.media.cmaf.scanner import CmafError
from tidegate.media.codecs import aac, av1, h264, hevc
from tidegate.media.types import AudioConfig, VideoConfig

TRACKS_MAX = 8
"""Tracks of one header; a publishing point takes one of each kind."""

_VISUAL_ENTRY_BYTES = 78
_AUDIO_ENTRY_BYTES = 28
_HINT = "Push H.264, HEVC or AV1 with AAC or Opus, unencrypted."
_TIMESCALE_MAX = 1_000_000_000


class SampleDefaults(msgspec.Struct, frozen=True):
    """`trex`: what a fragment's samples are where it does not say (8.8.3)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


class SourceTrack(msgspec.Struct, frozen=True):
    """One track of a header.

    Attributes:
        id: `track_ID`.
        timescale: ticks per second.
        shift: to add to media times for presentation, ticks: the edit list.
        video, audio: one of them is there.
    """

    id: int
    kind: TrackKind
    timescale: int
    defaults: SampleDefaults
    shift: int = 0
    video: VideoConfig | None = None
    audio: AudioConfig | None = None


def read_moov(whole: bytes) -> tuple[SourceTrack, ...]:
    """The video and audio tracks of a `moov` box, head included; others are passed over.

    Raises:
        CmafError: it cannot be read, is not fragmented, or holds a codec that is not taken.
    """
    try:
        return _read(Box(b"moov", whole[8:]))
    except (BoxError, struct.error) as error:
        raise CmafError(
            f"The CMAF header (moov) cannot be read: {error}.", hint="Restart the encoder."
        ) from error


def _read(moov: Box) -> tuple[SourceTrack, ...]:
    boxes = moov.children()
    extends = next((each for each in boxes if each.kind == b"mvex"), None)
    if extends is None:
        raise CmafError(
            "This MP4 is not fragmented, so it cannot be streamed.",
            hint="With ffmpeg: -f mp4 -movflags cmaf.",
        )
    movie_scale = _movie_timescale(moov.child(b"mvhd").payload)
    defaults = dict(_defaults(each.payload) for each in extends.children() if each.kind == b"trex")
    tracks = [
        track
        for trak in boxes
        if trak.kind == b"trak" and (track := _track(trak, movie_scale, defaults)) is not None
    ]
    if not tracks or len(tracks) > TRACKS_MAX:
        raise CmafError(f"The CMAF header holds {len(tracks)} video and audio tracks.", hint=_HINT)
    return tuple(tracks)


def _defaults(trex: bytes) -> tuple[int, SampleDefaults]:
    track, _, duration, size, flags = struct.unpack_from(">IIIII", trex, 4)
    return track, SampleDefaults(duration, size, flags)


def _movie_timescale(mvhd: bytes) -> int:
    offset = 20 if mvhd[:1] == b"\x01" else 12
    (scale,) = struct.unpack_from(">I", mvhd, offset)
    return int(scale) or 1


def _track(trak: Box, movie_scale: int, defaults: dict[int, SampleDefaults]) -> SourceTrack | None:
    header = trak.child(b"tkhd").payload
    (number,) = struct.unpack_from(">I", header, 20 if header[:1] == b"\x01" else 12)
    media_header = trak.child(b"mdia", b"mdhd").payload
    (timescale,) = struct.unpack_from(">I", media_header, 20 if media_header[:1] == b"\x01" else 12)
    handler = trak.child(b"mdia", b"hdlr").payload[8:12]
    if handler not in (b"vide", b"soun"):
        return None
    if not 0 < timescale <= _TIMESCALE_MAX:
        raise CmafError(f"A track has a timescale of {timescale}.", hint="Restart the encoder.")
    entries = trak.child(b"mdia", b"minf", b"stbl", b"stsd").payload
    entry = next(read_boxes(entries[8:]), None)
    if entry is None:
        raise BoxError("a track without a sample entry")
    shift = _shift(trak, movie_scale, timescale)
    own = defaults.get(number, SampleDefaults())
    if handler == b"vide":
        return SourceTrack(number, "video", timescale, own, shift, video=_video(entry))
    return SourceTrack(number, "audio", timescale, own, shift, audio=_audio(entry))


def _shift(trak: Box, movie_scale: int, timescale: int) -> int:
    """What the edit list adds to media times (8.6.6): empty edits delay, the first real one cuts a beginning off."""
    edts = next((each for each in trak.children() if each.kind == b"edts"), None)
    elst = next((each for each in edts.children() if each.kind == b"elst"), None) if edts else None
    if elst is None:
        return 0
    wide = elst.payload[:1] == b"\x01"
    form = struct.Struct(">QqI" if wide else ">IiI")
    (count,) = struct.unpack_from(">I", elst.payload, 4)
    delay = 0
    for index in range(min(count, 4)):
        duration, media_time, _ = form.unpack_from(elst.payload, 8 + index * form.size)
        if media_time >= 0:
            return delay * timescale // movie_scale - int(media_time)
        delay += duration
    return delay * timescale // movie_scale


def _video(entry: Box) -> VideoConfig:
    boxes = {each.kind: each.payload for each in read_boxes(entry.payload[_VISUAL_ENTRY_BYTES:])}
    if entry.kind in (b"avc1", b"avc3") and b"avcC" in boxes:
        record = boxes[b"avcC"]
        parsed = h264.parse_record(record)
        return msgspec.structs.replace(h264.video_config(parsed.sps, parsed.pps), record=record)
    if entry.kind in (b"hvc1", b"hev1") and b"hvcC" in boxes:
        record = boxes[b"hvcC"]
        return msgspec.structs.replace(hevc.video_config(record), record=record)
    if entry.kind == b"av01" and b"av1C" in boxes:
        return av1.video_config(boxes[b"av1C"])
    raise CmafError(f"Video of the kind {entry.kind!r} is not taken.", hint=_HINT)


def _audio(entry: Box) -> AudioConfig:
    if len(entry.payload) < _AUDIO_ENTRY_BYTES:
        raise BoxError("an audio sample entry cut short")
    boxes = {each.kind: each.payload for each in read_boxes(entry.payload[_AUDIO_ENTRY_BYTES:])}
    if entry.kind == b"mp4a" and b"esds" in boxes:
        return aac.audio_config(_specific_config(boxes[b"esds"]))
    if entry.kind == b"Opus" and b"dOps" in boxes:
        record = boxes[b"dOps"]
        if len(record) < 11 or not record[1]:
            raise CmafError("The Opus configuration (dOps) is malformed.", hint="Restart the encoder.")
        return AudioConfig("Opus", "Opus", record, 48_000, record[1])
    raise CmafError(f"Audio of the kind {entry.kind!r} is not taken.", hint=_HINT)


def _specific_config(esds: bytes) -> bytes:
    """The AudioSpecificConfig within an elementary stream descriptor (ISO/IEC 14496-1 7.2.6)."""
    at, end = 4, len(esds)
    while at + 2 <= end:
        tag = esds[at]
        at, size = _descriptor_size(esds, at + 1)
        if tag == 0x03:
            flags = esds[at + 2] if at + 2 < end else 0
            at += 3 + 2 * bool(flags & 0x80) + (1 + esds[at + 3] if flags & 0x40 and at + 3 < end else 0)
            at += 2 * bool(flags & 0x20)
        elif tag == 0x04:
            at += 13
        elif tag == 0x05:
            return esds[at : at + size]
        else:
            at += size
    raise BoxError("an esds without a decoder configuration")


def _descriptor_size(esds: bytes, at: int) -> tuple[int, int]:
    size = 0
    for _ in range(4):
        if at >= len(esds):
            break
        byte = esds[at]
        at += 1
        size = size << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return at, size
