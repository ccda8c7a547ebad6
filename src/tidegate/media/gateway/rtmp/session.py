"""One publisher's state machine: commands of RTMP's NetConnection and NetStream (Adobe RTMP 1.0, 7.2).

Bytes in; calls on a `PacketSink` and `outgoing` bytes out. No socket, no clock: `now` is an argument. When a
publisher asks to publish, `receive` leaves the address in `wanted`, and whoever drives the session answers with
`admit` or `refuse`; until then further messages are held, bounded by what an unadmitted peer may send.
"""

from typing import Literal

import structlog

from tidegate.core.errors import TidegateError
from tidegate.core.streams import EndReason
from tidegate.media.gateway.flv.amf0 import Value
from tidegate.media.gateway.flv.demuxer import Demuxer
from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.gateway.rtmp import messages
from tidegate.media.gateway.rtmp.addressing import check_app, publish_address
from tidegate.media.gateway.rtmp.chunks import Message
from tidegate.media.gateway.rtmp.config import RtmpLimits
from tidegate.media.gateway.rtmp.errors import CommandRefusedError, LimitError
from tidegate.media.gateway.rtmp.messages import AUDIO, VIDEO, Command
from tidegate.media.gateway.rtmp.protocol import RtmpProtocol
from tidegate.media.gateway.types import PublishAddress
from tidegate.media.types import PacketSink

State = Literal["connecting", "connected", "admitting", "publishing", "closed"]

_MOST_STREAMS = 8  # message streams a connection may create; encoders create one
_LONGEST_ENCODER_NAME = 80
_NANOSECOND_MOD_EX = 12.0  # Enhanced RTMP v2, capsEx: ModEx (4) and TimestampNanoOffset (8)
_CAN_FORWARD = 4.0  # Enhanced RTMP v2, FourCcInfoMask.CanForward: passed on as it is
_VIDEO_MAP: dict[str, Value] = {"avc1": _CAN_FORWARD, "hvc1": _CAN_FORWARD, "av01": _CAN_FORWARD}
_AUDIO_MAP: dict[str, Value] = {"mp4a": _CAN_FORWARD, "Opus": _CAN_FORWARD}

_GOODBYES: dict[EndReason, str] = {
    "taken-over": "A newer publisher with this channel's key took over.",
    "kicked": "The stream was stopped by the operator. You may publish again.",
    "shutdown": "The server is restarting. Publish again in a moment.",
    "disconnected": "No audio or video arrived for too long.",
    "refused": "The stream was refused; see the studio page for the reason.",
}


