"""The RTMP server against peers that ffmpeg would never be: slow, greedy, silent, wrong."""

import asyncio
import contextlib
import socket

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from e2e.rtmp_rig import KEY, Rig, running_rig
from tidegate.core.clock import ManualClock
from tidegate.core.errors import InvalidError, UnavailableError
from tidegate.media.gateway.rtmp.config import RtmpConfig, RtmpLimits
from tidegate.media.gateway.rtmp.metrics import RtmpCollector
from unit.gateway.rtmp_peer import (
    AUDIO,
    HANDSHAKE,
    VIDEO,
    PeerWriter,
    aac_config,
    aac_frame,
    avc_config,
    avc_frame,
    opening,
)


class Peer:
    """A bare socket that speaks as much RTMP as a test wants it to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self._writer = reader, writer
        self.chunks = PeerWriter()

    @classmethod
    @contextlib.asynccontextmanager
    async def connected(cls, rig: Rig):
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.server.port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def farewell(self) -> bytes:
        """All that the server says until it hangs up."""
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                return await self.reader.read(-1)
        return b""

    async def publish(self, rig: Rig) -> None:
        before = len(rig.sinks)
        self.send(opening(self.chunks, name=KEY))
        await rig.until(lambda: len(rig.sinks) > before)


async def test_publisher_is_admitted_read_and_let_go():
    async with running_rig() as rig, Peer.connected(rig) as peer:
        await peer.publish(rig)
        sink = rig.sinks[0]
        for index in range(20):
            peer.send(peer.chunks.message(VIDEO, avc_config(), csid=6))
            peer.send(peer.chunks.message(VIDEO, avc_frame(), index * 33, csid=6))
        await rig.until(lambda: len(sink.packets) == 20)
        assert len(sink.video) == 1
        publisher = rig.publishers[0]
        assert (publisher.session, publisher.channel, publisher.protocol, publisher.remote, publisher.encoder) == (
            "ses_local_1", "by-key", "rtmp", "127.0.0.1", "FMLE/3.0",
        )  # fmt: skip
        peer.send(peer.chunks.command("FCUnpublish", 6.0, None, KEY))
        await rig.until(lambda: sink.closed == ["unpublished"])
        assert b"NetStream.Unpublish.Success" in await peer.farewell()


async def test_cut_connection_closes_as_disconnected():
    async with running_rig() as rig:
        async with Peer.connected(rig) as peer:
            await peer.publish(rig)
        await rig.until(lambda: rig.sinks[0].closed)
        assert rig.sinks[0].closed == ["disconnected"]
        await rig.until(lambda: not rig.server.connections)


async def test_peer_that_does_not_publish_in_time_is_told_and_closed():
    clock = ManualClock()
    async with running_rig(clock=clock) as rig, Peer.connected(rig) as silent, Peer.connected(rig) as slow:
        slow.send(HANDSHAKE + slow.chunks.command("connect", 1.0, {"app": "live"}))
        await slow.reader.readexactly(1 + 2 * 1536)
        await rig.until(lambda: len(rig.server.connections) == 2)
        clock.advance(11.0)
        rig.server.check_deadlines()
        assert b"within 10 s" in await slow.farewell()
        assert await silent.farewell() == b""
        assert rig.server.counters.refusals == {"rtmp-limit": 2}


async def test_peer_that_trickles_its_handshake_is_cut_off():
    clock = ManualClock()
    async with running_rig(clock=clock) as rig, Peer.connected(rig) as loris:
        await rig.until(lambda: rig.server.connections)
        session = rig.server.connections[0].session
        for second in range(11):
            loris.send(b"\x03")
            await rig.until(lambda seen=second + 1: session.bytes_received == seen)
            rig.server.check_deadlines()
            clock.advance(1.0)
        assert await loris.farewell() == b""


async def test_publisher_that_falls_silent_is_closed_and_one_that_sends_is_not():
    clock = ManualClock()
    async with running_rig(clock=clock) as rig, Peer.connected(rig) as silent, Peer.connected(rig) as alive:
        await silent.publish(rig)
        await alive.publish(rig)
        alive.send(alive.chunks.message(AUDIO, aac_config()))
        for index in range(4):
            clock.advance(9.0)
            silent.send(silent.chunks.message(3, bytes(4), stream=0, csid=2))
            alive.send(alive.chunks.message(AUDIO, aac_frame(), index * 21))
            await rig.until(lambda seen=index + 1: len(rig.sinks[1].packets) == seen)
            rig.server.check_deadlines()
        assert b"for too long" in await silent.farewell()
        assert rig.sinks[0].closed == ["disconnected"]
        assert rig.sinks[1].closed == []


async def test_oversize_message_is_refused_without_being_read():
    async with running_rig(RtmpConfig(port=0, limits=RtmpLimits(message_bytes=100_000))) as rig:
        async with Peer.connected(rig) as peer:
            await peer.publish(rig)
            peer.send(peer.chunks.message(VIDEO, avc_config(), csid=6))
            peer.send(peer.chunks.message(VIDEO, avc_frame(bytes(100_000)), csid=6))
            assert b"over the limit of 100000" in await peer.farewell()
        assert rig.sinks[0].closed == ["refused"]
        assert rig.sinks[0].note_codes == ["rtmp-limit"]


async def test_refusal_before_a_stream_exists_is_remembered_for_the_studio():
    async with running_rig() as rig:
        for name in ("demo?key=wrong", "Not A Channel?key=wrong"):
            async with Peer.connected(rig) as peer:
                peer.send(opening(peer.chunks, name=name))
                assert b"The stream key is wrong. Copy it from the studio page." in await peer.farewell()
        assert [(channel, note.code) for channel, note in rig.refusals] == [
            ("demo", "unauthorized"),
            ("", "unauthorized"),
        ]
        assert rig.sinks == []


async def test_a_thousand_wrong_keys_leave_nothing_behind():
    async with running_rig() as rig:
        for _ in range(20):
            async with contextlib.AsyncExitStack() as stack:
                peers = [await stack.enter_async_context(Peer.connected(rig)) for _ in range(50)]
                for peer in peers:
                    peer.send(opening(peer.chunks, name="wrong"))
                answers = await asyncio.gather(*(peer.farewell() for peer in peers))
                assert all(b"stream key is wrong" in answer for answer in answers)
        await rig.until(lambda: not rig.server.connections)
        assert rig.server.counters.refusals == {"unauthorized": 1000}


async def test_media_is_not_read_while_admission_is_pending():
    async with running_rig() as rig, Peer.connected(rig) as peer:
        rig.gate.clear()
        peer.send(opening(peer.chunks, name=KEY))
        await rig.until(
            lambda: rig.server.connections and rig.server.connections[0].session.state == "admitting"
        )
        session = rig.server.connections[0].session
        received = session.bytes_received
        peer.send(peer.chunks.message(VIDEO, avc_config(), csid=6))
        for index in range(200):
            peer.send(peer.chunks.message(VIDEO, avc_frame(bytes(5000)), index, csid=6))
        await asyncio.sleep(0.1)
        assert session.bytes_received == received
        rig.gate.set()
        await rig.until(lambda: rig.sinks and len(rig.sinks[0].packets) == 200)


async def test_hanging_up_from_outside_tells_the_publisher():
    async with running_rig() as rig, Peer.connected(rig) as peer:
        await peer.publish(rig)
        rig.hang_ups[0]("taken-over")
        peer.send(bytes(100_000))  # what is still on its way must not reset the answer
        assert b"A newer publisher" in await peer.farewell()
        assert rig.sinks[0].closed == ["taken-over"]


async def test_refused_peer_that_never_hangs_up_is_closed_after_a_while():
    clock = ManualClock()
    async with running_rig(clock=clock) as rig, Peer.connected(rig) as peer:
        peer.send(opening(peer.chunks, name="wrong"))
        await peer.farewell()
        assert len(rig.server.connections) == 1
        clock.advance(3.0)
        rig.server.check_deadlines()
        assert rig.server.connections == []


async def test_connections_are_limited_per_address():
    async with running_rig(RtmpConfig(port=0, limits=RtmpLimits(connections_per_ip=2))) as rig:
        async with Peer.connected(rig) as first, Peer.connected(rig) as second:
            await rig.until(lambda: len(rig.server.connections) == 2)
            async with Peer.connected(rig) as third:
                assert await third.farewell() == b""
            assert rig.server.counters.turned_away == 1
            first.send(b"x")
            second.send(b"x")
        await rig.until(lambda: not rig.server.connections)
        async with Peer.connected(rig) as again:
            await again.publish(rig)


async def test_stop_tells_publishers_and_closes_everything():
    async with running_rig() as rig, Peer.connected(rig) as peer:
        await peer.publish(rig)
        port = rig.server.port
        await rig.server.stop(grace_s=0.1)
        assert b"The server is restarting." in await peer.farewell()
        assert rig.sinks[0].closed == ["shutdown"]
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", port)


async def test_a_sink_that_fails_ends_its_publisher_alone(capsys):
    async with running_rig() as rig, Peer.connected(rig) as broken, Peer.connected(rig) as other:
        await broken.publish(rig)
        await other.publish(rig)

        def fail(packet: object) -> None:
            raise RuntimeError("packager")

        rig.sinks[0].packet = fail
        for peer in (broken, other):
            peer.send(peer.chunks.message(AUDIO, aac_config()) + peer.chunks.message(AUDIO, aac_frame()))
        await rig.until(lambda: rig.sinks[0].closed and rig.sinks[1].packets)
        assert rig.sinks[0].closed == ["disconnected"]
        assert rig.sinks[1].closed == []


async def test_port_already_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            UnavailableError, match=f"RTMP port {port} on 127.0.0.1 is taken by another program"
        ):
            async with running_rig(RtmpConfig(port=port)):
                pass


async def test_missing_certificate_is_said(tmp_path):
    with pytest.raises(InvalidError, match=r"certificate .* cannot be loaded"):
        async with running_rig(RtmpConfig(port=0, tls_port=0, tls_certificate=str(tmp_path / "none.pem"))):
            pass


async def test_counters_reach_prometheus():
    async with running_rig() as rig:
        registry = CollectorRegistry()
        registry.register(RtmpCollector(rig.server))
        async with Peer.connected(rig) as peer, Peer.connected(rig) as wrong:
            await peer.publish(rig)
            peer.send(peer.chunks.message(AUDIO, aac_frame()) + peer.chunks.message(AUDIO, aac_config()))
            peer.send(peer.chunks.message(AUDIO, aac_frame()))
            wrong.send(opening(wrong.chunks, name="wrong"))
            await wrong.farewell()
            await rig.until(lambda: rig.sinks[0].packets)
            running = generate_latest(registry).decode()
        await rig.until(lambda: not rig.server.connections)
        ended = generate_latest(registry).decode()
    received = [
        line for line in running.splitlines() if line.startswith("tidegate_rtmp_received_bytes_total")
    ]
    assert received[0] in ended, "ending a connection must neither lose nor double its bytes"
    for text, publishing in ((running, 1), (ended, 0)):
        assert f"tidegate_rtmp_publishing {publishing}.0" in text
        assert "tidegate_rtmp_connections_total 2.0" in text
        assert "tidegate_rtmp_publishers_total 1.0" in text
        assert "tidegate_rtmp_packets_total 1.0" in text
        assert "tidegate_rtmp_dropped_frames_total 1.0" in text
        assert 'tidegate_rtmp_refusals_total{code="unauthorized"} 1.0' in text
