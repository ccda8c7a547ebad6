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

__all__ = [
    "TABLES",
    "DecisionFact",
    "DeliveryFact",
    "Fact",
    "LogFact",
    "MediaFact",
    "NodeFact",
    "PlaybackFact",
]
