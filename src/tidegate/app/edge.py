"""One edge in a process of its own: pulls from an origin over HTTP, serves viewers."""

import asyncio
import contextlib
import gc

import msgspec
import structlog

from tidegate.app.config import Address
from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import TidegateError, UnauthorizedError, UnavailableError
from tidegate.core.settings import SettingsBook
from tidegate.media.access.gate import Gate
from tidegate.media.access.keyring import KeyRing
from tidegate.media.access.policy import EdgePolicy, adopt
from tidegate.media.edge import settings as edge_settings
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge
from tidegate.media.edge.upstream import HttpSource

STOP_GRACE_S = 2.0
POLICY_EVERY_S = 5.0
"""How often settings and signing keys are asked anew. While the origin is away, what was known last holds."""
POLICY_DEADLINE_S = 5.0

_log = structlog.get_logger()


class EdgeTokenRefusedError(UnauthorizedError):
    code = "edge-token-refused"


class RemoteEdge:
    """The edge role alone. It needs nothing but its origin, and keeps nothing that matters.

    With the installation's edge token it checks viewers of private channels by itself. Without one it knows of no
    private channel, and its origin gives it none.
    """

    def __init__(
        self, origin_url: str, address: Address, clock: Clock | None = None, token: str = ""
    ) -> None:
        clock = clock or SystemClock()
        self._source = HttpSource(origin_url, token=token)
        self._host = address.host
        self._book, self._ring = SettingsBook(), KeyRing()
        self._server = EdgeServer(
            Edge(self._source, clock, gate=Gate(self._book, self._ring, clock)),
            ServerConfig(host=address.host, port=address.port),
            clock=clock,
        )
        self._known = bool(token)
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
            self._book.follow(edge_settings.SETTINGS, self._limit)
            self._following = asyncio.create_task(self._follow(), name="edge-policy")
        await self._server.start()
        gc.collect()
        gc.freeze()
        gc.enable()

    async def stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await self._server.stop(STOP_GRACE_S)
        self._source.close()

    def _limit(self) -> None:
        self._server.edge.limits.limits = edge_settings.address_limits(self._book)

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
        adopt(policy, self._book, self._ring)


def _silent(why: str) -> UnavailableError:
    return UnavailableError(
        f"The origin did not say whom to let in: {why}.",
        hint="Check that it runs, and that --origin names its API's address.",
    )
