"""The way out and back of a transcoding process: HTTP/1.1 to the CMAF door, on plain blocking sockets.

In: the source, as one endless answer. Out: each rendition as one endless upload in chunked coding (RFC 9112 7.1).
"""

import http.client
import socket
from collections.abc import Iterator

from tidegate.media.transcode.types import Job, LadderError

CONNECT_S = 5.0
WRITE_S = 5.0
"""A door that takes nothing for so long is gone."""

TICK_S = 0.25
"""How long to wait for the source before saying that we are alive."""

READ_BYTES = 256 * 1024


class DoorError(LadderError):
    """The door is closed, or says no."""

    code = "ladder-door"


class SourceStream:
    """The source's bytes."""

    def __init__(self, job: Job) -> None:
        self._connection = http.client.HTTPConnection(job.host, job.port, timeout=CONNECT_S)
        self._connection.request(
            "GET",
            f"/ingest/{job.channel}/{job.track}.cmfv",
            headers={"Authorization": f"Bearer {job.token}"},
        )
        sock = self._connection.sock
        self._response = self._connection.getresponse()
        if self._response.status != http.client.OK:
            raise DoorError(f"The source answers {self._response.status}.")
        sock.settimeout(TICK_S)
        self._sock = sock

    def pieces(self) -> Iterator[bytes]:
        """What comes, as it comes; empty when nothing came for a tick. Ends with the session."""
        while True:
            try:
                data = self._response.read1(READ_BYTES)
            except TimeoutError:
                yield b""
                continue
            if not data:
                return
            yield data


class RungStream:
    """One rendition's upload."""

    def __init__(self, job: Job, name: str) -> None:
        self._sock = socket.create_connection((job.host, job.port), CONNECT_S)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock.settimeout(WRITE_S)
        head = (
            f"PUT /ingest/{job.channel}/{name}.cmfv HTTP/1.1\r\nHost: {job.host}\r\n"
            f"Authorization: Bearer {job.token}\r\nContent-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self._sock.sendall(head.encode())

    def send(self, data: bytes) -> None:
        self._sock.sendall(b"%x\r\n%b\r\n" % (len(data), data))
