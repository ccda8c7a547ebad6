"""RTMP chunk stream (Adobe RTMP 1.0, 5.3): bytes to messages and back.

The reader takes bytes split anywhere and gives whole messages. Set Chunk Size and Abort (5.4.1, 5.4.2) act on the
chunk stream itself and are consumed here.
"""

import msgspec

from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.gateway.rtmp.errors import LimitError

DEFAULT_CHUNK_SIZE = 128
_LARGEST_CHUNK_SIZE = 0xFFFFFF  # 5.4.1: larger ones are equal, no message is longer
_EXTENDED = 0xFFFFFF
_SET_CHUNK_SIZE = 1
_ABORT = 2
_MASK_32 = 0xFFFFFFFF
_HEADER_BYTES = (11, 7, 3, 0)
_FORM_1, _FORM_2 = (
    1 << 6,
    2 << 6,
)  # the form of a chunk's header stands in the two high bits of its first byte


class Message(msgspec.Struct, frozen=True, gc=False):
    """One whole RTMP message.

    Attributes:
        kind: message type id.
        stream: message stream id; 0 is the connection itself.
        timestamp: milliseconds, 32 bits, wraps.
    """

    kind: int
    stream: int
    timestamp: int
    payload: bytes


class _ChunkStream:
    """What later chunk headers of the same chunk stream may leave out, and the message it is collecting."""

    __slots__ = ("delta", "extended", "field", "kind", "length", "parts", "received", "stream", "timestamp")

    def __init__(self) -> None:
        self.kind = 0
        self.stream = 0
        self.length = 0
        self.timestamp = 0
        self.delta = 0
        self.field = b""
        self.extended = False
        self.parts: list[bytes | bytearray] = []
        self.received = 0


