"""RTMP message types, and the messages this server sends (Adobe RTMP 1.0, 5.4, 6.2 and 7.2)."""

import msgspec

from tidegate.media.gateway.flv import amf0
from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.gateway.rtmp.chunks import Message

ACKNOWLEDGEMENT = 3
USER_CONTROL = 4
WINDOW_ACK_SIZE = 5
AUDIO = 8
VIDEO = 9
DATA_AMF3 = 15
COMMAND_AMF3 = 17
DATA = 18
COMMAND = 20
_SET_CHUNK_SIZE = 1
_SET_PEER_BANDWIDTH = 6

PING_REQUEST = 6
_STREAM_BEGIN, _PING_RESPONSE = 0, 7
_DYNAMIC = 2  # 5.4.5: limit type of Set Peer Bandwidth

CONTROL_CHUNK_STREAM = 2
COMMAND_CHUNK_STREAM = 3

_LONGEST_DESCRIPTION = 250
"""Bytes of a status description: FFmpeg shows 255 at most."""


class Command(msgspec.Struct, frozen=True):
    """A command message: its name, transaction, and all that follows."""

    name: str
    transaction: float
    arguments: tuple[amf0.Value, ...]

    def text(self, index: int) -> str:
        """The argument at `index` as text, empty where it is missing or no text."""
        value = self.arguments[index] if index < len(self.arguments) else None
        return value if isinstance(value, str) else ""

    def members(self, index: int) -> dict[str, amf0.Value]:
        """The argument at `index` as an object, empty where it is missing or none."""
        value = self.arguments[index] if index < len(self.arguments) else None
        return value if isinstance(value, dict) else {}


def parse_command(message: Message) -> Command:
    """Read a command message, AMF0 or AMF0 in an AMF3 envelope.

    Raises:
        MalformedError: it is malformed or has no name.
    """
    values = parse_data(message)
    name = values[0] if values else None
    if not isinstance(name, str):
        raise MalformedError("A command has no name.", hint="Restart the encoder.")
    transaction = values[1] if len(values) > 1 else 0.0
    return Command(name, transaction if isinstance(transaction, float) else 0.0, tuple(values[2:]))


def parse_data(message: Message) -> list[amf0.Value]:
    """The values of a data or command message.

    Raises:
        MalformedError: they are malformed.
    """
    enveloped = message.kind in (DATA_AMF3, COMMAND_AMF3) and message.payload[:1] == b"\x00"
    return amf0.decode(message.payload[1:] if enveloped else message.payload)


def command(stream: int, *values: amf0.Value) -> Message:
    return Message(COMMAND, stream, 0, amf0.encode(values))


def status(stream: int, level: str, code: str, description: str) -> Message:
    """An `onStatus` (7.2.2); `description` is cut to what encoders show."""
    return command(stream, "onStatus", 0.0, None, status_object(level, code, description))


def status_object(level: str, code: str, description: str) -> dict[str, amf0.Value]:
    text = description.encode()[:_LONGEST_DESCRIPTION].decode("utf-8", "ignore")
    return {"level": level, "code": code, "description": text}


def acknowledgement(sequence: int) -> Message:
    """`sequence`: bytes received so far; wraps at 32 bits."""
    return Message(ACKNOWLEDGEMENT, 0, 0, (sequence & 0xFFFFFFFF).to_bytes(4, "big"))


def window_ack_size(size: int) -> Message:
    return Message(WINDOW_ACK_SIZE, 0, 0, size.to_bytes(4, "big"))


def set_peer_bandwidth(size: int) -> Message:
    return Message(_SET_PEER_BANDWIDTH, 0, 0, size.to_bytes(4, "big") + bytes((_DYNAMIC,)))


def set_chunk_size(size: int) -> Message:
    return Message(_SET_CHUNK_SIZE, 0, 0, size.to_bytes(4, "big"))


def stream_begin(stream: int) -> Message:
    return Message(USER_CONTROL, 0, 0, _STREAM_BEGIN.to_bytes(2, "big") + stream.to_bytes(4, "big"))


def ping_response(timestamp: bytes) -> Message:
    return Message(USER_CONTROL, 0, 0, _PING_RESPONSE.to_bytes(2, "big") + timestamp)
