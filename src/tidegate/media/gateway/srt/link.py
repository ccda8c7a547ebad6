"""One publisher's two sockets: to its own address from the public port, and to the process that receives.

The outer socket is bound to the same public port as the listener and connected to the publisher, so that the kernel
hands it the publisher's datagrams: each publisher has a buffer of its own, which no flood at the port can fill.
"""

import contextlib
import errno
import socket
from collections.abc import Callable
from itertools import groupby
from typing import Any

from tidegate.media.gateway.srt.protocol import HANDSHAKE, LONGEST_DATAGRAM, SHUTDOWN

Address = tuple[Any, ...]
"""As the socket module has it: host and port first."""

BUFFER_BYTES = 4 * 1024 * 1024
"""Asked of the system for each socket, which grants up to its own limit (net.core.rmem_max)."""

_UDP_SEGMENT = 103  # linux/udp.h; the socket module does not name it
_USUAL_SEGMENT = 16 + 7 * 188  # header and seven packets of MPEG-TS, as nearly every encoder sends them
_SEGMENTS_A_CALL = 40  # the kernel takes 64 of them, and 64 KiB
_CONTROL = b"\x80"  # of a control packet's first byte
_DATAGRAMS_A_TURN = 512
"""Before the next publisher has its turn: 600 KB."""


def public_socket(family: int, address: Address) -> socket.socket:
    """A UDP socket at the public address, which several of ours may share.

    Raises:
        OSError: it cannot be bound.
    """
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


class Link:
    """Passes datagrams on, both ways. `handshake` is given those of the publisher's that may need changing."""

    def __init__(
        self,
        outer: socket.socket,
        peer: Address,
        stray: Callable[[bytes, Address], None],
        handshake: Callable[[bytes], None],
    ) -> None:
        """`outer` is a public socket; `stray` takes what others had sent before it was connected to `peer`."""
        self.goodbye = b""
        """The datagram with which the publisher said that it ends, kept back here."""
        self.datagrams = 0
        self._outer = outer
        self._inner = _loopback()
        self._segment = 0
        self._cut_at(_USUAL_SEGMENT)
        self._handshake = handshake
        outer.connect(peer)
        with contextlib.suppress(OSError):
            while True:
                data, sender = outer.recvfrom(LONGEST_DATAGRAM)
                stray(data, sender)

    def aim(self, port: int) -> None:
        """Pass on to this port of the loopback address."""
        self._inner.connect(("127.0.0.1", port))

    def tell_peer(self, datagram: bytes) -> None:
        """What is lost here is lost as on any network: the peer asks again."""
        with contextlib.suppress(OSError):
            self._outer.send(datagram)

    def tell_process(self, datagram: bytes) -> None:
        with contextlib.suppress(OSError):
            self._inner.send(datagram)

    def from_process(self) -> bytes:
        """One datagram of the process, empty where there is none."""
        try:
            return self._inner.recv(LONGEST_DATAGRAM)
        except OSError:  # nothing there, or, at first, nobody at the port yet
            return b""

    def pass_in(self) -> None:
        """Pass on what the publisher sent; before there is a process, its handshakes alone. Never raises."""
        receive = self._outer.recv
        batch: list[bytes] = []
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                data = receive(LONGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except (
                OSError
            ) as error:  # the peer's host says that nobody is there: a lost publisher is found by silence
                if error.errno == errno.ECONNREFUSED:
                    continue
                break
            self.datagrams += 1
            if data[0:1] < _CONTROL:
                batch.append(data)
            elif data.startswith(HANDSHAKE):
                self._handshake(data)
            elif data.startswith(SHUTDOWN):
                self.goodbye = data
            else:
                batch.append(data)
        if batch:
            self._send_in(batch)

    def _send_in(self, batch: list[bytes]) -> None:
        """Send in as few calls as may be: runs of datagrams of one length go as one, which the kernel takes apart."""
        send = self._inner.send
        with contextlib.suppress(OSError):
            for size, run in groupby(batch, len):
                if self._segment and size > self._segment:
                    self._cut_at(size)
                datagrams = list(run)
                if size == self._segment:
                    for at in range(0, len(datagrams), _SEGMENTS_A_CALL):
                        send(b"".join(datagrams[at : at + _SEGMENTS_A_CALL]))
                else:
                    for datagram in datagrams:
                        send(datagram)

    def _cut_at(self, size: int) -> None:
        """Let the kernel cut what is sent every `size` bytes. It only grows: what is longer would be cut too."""
        try:
            self._inner.setsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT, size)
            self._segment = size
        except OSError:  # before Linux 4.18
            self._segment = 0

    def pass_out(self) -> None:
        """Pass on what the process sent. Never raises."""
        receive, send = self._inner.recv, self._outer.send
        for _ in range(_DATAGRAMS_A_TURN):
            try:
                data = receive(LONGEST_DATAGRAM)
            except OSError:
                return
            with contextlib.suppress(OSError):
                send(data)

    def close(self) -> None:
        self._outer.close()
        self._inner.close()


def _loopback() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    return sock


def free_port() -> int:
    """A UDP port that is free at the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
