"""What passes between a viewer's request and the bytes that answer it: origin → edge → connection."""

import msgspec

VOD = "vod:"
"""Begins a target below `/vod/`; every other is below `/live/`. No channel's name has a colon in it."""

Headers = tuple[tuple[bytes, bytes], ...]


class LiveResponse(msgspec.Struct, frozen=True):
    """A whole answer, ready to write; the same object may be written to any number of viewers.

    Attributes:
        headers: lower-case names; without Content-Length, Date and Connection, which the writer owns.
        max_age_s: how long a cache may keep it, seconds; 0: revalidate each time.
        etag: quoted entity tag, empty where the answer has none.
        msn: of a part: the Media Sequence Number of its segment, which its address does not tell; else -1.
    """

    status: int
    headers: Headers
    body: bytes
    max_age_s: float = 0.0
    etag: bytes = b""
    msn: int = -1


class Visitor(msgspec.Struct, frozen=True, gc=False):
    """Who asks, as far as permission needs it.

    Attributes:
        address: the viewer's IP address, taken from a trusted proxy where there is one.
        origin: the page that asks (Fetch, `Origin`; else the origin of `Referer`), lower case; empty where unknown.
        peer: another edge of this installation, which has checked its own viewers.
    """

    address: str = ""
    origin: str = ""
    peer: bool = False


NOBODY = Visitor()


class PlaybackRule(msgspec.Struct, frozen=True, gc=False):
    """What a channel asks of its viewers.

    Attributes:
        open: nothing at all, so that nothing need be looked at.
        private: a playback token.
        origins: pages that may play it; empty: any.
        origins_strict: players that name no page are refused too.
        max_viewers: at once; 0: as many as come.
        max_connections: of viewers at once; 0: as many as come.
        requests_per_s: for anything of the channel; 0: as many as come.
    """

    open: bool = True
    private: bool = False
    origins: tuple[str, ...] = ()
    origins_strict: bool = False
    max_viewers: int = 0
    max_connections: int = 0
    requests_per_s: float = 0.0


OPEN = PlaybackRule()
