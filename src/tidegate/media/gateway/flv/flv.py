"""FLV tag bodies: video and audio messages (Adobe FLV 10.1, E.4.2 and E.4.3; Enhanced RTMP v1 and v2).

In: a message's payload. Out: one tag, which says where its body begins; bodies are not looked into here.
"""

from typing import Literal

import msgspec

from tidegate.media.gateway.flv.errors import MalformedError, UnsupportedMediaError
from tidegate.media.types import AudioCodec, VideoCodec

VIDEO_FOURCCS: dict[bytes, VideoCodec] = {b"avc1": "avc1", b"hvc1": "hvc1", b"av01": "av01"}
AUDIO_FOURCCS: dict[bytes, AudioCodec] = {b"mp4a": "mp4a", b"Opus": "Opus"}

_VIDEO_FIX = "Choose H.264 in the encoder (HEVC and AV1 work over Enhanced RTMP)."
_AUDIO_FIX = "Choose AAC in the encoder (Opus works over Enhanced RTMP)."
_LEGACY_VIDEO: dict[int, VideoCodec] = {
    7: "avc1",
    12: "hvc1",
}  # 12 is no standard, but common in hardware encoders
_OTHER_VIDEO = {
    2: "Sorenson H.263",
    3: "Screen video",
    4: "VP6",
    5: "VP6 with alpha",
    6: "Screen video 2",
    8: "H.263",
    9: "MPEG-4 Part 2",
}
_OTHER_AUDIO = {
    0: "Linear PCM",
    1: "ADPCM",
    2: "MP3",
    3: "Linear PCM",
    4: "Nellymoser",
    5: "Nellymoser",
    6: "Nellymoser",
    7: "G.711 A-law",
    8: "G.711 mu-law",
    11: "Speex",
    14: "MP3",
}
_OTHER_FOURCCS = {
    b"vp08": "VP8",
    b"vp09": "VP9",
    b"vvc1": "VVC (H.266)",
    b"fLaC": "FLAC",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
    b".mp3": "MP3",
}
_AAC, _ENHANCED_AUDIO = 10, 9
_KEYFRAME, _COMMAND_FRAME = 1, 5
_SEQUENCE_START, _CODED_FRAMES, _SEQUENCE_END, _CODED_FRAMES_X, _METADATA = 0, 1, 2, 3, 4
_MULTITRACK, _MOD_EX = 6, 7
_AUDIO_MULTITRACK = 5
_TIMESTAMP_OFFSET_NANO = 0
_WITH_COMPOSITION_TIME = ("avc1", "hvc1")

VideoKind = Literal["config", "frame", "end", "other"]


class VideoTag(msgspec.Struct, frozen=True, gc=False):
    """One video message.

    Attributes:
        kind: `end` closes the sequence; `other` carries nothing that is played.
        cts_ms: presentation minus decode time, milliseconds, signed.
        offset_us: what ModEx adds to the timestamp, microseconds.
        body: where the codec's own bytes begin.
    """

    kind: VideoKind
    fourcc: VideoCodec
    keyframe: bool = False
    cts_ms: int = 0
    offset_us: int = 0
    body: int = 0


class AudioTag(msgspec.Struct, frozen=True, gc=False):
    """One audio message; fields as in `VideoTag`."""

    kind: VideoKind
    fourcc: AudioCodec
    offset_us: int = 0
    body: int = 0


AVC_FRAMES = {b"\x17\x01": True, b"\x27\x01": False}
"""How an AVC frame begins, and whether it is a keyframe; the composition time and the frame follow (E.4.3.1)."""

AVC_BODY = 5

AAC_FRAMES = frozenset(bytes((_AAC << 4 | sound, 1)) for sound in range(16))
"""How an AAC frame begins; the frame follows. The low bits describe the sound, and say nothing for AAC (E.4.2.1)."""

AAC_BODY = 2

_AAC_FRAME, _AAC_CONFIG = AudioTag("frame", "mp4a", 0, 2), AudioTag("config", "mp4a", 0, 2)


def video_tag(payload: bytes) -> VideoTag:
    """Read a video message's header. `payload` holds one byte at least.

    Raises:
        MalformedError: it is cut off.
        UnsupportedMediaError: a codec or framing that is not taken; the sentence says which.
    """
    first = payload[0]
    if first & 0x80:
        return _enhanced_video(payload)
    fourcc = _LEGACY_VIDEO.get(first & 0x0F)
    frame_type = first >> 4
    if fourcc is None:
        name = _OTHER_VIDEO.get(first & 0x0F, f"codec id {first & 0x0F}")
        raise UnsupportedMediaError(f"{name} video is not supported.", hint=_VIDEO_FIX, codec=name)
    if frame_type == _COMMAND_FRAME:
        return VideoTag("other", fourcc)
    if len(payload) < 5:
        raise MalformedError("A video message is cut off.", hint="Restart the encoder.")
    kind = payload[1]
    if kind == _CODED_FRAMES:
        return VideoTag("frame", fourcc, frame_type == _KEYFRAME, _signed_24(payload, 2), 0, 5)
    return VideoTag(_KINDS.get(kind, "other"), fourcc, body=5)


