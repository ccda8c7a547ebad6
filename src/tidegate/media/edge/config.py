"""Every bound and deadline of the edge in one place; what happens at each bound is said beside it."""

import msgspec


class EdgeConfig(msgspec.Struct, frozen=True):
    """Bounds of the request collapser and its cache.

    Attributes:
        cache_bytes: bodies and heads kept; at the bound the least recently used go.
        cache_idle_s: what nobody has asked for this long goes too, so that a quiet edge gives its memory back.
        negative_entries: refusals remembered; at the bound the oldest goes.
        negative_ttl_s: longest a refusal is repeated from memory, whatever upstream allows.
        max_flights: upstream requests in flight; at the bound a viewer gets 503 with Retry-After.
        max_waiters: viewers waiting for one upstream request; at the bound 503 with Retry-After.
        flight_deadline_s: an upstream request that takes longer is answered 504. Above the longest blocking hold.
        stale_if_error_s: how long after its last confirmation a plain playlist may stand in while upstream is
            away (RFC 5861 section 4).
        max_playlists: playlists whose newest version is remembered; at the bound the oldest is forgotten.
        audience_window_s: a viewer counts for this long after its last request.
        max_viewers: viewers remembered at once over all channels; at the bound new ones play but do not count.
        max_channels: channels with an audience; at the bound an empty one is forgotten, else new ones do not count.
    """

    cache_bytes: int = 128 * 1024 * 1024
    cache_idle_s: float = 10.0
    negative_entries: int = 1024
    negative_ttl_s: float = 1.0
    max_flights: int = 1024
    max_waiters: int = 16_384
    flight_deadline_s: float = 30.0
    stale_if_error_s: float = 30.0
    max_playlists: int = 4096
    audience_window_s: float = 10.0
    max_viewers: int = 200_000
    max_channels: int = 4096


class ServerConfig(msgspec.Struct, frozen=True):
    """Bounds of the HTTP front door.

    Attributes:
        host: address to listen on.
        port: TCP port, 0 for one the system picks.
        backlog: connections the kernel holds before they are accepted.
        max_connections: open at once, handed-over ones included; above it 503 and close.
        trusted_proxies: addresses and networks whose X-Forwarded-For names the viewer, and which limits per address
            spare.
        head_deadline_s: a request head must be whole this long after its first byte, and the first after the accept.
        idle_s: a connection without a request is closed.
        stall_s: a viewer that takes none of what waits for it for this long is cut.
        linger_s: how long a refused sender's bytes are still read and dropped, so that the refusal arrives.
        sweep_s: how often deadlines are looked at, by one timer for all connections; they are this coarse.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    backlog: int = 1024
    max_connections: int = 4096
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    head_deadline_s: float = 10.0
    idle_s: float = 75.0
    stall_s: float = 15.0
    linger_s: float = 2.0
    sweep_s: float = 1.0
