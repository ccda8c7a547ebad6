"""One edge in a process of its own: pulls from an origin over HTTP, serves viewers, tells the origin what it did."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import msgspec
import structlog

from tidegate.app.config import Address
from tidegate.app.facts import Facts
from tidegate.app.log_facts import LogFacts
from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import InvalidError, TidegateError, UnauthorizedError, UnavailableError
from tidegate.core.ids import DEFAULT_REGION, NODE_NAME, REGION_NAME
from tidegate.core.settings import SettingsBook, Subject
from tidegate.media.access.gate import Gate
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.policy import EdgePolicy, adopt
from tidegate.media.beacons.service import Beacons, Playing
from tidegate.media.edge import settings as edge_settings
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.report import DeliveryReporter
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.edge.upstream import HttpSource
from tidegate.telemetry.forwarder import FactForwarder

if TYPE_CHECKING:
    import httpx

    from tidegate.app.node import NodeMonitor, Work

STOP_GRACE_S = 2.0
POLICY_EVERY_S = 5.0
"""How often settings and signing keys are asked anew. While the origin is away, what was known last holds."""
POLICY_DEADLINE_S = 5.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
"""How long until facts that the origin did not take are tried again: at first, and at most."""

_log = structlog.get_logger()


class EdgeTokenRefusedError(UnauthorizedError):
    code = "edge-token-refused"


class RemoteEdge:
    """The edge role alone. It needs nothing but its origin, and keeps nothing that matters.

    With the installation's edge token it checks viewers of private channels by itself, and its facts reach the origin's
    telemetry. Without one it knows of no private channel, and its origin gives it none and takes no facts of it.

    Attributes:
        book: settings, as the origin says.
        logs: makes facts of log lines, where a process sends its log here.
        forwarder: facts on their way; None without a token.
    """

    def __init__(
        self,
        origin_url: str,
        address: Address,
        clock: Clock | None = None,
        token: str = "",
        *,
        node: str = "",
        region: str = DEFAULT_REGION,
    ) -> None:
        """`node`: what facts call this edge; where not given, after its machine and port.

        Raises:
            InvalidError: node or region is no name.
        """
        clock = clock or SystemClock()
        here = _named(node or f"{socket.gethostname()[:50]}-edge-{address.port}", region)
        self._source = HttpSource(origin_url, token=token)
        self._host = address.host
        self.book, self._ring = SettingsBook(here=here), KeyRing()
        self._facts = Facts(clock, self.book, here)
        gate = Gate(self.book, self._ring, clock)
        self._beacons = Beacons(b"", self._facts, self.book, clock, here, self._on_air) if token else None
        self._server = EdgeServer(
            Edge(self._source, clock, gate=gate, beacons=self._beacons),
            ServerConfig(host=address.host, port=address.port),
            clock=clock,
        )
        self._known = bool(token)
        self._origin_url, self._token = origin_url, token
        self._http: httpx.AsyncClient | None = None
        self.logs = LogFacts(here)
        self.forwarder: FactForwarder | None = None
        self._clock = clock
        self._node: NodeMonitor | None = None
        edge = self._server.edge
        self._facts.reporters += [
            DeliveryReporter(edge.tallies, edge.audience, here).report,
            self.logs.take,
        ]
        self._following: asyncio.Task[None] | None = None

    @property
    def address(self) -> Address:
        return Address(self._host, self._server.port)

    async def start(self) -> None:
        """Listen, once it is known whom to let in.

        Raises:
            EdgeTokenRefusedError: the origin does not know the token.
            UnavailableError: the origin did not say.
            ListenError: the address cannot be listened on.
        """
        if self._known:
            await self._learn()
            self.book.follow(edge_settings.SETTINGS, self._limit)
            self._following = asyncio.create_task(self._follow(), name="edge-policy")
        if self._beacons is not None:
            self._beacons.start()
        await self._server.start()
        if self._known:
            await self._start_telling()
        gc.collect()
        gc.freeze()
        gc.enable()

    async def stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await self._server.stop(STOP_GRACE_S)
        if self._beacons is not None:
            await self._beacons.stop()
        await self._facts.stop()
        if self._node is not None:
            await self._node.stop()
        if self.forwarder is not None:
            await self.forwarder.stop(STOP_GRACE_S)
        if self._http is not None:
            await self._http.aclose()
        self._source.close()

    async def _start_telling(self) -> None:
        """Begin to tell the origin what is done here, once viewers are served: they need not wait for it."""
        here = self.book.here
        self._http, forwarder = await asyncio.to_thread(_telling, self._origin_url, self._token, here)
        self._node = await asyncio.to_thread(_monitor, here, self._clock, self._work, self.book)
        self._facts.reporters.append(self._node.report)
        self.forwarder = self._facts.sink = forwarder
        self._facts.lost = lambda: forwarder.dropped
        await forwarder.start()
        await self._node.start()
        await self._facts.start()

    def _work(self) -> "Work":
        from tidegate.app.node import Work  # noqa: PLC0415  loaded by then: it is the monitor that asks

        audience = self._server.edge.audience
        return Work(
            viewers=audience.total(),
            connections=self._server.connections,
            sent_bytes=audience.egress_bytes(),
            facts_dropped=self._facts.dropped,
            logs_dropped=self.logs.dropped,
        )

    def _limit(self) -> None:
        self._server.edge.limits.limits = edge_settings.address_limits(self.book)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLICY_EVERY_S)
            try:
                await self._learn()
            except TidegateError as error:
                _log.warning("edge_policy_not_refreshed", reason=error.message)

    async def _learn(self) -> None:
        try:
            async with asyncio.timeout(POLICY_DEADLINE_S):
                answer = await self._source.ask("/api/v1/edge/policy")
        except TimeoutError:
            raise _silent("there was no answer in time") from None
        if answer.status in {401, 429}:
            raise EdgeTokenRefusedError(
                "The origin does not know this edge's token.",
                hint="Copy edge-token from the data folder of the server this edge pulls from.",
            )
        if answer.status != 200:
            raise _silent(f"it answered {answer.status}")
        try:
            policy = msgspec.json.decode(answer.body, type=EdgePolicy)
        except msgspec.DecodeError as error:
            raise _silent(str(error)) from error
        adopt(policy, self.book, self._ring)
        if self._beacons is not None:
            self._beacons.key = policy.beacon_key

    def _on_air(self, channel: str) -> Playing | None:
        """A channel is known here once this edge has served it; of its broadcast nothing is."""
        return Playing() if self._server.edge.audience.knows(channel) else None


def _silent(why: str) -> UnavailableError:
    return UnavailableError(
        f"The origin did not say whom to let in: {why}.",
        hint="Check that it runs, and that --origin names its API's address.",
    )


def _telling(origin_url: str, token: str, here: Subject) -> "tuple[httpx.AsyncClient, FactForwarder]":
    import httpx  # noqa: PLC0415  loading it takes as long as an edge's whole start without it

    from tidegate.app.forwarding import PlatformDoor  # noqa: PLC0415  likewise

    http = httpx.AsyncClient(
        base_url=origin_url,
        headers={"authorization": f"Bearer {token}"},
        timeout=POLICY_DEADLINE_S,
        trust_env=False,
    )
    chance = Random()  # noqa: S311 - jitter of delays
    door = PlatformDoor(http, here)
    return http, FactForwarder(door.post, Backoff(FIRST_WAIT_S, LONGEST_WAIT_S, chance))


def _monitor(here: Subject, clock: Clock, work: "Callable[[], Work]", book: SettingsBook) -> "NodeMonitor":
    from tidegate.app.node import NodeMonitor  # noqa: PLC0415  as above

    return NodeMonitor(here, ("edge",), Path.cwd(), clock, work, book)


def _named(node: str, region: str) -> Subject:
    if NODE_NAME.match(node) is None:
        raise InvalidError(
            f"{node[:80]!r} is no node's name.", hint="Give --node letters, digits, '.', '_' and '-'."
        )
    if REGION_NAME.match(region) is None:
        raise InvalidError(f"{region[:80]!r} is no region.", hint="Give --region a-z, 0-9 and '-'.")
    return Subject(node=node, region=region)
