"""Takes in what further edges tell: their facts, stamped here with where they come from and what they came under.

In: a delivery of one table's facts (JSON lines), the node and region that its sender names, the delivery's id. Out: facts
into this platform's sink. A sender has proved that it is an edge of this installation; whatever it writes into a fact's
`region` and `node` is overwritten. Bounds: size (the API's), lines, facts a second from each node, how far from now.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from tidegate.core.clock import Clock
from tidegate.core.errors import InvalidError, NotFoundError, RateLimitedError
from tidegate.core.facts import Fact
from tidegate.core.facts.reading import read_facts
from tidegate.core.ids import NODE_NAME, REGION_NAME
from tidegate.core.ports import FactSink
from tidegate.core.settings import SettingsBook, Subject

EDGE_TABLES = ("delivery", "log", "node", "playback")
"""What edges make; media arrive, and are decided on, elsewhere."""

FACTS_PER_S = 2000.0
FACTS_BURST = 60_000.0
"""Of one node: an edge makes some tens a second for each channel; a burst is what it kept while the platform was away."""
NODES_MAX = 1024
"""Nodes remembered; at the bound the one longest unheard of is forgotten, and has a whole burst again."""
DELIVERIES_MAX = 64
"""Ids of deliveries remembered of each node, so that one that is sent twice is taken once."""
OLD_S = 86_400.0
AHEAD_S = 60.0
"""How far a fact's time may be before and after now: beyond, its clock is wrong, and it would land where nobody looks."""
ID_CHARS_MAX = 64


class NotAnEdgesError(NotFoundError):
    code = "no-such-facts"


class SenderInvalidError(InvalidError):
    code = "sender-invalid"


class TooManyFactsError(RateLimitedError):
    code = "too-many-facts"


class Sender(NamedTuple):
    """Who delivers, in its own words, and what it calls the delivery; an empty id is never remembered."""

    node: str
    region: str
    delivery: str


class Received(msgspec.Struct, frozen=True):
    """What became of a delivery. `misdated`: facts left out for a time that cannot be; `again`: it had come before."""

    taken: int
    misdated: int = 0
    again: bool = False


class _Node:
    """What is remembered of one sender."""

    __slots__ = ("allowance", "deliveries", "earned_at")

    def __init__(self, now: float) -> None:
        self.allowance = FACTS_BURST
        self.earned_at = now
        self.deliveries: deque[str] = deque(maxlen=DELIVERIES_MAX)


class FactReception:
    """Attributes:
    taken, misdated, repeated: facts taken, and left out; deliveries that had come before. Since start.
    """

    def __init__(
        self,
        sink: FactSink,
        clock: Clock,
        book: SettingsBook,
        here: Subject,
        stream_of: Callable[[str], str] = lambda _channel: "",
    ) -> None:
        """`stream_of` names a channel's broadcast, which an edge elsewhere does not know."""
        self._sink = sink
        self._clock = clock
        self._book = book
        self._here = here
        self._stream_of = stream_of
        self._nodes: OrderedDict[str, _Node] = OrderedDict()
        self.taken = self.misdated = self.repeated = 0

    def take(self, table: str, sender: Sender, lines: bytes) -> Received:
        """Take one delivery whole, or none of it.

        Raises:
            NotAnEdgesError: edges make no such facts.
            SenderInvalidError: it does not say well who it is.
            FactsUnreadableError: a line is no fact of this table.
            TooManyFactsError: this node sends more than it may.
        """
        if table not in EDGE_TABLES:
            raise NotAnEdgesError(
                f"Edges tell no {table[:40]!r} facts.", hint=f"They tell {', '.join(EDGE_TABLES)}."
            )
        self._check(sender)
        node = self._node(sender.node)
        if sender.delivery and sender.delivery in node.deliveries:
            self.repeated += 1
            return Received(0, again=True)
        facts = read_facts(table, lines)
        self._spend(node, len(facts))
        now = self._clock.wall()
        dated = [fact for fact in facts if now - OLD_S <= fact.at <= now + AHEAD_S]
        for fact in dated:
            self._sink.put(self._stamped(fact, sender))
        if sender.delivery:
            node.deliveries.append(sender.delivery)
        self.taken += len(dated)
        self.misdated += len(facts) - len(dated)
        return Received(len(dated), len(facts) - len(dated))

    def _check(self, sender: Sender) -> None:
        if NODE_NAME.match(sender.node) is None or REGION_NAME.match(sender.region) is None:
            raise SenderInvalidError(
                "The node or region is no name.",
                hint="Send X-Tidegate-Node (letters, digits, '.', '_', '-') and X-Tidegate-Region (a-z, 0-9, '-').",
            )
        if sender.node == self._here.node:
            raise SenderInvalidError(
                f"{sender.node} is this node's own name.", hint="Give the edge a name of its own with --node."
            )
        if len(sender.delivery) > ID_CHARS_MAX or not sender.delivery.isascii():
            raise SenderInvalidError(
                "The delivery's id is no id.", hint=f"Send at most {ID_CHARS_MAX} ASCII characters."
            )

    def _node(self, name: str) -> _Node:
        node = self._nodes.pop(name, None) or _Node(self._clock.monotonic())
        self._nodes[name] = node
        if len(self._nodes) > NODES_MAX:
            self._nodes.popitem(last=False)
        return node

    def _spend(self, node: _Node, facts: int) -> None:
        now = self._clock.monotonic()
        node.allowance = min(FACTS_BURST, node.allowance + (now - node.earned_at) * FACTS_PER_S)
        node.earned_at = now
        if facts > node.allowance:
            wait_s = max(1, round((facts - node.allowance) / FACTS_PER_S))
            raise TooManyFactsError(
                "This edge tells more than it may.", hint=f"Try again in {wait_s} s.", retry_after_s=wait_s
            )
        node.allowance -= facts

    def _stamped(self, fact: Fact, sender: Sender) -> Fact:
        given: dict[str, object] = {"region": sender.region, "node": sender.node}
        channel, stream, session = (getattr(fact, name, "") for name in ("channel", "stream", "session"))
        if channel and not stream:
            given["stream"] = stream = self._stream_of(channel)
        if not fact.arms:
            given["arms"] = self._book.arms(
                Subject(channel, stream, session, node=sender.node, region=sender.region)
            )
        return msgspec.structs.replace(fact, **given)