class ChunkReader:
    """Reassembles messages. Holds at most `max_message_bytes` twice over, whatever the peer interleaves."""

    def __init__(self, max_message_bytes: int, max_chunk_streams: int) -> None:
        self.buffered = 0
        """Bytes of unfinished messages held now."""
        self._max_message_bytes = max_message_bytes
        self._max_chunk_streams = max_chunk_streams
        self._chunk_size = DEFAULT_CHUNK_SIZE
        self._most_at_once = 0  # what a message may have to come in one chunk and within the limit
        self.allow(max_message_bytes)
        self._streams: dict[int, _ChunkStream] = {}
        self._rest = b""  # an incomplete chunk header, at most 18 bytes
        self._open: _ChunkStream | None = None  # the chunk whose payload is still arriving
        self._open_left = 0

    def allow(self, max_message_bytes: int) -> None:
        """Set another limit; it holds from the next message header on."""
        self._max_message_bytes = max_message_bytes
        self._most_at_once = min(self._chunk_size, max_message_bytes)

    def feed(self, data: bytes) -> list[Message]:
        """Take the next bytes; return the messages they complete, in order.

        Raises:
            MalformedError: the bytes break the chunk format.
            LimitError: a message is too large, or there are too many chunk streams.
        """
        if self._rest:
            data = self._rest + data
            self._rest = b""
        messages: list[Message] = []
        at, end = 0, len(data)
        if self._open is not None:
            at = self._resume(data, messages)
        streams = self._streams
        while at < end:
            basic = data[at]
            stream = streams.get(basic & 0x3F)  # None for ids of two and three bytes
            if basic < _FORM_2 and stream is not None and not stream.received:
                # nearly every message comes this way: header and payload whole in the buffer
                head = int.from_bytes(data[at + 1 : at + 8], "big")
                timestamp, length = head >> 32, head >> 8 & 0xFFFFFF
                body = at + (8 if basic & _FORM_1 else 12)
                after = body + length
                if after <= end and timestamp != _EXTENDED and length <= self._most_at_once:
                    if basic & _FORM_1:
                        stream.timestamp = (stream.timestamp + timestamp) & _MASK_32
                    else:
                        stream.timestamp = timestamp
                        stream.stream = int.from_bytes(data[at + 8 : body], "little")
                    kind = head & 0xFF
                    stream.kind, stream.length = kind, length
                    stream.delta, stream.extended = timestamp, False
                    if kind > _ABORT:
                        messages.append(Message(kind, stream.stream, stream.timestamp, data[body:after]))
                    else:
                        self._finish(stream, data[body:after], messages)
                    at = after
                    continue
            at = self._chunk(data, at, messages)
            if at < 0:
                break
        return messages

    def _chunk(self, data: bytes, start: int, messages: list[Message]) -> int:
        """Take any chunk; return where the next begins, or -1 if its header is incomplete and was kept."""
        basic, at = data[start], start + 1
        csid = basic & 0x3F
        if csid < 2:
            if len(data) - at <= csid:
                self._rest = data[start:]
                return -1
            csid = 64 + (data[at] if csid == 0 else int.from_bytes(data[at : at + 2], "little"))
            at += 1 + (basic & 1)
        stream = self._streams.get(csid) or self._new_stream(csid, basic >> 6)
        at = self._header(stream, basic >> 6, data, at)
        if at < 0:
            self._rest = data[start:]
            return -1
        at = self._take(stream, data, at, min(self._chunk_size, stream.length - stream.received), messages)
        if stream.received and self._open is None and csid < 64 and not stream.extended:
            at = self._take_run(stream, 0xC0 | csid, data, at)
        return at

    def _new_stream(self, csid: int, form: int) -> _ChunkStream:
        if form > 1:  # some encoders begin with form 1, whose missing stream id reads as 0
            raise MalformedError(
                "A chunk refers to a chunk stream that was never begun.", hint="Restart the encoder."
            )
        if len(self._streams) >= self._max_chunk_streams:
            raise LimitError(
                f"More than {self._max_chunk_streams} chunk streams.", hint="Restart the encoder."
            )
        stream = self._streams[csid] = _ChunkStream()
        return stream

    def _header(self, stream: _ChunkStream, form: int, data: bytes, at: int) -> int:
        """Read a message header (5.3.1.2) and extended timestamp (5.3.1.3); return where the payload begins, or -1."""
        if stream.received:
            return self._continuation(stream, form, data, at)
        size = _HEADER_BYTES[form]
        after = at + size
        if after > len(data):
            return -1
        if form == 3:
            extended, value = stream.extended, stream.delta
        else:
            value = int.from_bytes(data[at : at + 3], "big")
            extended = value == _EXTENDED
        field = b""
        if extended:
            field = data[after : after + 4]
            if len(field) < 4:
                return -1
            value = int.from_bytes(field, "big")
            after += 4
        if form < 2:
            length_and_kind = int.from_bytes(data[at + 3 : at + 7], "big")
            stream.length, stream.kind = length_and_kind >> 8, length_and_kind & 0xFF
        if form == 0:
            stream.stream = int.from_bytes(data[at + 7 : at + 11], "little")
            stream.timestamp = value
        else:
            stream.timestamp = (stream.timestamp + value) & _MASK_32
        stream.delta, stream.extended, stream.field = value, extended, field
        if stream.length > self._max_message_bytes:
            raise LimitError(
                f"A message of {stream.length} bytes is over the limit of {self._max_message_bytes}.",
                hint="Lower the bitrate or the keyframe size; send media only after publishing has begun.",
            )
        return after

    @staticmethod
    def _continuation(stream: _ChunkStream, form: int, data: bytes, at: int) -> int:
        """A chunk that continues a message repeats its extended timestamp, except with encoders that leave it out."""
        if form != 3:
            raise MalformedError(
                "A message begins before the one before it has ended.", hint="Restart the encoder."
            )
        if not stream.extended:
            return at
        field = data[at : at + 4]
        if len(field) < 4:
            return -1 if stream.field.startswith(field) else at
        return at + 4 if field == stream.field else at

    def _resume(self, data: bytes, messages: list[Message]) -> int:
        stream, wanted = self._open, self._open_left
        self._open = None
        return self._take(stream, data, 0, wanted, messages) if stream else 0

    def _take(self, stream: _ChunkStream, data: bytes, at: int, wanted: int, messages: list[Message]) -> int:
        piece = data[at : at + wanted]
        stream.parts.append(piece)
        stream.received += len(piece)
        self._hold(len(piece))
        if len(piece) < wanted:
            self._open, self._open_left = stream, wanted - len(piece)
        elif stream.received == stream.length:
            payload = b"".join(stream.parts)
            self._drop(stream)
            self._finish(stream, payload, messages)
        return at + len(piece)

    def _take_run(self, stream: _ChunkStream, head: int, data: bytes, at: int) -> int:
        """Take full continuation chunks in one go: one slice, and one strided deletion of their headers."""
        stride = self._chunk_size + 1
        # the last chunk is left to the common path, which finishes the message
        most = min((len(data) - at) // stride, (stream.length - stream.received - 1) // self._chunk_size)
        if most < 2:
            return at
        heads = data[at : at + most * stride : stride]
        run = most - len(heads.lstrip(bytes((head,))))
        if run < 2:
            return at
        pieces = bytearray(data[at : at + run * stride])
        del pieces[::stride]
        stream.parts.append(pieces)
        stream.received += len(pieces)
        self._hold(len(pieces))
        return at + run * stride

    def _hold(self, size: int) -> None:
        self.buffered += size
        if self.buffered > 2 * self._max_message_bytes:
            raise LimitError("Too many unfinished messages at once.", hint="Restart the encoder.")

    def _drop(self, stream: _ChunkStream) -> None:
        self.buffered -= stream.received
        stream.parts, stream.received = [], 0

    def _finish(self, stream: _ChunkStream, payload: bytes, messages: list[Message]) -> None:
        kind = stream.kind
        if kind > _ABORT:
            messages.append(Message(kind, stream.stream, stream.timestamp, payload))
        elif kind == _SET_CHUNK_SIZE:
            self._set_chunk_size(payload)
        elif kind == _ABORT:
            self._abort(payload)

    def _set_chunk_size(self, payload: bytes) -> None:
        size = int.from_bytes(payload[:4], "big")
        if len(payload) < 4 or not 0 < size <= 0x7FFFFFFF:
            raise MalformedError("The peer sets an impossible chunk size.", hint="Restart the encoder.")
        self._chunk_size = min(size, _LARGEST_CHUNK_SIZE)
        self.allow(self._max_message_bytes)

    def _abort(self, payload: bytes) -> None:
        stream = self._streams.get(int.from_bytes(payload[:4], "big"))
        if stream is not None:
            self._drop(stream)


class ChunkWriter:
    """Cuts messages into chunks, always with a full header: replies are few and small."""

    def __init__(self) -> None:
        self.chunk_size = DEFAULT_CHUNK_SIZE

    def write(self, csid: int, message: Message) -> bytes:
        """The message's chunks on chunk stream `csid`, 2 to 63."""
        payload, extended = message.payload, b""
        timestamp = message.timestamp
        if timestamp >= _EXTENDED:
            extended, timestamp = timestamp.to_bytes(4, "big"), _EXTENDED
        head = (timestamp << 32 | len(payload) << 8 | message.kind).to_bytes(7, "big")
        pieces = [
            bytes((csid,)),
            head,
            message.stream.to_bytes(4, "little"),
            extended,
            payload[: self.chunk_size],
        ]
        for at in range(self.chunk_size, len(payload), self.chunk_size):
            pieces += (bytes((0xC0 | csid,)), extended, payload[at : at + self.chunk_size])
        return b"".join(pieces)
