"""Action Message Format 0 (Adobe AMF 0, 2): values to bytes and back.

`undefined` reads as None, dates as milliseconds since the Unix epoch, typed objects as plain ones.
"""

import struct
from collections.abc import Callable, Iterable
from typing import TypeAlias

from tidegate.media.gateway.flv.errors import MalformedError

Value: TypeAlias = "float | bool | str | dict[str, Value] | list[Value] | None"

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED = 0, 1, 2, 3, 5, 6
_ECMA_ARRAY, _OBJECT_END, _STRICT_ARRAY, _DATE, _LONG_STRING, _UNSUPPORTED = 8, 9, 10, 11, 12, 13
_XML, _TYPED_OBJECT = 15, 16
_DEEPEST = 16  # a connect command with every Enhanced RTMP field nests three deep
_LONGEST_SHORT_STRING = 0xFFFF
_DOUBLE = struct.Struct(">d")


def decode(data: bytes) -> list[Value]:
    """All values in `data`, one after the other.

    Raises:
        MalformedError: they are cut off, of an unknown type or nested too deep.
    """
    decoder = _Decoder(data)
    values = []
    while decoder.at < len(data):
        values.append(decoder.value(0))
    return values


def encode(values: Iterable[Value]) -> bytes:
    """The values one after the other. Objects are written as anonymous objects, lists as strict arrays."""
    out = bytearray()
    for value in values:
        _encode(out, value)
    return bytes(out)


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Value:
        if depth > _DEEPEST:
            raise MalformedError("A command's values are nested too deep.", hint="Restart the encoder.")
        kind = self.take(1)[0]
        read = _READERS.get(kind)
        if read is None:
            raise MalformedError(
                f"A command holds a value of unknown type {kind}.", hint="Restart the encoder."
            )
        return read(self, depth)

    def take(self, size: int) -> bytes:
        piece = self._data[self.at : self.at + size]
        if len(piece) < size:
            raise MalformedError("A command is cut off.", hint="Restart the encoder.")
        self.at += size
        return piece

    def number(self) -> float:
        number: float = _DOUBLE.unpack(self.take(8))[0]
        return number

    def string(self, length_bytes: int) -> str:
        size = int.from_bytes(self.take(length_bytes), "big")
        return self.take(size).decode("utf-8", "replace")

    def date(self) -> float:
        milliseconds = self.number()
        self.take(2)  # time zone, reserved
        return milliseconds

    def typed_object(self, depth: int) -> dict[str, Value]:
        self.string(2)
        return self.object(depth)

    def ecma_array(self, depth: int) -> dict[str, Value]:
        self.take(4)  # a count that encoders often leave at 0; the end marker counts
        return self.object(depth)

    def object(self, depth: int) -> dict[str, Value]:
        members: dict[str, Value] = {}
        while True:
            name = self.string(2)
            if not name and self._data[self.at : self.at + 1] == bytes((_OBJECT_END,)):
                self.at += 1
                return members
            members[name] = self.value(depth + 1)

    def array(self, depth: int) -> list[Value]:
        count = int.from_bytes(self.take(4), "big")
        if count > len(self._data) - self.at:  # each value takes a byte at least
            raise MalformedError("A command is cut off.", hint="Restart the encoder.")
        return [self.value(depth + 1) for _ in range(count)]


_READERS: dict[int, Callable[[_Decoder, int], Value]] = {
    _NUMBER: lambda decoder, _: decoder.number(),
    _BOOLEAN: lambda decoder, _: decoder.take(1) != b"\x00",
    _STRING: lambda decoder, _: decoder.string(2),
    _OBJECT: lambda decoder, depth: decoder.object(depth),
    _NULL: lambda _decoder, _: None,
    _UNDEFINED: lambda _decoder, _: None,
    _ECMA_ARRAY: lambda decoder, depth: decoder.ecma_array(depth),
    _STRICT_ARRAY: lambda decoder, depth: decoder.array(depth),
    _DATE: lambda decoder, _: decoder.date(),
    _LONG_STRING: lambda decoder, _: decoder.string(4),
    _UNSUPPORTED: lambda _decoder, _: None,
    _XML: lambda decoder, _: decoder.string(4),
    _TYPED_OBJECT: lambda decoder, depth: decoder.typed_object(depth),
}


def _encode(out: bytearray, value: Value) -> None:
    if value is None:
        out.append(_NULL)
    elif isinstance(value, bool):
        out += bytes((_BOOLEAN, value))
    elif isinstance(value, str):
        data = value.encode()
        short = len(data) <= _LONGEST_SHORT_STRING
        out.append(_STRING if short else _LONG_STRING)
        out += len(data).to_bytes(2 if short else 4, "big") + data
    elif isinstance(value, dict):
        out.append(_OBJECT)
        for name, member in value.items():
            key = name.encode()
            out += len(key).to_bytes(2, "big") + key
            _encode(out, member)
        out += bytes((0, 0, _OBJECT_END))
    elif isinstance(value, list):
        out.append(_STRICT_ARRAY)
        out += len(value).to_bytes(4, "big")
        for member in value:
            _encode(out, member)
    else:
        out.append(_NUMBER)
        out += _DOUBLE.pack(value)
