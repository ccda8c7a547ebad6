"""The least RTMP client that can ask to publish: for floods that real encoders are too slow for."""

import socket
import time

from tidegate.media.gateway.rtmp import messages
from tidegate.media.gateway.rtmp.chunks import ChunkWriter

HANDSHAKE_BYTES = 1536
COMMANDS = 3


def ask_to_publish(port: int, key: str, deadline_s: float = 10.0) -> bytes:
    """Shake hands, connect, create a stream, publish; return all that the server says until it hangs up."""
    until = time.monotonic() + deadline_s
    with socket.create_connection(("127.0.0.1", port), timeout=deadline_s) as sock:
        sock.sendall(b"\x03" + bytes(HANDSHAKE_BYTES))
        replies = _exactly(sock, 1 + 2 * HANDSHAKE_BYTES)
        sock.sendall(replies[1 : 1 + HANDSHAKE_BYTES])
        writer = ChunkWriter()
        connect = messages.command(
            0, "connect", 1.0, {"app": "live", "tcUrl": f"rtmp://127.0.0.1:{port}/live"}
        )
        create = messages.command(0, "createStream", 2.0, None)
        publish = messages.command(1, "publish", 3.0, None, key, "live")
        sock.sendall(b"".join(writer.write(COMMANDS, message) for message in (connect, create, publish)))
        said = bytearray()
        while time.monotonic() < until:
            try:
                data = sock.recv(4096)
            except ConnectionError:
                break
            if not data:
                break
            said += data
            if b"level" in said and b"error" in said:
                break
        return bytes(said)


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = sock.recv(size - len(data))
        assert more, f"the server hung up after {len(data)} of {size} bytes"
        data += more
    return bytes(data)
