"""20,000 hostile byte streams: the session ends or goes on, but never raises and never holds more than it may.

The seed is a whole publish, written by the tests' own writer: handshake, commands, metadata, video and audio.
"""

import random

import pytest

from tidegate.media.gateway.rtmp.config import RtmpLimits
from tidegate.media.gateway.rtmp.session import RtmpSession
from unit.gateway.rtmp_peer import (
    AUDIO,
    AV1C,
    DATA,
    HANDSHAKE,
    HVCC,
    OPUS_HEAD,
    VIDEO,
    PeerWriter,
    RecordingSink,
    aac_config,
    aac_frame,
    amf,
    avc_config,
    avc_frame,
    drive,
    opening,
)

STREAMS = 10_000
LIMITS = RtmpLimits(message_bytes=50_000, control_message_bytes=8_000, unadmitted_bytes=30_000)
MOST_HELD = 2 * LIMITS.message_bytes + LIMITS.unadmitted_bytes


def seed() -> tuple[bytes, bytes]:
    """A publish: what comes before the media, and the media."""
    writer = PeerWriter()
    head = opening(writer)
    body = writer.set_chunk_size(512)
    body += writer.message(
        DATA, amf("@setDataFrame", "onMetaData", {"videocodecid": 7.0, "framerate": 30.0}), csid=5
    )
    body += writer.message(VIDEO, avc_config(), csid=6) + writer.message(AUDIO, aac_config())
    for index in range(4):
        body += writer.message(VIDEO, avc_frame(b"\x00\x00\x02\x58" + bytes(600)), index * 33, csid=6)
        body += writer.message(AUDIO, aac_frame(bytes(40)), index * 21)
    body += writer.message(VIDEO, b"\x90hvc1" + HVCC, 200, csid=6) + writer.message(
        VIDEO, b"\x90av01" + AV1C, 233, csid=6
    )
    body += writer.message(AUDIO, b"\x90Opus" + OPUS_HEAD, 240)
    body += writer.message(
        VIDEO, b"\x97\x02\x00\x01\x00\x01hvc1\x00\x00\x00\x00\x00\x00\x01\x28", 266, csid=6
    )
    return head, body


def run(rng: random.Random, data: bytes) -> tuple[RtmpSession, RecordingSink]:
    session, sink = RtmpSession(LIMITS, bytes(1528)), RecordingSink()

    def check() -> None:
        assert session.buffered <= MOST_HELD

    cut = rng.randrange(len(data) + 1)
    drive(session, [data[:cut], data[cut:]], sink, check)
    session.lost()
    assert session.closed
    assert session.buffered == 0
    assert len(sink.closed) <= 1
    return session, sink


def mutate(rng: random.Random, data: bytes) -> bytes:
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(mutated))
        how = rng.randrange(5)
        if how == 0:
            mutated[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            mutated[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, 0xC4, 0xC6))
        elif how == 2:
            del mutated[at : at + rng.randint(1, 40)]
        elif how == 3:
            mutated[at:at] = rng.randbytes(rng.randint(1, 20))
        else:
            other = rng.randrange(len(mutated))
            mutated[at:at] = mutated[other : other + rng.randint(1, 200)]
        if not mutated:
            return data
    return bytes(mutated)


def test_seed_publishes_everything():
    head, body = seed()
    session, sink = run(random.Random(0), head + body)
    assert session.refusal is None
    assert [config.fourcc for config in sink.video] == ["avc1", "hvc1", "av01"]
    assert [config.fourcc for config in sink.audio] == ["mp4a", "Opus"]
    assert len(sink.packets) == 8
    assert sink.closed == ["disconnected"]


@pytest.mark.parametrize("shaken", [False, True])
def test_random_streams(shaken):
    rng = random.Random(1)
    for _ in range(STREAMS // 2):
        data = rng.randbytes(rng.randint(1, 400))
        run(rng, HANDSHAKE + data if shaken else b"\x03" * rng.randrange(2) + data)


def test_mutated_commands_and_media():
    rng = random.Random(2)
    head, body = seed()
    handshake, commands = head[: len(HANDSHAKE)], head[len(HANDSHAKE) :]
    refused, published = 0, 0
    for index in range(STREAMS):
        if index % 2:
            data = handshake + commands + mutate(rng, body)
        else:
            data = handshake + mutate(rng, commands) + body
        session, sink = run(rng, data)
        refused += session.refusal is not None
        published += bool(sink.packets)
    assert refused > STREAMS // 10, "mutations must hurt"
    assert published > STREAMS // 10, "and must not always kill"
