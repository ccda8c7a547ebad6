"""RTMP and RTMPS listeners: accepts publishers, admits them, and reads all that publish on one shared poll.

In: publishers' connections. Out: for each that is admitted a `PacketSink`, made by `sink_factory`; refusals go to
the publisher's own log and to `note_log`.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections import Counter
from collections.abc import Callable

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import InvalidError, RateLimitedError, TidegateError, UnavailableError
from tidegate.core.ids import CHANNEL_NAME
from tidegate.core.ports import Admission, NoteLog
from tidegate.core.streams import Note, Publisher
from tidegate.media.gateway.rtmp.config import RtmpConfig
from tidegate.media.gateway.rtmp.connection import Connection
from tidegate.media.gateway.rtmp.counters import RtmpCounters
from tidegate.media.gateway.rtmp.handshake import RANDOM_BYTES
from tidegate.media.gateway.rtmp.session import RtmpSession
from tidegate.media.gateway.types import PublishAddress, SinkFactory
from tidegate.media.types import PacketSink

_BACKLOG = 512  # a whole studio reconnecting at once
_ACCEPTS_A_TURN = 64
_ACCEPT_PAUSE_S = 1.0
_OUT_OF_SOCKETS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_SWEEP_S = 1.0  # how late a deadline may be noticed


class RtmpServer:
    """Runs on the event loop that `start` is called on."""

    def __init__(
        self,
        config: RtmpConfig,
        admission: Admission,
        sink_factory: SinkFactory,
        note_log: NoteLog,
        clock: Clock,
        new_session_id: Callable[[], str],
    ) -> None:
        self.counters = RtmpCounters()
        self.clock = clock
        self.limits = config.limits
        self.loop: asyncio.AbstractEventLoop
        self._config = config
        self._admission = admission
        self._sink_factory = sink_factory
        self._note_log = note_log
        self._new_session_id = new_session_id
        self._listeners: dict[socket.socket, ssl.SSLContext | None] = {}
        self._connections: set[Connection] = set()
        self._per_ip: Counter[str] = Counter()
        self._polled: set[Connection] = set()
        self._admitting: set[asyncio.Task[None]] = set()
        self._poll_timer: asyncio.TimerHandle | None = None
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self.port = 0
        """The RTMP port, once started."""
        self.tls_port = 0
        """The RTMPS port, 0 where no certificate is configured."""

    @property
    def connections(self) -> list[Connection]:
        """All that are open now."""
        return list(self._connections)

    async def start(self) -> None:
        """Listen.

        Raises:
            UnavailableError: an address cannot be listened on.
            InvalidError: the certificate or its key cannot be loaded.
        """
        self.loop = asyncio.get_running_loop()
        config = self._config
        try:
            if config.tls_certificate:
                self.tls_port = self._listen(config.tls_port, _tls_context(config))
            self.port = self._listen(config.port, None)
        except TidegateError:
            self._close_listeners()
            raise
        self._sweep_timer = self.loop.call_later(_SWEEP_S, self._sweep)
        structlog.get_logger().info(
            "rtmp_listening", host=config.host, port=self.port, tls_port=self.tls_port
        )

    async def stop(self, grace_s: float) -> None:
        """Stop listening, tell every publisher, and wait up to `grace_s` seconds for them to hang up."""
        self._close_listeners()
        for task in list(self._admitting):
            task.cancel()
        await asyncio.gather(*self._admitting, return_exceptions=True)
        self._empty.clear()
        for connection in self.connections:
            connection.hang_up("shutdown")
        if self._connections:
            try:
                await asyncio.wait_for(self._empty.wait(), grace_s)
            except TimeoutError:
                structlog.get_logger().info("rtmp peers did not hang up", connections=len(self._connections))
        for connection in self.connections:
            connection.lost()
        for timer in (self._poll_timer, self._sweep_timer):
            if timer is not None:
                timer.cancel()
        self._poll_timer = self._sweep_timer = None

    def _listen(self, port: int, context: ssl.SSLContext | None) -> int:
        host = self._config.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise _listen_error(host, port, error) from error
        listener.setblocking(False)
        self._listeners[listener] = context
        self.loop.add_reader(listener, self._accept, listener)
        bound: int = listener.getsockname()[1]
        return bound

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            self.loop.remove_reader(listener)
            listener.close()
        self._listeners.clear()

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            try:
                sock, address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._accept_failed(listener, error)
                return
            self._welcome(sock, address[0], self._listeners[listener])

    def _accept_failed(self, listener: socket.socket, error: OSError) -> None:
        """Wait for sockets to come free: trying again at once would turn in circles."""
        structlog.get_logger().warning("rtmp cannot accept", error=os.strerror(error.errno or 0))
        if error.errno in _OUT_OF_SOCKETS:
            self.loop.remove_reader(listener)
            self.loop.call_later(_ACCEPT_PAUSE_S, self._accept_again, listener)

    def _accept_again(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            self.loop.add_reader(listener, self._accept, listener)

    def _welcome(self, sock: socket.socket, remote: str, context: ssl.SSLContext | None) -> None:
        self.counters.connections += 1
        limits = self.limits
        if len(self._connections) >= limits.connections or self._per_ip[remote] >= limits.connections_per_ip:
            self.counters.turned_away += 1
            sock.close()
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock.getpeername()  # one that has gone must fail here: within wrap_socket it would leak
                sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError:  # it has gone already
            sock.close()
            return
        self._per_ip[remote] += 1
        session = RtmpSession(limits, os.urandom(RANDOM_BYTES))
        self._connections.add(Connection(sock, remote, session, self))

    def wants_to_publish(self, connection: Connection) -> None:
        task = self.loop.create_task(self._admit(connection))
        self._admitting.add(task)
        task.add_done_callback(self._admitting.discard)

    async def _admit(self, connection: Connection) -> None:
        address = connection.session.wanted or PublishAddress("", "")
        try:
            sink = await self._open_sink(connection, address)
        except TidegateError as error:
            connection.refused(error)
        except Exception:  # noqa: BLE001 - whatever fails, the publisher is answered and the server goes on
            structlog.get_logger().exception("rtmp admission failed", channel=_known(address.channel))
            connection.refused(UnavailableError("The server could not admit the stream.", hint="Try again."))
        else:
            if sink is not None:
                connection.admitted(sink)

    async def _open_sink(self, connection: Connection, address: PublishAddress) -> PacketSink | None:
        """A sink for an admitted publisher; None if it has gone in the meantime."""
        protocol = "rtmps" if connection.secure else "rtmp"
        channel = await self._admission.admit(
            protocol=protocol, channel=address.channel, key=address.key, remote_ip=connection.remote
        )
        if connection.session.closed:
            return None
        publisher = Publisher(
            session=self._new_session_id(),
            channel=channel,
            protocol=protocol,
            remote=connection.remote,
            encoder=connection.session.encoder,
            connected_at=self.clock.wall(),
            role=address.role,
        )
        self.counters.publishers += 1
        structlog.get_logger().info(
            "publisher_admitted",
            protocol=protocol,
            channel=channel,
            session=publisher.session,
            role=publisher.role,
            remote=connection.remote,
        )
        return self._sink_factory(publisher, connection.hang_up)

    def poll(self, connection: Connection) -> None:
        self._polled.add(connection)
        if self._poll_timer is None:
            self._poll_later()

    def _poll_later(self) -> None:
        config = self._config
        interval_s = min(
            config.poll_longest_s, config.poll_interval_s + len(self._polled) * config.poll_each_s
        )
        self._poll_timer = self.loop.call_later(interval_s, self._poll)

    def _poll(self) -> None:
        now = self.clock.monotonic()
        for connection in list(self._polled):
            connection.read(now)
        self._poll_timer = None
        if self._polled:
            self._poll_later()

    def check_deadlines(self) -> None:
        """Close what has overstayed its deadline; runs by itself once a second."""
        now = self.clock.monotonic()
        for connection in self.connections:
            connection.check_deadline(now)

    def _sweep(self) -> None:
        self.check_deadlines()
        self._sweep_timer = self.loop.call_later(_SWEEP_S, self._sweep)

    def ended(self, connection: Connection) -> None:
        session = connection.session
        self.counters.bytes_in += session.bytes_received
        self.counters.packets += session.packets
        self.counters.dropped_frames += session.dropped
        error = session.refusal
        if error is None:
            return
        self.counters.refusals[error.code] += 1
        if session.wanted is None or isinstance(
            error, RateLimitedError
        ):  # a flood is counted, not written down
            structlog.get_logger().debug("rtmp_peer_refused", code=error.code, remote=connection.remote)
            return
        channel = _known(session.wanted.channel)
        structlog.get_logger().warning(
            "publisher_refused", code=error.code, channel=channel, remote=connection.remote
        )
        if not session.admitted:
            note = Note(error.code, "error", error.message, error.hint, self.clock.wall())
            self._note_log.refused(channel, note)

    def gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._polled.discard(connection)
        self._per_ip[connection.remote] -= 1
        if not self._per_ip[connection.remote]:
            del self._per_ip[connection.remote]
        if not self._connections:
            self._empty.set()


def _known(channel: str) -> str:
    """The channel's name if it is one: what a stranger typed instead goes into no log and no page."""
    return channel if CHANNEL_NAME.match(channel) else ""


def _tls_context(config: RtmpConfig) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.tls_certificate, config.tls_key or None)
    except OSError as error:
        raise InvalidError(
            f"The RTMPS certificate {config.tls_certificate!r} cannot be loaded: {error}.",
            hint="Name a PEM certificate chain and its private key that this process may read.",
        ) from error
    return context


def _listen_error(host: str, port: int, error: OSError) -> UnavailableError:
    if error.errno == errno.EADDRINUSE:
        return UnavailableError(
            f"RTMP port {port} on {host} is taken by another program.",
            hint=f"Stop it (`ss -ltnp sport = :{port}` names it), or listen elsewhere with --rtmp {host}:PORT.",
            host=host,
            port=port,
        )
    return UnavailableError(
        f"RTMP cannot listen on {host}:{port}: {error.strerror}.",
        hint="Give an address of this machine and a port from 1024 on, such as --rtmp 127.0.0.1:1935.",
        host=host,
        port=port,
    )
