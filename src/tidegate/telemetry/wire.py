"""What platform and engine process say to each other, over a socket that both were born with: framed msgpack.

A frame is its length, four bytes, big-endian, and one message. Requests carry a number that their answer repeats; answers come in any order.
"""

from typing import Final

import msgspec

LENGTH_BYTES: Final = 4
FRAME_BYTES_MAX: Final = 256 << 20
"""Longest message: far above any batch and any answer that limits let through."""


class Run(msgspec.Struct, frozen=True, tag=True):
    """A statement that changes something other than rows."""

    id: int
    sql: str


class Insert(msgspec.Struct, frozen=True, tag=True):
    """`sql` without FORMAT; `lines` in `format`."""

    id: int
    sql: str
    format: str
    lines: bytes


class Ask(msgspec.Struct, frozen=True, tag=True):
    """A query; answered in `statements.ANSWER_FORMAT`. `settings` as SQL."""

    id: int
    sql: str
    params: dict[str, str]
    settings: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """It was done; `body` is a query's answer. Number 0: the engine is open."""

    id: int
    body: bytes = b""


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It was not; the engine's own message."""

    id: int
    message: str


Request = Run | Insert | Ask
Answer = Done | Failed

_encoder = msgspec.msgpack.Encoder()
requests = msgspec.msgpack.Decoder(Request)
answers = msgspec.msgpack.Decoder(Answer)


def frame(message: Request | Answer) -> bytes:
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def length(head: bytes) -> int:
    """How long the message is.

    Raises:
        ValueError: longer than any.
    """
    size = int.from_bytes(head, "big")
    if size > FRAME_BYTES_MAX:
        raise ValueError(f"A frame of {size} bytes is longer than {FRAME_BYTES_MAX}.")
    return size
