"""Currency 1, the CMAF chunk (ISO/IEC 23000-19): the only form media takes between components.

A gateway makes chunks; the origin stores and serves them; transcoder, recorder and inspector read and
write them; an edge only copies bytes.
"""

from typing import Literal

import msgspec

TrackKind = Literal["video", "audio"]


class Track(msgspec.Struct, frozen=True):
    """One CMAF track: everything a reader must know before its first chunk.

    Attributes:
        name: rendition name, unique in its stream: `video`, `audio`, later `720p`.
        codec: RFC 6381 string, such as `avc1.64001f` or `mp4a.40.2`.
        timescale: ticks per second of every chunk's `dts` and `duration`.
        init: the CMAF header (`ftyp` + `moov`).
        part_target_s: the longest part this track will have, seconds (LL-HLS PART-TARGET).
        fps: frames per second, 0 where unknown or not video.
    """

    name: str
    kind: TrackKind
    codec: str
    timescale: int
    init: bytes
    part_target_s: float
    width: int = 0
    height: int = 0
    fps: float = 0.0
    sample_rate: int = 0
    channels: int = 0


class Chunk(msgspec.Struct, frozen=True):
    """One CMAF chunk (`moof` + `mdat`), which LL-HLS serves as one part.

    Attributes:
        dts: decode time of the first sample on the broadcast's timeline (`tfdt`), ticks.
        duration: ticks.
        independent: begins with a sync sample (LL-HLS INDEPENDENT=YES).
        segment: which segment of its publishing session it belongs to, counted from 0 alike on all tracks; a
            number other than the last chunk's begins a new segment.
        arrived_at: wall time at which its first sample arrived, steadied against jitter, seconds
            since the Unix epoch; PROGRAM-DATE-TIME is made of it.
        arms: change arms in effect when it was made.
        gop: ticks between the last two keyframes of the track, 0 while unknown or not video.
    """

    track: str
    dts: int
    duration: int
    independent: bool
    segment: int
    arrived_at: float
    samples: int
    data: bytes
    arms: tuple[str, ...] = ()
    gop: int = 0


class LoopTrack(msgspec.Struct, frozen=True):
    """A track that repeats: its chunks follow each other without a hole, from time 0, and the first is independent."""

    track: Track
    chunks: tuple[Chunk, ...]


class Loop(msgspec.Struct, frozen=True):
    """Media that is shown over and over, each track at its own length; the first track's length is the segment's."""

    tracks: tuple[LoopTrack, ...]