_KINDS: dict[int, VideoKind] = {_SEQUENCE_START: "config", _SEQUENCE_END: "end"}


def _enhanced_video(payload: bytes) -> VideoTag:
    frame_type, kind = payload[0] >> 4 & 7, payload[0] & 0x0F
    at, offset_us = 1, 0
    if kind == _MOD_EX:
        kind, at, offset_us = _mod_ex(payload, at)
    if kind == _MULTITRACK:
        raise UnsupportedMediaError(
            "Multitrack video is not supported.",
            hint="Send one video track: turn multitrack video off in the encoder.",
            codec="multitrack",
        )
    if frame_type == _COMMAND_FRAME and kind != _METADATA:
        return VideoTag("other", "avc1")
    name = payload[at : at + 4]
    fourcc = VIDEO_FOURCCS.get(name)
    if fourcc is None:
        raise _unknown_fourcc(name, "video", _VIDEO_FIX)
    at += 4
    keyframe, cts_ms = frame_type == _KEYFRAME, 0
    if kind == _CODED_FRAMES and fourcc in _WITH_COMPOSITION_TIME:
        if len(payload) < at + 3:
            raise MalformedError("A video message is cut off.", hint="Restart the encoder.")
        cts_ms = _signed_24(payload, at)
        at += 3
    if kind in (_CODED_FRAMES, _CODED_FRAMES_X):
        return VideoTag("frame", fourcc, keyframe, cts_ms, offset_us, at)
    return VideoTag(_KINDS.get(kind, "other"), fourcc, body=at)


def audio_tag(payload: bytes) -> AudioTag:
    """Read an audio message's header. `payload` holds one byte at least.

    Raises:
        MalformedError: it is cut off.
        UnsupportedMediaError: a codec or framing that is not taken; the sentence says which.
    """
    sound_format = payload[0] >> 4
    if sound_format == _AAC:
        if len(payload) < 2:
            raise MalformedError("An audio message is cut off.", hint="Restart the encoder.")
        return _AAC_FRAME if payload[1] else _AAC_CONFIG
    if sound_format == _ENHANCED_AUDIO:
        return _enhanced_audio(payload)
    name = _OTHER_AUDIO.get(sound_format, f"sound format {sound_format}")
    raise UnsupportedMediaError(f"{name} audio is not supported.", hint=_AUDIO_FIX, codec=name)


def _enhanced_audio(payload: bytes) -> AudioTag:
    kind, at, offset_us = payload[0] & 0x0F, 1, 0
    if kind == _MOD_EX:
        kind, at, offset_us = _mod_ex(payload, at)
    if kind == _AUDIO_MULTITRACK:
        raise UnsupportedMediaError(
            "Multitrack audio is not supported.",
            hint="Send one audio track: choose a single track in the encoder's output settings.",
            codec="multitrack",
        )
    name = payload[at : at + 4]
    fourcc = AUDIO_FOURCCS.get(name)
    if fourcc is None:
        raise _unknown_fourcc(name, "audio", _AUDIO_FIX)
    if kind == _CODED_FRAMES:
        return AudioTag("frame", fourcc, offset_us, at + 4)
    return AudioTag(_KINDS.get(kind, "other"), fourcc, 0, at + 4)


def _mod_ex(payload: bytes, at: int) -> tuple[int, int, int]:
    """Skip ModEx blocks (Enhanced RTMP v2): the packet type they wrap, where it goes on, and the offset in µs."""
    kind, offset_us = _MOD_EX, 0
    while kind == _MOD_EX:
        size = int.from_bytes(payload[at : at + 1], "big") + 1
        at += 1
        if size == 256:
            size = int.from_bytes(payload[at : at + 2], "big") + 1
            at += 2
        data = payload[at : at + size]
        at += size
        if at >= len(payload):
            raise MalformedError("A message's ModEx header is cut off.", hint="Restart the encoder.")
        mod_type, kind = payload[at] >> 4, payload[at] & 0x0F
        at += 1
        if mod_type == _TIMESTAMP_OFFSET_NANO and size >= 3:
            offset_us += int.from_bytes(data[:3], "big") // 1000
    return kind, at, offset_us


def _unknown_fourcc(name: bytes, medium: str, fix: str) -> UnsupportedMediaError | MalformedError:
    if len(name) < 4:
        return MalformedError(f"A {medium} message is cut off.", hint="Restart the encoder.")
    text = _OTHER_FOURCCS.get(name, repr(name.decode("ascii", "replace")))
    return UnsupportedMediaError(f"{text} {medium} is not supported.", hint=fix, codec=text)


def _signed_24(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + 3], "big", signed=True)
