"""The front door: listens, admits connections within bounds, sweeps their deadlines, drains on stop.

In: TCP connections. Out: each as a `Connection` over one `Edge`; those for other paths handed to `fallback`.
"""

import asyncio
import contextlib
import errno
from collections.abc import Mapping

import msgspec
import structlog

from tidegate.core.clock import Clock, SystemClock
from tidegate.core.errors import TidegateError
from tidegate.media.edge.answers import TOO_MANY_CONNECTIONS, TOO_MANY_FROM_ADDRESS, Answer
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.connection import Connection, Fallback, State
from tidegate.media.edge.counters import ServerCounters
from tidegate.media.edge.gatekeeping import IsPeer, no_peers
from tidegate.media.edge.http1 import RequestParser
from tidegate.media.edge.limits import Account, Limits
from tidegate.media.edge.proxies import TrustedProxies
from tidegate.media.edge.service import Edge

log = structlog.get_logger()


class ListenError(TidegateError):
    """The address cannot be listened on."""

    code = "cannot-listen"
    status = 503


class EdgeServer:
    """Serves `/live/*` from an edge, and everything else through `fallback`, on one TCP port.

    `fallback` makes an `asyncio.Protocol` for a connection whose first other request has been read; it is given
    the transport and the bytes, and owns the connection from then on. Without one such requests get 404.
    """

    def __init__(
        self,
        edge: Edge,
        config: ServerConfig | None = None,
        fallback: Fallback | None = None,
        clock: Clock | None = None,
        is_peer: IsPeer = no_peers,
    ) -> None:
        self.edge = edge
        self.is_peer = is_peer
        self.config = config or ServerConfig()
        self.fallback = fallback
        self.clock = clock or SystemClock()
        self.counters = ServerCounters()
        self.parser = RequestParser()
        self.draining = False
        self.patience_s: Mapping[State, float] = {
            "idle": self.config.idle_s,
            "head": self.config.head_deadline_s,
            "waiting": edge.config.flight_deadline_s + self.config.idle_s,
            "writing": self.config.stall_s,
            "lingering": self.config.linger_s,
        }
        self._connections: set[Connection] = set()
        self._handed_over: dict[asyncio.Transport, Account] = {}
        self.proxies = TrustedProxies(self.config.trusted_proxies)
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._emptied = asyncio.Event()
        self._emptied.set()

    @property
    def port(self) -> int:
        """The TCP port listened on; the configured one before `start`."""
        if self._server is None or not self._server.sockets:
            return self.config.port
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """Open connections, handed-over ones included."""
        return len(self._connections) + len(self._handed_over)

    def limit(self, connections: int, limits: Limits) -> None:
        """Hold so many at most, and let each address do so much, from now on. Nobody is cut: what is over the bound
        leaves by itself.
        """
        self.config = msgspec.structs.replace(self.config, max_connections=connections)
        self.edge.limits.limits = limits

    async def start(self) -> None:
        """Listen.

        Raises:
            ListenError: the port is taken, needs more rights, or the address is not this machine's.
        """
        config = self.config
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: Connection(self), config.host, config.port, backlog=config.backlog
            )
        except OSError as error:
            raise _listen_error(config.host, config.port, error) from error
        self._timer = asyncio.get_running_loop().call_later(config.sweep_s, self._sweep)
        log.info("edge_listening", host=config.host, port=self.port)

    async def stop(self, grace_s: float = 5.0) -> None:
        """Accept no more, let answers under way finish for up to `grace_s`, then cut what is left.

        Handed-over connections are cut at the end too: who owns the server behind drains it first.
        """
        self.draining = True
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._emptied.wait(), grace_s)
        if self._timer is not None:
            self._timer.cancel()
        await self.edge.close()
        for connection in list(self._connections):
            connection.abort()
        for transport in self._handed_over:
            transport.abort()
        await self._emptied.wait()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    def sweep(self, now: float) -> None:
        """Look at every deadline once; `now` in monotonic seconds."""
        for connection in list(self._connections):
            connection.sweep(now)
        for transport in [transport for transport in self._handed_over if transport.is_closing()]:
            self._handed_over.pop(transport).connections -= 1
        self.edge.sweep(now)

    def account(self, address: str) -> Account:
        """What the viewer at `address` spends from."""
        limits = self.edge.limits
        return limits.unlimited if address in self.proxies else limits.account(address)

    def opened(self, connection: Connection, account: Account) -> Answer | None:
        """Admit a connection, or say why not."""
        self.counters.accepted += 1
        if self.connections >= self.config.max_connections or self.draining:
            self.counters.refused_connections += 1
            return TOO_MANY_CONNECTIONS
        if not account.open():
            self.counters.refused_per_ip += 1
            return TOO_MANY_FROM_ADDRESS
        self._connections.add(connection)
        self._emptied.clear()
        return None

    def closed(self, connection: Connection, account: Account) -> None:
        if connection in self._connections:
            self._forget(connection)
            account.connections -= 1

    def handed_over(self, connection: Connection, transport: asyncio.Transport, account: Account) -> None:
        """The connection is another protocol's now; it still counts, until a sweep finds it closed."""
        self._forget(connection)
        self._handed_over[transport] = account
        self.counters.handed_over += 1

    def _forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._emptied.set()

    def _sweep(self) -> None:
        self.sweep(self.clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(self.config.sweep_s, self._sweep)


def _listen_error(host: str, port: int, error: OSError) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        return ListenError(
            f"Port {port} on {host} is taken by another program.",
            hint=f"Stop it (`ss -ltnp sport = :{port}` names it), or listen elsewhere with --http {host}:PORT.",
            host=host,
            port=port,
        )
    if error.errno == errno.EACCES:
        return ListenError(
            f"Port {port} on {host} needs more rights than this user has.",
            hint="Choose a port from 1024 on, or put the nginx front of `tidegate edge config nginx` before it.",
            host=host,
            port=port,
        )
    return ListenError(
        f"Listening on {host} port {port} failed: {error.strerror or error}.",
        hint="Give an address of this machine, such as 127.0.0.1 or 0.0.0.0.",
        host=host,
        port=port,
    )
