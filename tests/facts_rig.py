"""Facts for tests: one of each kind, with whatever fields a test cares for."""

from typing import Any

import msgspec

from tidegate.core.facts import (
    TABLES,
    DecisionFact,
    DeliveryFact,
    Fact,
    LogFact,
    MediaFact,
    NodeFact,
    PlaybackFact,
)

_WHERE: dict[str, Any] = {"region": "eu-west", "node": "edge-1"}


def playback(at: float, session: str = "ses_1", **fields: Any) -> PlaybackFact:
    given = {"channel": "demo", "event": "beat", "state": "playing", "received_at": at} | _WHERE | fields
    return PlaybackFact(at=at, session=session, **given)


def delivery(at: float, **fields: Any) -> DeliveryFact:
    return DeliveryFact(at=at, **({"channel": "demo", "rendition": "video"} | _WHERE | fields))


def media(at: float, **fields: Any) -> MediaFact:
    given = {"channel": "demo", "stream": "bro_1", "session": "ses_1", "rendition": "video", "kind": "video"}
    return MediaFact(at=at, **(given | _WHERE | fields))


def node(at: float, **fields: Any) -> NodeFact:
    return NodeFact(at=at, **(_WHERE | fields))


def decision(at: float, **fields: Any) -> DecisionFact:
    return DecisionFact(
        at=at, **({"kind": "ladder-admission", "outcome": "admitted", "reason": "It fits."} | _WHERE | fields)
    )


def log(at: float, **fields: Any) -> LogFact:
    return LogFact(at=at, **({"level": "info", "event": "started", "message": "started"} | _WHERE | fields))


MAKERS = {
    "playback": playback,
    "delivery": delivery,
    "media": media,
    "node": node,
    "decision": decision,
    "log": log,
}
assert set(MAKERS) == set(TABLES)


def lines(*facts: Fact) -> bytes:
    """A batch of objects."""
    return msgspec.json.Encoder().encode_lines(facts)


def rows(*facts: Fact) -> bytes:
    """A batch as the writer makes it: names, then values."""
    encoder = msgspec.json.Encoder()
    return (
        encoder.encode(facts[0].__struct_fields__)
        + b"\n"
        + encoder.encode_lines(map(msgspec.structs.astuple, facts))
    )
