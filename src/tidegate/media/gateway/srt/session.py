"""One publisher over SRT: admitted by the front, received by an ffmpeg of its own, its frames handed to a sink.

The publisher shakes hands with the front until it is known who it is and what for. Then a process is started, with
which the front repeats the handshake's first half in the publisher's name; the second half, and all that follows, is
between the publisher and the process, and is only passed on.
"""

from typing import Literal, Protocol

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError, UnavailableError
from tidegate.core.streams import EndReason
from tidegate.media.gateway.remux.process import RemuxProcess
from tidegate.media.gateway.remux.session import RemuxSession
from tidegate.media.gateway.remux.words import sentence
from tidegate.media.gateway.srt import protocol
from tidegate.media.gateway.srt.config import SrtLimits
from tidegate.media.gateway.srt.errors import SrtRefusedError, reason, wrong_passphrase
from tidegate.media.gateway.srt.link import Address, Link
from tidegate.media.gateway.srt.protocol import Handshake
from tidegate.media.gateway.types import PublishAddress
from tidegate.media.types import PacketSink

Phase = Literal["admitting", "starting", "shaking", "publishing", "gone"]
"""admitting: who is it? · starting: the process is not there yet · shaking: process and publisher agree · publishing ·
gone."""

_INDUCE_EVERY_S = 0.02
_MARGIN_S = 0.05
"""How much longer than the agreed latency a goodbye is held back: libsrt would drop what it has yet to deliver."""


class SessionHost(Protocol):
    """The server, as its sessions see it."""

    clock: Clock
    limits: SrtLimits
    latency_ms: int

    def open_sink(self, session: "SrtSession") -> PacketSink:
        """The way to the origin for an admitted publisher whose connection stands."""
        ...

    def restarted(self, session: "SrtSession", datagram: bytes) -> None:
        """Another connection is asked for from this session's address."""
        ...

    def settled(self, session: "SrtSession") -> None:
        """It publishes, or is over: its start takes no more of the machine."""
        ...

    def ended(self, session: "SrtSession") -> None:
        """It is over; its sockets are closed, its process is being killed."""
        ...


