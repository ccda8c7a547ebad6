"""SRT's handshake packets (draft-sharabayko-srt-01, 3.2.1 and 4.3.1): datagrams to values and back. Pure.

Only what happens before a connection stands is read and written here. Everything behind it, such as retransmission,
delivery on time and decryption, is libsrt's, to which datagrams are passed on.
"""

import struct

import msgspec

HANDSHAKE = b"\x80\x00\x00\x00"
"""How a handshake packet begins: control bit, control type 0, subtype 0."""

SHUTDOWN = b"\x80\x05"
"""How the other side's goodbye begins (3.2.7)."""

LONGEST_DATAGRAM = 2048
"""Of UDP payload; more than any MTU that SRT agrees on (1500)."""

INDUCTION, CONCLUSION = 1, 0xFFFF_FFFF
_VERSION_4, _VERSION_5 = 4, 5
_DATAGRAMS = 2  # extension field of a version 4 induction: UDT's SOCK_DGRAM
_MAGIC = 0x4A17  # extension field of the listener's induction
_SHUTDOWN_TYPE = 0x8005

_HEADER = struct.Struct(">IIII")
_BODY = struct.Struct(">IHHIIIIII16s")
_EXTENSION = struct.Struct(">HH")
_EXTENSIONS_AT = _HEADER.size + _BODY.size
_COOKIE_AT = _HEADER.size + 28
_CONTROL_HANDSHAKE = 0x8000_0000

_HSREQ, _KMREQ, _STREAM_ID = 1, 3, 5
_LONGEST_STREAM_ID = 512  # 3.2.1.3
_MOST_EXTENSIONS = 8

REJECTED = 1000
"""Handshake types from here on are refusals: this plus the reason (4.3, Table 7)."""

# Reasons of libsrt itself (3.2.1, Table 7), and of its access control guidelines, after HTTP's status codes.
VERSION_TOO_OLD = 8
WRONG_PASSPHRASE = 10
PASSPHRASE_EXPECTED_OR_NOT = 11
BAD_REQUEST, UNAUTHORIZED, OVERLOAD, FORBIDDEN, BAD_MODE, CONFLICT = 1400, 1401, 1402, 1403, 1405, 1409
INTERNAL_ERROR, DOWN = 1500, 1503


class Handshake(msgspec.Struct, frozen=True):
    """A handshake packet.

    Attributes:
        kind: `INDUCTION`, `CONCLUSION`, or a refusal from `REJECTED` on.
        socket: the sender's own socket id, by which it knows its connections apart.
        stream_id: what the caller says it wants, empty where it says nothing.
        encrypted: whether the caller brings a key.
        srt_version: of the caller's library, such as 0x010503; 0 before the conclusion.
        latency_ms: how long the caller wants its packets to be held for those that are sent again.
    """

    version: int
    kind: int
    sequence: int
    mtu: int
    window: int
    socket: int
    cookie: int
    address: bytes
    stream_id: str = ""
    encrypted: bool = False
    srt_version: int = 0
    latency_ms: int = 0

    @property
    def refused(self) -> int:
        """The reason of a refusal, 0 where it is none."""
        return self.kind - REJECTED if REJECTED <= self.kind < CONCLUSION - 2 else 0

    @property
    def library(self) -> str:
        """The caller's library, such as `SRT 1.5.3`."""
        version = self.srt_version
        return f"SRT {version >> 16 & 0xFF}.{version >> 8 & 0xFF}.{version & 0xFF}" if version else "SRT"


def parse_handshake(datagram: bytes) -> Handshake | None:
    """Read a handshake packet; None where the datagram is none, or a malformed one."""
    if len(datagram) < _EXTENSIONS_AT or not datagram.startswith(HANDSHAKE):
        return None
    version, _, _, sequence, mtu, window, kind, socket, cookie, address = _BODY.unpack_from(
        datagram, _HEADER.size
    )
    stream_id, encrypted, hsreq = "", False, b""
    if kind == CONCLUSION and version >= _VERSION_5:
        extensions = _extensions(datagram)
        if extensions is None:
            return None
        stream_id = _text(extensions.get(_STREAM_ID, b""))
        encrypted = _KMREQ in extensions
        hsreq = extensions.get(_HSREQ, b"")  # version, flags, receiver's and sender's delay (3.2.1.1)
    return Handshake(
        version, kind, sequence, mtu, window, socket, cookie, address, stream_id, encrypted,
        int.from_bytes(hsreq[:4], "big"), max(int.from_bytes(hsreq[8:10], "big"), int.from_bytes(hsreq[10:12], "big")),
    )  # fmt: skip


def _extensions(datagram: bytes) -> dict[int, bytes] | None:
    """Content by type; None where one is cut off, or there are more than any caller sends."""
    found: dict[int, bytes] = {}
    at = _EXTENSIONS_AT
    while at < len(datagram):
        if len(datagram) - at < _EXTENSION.size or len(found) == _MOST_EXTENSIONS:
            return None
        kind, words = _EXTENSION.unpack_from(datagram, at)
        at += _EXTENSION.size
        content = datagram[at : at + words * 4]
        if len(content) < words * 4:
            return None
        found[kind] = content
        at += words * 4
    return found


def _text(content: bytes) -> str:
    """A stream id: each word of four bytes is sent in little-endian order, the last filled up with zeros (3.2.1.3)."""
    words = [content[at : at + 4][::-1] for at in range(0, min(len(content), _LONGEST_STREAM_ID), 4)]
    return b"".join(words).rstrip(b"\x00").decode("utf-8", "replace")


def speaks_version_5(handshake: Handshake) -> bool:
    """Whether a conclusion is of the version that can carry a stream id: SRT 1.3 (2018) and newer."""
    return handshake.version == _VERSION_5


def induction_reply(asked: Handshake, cookie: int) -> bytes:
    """The listener's answer to an induction: come back with this cookie, in version 5 (4.3.1.1)."""
    return _packet(
        asked.socket, asked, version=_VERSION_5, field=_MAGIC, kind=INDUCTION, socket=0, cookie=cookie
    )


def induction(caller: Handshake) -> bytes:
    """The induction with which `caller`, whose conclusion this is, began."""
    return _packet(
        0, caller, version=_VERSION_4, field=_DATAGRAMS, kind=INDUCTION, socket=caller.socket, cookie=0
    )


def refusal(asked: Handshake, reason: int) -> bytes:
    """The listener's answer to a conclusion that is not let in; the caller's library logs the reason."""
    return _packet(
        asked.socket,
        asked,
        version=_VERSION_5,
        field=0,
        kind=REJECTED + reason,
        socket=0,
        cookie=asked.cookie,
    )


def with_cookie(datagram: bytes, cookie: int) -> bytes:
    """A handshake packet with another cookie."""
    return datagram[:_COOKIE_AT] + cookie.to_bytes(4, "big") + datagram[_COOKIE_AT + 4 :]


def shutdown(socket: int) -> bytes:
    """The goodbye to the connection that the other side knows as `socket` (3.2.7)."""
    return _HEADER.pack(_SHUTDOWN_TYPE << 16, 0, 0, socket) + bytes(4)


def _packet(
    to: int, like: Handshake, *, version: int, field: int, kind: int, socket: int, cookie: int
) -> bytes:
    body = _BODY.pack(
        version, 0, field, like.sequence, like.mtu, like.window, kind, socket, cookie, like.address
    )
    return _HEADER.pack(_CONTROL_HANDSHAKE, 0, 0, to) + body
