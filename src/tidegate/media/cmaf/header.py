"""CMAF headers (ISO/IEC 23000-19 7.3.1): the `ftyp` and `moov` a player reads before a track's first chunk.

In: a codec configuration as the gateway found it. Out: bytes. One track per file, no edit list:
presentation times are the publisher's own, so that sound and picture keep their distance. Sample entries: `avc1`, `hvc1` (ISO/IEC 14496-15),
`av01` (AV1 in ISOBMFF 2.2), `mp4a` (ISO/IEC 14496-14), `Opus` (Encapsulation of Opus in ISOBMFF 4.3).
"""

import struct

from tidegate.media.cmaf.boxes import SAMPLE_NON_SYNC, SAMPLE_SYNC, box, full_box
from tidegate.media.types import AudioConfig, VideoConfig

TRACK_ID = 1

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_CONFIG_BOX = {"avc1": b"avcC", "hvc1": b"hvcC", "av01": b"av1C"}
_LANGUAGE_UND = 0x55C4
_OPUS_RATE = 48_000


def video_header(config: VideoConfig, timescale: int) -> bytes:
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    return _header(
        timescale,
        b"vide",
        b"Video",
        media_header,
        _video_entry(config),
        SAMPLE_NON_SYNC,
        config.width,
        config.height,
    )


def audio_header(config: AudioConfig, timescale: int) -> bytes:
    media_header = full_box(b"smhd", 0, 0, bytes(4))
    return _header(timescale, b"soun", b"Audio", media_header, _audio_entry(config), SAMPLE_SYNC, 0, 0)


def _header(
    timescale: int,
    handler: bytes,
    name: bytes,
    media_header: bytes,
    entry: bytes,
    sample_flags: int,
    width: int,
    height: int,
) -> bytes:
    empty_tables = b"".join(
        (
            full_box(b"stts", 0, 0, bytes(4)),
            full_box(b"stsc", 0, 0, bytes(4)),
            full_box(b"stsz", 0, 0, bytes(8)),
            full_box(b"stco", 0, 0, bytes(4)),
        )
    )
    samples = box(b"stbl", full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry), empty_tables)
    self_contained = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _LANGUAGE_UND, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">4x4s12x", handler), name, b"\0"),
        box(b"minf", media_header, self_contained, samples),
    )
    volume = 0 if width else 0x0100
    enabled_in_movie = 0x3
    track = full_box(
        b"tkhd",
        0,
        enabled_in_movie,
        struct.pack(">IIIII8xHHH2x", 0, 0, TRACK_ID, 0, 0, 0, 0, volume),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )
    movie = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIH10x", 0, 0, timescale, 0, 0x10000, 0x0100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", TRACK_ID + 1),
    )
    extends = full_box(b"trex", 0, 0, struct.pack(">IIIII", TRACK_ID, 1, 0, 0, sample_flags))
    return box(b"ftyp", b"cmf2", bytes(4), b"iso6cmfccmf2") + box(
        b"moov", movie, box(b"trak", track, media), box(b"mvex", extends)
    )


def _video_entry(config: VideoConfig) -> bytes:
    fields = struct.pack(
        ">6xH16xHHII4xH32xHh", 1, config.width, config.height, 72 << 16, 72 << 16, 1, 0x18, -1
    )  # 72 dpi, one frame per sample, no compressor name, 24 bit colour, no colour table
    square_pixels = box(b"pasp", struct.pack(">II", 1, 1))
    return box(config.fourcc.encode(), fields, box(_CONFIG_BOX[config.fourcc], config.record), square_pixels)


def _audio_entry(config: AudioConfig) -> bytes:
    rate = _OPUS_RATE if config.fourcc == "Opus" else config.sample_rate
    fields = struct.pack(">6xH8xHH4xI", 1, config.channels, 16, min(rate, 0xFFFF) << 16)
    decoder = box(b"dOps", config.record) if config.fourcc == "Opus" else _esds(config.record)
    return box(config.fourcc.encode(), fields, decoder)


def _esds(audio_specific_config: bytes) -> bytes:
    """Elementary stream descriptor (ISO/IEC 14496-1 7.2.6.5) for MPEG-4 audio; bitrates 0: not known."""
    specific = _descriptor(0x05, audio_specific_config)
    mpeg4_audio, audio_stream = 0x40, 0x15
    decoder = _descriptor(0x04, struct.pack(">BB3xII", mpeg4_audio, audio_stream, 0, 0), specific)
    sync_layer = _descriptor(0x06, b"\x02")
    return full_box(b"esds", 0, 0, _descriptor(0x03, struct.pack(">HB", TRACK_ID, 0), decoder, sync_layer))


def _descriptor(tag: int, *payload: bytes) -> bytes:
    body = b"".join(payload)
    size = len(body)
    return (
        bytes((tag, 0x80 | size >> 21 & 0x7F, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F))
        + body
    )
