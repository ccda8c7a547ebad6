"""RTMP handshake, server side (Adobe RTMP 1.0, 5.2): C0 C1 in, S0 S1 S2 out, C2 in.

Clients that send a digest in C1 (Flash's "complex" handshake, FFmpeg) are answered with the plain one: a zero in
S1's version field tells them not to look for a digest. C2 is skipped without comparing, because some encoders
echo it wrongly and nothing hangs on it.
"""

from tidegate.media.gateway.flv.errors import MalformedError

BLOCK_BYTES = 1536
"""Size of C1, S1, C2 and S2."""

RANDOM_BYTES = BLOCK_BYTES - 8
_VERSION = 3
_TLS_HANDSHAKE = 0x16
_FIRST_TEXT_BYTE = (
    0x20  # 5.2.2: versions from 32 on are not allowed, so that text protocols can be told apart
)


class Handshake:
    """Feed it bytes until `done`; what it returns goes to the peer."""

    def __init__(self, random: bytes) -> None:
        """`random` is `RANDOM_BYTES` long and fills S1."""
        self._s1 = bytes(8) + random
        self._pending = bytearray()
        self._answered = False
        self.done = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take the peer's bytes; return what to send, and what is left over once `done`.

        Raises:
            MalformedError: the peer speaks another protocol.
        """
        self._pending += data
        reply = b""
        if not self._answered and self._pending:
            _check_version(self._pending[0])
            if len(self._pending) < 1 + BLOCK_BYTES:
                return b"", b""
            c1 = bytes(self._pending[1 : 1 + BLOCK_BYTES])
            del self._pending[: 1 + BLOCK_BYTES]
            self._answered = True
            reply = bytes((_VERSION,)) + self._s1 + c1
        if self._answered and len(self._pending) >= BLOCK_BYTES:
            rest = bytes(self._pending[BLOCK_BYTES:])
            self._pending.clear()
            self.done = True
            return reply, rest
        return reply, b""


def _check_version(version: int) -> None:
    if version == _VERSION:
        return
    if version == _TLS_HANDSHAKE:
        raise MalformedError(
            "The peer speaks TLS on the plain RTMP port.", hint="Use the RTMPS port, or rtmp://."
        )
    if version >= _FIRST_TEXT_BYTE:
        raise MalformedError("The peer does not speak RTMP.", hint="Publish with rtmp://.")
    raise MalformedError(
        f"RTMP version {version} is not supported.", hint="Publish with plain rtmp:// or rtmps://."
    )
