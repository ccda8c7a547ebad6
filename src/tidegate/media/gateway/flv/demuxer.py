"""Audio, video and metadata messages of one publisher to configurations and packets of `media/types.py`.

In: payloads with their wrapping timestamps. Out: calls on a `PacketSink`. Frames that come before their
configuration, and malformed ones, are dropped with a note; an equal configuration is passed over.
"""

from collections.abc import Callable

from tidegate.media.codecs import aac, av1, h264, hevc, nal, opus
from tidegate.media.codecs.errors import CodecError
from tidegate.media.gateway.flv import flv
from tidegate.media.gateway.flv.amf0 import Value
from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.gateway.flv.timestamps import TimestampUnwrapper
from tidegate.media.types import AudioCodec, Packet, PacketSink, VideoCodec

Reframe = Callable[[bytes], bytes]
"""Turns a frame as the publisher frames it into what CMAF carries."""

_FASTEST_FPS = 1000.0


class Demuxer:
    """One publisher's elementary streams."""

    def __init__(self, sink: PacketSink) -> None:
        self.packets = 0
        self.dropped = 0
        self._sink = sink
        self._timestamps = TimestampUnwrapper()
        self._metadata_seen = False
        self._fps = 0.0
        self._video: VideoCodec | None = None
        self._video_header = b""
        self._reframe: Reframe | None = None
        self._audio: AudioCodec | None = None
        self._audio_header = b""

    def video(self, timestamp: int, payload: bytes, now: float) -> None:
        """Take a video message; `timestamp` in wrapping milliseconds, `now` in monotonic seconds.

        Raises:
            UnsupportedMediaError: a codec that is not taken.
            CodecError: a configuration that nothing could play.
        """
        # nearly every message is an AVC frame as CMAF wants it: `any_video` says the same of it, at twice the cost
        keyframe = flv.AVC_FRAMES.get(payload[:2])
        if (
            keyframe is None
            or self._video != "avc1"
            or self._reframe is not None
            or len(payload) <= flv.AVC_BODY
        ):
            self.any_video(timestamp, payload, now)
            return
        cts_ms = int.from_bytes(payload[2 : flv.AVC_BODY], "big", signed=True)
        self.packets += 1
        dts_us = self._timestamps.unwrap(timestamp) * 1000
        self._sink.packet(Packet("video", dts_us, cts_ms * 1000, keyframe, payload[flv.AVC_BODY :], now))

    def any_video(self, timestamp: int, payload: bytes, now: float) -> None:
        """`video`, for whatever it may be."""
        if not payload:
            return
        try:
            tag = flv.video_tag(payload)
        except MalformedError as error:
            self._drop_malformed(error)
            return
        body = payload[tag.body :]
        if tag.kind == "frame":
            if tag.fourcc != self._video and not self._configure_in_band(tag, body):
                self._drop_early("Video")
                return
            if self._reframe is not None:
                try:
                    body = self._reframe(body)
                except CodecError as error:
                    self._drop_malformed(error)
                    return
            if body:
                dts_us = self._timestamps.unwrap(timestamp) * 1000 + tag.offset_us
                self.packets += 1
                self._sink.packet(Packet("video", dts_us, tag.cts_ms * 1000, tag.keyframe, body, now))
        elif tag.kind == "config":
            self._video_config(tag.fourcc, body)

    def _video_config(self, fourcc: VideoCodec, record: bytes) -> None:
        if not record or (fourcc == self._video and record == self._video_header):
            return  # FFmpeg sends an empty one where the encoder gives its configuration with the first frame only
        if fourcc == "avc1":
            self._avc_config(record)
        elif fourcc == "hvc1":
            self._sink.video_config(hevc.video_config(record, self._fps))
            self._reframe = _sized_reframe(hevc.parse_record(record).length_size)
            self._video = fourcc
        else:
            self._sink.video_config(av1.video_config(record, self._fps))
            self._reframe = _without_temporal_delimiter
            self._video = fourcc
        self._video_header = record

    def _avc_config(self, record: bytes) -> None:
        """Take an `avcC`. One without parameter sets leaves them to be found in the first keyframe."""
        self._video = None
        if nal.is_annex_b(record):
            sps, pps = h264.parameter_sets(nal.split_annex_b(record))
            self._reframe = _reframe_either
        else:
            parsed = h264.parse_record(record)
            sps, pps = parsed.sps, parsed.pps
            self._reframe = _sized_reframe(parsed.length_size)
        if sps and pps:
            self._sink.video_config(h264.video_config(sps, pps, self._fps))
            self._video = "avc1"

    def _configure_in_band(self, tag: flv.VideoTag, frame: bytes) -> bool:
        """Build the missing `avcC` from the parameter sets within a keyframe; False where it has none."""
        if tag.fourcc != "avc1" or not tag.keyframe:
            return False
        announced = self._reframe if self._video is None else None  # by an `avcC` without parameter sets
        reframe = announced or _reframe_either
        try:
            sps, pps = h264.parameter_sets(nal.split_sized(reframe(frame), 4))
        except CodecError:
            return False
        if not sps or not pps:
            return False
        self._sink.video_config(h264.video_config(sps, pps, self._fps))
        self._reframe, self._video, self._video_header = reframe, "avc1", b""
        return True

    def audio(self, timestamp: int, payload: bytes, now: float) -> None:
        """Take an audio message; arguments and errors as `video`."""
        # nearly every message is an AAC frame, as above
        if payload[:2] not in flv.AAC_FRAMES or self._audio != "mp4a" or len(payload) <= flv.AAC_BODY:
            self.any_audio(timestamp, payload, now)
            return
        self.packets += 1
        dts_us = self._timestamps.unwrap(timestamp) * 1000
        self._sink.packet(Packet("audio", dts_us, 0, True, payload[flv.AAC_BODY :], now))

    def any_audio(self, timestamp: int, payload: bytes, now: float) -> None:
        """`audio`, for whatever it may be."""
        if not payload:
            return
        try:
            tag = flv.audio_tag(payload)
        except MalformedError as error:
            self._drop_malformed(error)
            return
        body = payload[tag.body :]
        if tag.kind == "frame":
            if tag.fourcc != self._audio:
                self._drop_early("Audio")
            elif body:
                dts_us = self._timestamps.unwrap(timestamp) * 1000 + tag.offset_us
                self.packets += 1
                self._sink.packet(Packet("audio", dts_us, 0, True, body, now))
        elif tag.kind == "config" and body and (tag.fourcc != self._audio or body != self._audio_header):
            self._sink.audio_config(
                aac.audio_config(body) if tag.fourcc == "mp4a" else opus.audio_config(body)
            )
            self._audio, self._audio_header = tag.fourcc, body

    def metadata(self, values: list[Value]) -> None:
        """Take the values of a data message; all but the first `onMetaData` are passed over."""
        if values[:1] == ["@setDataFrame"]:
            values = values[1:]
        if (
            self._metadata_seen
            or len(values) < 2
            or values[0] != "onMetaData"
            or not isinstance(values[1], dict)
        ):
            return
        self._metadata_seen = True
        members = values[1]
        fps = members.get("framerate")
        self._fps = fps if isinstance(fps, float) and 0 < fps <= _FASTEST_FPS else 0.0
        video, audio = "videocodecid" in members, "audiocodecid" in members
        if video or audio:
            self._sink.expect(video=video, audio=audio)

    def _drop_early(self, medium: str) -> None:
        self.dropped += 1
        self._sink.note(
            f"{medium.lower()}-before-configuration",
            "warning",
            f"{medium} frames came before their decoder configuration and were dropped.",
            "If this goes on, restart the encoder: it must send a sequence header first.",
        )

    def _drop_malformed(self, error: MalformedError | CodecError) -> None:
        self.dropped += 1
        self._sink.note("malformed-frame", "warning", f"{error.message} It was dropped.", error.hint)


def _sized_reframe(size: int) -> Reframe | None:
    """From `size`-byte NAL unit lengths to four-byte ones."""
    return None if size == 4 else lambda frame: nal.join_sized(nal.split_sized(frame, size))


def _reframe_either(frame: bytes) -> bytes:
    """From start codes or four-byte lengths: a start code also reads as a length, so the lengths must add up."""
    try:
        nal.split_sized(frame, 4)
    except CodecError:
        if not nal.is_annex_b(frame):
            raise
        return nal.join_sized(nal.split_annex_b(frame))
    return frame


def _without_temporal_delimiter(frame: bytes) -> bytes:
    return frame.removeprefix(av1.TEMPORAL_DELIMITER)
