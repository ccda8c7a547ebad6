"""FLV files in any pieces."""

import random
import struct

import pytest

from tidegate.core.errors import TidegateError
from tidegate.media.gateway.flv.container import AUDIO, VIDEO, FlvReader, Tag
from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.gateway.remux.session import RemuxSession
from unit.gateway.rtmp_peer import (
    DATA,
    RecordingSink,
    aac_config,
    aac_frame,
    amf,
    avc_config,
    avc_frame,
)

HEADER = b"FLV\x01\x05" + struct.pack(">I", 9) + bytes(4)


def tag(kind: int, timestamp: int, payload: bytes) -> bytes:
    head = bytes([kind]) + len(payload).to_bytes(3, "big") + (timestamp & 0xFFFFFF).to_bytes(3, "big")
    return head + bytes([timestamp >> 24]) + bytes(3) + payload + struct.pack(">I", 11 + len(payload))


def file() -> bytes:
    parts = [HEADER, tag(DATA, 0, amf("onMetaData", {"videocodecid": 7.0, "audiocodecid": 10.0}))]
    parts += [tag(VIDEO, 0, avc_config()), tag(AUDIO, 0, aac_config())]
    for index in range(5):
        parts += [tag(VIDEO, index * 33, avc_frame()), tag(AUDIO, index * 21, aac_frame())]
    return b"".join(parts)


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_any_pieces_make_the_same_tags(size):
    reader, data, tags = FlvReader(), file(), []
    for at in range(0, len(data), size):
        tags += reader.feed(data[at : at + size])
    assert [each.kind for each in tags[1:5]] == [VIDEO, AUDIO, VIDEO, AUDIO]
    assert tags[-1] == Tag(AUDIO, 84, aac_frame())
    assert reader.buffered == 0


def test_timestamps_have_32_bits():
    assert list(FlvReader().feed(HEADER + tag(VIDEO, 0x89ABCDEF, b"x"))) == [Tag(VIDEO, 0x89ABCDEF, b"x")]


def test_what_is_no_flv_is_refused():
    with pytest.raises(MalformedError):
        list(FlvReader().feed(b"GIF89a" + bytes(20)))


def test_a_session_hands_on_frames_and_keeps_what_ended_it():
    sink = RecordingSink()
    session = RemuxSession(sink)
    session.receive(file(), 1.0)
    assert (session.packets, session.dropped, session.error) == (10, 0, None)
    assert sink.expected == [{"video": True, "audio": True}]
    session.receive(tag(AUDIO, 100, b"\x2f" + bytes(20)), 2.0)
    assert session.error.code == "unsupported-codec"
    session.receive(tag(VIDEO, 133, avc_frame()), 2.0)
    assert session.packets == 10
    session.close("refused")
    session.close("disconnected")
    assert sink.closed == ["refused"]


def test_ten_thousand_mutated_files_never_raise():
    rng, whole = random.Random(5), file()
    for _ in range(10_000):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        session = RemuxSession(RecordingSink())
        cut = rng.randrange(len(data))
        session.receive(bytes(data[:cut]), 0.0)
        session.receive(bytes(data[cut:]), 0.1)
        assert session.error is None or isinstance(session.error, TidegateError)
