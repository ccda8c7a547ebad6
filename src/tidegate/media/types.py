"""What a gateway hands to the packager: codec configurations and packets, in no protocol's own form."""

from typing import Literal, Protocol

import msgspec

from tidegate.core.streams import EndReason, NoteLevel

VideoCodec = Literal["avc1", "hvc1", "av01"]
AudioCodec = Literal["mp4a", "Opus"]


class VideoConfig(msgspec.Struct, frozen=True):
    """A video elementary stream.

    Attributes:
        fourcc: sample entry name in the CMAF header.
        codec: RFC 6381 string.
        record: payload of the decoder configuration box (`avcC`, `hvcC` or `av1C`).
        fps: what the bitstream or metadata claims, 0 where unknown; a hint, never trusted alone.
    """

    fourcc: VideoCodec
    codec: str
    record: bytes
    width: int
    height: int
    fps: float = 0.0


class AudioConfig(msgspec.Struct, frozen=True):
    """An audio elementary stream.

    Attributes:
        record: AudioSpecificConfig for `mp4a` (goes into `esds`), `dOps` payload for `Opus`.
        samples_per_frame: PCM samples one packet decodes to (AAC-LC 1024), 0 where it varies (Opus).
    """

    fourcc: AudioCodec
    codec: str
    record: bytes
    sample_rate: int
    channels: int
    samples_per_frame: int = 0


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One coded frame, in the form its sample entry wants (length-prefixed NAL units, raw AAC, OBUs).

    Attributes:
        dts_us: decode time on the publisher's own clock, unwrapped, microseconds.
        cts_us: presentation minus decode time, microseconds, may be negative.
        arrived_at: monotonic seconds at which its last byte arrived.
    """

    kind: Literal["video", "audio"]
    dts_us: int
    cts_us: int
    keyframe: bool
    data: bytes
    arrived_at: float


class PacketSink(Protocol):
    """A packager as a gateway session sees it. Calls are plain and quick."""

    def expect(self, *, video: bool, audio: bool) -> None:
        """What the publisher says it will send; without it the packager waits a moment for a second track."""
        ...

    def video_config(self, config: VideoConfig) -> None:
        """First or changed configuration; an equal one is ignored."""
        ...

    def audio_config(self, config: AudioConfig) -> None: ...

    def packet(self, packet: Packet) -> None: ...

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None: ...

    def close(self, reason: EndReason) -> None: ...
