"""Heads of HTTP/1.1 answers (RFC 9112 sections 4 and 5): bytes in, status and header fields out. Pure."""

import httptools
import msgspec

from tidegate.media.player.types import RequestError

MAX_HEADER_BYTES = 32 * 1024
HEADS_KEPT = 1024
"""Heads remembered; beyond it all are forgotten."""

_BODILESS = frozenset({204, 304})


class Head(msgspec.Struct, frozen=True, gc=False):
    """An answer's head. `length` is -1 where its body is not of a length told beforehand."""

    status: int
    headers: dict[bytes, bytes]
    length: int
    keep_alive: bool


class HeadReader:
    """Takes what httptools finds in one answer."""

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self.size += len(name) + len(value)
        if self.size > MAX_HEADER_BYTES:
            raise RequestError(f"The server's headers are longer than {MAX_HEADER_BYTES} bytes.")
        self.headers[name.lower()] = value


class Heads:
    """Heads read once for all viewers of a process, who are given the same answers."""

    def __init__(self) -> None:
        self._known: dict[bytes, Head] = {}

    def read(self, head: bytes) -> Head:
        """Raises:
        HttpParserError: it is none.
        """
        known = self._known.get(head)
        if known is None:
            if len(self._known) >= HEADS_KEPT:
                self._known.clear()
            known = self._known[head] = _read_head(head)
        return known


def _read_head(head: bytes) -> Head:
    reader = HeadReader()
    parser = httptools.HttpResponseParser(reader)
    parser.feed_data(head)
    status: int = parser.get_status_code()
    length = -1
    if status in _BODILESS:
        length = 0
    elif status >= 200 and b"transfer-encoding" not in reader.headers and b"content-length" in reader.headers:
        length = int(reader.headers[b"content-length"])
    return Head(status, reader.headers, length, parser.should_keep_alive())