class RtmpSession:
    """Drive it: `receive` what the socket reads, send `outgoing`, hang up once `closed` and `outgoing` is sent."""

    def __init__(self, limits: RtmpLimits, random: bytes) -> None:
        """`random`: `handshake.RANDOM_BYTES` of it."""
        self.state: State = "connecting"
        self.wanted: PublishAddress | None = None
        """What the publisher asks to publish to, once it has asked."""
        self.encoder = ""
        """What the encoder calls itself."""
        self.refusal: TidegateError | None = None
        """Why the session was refused, if it was."""
        self._limits = limits
        self._protocol = RtmpProtocol(limits, random)
        self.outgoing = self._protocol.outgoing
        """Bytes to send; whoever sends them deletes them from the front."""
        self._app = ""
        self._streams = 0
        self._published_on = 0
        self._held: list[Message] = []
        self._sink: PacketSink | None = None
        self._demuxer: Demuxer | None = None

    @property
    def closed(self) -> bool:
        return self.state == "closed"

    @property
    def bytes_received(self) -> int:
        return self._protocol.bytes_received

    @property
    def buffered(self) -> int:
        """Bytes of media and commands held: unfinished messages, and whole ones that wait for admission."""
        return self._protocol.buffered + sum(len(message.payload) for message in self._held)

    @property
    def packets(self) -> int:
        return self._demuxer.packets if self._demuxer else 0

    @property
    def dropped(self) -> int:
        """Frames that came before their configuration or were malformed."""
        return self._demuxer.dropped if self._demuxer else 0

    @property
    def frames(self) -> int:
        """Audio and video frames seen, whether they were of use or not."""
        return self.packets + self.dropped

    @property
    def admitted(self) -> bool:
        """Whether it ever had a sink."""
        return self._demuxer is not None

    def receive(self, data: bytes, now: float) -> None:
        """Take what the peer sent, `now` in monotonic seconds. Errors end the session; none is raised."""
        if self.state == "closed":
            return
        try:
            received = self._protocol.receive(data)
            if self.state != "publishing":
                self._check_unadmitted()
            self._handle_all(received, now)
        except TidegateError as error:
            self.refuse(error)

    def admit(self, sink: PacketSink, now: float) -> None:
        """Begin to publish into `sink`, messages held meanwhile first."""
        if self.state != "admitting":
            sink.close("disconnected")
            return
        self.state = "publishing"
        self._sink, self._demuxer = sink, Demuxer(sink)
        self._protocol.accept_media()
        held, self._held = self._held, []
        try:
            self._protocol.send(messages.stream_begin(self._published_on))
            self._status("status", "NetStream.Publish.Start", "Publishing.")
            self._handle_all(held, now)
        except TidegateError as error:
            self.refuse(error)

    def refuse(self, error: TidegateError) -> None:
        """Tell the publisher why, in a form its log shows, and end the session."""
        if self.state == "closed":
            return
        self.refusal = error
        if self._sink is not None:
            self._sink.note(error.code, "error", error.message, error.hint)
        self._end("refused", str(error))

    def hang_up(self, reason: EndReason) -> None:
        """End the session from this side, such as after a takeover."""
        if self.state != "closed":
            self._end(reason, _GOODBYES.get(reason, "The server closed the stream."))

    def lost(self) -> None:
        """The connection is gone."""
        self._end("disconnected", "")

    def _end(self, reason: EndReason, description: str) -> None:
        was, self.state = self.state, "closed"
        self._held.clear()
        self._protocol.release()
        sink, self._sink = self._sink, None
        try:
            if description and self._protocol.shaken:
                self._say_goodbye(was, description)
        except LimitError:
            structlog.get_logger().debug("rtmp peer does not read", state=was)
        if sink is not None:
            sink.close(reason)

    def _say_goodbye(self, was: State, description: str) -> None:
        if was == "connecting":
            info = messages.status_object("error", "NetConnection.Connect.Rejected", description)
            self._protocol.send(messages.command(0, "_error", 1.0, None, info))
        else:
            self._status("error", "NetStream.Publish.BadName", description)

    def _status(self, level: str, code: str, description: str) -> None:
        self._protocol.send(messages.status(self._published_on or 1, level, code, description))

    def _check_unadmitted(self) -> None:
        if self._protocol.bytes_received > self._limits.unadmitted_bytes:
            raise LimitError(
                "Too many bytes before publishing was admitted.",
                hint="The encoder must wait for NetStream.Publish.Start before it sends media.",
            )

    def _handle_all(self, received: list[Message], now: float) -> None:
        demuxer = self._demuxer
        for message in received:
            kind = message.kind
            if kind == VIDEO and demuxer is not None:
                demuxer.video(message.timestamp, message.payload, now)
            elif kind == AUDIO and demuxer is not None:
                demuxer.audio(message.timestamp, message.payload, now)
            elif self.state == "admitting":
                self._held.append(message)
            else:
                self._handle(message)
            if self.state == "closed":
                return

    def _handle(self, message: Message) -> None:
        """Act on anything but media of an admitted publisher. Types not named here ask for nothing."""
        if message.kind < AUDIO:
            self._protocol.control(message)
        elif message.kind in (messages.COMMAND, messages.COMMAND_AMF3):
            self._check_size(message)
            self._command(message.stream, messages.parse_command(message))
        elif message.kind in (messages.DATA, messages.DATA_AMF3) and self._demuxer is not None:
            self._data(message, self._demuxer)

    def _check_size(self, message: Message) -> None:
        if len(message.payload) > self._limits.control_message_bytes:
            raise LimitError(
                f"A command of {len(message.payload)} bytes is over the limit.", hint="Restart the encoder."
            )

    def _data(self, message: Message, demuxer: Demuxer) -> None:
        """Metadata is only a hint: what cannot be read is passed over."""
        try:
            self._check_size(message)
            demuxer.metadata(messages.parse_data(message))
        except (LimitError, MalformedError) as error:
            if self._sink is not None:
                self._sink.note("metadata-ignored", "info", f"Metadata was passed over: {error.message}")

    def _command(self, stream: int, command: Command) -> None:
        name = command.name
        if name == "connect":
            self._connect(command)
        elif self.state == "connecting":
            raise MalformedError("A command came before connect.", hint="Restart the encoder.")
        elif name == "createStream":
            self._create_stream(command)
        elif name == "publish":
            self._publish(stream, command)
        elif name in ("releaseStream", "FCPublish"):
            self._protocol.send(messages.command(0, "_result", command.transaction, None, None))
        elif name in ("FCUnpublish", "deleteStream", "closeStream"):
            self._unpublish()
        elif name in ("play", "play2"):
            raise CommandRefusedError(
                "Playing over RTMP is not served.", hint="Open the watch page or the HLS address instead."
            )

    def _connect(self, command: Command) -> None:
        if self.state != "connecting":
            raise MalformedError("The encoder connected twice.", hint="Restart the encoder.")
        properties = command.members(0)
        app, encoder = properties.get("app"), properties.get("flashVer")
        self._app = app if isinstance(app, str) else ""
        check_app(self._app)
        if isinstance(encoder, str):
            self.encoder = "".join(filter(str.isprintable, encoder))[:_LONGEST_ENCODER_NAME]
        self.state = "connected"
        self._protocol.widen()
        self._protocol.send(
            messages.command(0, "_result", command.transaction, _server_properties(), _connected_status())
        )

    def _create_stream(self, command: Command) -> None:
        if self._streams >= _MOST_STREAMS:
            raise LimitError(f"More than {_MOST_STREAMS} streams.", hint="Restart the encoder.")
        self._streams += 1
        self._protocol.send(messages.command(0, "_result", command.transaction, None, float(self._streams)))

    def _publish(self, stream: int, command: Command) -> None:
        if self.state != "connected":
            raise CommandRefusedError(
                "This connection already publishes.", hint="Open a connection for each stream."
            )
        self._published_on = stream
        self.wanted = publish_address(self._app, command.text(1))
        self.state = "admitting"

    def _unpublish(self) -> None:
        """The publisher's clean goodbye. A connection that never published may go on."""
        if self.state == "publishing":
            self._status("status", "NetStream.Unpublish.Success", "Unpublished.")
            self._end("unpublished", "")


_CAPABILITIES: dict[str, Value] = {
    "fourCcList": [*_VIDEO_MAP, *_AUDIO_MAP],
    "videoFourCcInfoMap": _VIDEO_MAP,
    "audioFourCcInfoMap": _AUDIO_MAP,
    "capsEx": _NANOSECOND_MOD_EX,
}
"""What of Enhanced RTMP v2 this server takes. It stands in both objects of the connect reply, as clients differ in
where they look."""


def _server_properties() -> dict[str, Value]:
    return {
        "fmsVer": "FMS/3,5,7,7009",
        "capabilities": 31.0,
        **_CAPABILITIES,
    }  # encoders know Adobe's name only


def _connected_status() -> dict[str, Value]:
    return {
        **messages.status_object("status", "NetConnection.Connect.Success", "Connected."),
        "objectEncoding": 0.0,
        **_CAPABILITIES,
    }
