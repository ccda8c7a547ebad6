"""Decodes one video track piece by piece (ISO/IEC 14496-12 fragments, by PyAV) and reads each frame's strip.

In: CMAF headers and fragments in the order a player takes them. Out: frame numbers into a `Ledger`. One decoder lives
from one header or break to the next, so that parts which begin in the middle of a group of pictures decode too.
"""

import io

import av
import numpy as np
from av.codec import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from tidegate.media.player.types import Place
from tidegate.media.testcard import strip
from tidegate.media.verify.ledger import Ledger

_LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv444p", "gray"})
"""Formats whose first plane is 8-bit luma; every other is converted."""

DELAYED_MAX = 64
"""Frames a decoder may hold back for reordering, and their places with them: H.264 allows 16."""


class Decoder:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._header = b""
        self._codec: VideoCodecContext | None = None
        self._places: dict[int, Place] = {}
        self._at = Place(0, -1, 0, "")
        self._discontinuity: int | None = None

    def header(self, data: bytes) -> None:
        """A new CMAF header: the decoder begins anew."""
        self.finish()
        self._header = data

    def media(self, data: bytes, place: Place) -> None:
        """A part or segment. One that cannot be decoded is counted."""
        why = place.why
        if self._discontinuity is not None and place.discontinuity != self._discontinuity:
            why = "discontinuity"
        self._discontinuity = place.discontinuity
        if why:
            self.finish()
            self._ledger.break_(why)
        self._ledger.left_out += why == "left-out"
        self._at = place
        try:
            self._decode(data, place)
        except (FFmpegError, ValueError):
            self._ledger.undecodable += 1

    def finish(self) -> None:
        """Show what the decoder holds back."""
        codec, self._codec = self._codec, None
        if codec is None:
            return
        try:
            self._show(codec.decode(None))
        except FFmpegError:
            self._ledger.undecodable += 1
        self._places.clear()

    def _decode(self, data: bytes, place: Place) -> None:
        with av.open(io.BytesIO(self._header + data), "r", format="mp4") as container:
            stream = container.streams.video[0]
            if self._codec is None:
                self._codec = _decoder_for(stream.codec_context)
            codec = self._codec
            for packet in container.demux(stream):
                if packet.size:
                    if packet.pts is not None and len(self._places) < DELAYED_MAX:
                        self._places[packet.pts] = place
                    self._show(codec.decode(packet))

    def _show(self, frames: list[av.VideoFrame]) -> None:
        for frame in frames:
            place = self._places.pop(frame.pts, self._at) if frame.pts is not None else self._at
            stamp = strip.decode(_luma(frame))
            self._ledger.frame(stamp.frame if stamp is not None else None, place)


def _decoder_for(like: VideoCodecContext) -> VideoCodecContext:
    codec = CodecContext.create(like.name, "r")
    assert isinstance(codec, VideoCodecContext)  # noqa: S101 - the name is a video codec's
    codec.extradata = like.extradata
    codec.thread_count = 1
    return codec


def _luma(frame: av.VideoFrame) -> strip.Plane:
    if frame.format.name not in _LUMA_FIRST:
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows: strip.Plane = np.frombuffer(memoryview(plane), np.uint8)
    return rows.reshape(-1, plane.line_size)[: frame.height, : frame.width]
