"""One publisher's socket: reads into the session, sends what it answers, and knows when to give up.

Until it publishes, a connection reads as soon as bytes arrive. From then on the server reads it at the pace of its
poll, together with all others: at thousands of small reads a second, waking up for each would cost more than
parsing. TLS is spoken on the same non-blocking socket.
"""

import asyncio
import socket
import ssl
from typing import Literal, Protocol

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.streams import EndReason
from tidegate.media.gateway.rtmp.config import RtmpLimits
from tidegate.media.gateway.rtmp.errors import LimitError
from tidegate.media.gateway.rtmp.session import RtmpSession
from tidegate.media.types import PacketSink

READ_BYTES = 64 * 1024
"""Most bytes of one read. A larger buffer would be allocated anew from the system each time."""

_READS_A_TURN = 16
"""Reads before the next connection has its turn: 1 MiB, a keyframe of 4K."""

_WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

Phase = Literal["shaking", "open", "lingering", "gone"]
"""shaking: TLS handshake · open: the session runs · lingering: it is over, the peer may still read why · gone."""


class ConnectionHost(Protocol):
    """The server, as its connections see it."""

    loop: asyncio.AbstractEventLoop
    clock: Clock
    limits: RtmpLimits

    def wants_to_publish(self, connection: "Connection") -> None:
        """The session waits for `Connection.admitted` or `Connection.refused`."""
        ...

    def poll(self, connection: "Connection") -> None:
        """Call `Connection.read` at the poll's pace from now on."""
        ...

    def ended(self, connection: "Connection") -> None:
        """Its session is over."""
        ...

    def gone(self, connection: "Connection") -> None:
        """Its socket is closed."""
        ...


class Connection:
    """Owns `sock`, which must not block."""

    def __init__(self, sock: socket.socket, remote: str, session: RtmpSession, host: ConnectionHost) -> None:
        """`remote` is the peer's address as `Admission` counts it."""
        self.session = session
        self.remote = remote
        self.secure = isinstance(sock, ssl.SSLSocket)
        self.phase: Phase = "shaking" if self.secure else "open"
        self._sock = sock
        self._recv = sock.recv
        self._host = host
        self._deadline = host.clock.monotonic() + host.limits.publish_deadline_s
        self._frames_seen = -1
        self._asked = False
        self._writing = False
        host.loop.add_reader(sock, self._readable)

    def read(self, now: float) -> None:
        """Read what has arrived, `now` in monotonic seconds. Never raises."""
        try:
            for _ in range(_READS_A_TURN):
                data = self._recv(READ_BYTES)
                if not data:
                    self.lost()
                    return
                if self.phase == "open":
                    self.session.receive(data, now)
                    if self.session.outgoing or self.session.state != "publishing":
                        self._settle()
                if len(data) < READ_BYTES and not self.secure:
                    return
                if self.phase == "gone" or self.session.state == "admitting":
                    return
        except _WOULD_BLOCK:
            return
        except OSError:
            self.lost()
        except Exception:  # noqa: BLE001 - one publisher's failure must not end the poll of all others
            structlog.get_logger().exception("rtmp connection failed", remote=self.remote)
            self.lost()

    def admitted(self, sink: PacketSink) -> None:
        """Publish into `sink`."""
        self.session.admit(sink, self._host.clock.monotonic())
        if self.phase == "gone":
            return
        if self.session.state == "publishing":
            self._watch_frames(self._host.clock.monotonic())
        self._host.poll(self)
        self._settle()

    def refused(self, error: TidegateError) -> None:
        """Tell the publisher why it may not publish, then close."""
        self.session.refuse(error)
        self._settle()

    def hang_up(self, reason: EndReason) -> None:
        """End the session from this side, tell the publisher, then close."""
        self.session.hang_up(reason)
        self._settle()

    def lost(self) -> None:
        """Close at once; nothing more can be said."""
        if self.phase == "gone":
            return
        over = self.phase == "lingering"
        self.phase = "gone"
        self._host.loop.remove_reader(self._sock)
        self._host.loop.remove_writer(self._sock)
        self._sock.close()
        try:
            self.session.lost()
        finally:
            if not over:
                self._host.ended(self)
            self._host.gone(self)

    def check_deadline(self, now: float) -> None:
        """Give up on a peer that does not publish, sends no media, or does not hang up."""
        if self.session.state == "publishing" and self.session.frames != self._frames_seen:
            self._watch_frames(now)
        if now < self._deadline:
            return
        if self.phase != "open":
            self.lost()
        elif self.session.state == "publishing":
            self.hang_up("disconnected")
        else:
            seconds = self._host.limits.publish_deadline_s
            self.refused(LimitError(f"No stream was published within {seconds:.0f} s.", hint="Try again."))

    def _watch_frames(self, now: float) -> None:
        self._frames_seen = self.session.frames
        self._deadline = now + self._host.limits.idle_deadline_s

    def _readable(self) -> None:
        if self.phase == "shaking" and not self._shake():
            return
        self.read(self._host.clock.monotonic())

    def _shake(self) -> bool:
        """Go on with the TLS handshake; False while it is not done."""
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                self._sock.do_handshake()
        except _WOULD_BLOCK:
            return False
        except OSError as error:
            structlog.get_logger().debug("rtmps handshake failed", remote=self.remote, error=str(error))
            self.lost()
            return False
        self.phase = "open"
        return True

    def _settle(self) -> None:
        """Act on what the session has come to: ask for admission, send, or linger."""
        if self.phase == "gone":
            return
        if self.session.state == "admitting" and not self._asked:
            self._asked = True
            self._host.loop.remove_reader(self._sock)
            self._host.wants_to_publish(self)
        if self.session.closed and self.phase == "open":
            self.phase = "lingering"
            self._deadline = self._host.clock.monotonic() + self._host.limits.linger_s
            self._host.ended(self)
            self._host.loop.remove_reader(self._sock)
            self._host.poll(self)
        self._send()

    def _send(self) -> None:
        outgoing = self.session.outgoing
        try:
            while outgoing:
                del outgoing[: self._sock.send(outgoing)]
        except _WOULD_BLOCK:
            if not self._writing:
                self._writing = True
                self._host.loop.add_writer(self._sock, self._send)
            return
        except OSError:
            self.lost()
            return
        if self._writing:
            self._writing = False
            self._host.loop.remove_writer(self._sock)
        if self.phase == "lingering":
            self._finish_sending()

    def _finish_sending(self) -> None:
        """Say that no more will come, and let the peer read to the end: closing over unread input would reset the
        connection, and the sentence that says why would be lost.
        """
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.lost()
