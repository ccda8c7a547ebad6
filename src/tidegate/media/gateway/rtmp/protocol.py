"""One RTMP connection's wire: handshake, chunk stream, acknowledgements and control messages. Pure.

Bytes from the peer in; messages for the session out, and bytes for the peer in `outgoing`.
"""

from tidegate.media.gateway.rtmp import messages
from tidegate.media.gateway.rtmp.chunks import ChunkReader, ChunkWriter, Message
from tidegate.media.gateway.rtmp.config import RtmpLimits
from tidegate.media.gateway.rtmp.errors import LimitError
from tidegate.media.gateway.rtmp.handshake import Handshake

CHUNK_SIZE = 65_536
"""Advertised with the connect reply. FFmpeg and others take it over for what they send: a frame then arrives as one
chunk, which is several times cheaper to read than many of 128 bytes."""

_ACK_WINDOW = 2_500_000
"""Bytes between acknowledgements until the peer names another window; what Adobe's server asks for."""


class RtmpProtocol:
    """Feed it what the socket reads, send what `outgoing` holds."""

    def __init__(self, limits: RtmpLimits, random: bytes) -> None:
        """`random`: `handshake.RANDOM_BYTES` of it."""
        self.outgoing = bytearray()
        self.bytes_received = 0
        self._limits = limits
        self._handshake: Handshake | None = Handshake(random)
        self._reader = ChunkReader(limits.control_message_bytes, limits.chunk_streams)
        self._writer = ChunkWriter()
        self._ack_window = _ACK_WINDOW
        self._acknowledged = 0

    @property
    def buffered(self) -> int:
        """Bytes held of messages that have not arrived whole."""
        return self._reader.buffered

    @property
    def shaken(self) -> bool:
        """Whether the handshake is over: before, no message can be sent."""
        return self._handshake is None

    def receive(self, data: bytes) -> list[Message]:
        """Take the peer's bytes; return whole messages in order.

        Raises:
            MalformedError: they are no RTMP.
            LimitError: the peer exceeds what a connection may have.
        """
        self.bytes_received += len(data)
        if self._handshake is not None:
            reply, data = self._handshake.feed(data)
            self.outgoing += reply
            if not self._handshake.done:
                return []
            self._handshake = None
        if self.bytes_received - self._acknowledged >= self._ack_window:
            self._acknowledged = self.bytes_received
            self.send(messages.acknowledgement(self.bytes_received))
        return self._reader.feed(data)

    def control(self, message: Message) -> None:
        """Act on a protocol control message (5.4, 7.1.7); those that ask for nothing are passed over.

        Raises:
            LimitError: the peer sends pings without reading the answers.
        """
        if message.kind == messages.WINDOW_ACK_SIZE and len(message.payload) >= 4:
            self._ack_window = max(1, int.from_bytes(message.payload[:4], "big"))
        elif message.kind == messages.USER_CONTROL:
            event = int.from_bytes(message.payload[:2], "big")
            if event == messages.PING_REQUEST and len(message.payload) >= 6:
                self.send(messages.ping_response(message.payload[2:6]))

    def send(self, message: Message) -> None:
        """Queue a message for the peer.

        Raises:
            LimitError: the peer has left too much unread.
        """
        csid = (
            messages.COMMAND_CHUNK_STREAM
            if message.kind == messages.COMMAND
            else messages.CONTROL_CHUNK_STREAM
        )
        if len(self.outgoing) > self._limits.outgoing_bytes:
            raise LimitError("The peer does not read what it is sent.", hint="Restart the encoder.")
        self.outgoing += self._writer.write(csid, message)

    def widen(self) -> None:
        """Tell the peer window and chunk size; goes out with the connect reply."""
        self.send(messages.window_ack_size(_ACK_WINDOW))
        self.send(messages.set_peer_bandwidth(_ACK_WINDOW))
        self.send(messages.set_chunk_size(CHUNK_SIZE))
        self._writer.chunk_size = CHUNK_SIZE

    def accept_media(self) -> None:
        """Lift the message limit from that of commands to that of media: the publisher is admitted."""
        self._reader.allow(self._limits.message_bytes)

    def release(self) -> None:
        """Let go of unfinished messages: the session is over, and nothing more is read."""
        self._reader = ChunkReader(0, 0)
