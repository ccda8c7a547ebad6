"""FLV of a remuxing ffmpeg into a `PacketSink`. Pure: bytes and times in, calls out."""

from tidegate.core.errors import TidegateError
from tidegate.core.streams import EndReason
from tidegate.media.gateway.flv import amf0
from tidegate.media.gateway.flv.container import AUDIO, SCRIPT_DATA, VIDEO, FlvReader
from tidegate.media.gateway.flv.demuxer import Demuxer
from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.types import PacketSink


class RemuxSession:
    """Feed it until it is closed.

    Attributes:
        error: what ended it, where it ended itself.
    """

    def __init__(self, sink: PacketSink) -> None:
        self.error: TidegateError | None = None
        self.closed = False
        self.bytes_received = 0
        self._sink = sink
        self._reader = FlvReader()
        self._demuxer = Demuxer(sink)

    @property
    def packets(self) -> int:
        return self._demuxer.packets

    @property
    def dropped(self) -> int:
        return self._demuxer.dropped

    @property
    def frames(self) -> int:
        """Audio and video frames seen, whether they were of use or not."""
        return self.packets + self.dropped

    def receive(self, data: bytes, now: float) -> None:
        """Take what the pipe gave, `now` in monotonic seconds. An error leaves `error` set; none is raised."""
        if self.closed or self.error is not None:
            return
        self.bytes_received += len(data)
        demuxer = self._demuxer
        try:
            for kind, timestamp, payload in self._reader.feed(data):
                if kind == VIDEO:
                    demuxer.video(timestamp, payload, now)
                elif kind == AUDIO:
                    demuxer.audio(timestamp, payload, now)
                elif kind == SCRIPT_DATA:
                    self._metadata(payload)
        except TidegateError as error:
            self.error = error

    def note(self, error: TidegateError) -> None:
        """Tell the channel's owner of `error`, where a stream is there to tell it in."""
        if not self.closed:
            self._sink.note(error.code, "error", error.message, error.hint)

    def close(self, reason: EndReason) -> None:
        if not self.closed:
            self.closed = True
            self._sink.close(reason)

    def _metadata(self, payload: bytes) -> None:
        """A hint only: what cannot be read is passed over."""
        try:
            self._demuxer.metadata(amf0.decode(payload))
        except MalformedError as error:
            self._sink.note("metadata-ignored", "info", f"Metadata was passed over: {error.message}")
