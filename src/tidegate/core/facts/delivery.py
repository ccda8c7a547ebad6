"""What an edge sent."""

import msgspec


class DeliveryFact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One second of one edge, for one channel's rendition; a second without a request or a viewer makes none.

    What further edges are sent is in none: they count their own viewers. `at` is where the second began.

    Attributes:
        channel: empty, with rendition `other`, for requests that no channel is known for, or that came at the edge's bound.
        stream: the broadcast's id, or the recording's.
        rendition: track name; empty for what belongs to none, such as the multivariant playlist.
        requests: of viewers; `media_requests` of those for parts, segments and headers.
        bytes: of bodies sent.
        hits: answered from memory; `joined`: waited for another viewer's upstream request.
        origin_fetches: requests upstream.
        parts: newly fetched parts, so that origin fetches per part can be told.
        status_2xx … status_5xx: answers by class.
        viewers: distinct viewers at the end of the second: on the fact without rendition only, so that it adds up.
    """

    at: float
    region: str
    node: str
    channel: str
    stream: str = ""
    arms: tuple[str, ...] = ()
    rendition: str = ""
    requests: int = 0
    media_requests: int = 0
    bytes: int = 0
    hits: int = 0
    joined: int = 0
    origin_fetches: int = 0
    parts: int = 0
    status_2xx: int = 0
    status_3xx: int = 0
    status_4xx: int = 0
    status_5xx: int = 0
    viewers: int = 0
