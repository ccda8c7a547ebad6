"""Currency 2, the fact: one immutable record of something that happened.

Every fact carries when (`at`), where (`region`, `node`), whom (ids; empty where it is about nobody in particular) and
`arms`, the change arms in effect when it happened. Facts go to telemetry through `core.ports.FactSink` and are never
updated. Amounts in a fact are of its own interval (deltas), never running totals, so that they add up over any slice.
"""

from tidegate.core.facts.decision import DecisionFact
from tidegate.core.facts.delivery import DeliveryFact
from tidegate.core.facts.log import LogFact
from tidegate.core.facts.media import MediaFact
from tidegate.core.facts.node import NodeFact
from tidegate.core.facts.playback import PlaybackFact

Fact = PlaybackFact | DeliveryFact | MediaFact | NodeFact | DecisionFact | LogFact

TABLES: dict[str, type[Fact]] = {
    "playback": PlaybackFact,
    "delivery": DeliveryFact,
    "media": MediaFact,
    "node": NodeFact,
    "decision": DecisionFact,
    "log": LogFact,
}
"""Each kind of fact and the table it goes to."""

SHARED_COLUMNS = {
    "at": "When it happened, or when the interval began that it tells of: seconds since the Unix epoch, UTC.",
    "region": "Where the node that tells it stands.",
    "node": "Which node tells it.",
    "channel": "The channel it is about, by name.",
    "stream": "The broadcast it is about, by id: what viewers see as one stream.",
    "session": "The publishing or playback session it is about, by id.",
    "arms": "The change arms it happened under, such as `chg_local_7m2k:treatment`; empty while nothing is being released.",
}
"""What columns mean that every kind of fact has in common. An id is empty where a fact is about nobody in particular."""

__all__ = [
    "SHARED_COLUMNS",
    "TABLES",
    "DecisionFact",
    "DeliveryFact",
    "Fact",
    "LogFact",
    "MediaFact",
    "NodeFact",
    "PlaybackFact",
]
