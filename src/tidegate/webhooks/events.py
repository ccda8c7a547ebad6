"""What receivers are told: the outbox's events under public names, in a versioned form. Pure.

In: an event of the outbox. Out: an `Event`, or None for what is no receiver's business. The form is that of Standard Webhooks:
`type`, `timestamp`, `data`; `version` counts changes that a receiver would have to follow.
"""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from tidegate.store import OutboxEvent

VERSION: Final = 1
TEST: Final = "webhook.test"
TYPES: Final = {
    "stream.started": "A channel's stream is playable.",
    "stream.interrupted": "Its publisher is gone, or nothing comes any more; viewers wait.",
    "stream.resumed": "It goes on.",
    "stream.ended": "It is over.",
    "recording.ready": "A recording is whole and can be played.",
    "recording.deleted": "A recording is gone.",
    "ladder.refused": "There was no room to transcode a stream; it plays in its own quality alone.",
    "alert.firing": "Something is wrong: what, for whom, since when, and what to do. Told again when an acknowledgement has run out.",
    "alert.resolved": "It is over.",
    "channel.created": "A channel was made.",
    "channel.updated": "A channel's title was changed.",
    "channel.key-rotated": "A channel has a new stream key.",
    "channel.deleted": "A channel is gone.",
    TEST: "Somebody asked for a test.",
}
"""Every type there is, with what it means."""

TOPIC: Final = "event"
"""Of the outbox: what `log.py` writes, under its public name already."""


class Event(msgspec.Struct, frozen=True):
    """One thing that happened. `channel` is empty where it is about none."""

    id: str
    type: str
    channel: str
    body: bytes


class Told(msgspec.Struct, frozen=True):
    """As the outbox has it on `TOPIC`."""

    type: str
    channel: str
    at: float
    data: dict[str, Any]


def event_of(found: OutboxEvent) -> Event | None:
    """What receivers are told of it."""
    payload = found.payload
    if found.topic == TOPIC:
        told = msgspec.convert(payload, Told)
        return event(found.id, told.type, told.channel, told.at, told.data)
    if found.topic == "channel":
        channel = payload["channel"]
        return event(found.id, f"channel.{payload['change']}", channel, found.at, {"channel": channel})
    if found.topic == "alert":
        return event(found.id, f"alert.{payload['change']}", payload["channel"], found.at, payload["data"])
    if found.topic == "recording":
        return _recording(found)
    return None


def event(event_id: str, kind: str, channel: str, at: float, data: dict[str, Any]) -> Event | None:
    if kind not in TYPES:
        return None
    body = {
        "type": kind,
        "timestamp": datetime.fromtimestamp(at, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        "version": VERSION,
        "data": data,
    }
    return Event(event_id, kind, channel, msgspec.json.encode(body))


def _recording(found: OutboxEvent) -> Event | None:
    names = {"ready": "recording.ready", "partial": "recording.ready", "deleted": "recording.deleted"}
    kind = names.get(found.payload.get("change", ""), "")
    channel = found.payload.get("channel", "")
    return event(found.id, kind, channel, found.at, {**found.payload, "channel": channel})