class SrtSession:
    """Drive it: `relay` every few milliseconds, `read` every few dozen, `check_deadline` every second."""

    def __init__(
        self,
        caller: Handshake,
        datagram: bytes,
        peer: Address,
        address: PublishAddress,
        host: SessionHost,
    ) -> None:
        """`datagram` is the conclusion that `caller` was read from, `peer` where it came from."""
        self.phase: Phase = "admitting"
        self.caller = caller
        self.peer = peer
        self.wanted = address
        self.channel = ""
        """What it was admitted to."""
        self.refusal: TidegateError | None = None
        self.link: Link
        self._conclusion = datagram
        self._host = host
        self._process: RemuxProcess | None = None
        self._media: RemuxSession | None = None
        self._cookie: int | None = None
        self._next_induction = 0.0
        self._deadline = host.clock.monotonic() + host.limits.start_deadline_s
        self._frames_seen = 0
        self._goodbye_at = 0.0

    @property
    def remote(self) -> str:
        """The peer as `Admission` counts it."""
        return str(self.peer[0])

    def is_gone(self) -> bool:
        return self.phase == "gone"

    @property
    def encoder(self) -> str:
        return self.caller.library

    @property
    def media(self) -> RemuxSession | None:
        """What has arrived, once the connection stands."""
        return self._media

    @property
    def pid(self) -> int | None:
        """Of the process that receives."""
        return self._process.pid if self._process else None

    def relay(self, now: float) -> None:
        """Pass datagrams on, and go on with the handshake."""
        link = self.link
        link.pass_in()
        if self.phase == "publishing":
            link.pass_out()
            if link.goodbye and not self._goodbye_at:
                self._goodbye_at = now + max(self.caller.latency_ms, self._host.latency_ms) / 1000 + _MARGIN_S
            elif self._goodbye_at and now >= self._goodbye_at:
                link.tell_process(link.goodbye)
        elif self.phase in ("starting", "shaking"):
            self._shake()

    def handshake(self, datagram: bytes) -> None:
        """Take a handshake packet of the publisher's."""
        heard = protocol.parse_handshake(datagram)
        if heard is None:
            return
        if heard.kind != protocol.CONCLUSION or heard.socket != self.caller.socket:
            self._host.restarted(self, datagram)
            return
        self._conclusion = datagram
        if self._cookie is not None:
            self.link.tell_process(protocol.with_cookie(datagram, self._cookie))

    def admitted(self, channel: str, process: RemuxProcess, port: int) -> None:
        """Go on with `process`, which is about to listen at `port` of the loopback address."""
        self.channel = channel
        self._process = process
        self.link.aim(port)
        self.phase = "starting"
        self._deadline = self._host.clock.monotonic() + self._host.limits.start_deadline_s

    def read(self, now: float) -> None:
        """Hand on what the process has unpacked."""
        media, process = self._media, self._process
        if media is None or process is None:
            return
        try:
            if data := process.read():
                media.receive(data, now)
        except Exception:  # noqa: BLE001 - one publisher's failure must not end the poll of all others
            structlog.get_logger().exception("srt publisher failed", channel=self.channel)
            self.hang_up("disconnected")
            return
        if media.error is not None:
            self.refuse(media.error)

    def process_exited(self) -> None:
        """The process has ended, by the publisher's goodbye, after its silence, or by itself."""
        if self.is_gone():
            return
        self.read(self._host.clock.monotonic())
        if self.is_gone():
            return
        media, process = self._media, self._process
        said = sentence(process.tail) if process else ""
        if media is None:
            self.refuse(UnavailableError("The SRT receiver ended before it received anything.", hint=said))
        elif not media.frames and not self.link.goodbye and said:
            self.refuse(
                SrtRefusedError(f"The stream cannot be read: {said}", hint="Send MPEG-TS with H.264 and AAC.")
            )
        else:
            self._end("unpublished" if self.link.goodbye else "disconnected")

    def refuse(self, error: TidegateError) -> None:
        """End it; `error` is for the publisher's log as far as SRT carries it, and for the studio."""
        if self.is_gone():
            return
        self.refusal = error
        if self._media is not None:
            self._media.note(error)
        else:
            self.link.tell_peer(protocol.refusal(self.caller, reason(error)))
        self._end("refused")

    def hang_up(self, why: EndReason) -> None:
        """End it from this side, such as after a takeover."""
        if self.is_gone():
            return
        if self._media is None:
            self.link.tell_peer(protocol.refusal(self.caller, protocol.DOWN))
        self._end(why)

    def check_deadline(self, now: float) -> None:
        """Give up on what takes too long to begin, or sends no media."""
        media = self._media
        if media is not None and media.frames != self._frames_seen:
            self._frames_seen = media.frames
            self._deadline = now + self._host.limits.idle_deadline_s
        if now < self._deadline:
            return
        if media is None:
            self.refuse(UnavailableError("The SRT receiver did not start in time.", hint="Try again."))
        elif not media.frames:
            self.refuse(
                SrtRefusedError(
                    "No video and no audio could be read from the stream.",
                    hint="Send MPEG-TS with H.264 and AAC.",
                )
            )
        else:
            self.hang_up("disconnected")

    async def finish(self) -> None:
        """Wait for the process to be gone."""
        if self._process is not None:
            await self._process.stop()

    def _shake(self) -> None:
        now = self._host.clock.monotonic()
        if self._cookie is None and now >= self._next_induction:
            self._next_induction = now + _INDUCE_EVERY_S
            self.link.tell_process(protocol.induction(self.caller))
        while answer := self.link.from_process():
            heard = protocol.parse_handshake(answer)
            if heard is None:
                self.link.tell_peer(answer)
            elif heard.kind == protocol.INDUCTION:
                self._induced(heard.cookie)
            else:
                self._concluded(heard, answer)
            if self.phase not in ("starting", "shaking"):
                return

    def _induced(self, cookie: int) -> None:
        """The process has answered: conclude with it, with its own cookie, what the publisher asked of the front."""
        if self._cookie is None:
            self._cookie = cookie
            self.phase = "shaking"
            self.link.tell_process(protocol.with_cookie(self._conclusion, cookie))

    def _concluded(self, heard: Handshake, answer: bytes) -> None:
        """The process agrees or not. The publisher is told once the origin has agreed too: later no reason reaches it."""
        if heard.refused:
            self.link.tell_peer(answer)
            wrong = heard.refused in (protocol.WRONG_PASSPHRASE, protocol.PASSPHRASE_EXPECTED_OR_NOT)
            self.refusal = (
                wrong_passphrase()
                if wrong
                else SrtRefusedError(f"SRT refused the connection ({heard.refused}).")
            )
            self._end("refused")
            return
        try:
            sink = self._host.open_sink(self)
        except TidegateError as error:
            self.refuse(error)
            return
        self.link.tell_peer(answer)
        self._media = RemuxSession(sink)
        self.phase = "publishing"
        self._deadline = self._host.clock.monotonic() + self._host.limits.media_deadline_s
        self._host.settled(self)

    def _end(self, why: EndReason) -> None:
        self.phase = "gone"
        if self._process is not None:
            self._process.kill()
        self.link.tell_peer(protocol.shutdown(self.caller.socket))
        self.link.close()
        media = self._media
        try:
            if media is not None:
                media.close(why)
        finally:
            self._host.settled(self)
            self._host.ended(self)
