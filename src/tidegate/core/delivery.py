"""What passes between a viewer's request and the bytes that answer it: origin → edge → connection."""

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]


class LiveResponse(msgspec.Struct, frozen=True):
    """A whole answer, ready to write; the same object may be written to any number of viewers.

    Attributes:
        headers: lower-case names; without Content-Length, Date and Connection, which the writer owns.
        max_age_s: how long a cache may keep it, seconds; 0: revalidate each time.
        etag: quoted entity tag, empty where the answer has none.
    """

    status: int
    headers: Headers
    body: bytes
    max_age_s: float = 0.0
    etag: bytes = b""
