"""SRT listener: one public UDP port for all publishers, a process that receives for each that is admitted.

In: publishers' datagrams. Out: for each admitted a `PacketSink`, made by `sink_factory`; refusals go to the
publisher's own log as SRT's numbers, and as sentences to `note_log`.
"""

import asyncio
import errno
import os
import socket
from collections import Counter
from collections.abc import Callable, Coroutine

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import RateLimitedError, TidegateError, UnavailableError
from tidegate.core.ids import CHANNEL_NAME
from tidegate.core.ports import Admission, NoteLog
from tidegate.core.streams import Note, Publisher
from tidegate.media.gateway.poll import Poll
from tidegate.media.gateway.remux.process import RemuxProcess
from tidegate.media.gateway.srt import protocol
from tidegate.media.gateway.srt.addressing import publish_address
from tidegate.media.gateway.srt.arguments import receive_arguments
from tidegate.media.gateway.srt.config import SrtConfig
from tidegate.media.gateway.srt.cookies import SynCookies
from tidegate.media.gateway.srt.counters import SrtCounters
from tidegate.media.gateway.srt.errors import PassphraseError, SrtRefusedError, reason
from tidegate.media.gateway.srt.link import Address, Link, free_port, public_socket
from tidegate.media.gateway.srt.protocol import Handshake
from tidegate.media.gateway.srt.session import SrtSession
from tidegate.media.gateway.types import SinkFactory
from tidegate.media.types import PacketSink

_DATAGRAMS_A_TURN = 256  # before anything else has its turn; what a flood has too many the kernel drops
_SWEEP_S = 1.0  # how late a deadline may be noticed
_SECRET_BYTES = 32
_QUEUE_S = 2.5
"""How long a publisher may wait for its process to be started: encoders give up after 3 s."""


class SrtServer:
    """Runs on the event loop that `start` is called on."""

    def __init__(
        self,
        config: SrtConfig,
        admission: Admission,
        sink_factory: SinkFactory,
        note_log: NoteLog,
        clock: Clock,
        new_session_id: Callable[[], str],
    ) -> None:
        self.counters = SrtCounters()
        self.clock = clock
        self.limits = config.limits
        self.latency_ms = config.latency_ms
        self.port = 0
        """The UDP port, once started."""
        self._config = config
        self._admission = admission
        self._sink_factory = sink_factory
        self._note_log = note_log
        self._new_session_id = new_session_id
        self._cookies = SynCookies(os.urandom(_SECRET_BYTES))
        self._front: socket.socket | None = None
        self._bound: Address = ()
        self._sessions: dict[Address, SrtSession] = {}
        self._per_ip: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Semaphore(config.limits.starting)
        self._holding: set[SrtSession] = set()
        self._relay = Poll(
            clock,
            interval_s=config.relay_interval_s,
            each_s=config.relay_each_s,
            longest_s=config.relay_longest_s,
        )
        self._reading = Poll(
            clock,
            interval_s=config.poll_interval_s,
            each_s=config.poll_each_s,
            longest_s=config.poll_longest_s,
        )
        self._sweep_timer: asyncio.TimerHandle | None = None

    @property
    def sessions(self) -> list[SrtSession]:
        """All that are open now."""
        return list(self._sessions.values())

    async def start(self) -> None:
        """Listen.

        Raises:
            UnavailableError: the address cannot be listened on.
        """
        config = self._config
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        try:
            if config.port:
                _check_free(family, config.host, config.port)
            self._front = public_socket(family, (config.host, config.port))
        except OSError as error:
            raise _listen_error(config.host, config.port, error) from error
        self._bound = self._front.getsockname()
        self.port = self._bound[1]
        asyncio.get_running_loop().add_reader(self._front, self._readable, self._front)
        self._sweep_later()
        structlog.get_logger().info("srt_listening", host=config.host, port=self.port)

    async def stop(self) -> None:
        """Stop listening, say goodbye to every publisher, and wait for their processes to be gone."""
        if self._front is not None:
            asyncio.get_running_loop().remove_reader(self._front)
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        for session in self.sessions:
            session.hang_up("shutdown")
        self._relay.stop()
        self._reading.stop()
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._front is not None:
            self._front.close()
            self._front = None

    def check_deadlines(self) -> None:
        """End what has overstayed its deadline; runs by itself once a second."""
        now = self.clock.monotonic()
        for session in self.sessions:
            session.check_deadline(now)

    def open_sink(self, session: SrtSession) -> PacketSink:
        publisher = Publisher(
            session=self._new_session_id(),
            channel=session.channel,
            protocol="srt",
            remote=session.remote,
            encoder=session.encoder,
            connected_at=self.clock.wall(),
            role=session.wanted.role,
        )
        self.counters.publishers += 1
        structlog.get_logger().info(
            "srt publisher admitted",
            channel=session.channel,
            session=publisher.session,
            remote=session.remote,
        )
        return self._sink_factory(publisher, session.hang_up)

    def restarted(self, session: SrtSession, datagram: bytes) -> None:
        """An encoder that always sends from the same port has been started anew, or has lost its connection."""
        heard = protocol.parse_handshake(datagram)
        if heard is None:
            return
        if heard.kind == protocol.INDUCTION:
            self._induce(heard, session.peer)
        elif heard.kind == protocol.CONCLUSION and self._has_cookie(heard, session.peer):
            session.hang_up("taken-over")
            self._conclude(heard, datagram, session.peer)

    def settled(self, session: SrtSession) -> None:
        if session in self._holding:
            self._holding.discard(session)
            self._starting.release()

    def ended(self, session: SrtSession) -> None:
        del self._sessions[session.peer]
        self._per_ip[session.remote] -= 1
        if not self._per_ip[session.remote]:
            del self._per_ip[session.remote]
        self._relay.discard(session.relay)
        self._reading.discard(session.read)
        self._count(session)
        self._do(session.finish())
        if session.refusal is not None:
            told = session.media is not None
            self._note(session.refusal, session.channel or session.wanted.channel, session.remote, told=told)

    def _count(self, session: SrtSession) -> None:
        self.counters.datagrams += session.link.datagrams
        if session.media is not None:
            self.counters.bytes_in += session.media.bytes_received
            self.counters.packets += session.media.packets
            self.counters.dropped_frames += session.media.dropped

    def _readable(self, front: socket.socket) -> None:
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                data, peer = front.recvfrom(protocol.LONGEST_DATAGRAM)
            except OSError:  # nothing there, or a host that says it did not want our answer
                return
            self._take(data, peer)

    def _take(self, data: bytes, peer: Address) -> None:
        heard = protocol.parse_handshake(data)
        session = self._sessions.get(peer)
        if heard is None:
            self.counters.strays += 1
        elif session is not None:
            session.handshake(data)
        elif heard.kind == protocol.INDUCTION:
            self._induce(heard, peer)
        elif heard.kind == protocol.CONCLUSION and self._has_cookie(heard, peer):
            self._conclude(heard, data, peer)
        else:
            self.counters.strays += 1

    def _induce(self, heard: Handshake, peer: Address) -> None:
        self.counters.handshakes += 1
        cookie = self._cookies.make(peer[0], peer[1], self.clock.monotonic())
        self._answer(protocol.induction_reply(heard, cookie), peer)

    def _has_cookie(self, heard: Handshake, peer: Address) -> bool:
        return self._cookies.matches(heard.cookie, peer[0], peer[1], self.clock.monotonic())

    def _conclude(self, heard: Handshake, data: bytes, peer: Address) -> None:
        """A caller that does receive at its address says what it wants."""
        remote, limits = peer[0], self.limits
        if len(self._sessions) >= limits.publishers or self._per_ip[remote] >= limits.publishers_per_ip:
            self.counters.turned_away += 1
            self._answer(protocol.refusal(heard, protocol.OVERLOAD), peer)
            return
        try:
            self._check(heard)
            address = publish_address(heard.stream_id)
        except TidegateError as error:
            self._answer(protocol.refusal(heard, reason(error)), peer)
            self._note(error, "", remote, told=False)
            return
        session = SrtSession(heard, data, peer, address, self)
        try:
            outer = public_socket(socket.AF_INET6 if len(peer) > 2 else socket.AF_INET, self._bound)
        except OSError as error:
            structlog.get_logger().warning("srt cannot open a socket", error=os.strerror(error.errno or 0))
            self._answer(protocol.refusal(heard, protocol.OVERLOAD), peer)
            return
        self._sessions[peer] = session
        self._per_ip[remote] += 1
        session.link = Link(outer, peer, self._take, session.handshake)
        self._relay.add(session.relay)
        self._do(self._admit(session))

    def _check(self, heard: Handshake) -> None:
        if not protocol.speaks_version_5(heard):
            raise SrtRefusedError(
                "The encoder speaks an old version of SRT.",
                hint="Update it: SRT 1.3 (2018) or newer is needed.",
                reason=protocol.VERSION_TOO_OLD,
            )
        if heard.encrypted and not self._config.passphrase:
            raise PassphraseError(
                "The encoder gives a passphrase, and this server expects none.",
                hint="Take it out of the encoder, or set srt_passphrase.",
                reason=protocol.PASSPHRASE_EXPECTED_OR_NOT,
            )
        if self._config.passphrase and not heard.encrypted:
            raise PassphraseError(
                "The encoder gives no passphrase, and this server wants one.",
                hint="Give the encoder the passphrase that this server is set up with.",
                reason=protocol.PASSPHRASE_EXPECTED_OR_NOT,
            )

    async def _admit(self, session: SrtSession) -> None:
        try:
            await self._start_receiver(session)
        except TidegateError as error:
            session.refuse(error)
        except Exception:  # noqa: BLE001 - whatever fails, the publisher is answered and the server goes on
            structlog.get_logger().exception("srt admission failed", channel=_known(session.wanted.channel))
            session.refuse(UnavailableError("The server could not admit the stream.", hint="Try again."))

    async def _start_receiver(self, session: SrtSession) -> None:
        wanted = session.wanted
        channel = await self._admission.admit(
            protocol="srt", channel=wanted.channel, key=wanted.key, remote_ip=session.remote
        )
        await self._take_turn(session)
        if session.is_gone():
            self.settled(session)
            return
        port = free_port()
        config = self._config
        process = RemuxProcess(
            receive_arguments(config.ffmpeg, port, config.latency_ms, config.passphrase),
            (config.passphrase,),
            session.process_exited,
        )
        await process.start()
        if session.is_gone():
            await process.stop()
            return
        session.admitted(channel, process, port)
        self._reading.add(session.read)

    async def _take_turn(self, session: SrtSession) -> None:
        """Wait for one of the few places of those that are starting."""
        try:
            async with asyncio.timeout(_QUEUE_S):
                await self._starting.acquire()
        except TimeoutError:
            raise SrtRefusedError(
                "Too many publishers start at once.", hint="Try again in a moment.", reason=protocol.OVERLOAD
            ) from None
        self._holding.add(session)

    def _answer(self, datagram: bytes, peer: Address) -> None:
        if self._front is not None:
            try:
                self._front.sendto(datagram, peer)
            except OSError as error:
                structlog.get_logger().debug("srt cannot answer", error=os.strerror(error.errno or 0))

    def _note(self, error: TidegateError, channel: str, remote: str, *, told: bool) -> None:
        """Count a refusal, log it, and remember it for the studio where no stream could be `told` of it."""
        self.counters.refusals[error.code] += 1
        if isinstance(error, RateLimitedError):  # a flood is counted, not written down
            return
        channel = _known(channel)
        structlog.get_logger().warning(
            "srt publisher refused", code=error.code, channel=channel, remote=remote
        )
        if not told:
            note = Note(error.code, "error", error.message, error.hint, self.clock.wall())
            self._note_log.refused(channel, note)

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _sweep_later(self) -> None:
        self._sweep_timer = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        self.check_deadlines()
        self._sweep_later()


def _known(channel: str) -> str:
    """The channel's name if it is one: what a stranger typed instead goes into no log and no page."""
    return channel if CHANNEL_NAME.match(channel) else ""


def _check_free(family: int, host: str, port: int) -> None:
    """Fail where another program has the port: ours share it among themselves, and would share it with that too."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((host, port))


def _listen_error(host: str, port: int, error: OSError) -> UnavailableError:
    if error.errno == errno.EADDRINUSE:
        return UnavailableError(
            f"SRT port {port} on {host} is taken by another program.",
            hint=f"Stop it (`ss -lnup sport = :{port}` names it), or listen elsewhere with --srt {host}:PORT.",
            host=host,
            port=port,
        )
    return UnavailableError(
        f"SRT cannot listen on {host}:{port}: {error.strerror}.",
        hint="Give an address of this machine and a port from 1024 on, such as --srt 127.0.0.1:8890.",
        host=host,
        port=port,
    )
