"""RTMP chunk stream: whatever an encoder may write is read back, however its bytes are split."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.media.gateway.flv.errors import MalformedError
from tidegate.media.gateway.rtmp.chunks import ChunkReader, ChunkWriter, Message
from tidegate.media.gateway.rtmp.errors import LimitError
from unit.gateway.rtmp_peer import PeerWriter

MESSAGE_LIMIT = 1 << 20


def reader(limit: int = MESSAGE_LIMIT, streams: int = 64) -> ChunkReader:
    return ChunkReader(limit, streams)


@st.composite
def conversations(draw):
    """Messages with growing or jumping timestamps, and the header form the encoder would like for each."""
    timestamp = draw(st.sampled_from([0, 5, 0xFFFFF0, 0xFFFFFF, 0x1000000, 0xFFFFFF00]))
    messages = []
    for _ in range(draw(st.integers(1, 12))):
        timestamp += draw(st.sampled_from([0, 20, 20, 33, 0x1000001, -40]))
        payload = draw(st.sampled_from([b"", b"x", bytes(range(200)), b"\xc4" * 500, b"\xc6\xff" * 2000]))
        messages.append((
            draw(st.sampled_from([8, 9, 18, 20])),
            payload,
            timestamp & 0xFFFFFFFF,
            draw(st.sampled_from([0, 1])),
            draw(st.sampled_from([3, 4, 6, 63, 64, 319, 320, 65599])),
            draw(st.integers(0, 3)),
        ))  # fmt: skip
    return messages


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(
    conversations(), st.sampled_from([1, 2, 128, 4096, 65536]), st.lists(st.integers(0, 1 << 20), max_size=30)
)
@settings(max_examples=300, deadline=None)
def test_reads_what_a_peer_writes_however_it_is_split(conversation, chunk_size, cuts):
    writer = PeerWriter()
    data = writer.set_chunk_size(chunk_size) + b"".join(writer.message(*message) for message in conversation)
    chunk_reader = reader()
    read = [message for piece in split(data, cuts) for message in chunk_reader.feed(piece)]
    assert read == [Message(kind, stream, ts, payload) for kind, payload, ts, stream, _, _ in conversation]
    assert chunk_reader.buffered == 0


@given(conversations(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_reads_messages_interleaved_between_chunk_streams(conversation, random):
    writer = PeerWriter()
    queues: dict[int, list[bytes]] = {}
    for kind, payload, timestamp, stream, csid, form in conversation:
        queues.setdefault(csid, []).extend(writer.chunks(kind, payload, timestamp, stream, csid, form))
    data = b""
    while queues:
        csid = random.choice(list(queues))
        data += queues[csid].pop(0)
        if not queues[csid]:
            del queues[csid]
    chunk_reader = reader()
    read = [message for piece in split(data, [7, 300]) for message in chunk_reader.feed(piece)]
    expected = [Message(kind, stream, ts, payload) for kind, payload, ts, stream, _, _ in conversation]
    assert sorted(read, key=repr) == sorted(expected, key=repr)


@given(conversations(), st.sampled_from([128, 65536]))
@settings(max_examples=100, deadline=None)
def test_own_writer_is_read_back(conversation, chunk_size):
    writer, chunk_reader = ChunkWriter(), reader()
    data = PeerWriter().set_chunk_size(chunk_size)
    writer.chunk_size = chunk_size
    expected = [Message(kind, stream, ts, payload) for kind, payload, ts, stream, _, _ in conversation]
    for message in expected:
        data += writer.write(3, message)
    assert chunk_reader.feed(data) == expected


def test_continuation_without_the_extended_timestamp_is_read():
    """Some encoders leave it out after the first chunk."""
    payload = bytes(range(250)) + b"tail"
    chunks = PeerWriter().chunks(9, payload, timestamp=0x2000000, form=0)
    shortened = chunks[0] + chunks[1][:1] + chunks[1][5:]
    assert reader().feed(shortened) == [Message(9, 1, 0x2000000, payload)]


def test_first_header_without_stream_id_is_read():
    assert reader().feed(b"\x44\x00\x00\x05\x00\x00\x01\x08x") == [Message(8, 0, 5, b"x")]


def test_abort_drops_the_unfinished_message():
    writer, chunk_reader = PeerWriter(), reader()
    first = writer.chunks(9, b"v" * 300)[0]
    abort = writer.message(2, (4).to_bytes(4, "big"), stream=0, csid=2)
    assert chunk_reader.feed(first + abort) == []
    assert chunk_reader.buffered == 0
    assert chunk_reader.feed(PeerWriter().message(8, b"a", csid=4)) == [Message(8, 1, 0, b"a")]


def test_oversize_message_is_refused_at_its_header():
    header = PeerWriter().message(9, b"v" * 2000)[:12]
    with pytest.raises(LimitError, match="2000 bytes"):
        reader(limit=1000).feed(header)


def test_limit_can_be_lifted():
    chunk_reader = reader(limit=1000)
    chunk_reader.allow(2000)
    assert len(chunk_reader.feed(PeerWriter().message(9, b"v" * 2000))) == 1


def test_too_many_chunk_streams_are_refused():
    writer, chunk_reader = PeerWriter(), reader(streams=4)
    for csid in range(3, 7):
        chunk_reader.feed(writer.message(8, b"a", csid=csid))
    with pytest.raises(LimitError, match="4 chunk streams"):
        chunk_reader.feed(writer.message(8, b"a", csid=7))


def test_unfinished_messages_together_are_bounded():
    writer, chunk_reader = PeerWriter(), reader(limit=1000)
    beginnings = b"".join(writer.chunks(9, b"v" * 1000, csid=csid)[0] for csid in range(3, 60))
    with pytest.raises(LimitError, match="unfinished"):
        chunk_reader.feed(beginnings)
    assert chunk_reader.buffered <= 2000 + 128


@pytest.mark.parametrize("form", [2, 3])
def test_reference_to_a_chunk_stream_never_begun_is_refused(form):
    with pytest.raises(MalformedError, match="never begun"):
        reader().feed(bytes([form << 6 | 4]) + bytes(8))


def test_new_message_within_an_unfinished_one_is_refused():
    writer = PeerWriter()
    with pytest.raises(MalformedError, match="before the one before it"):
        reader().feed(writer.chunks(9, b"v" * 300)[0] + PeerWriter().message(9, b"v"))


@pytest.mark.parametrize("size", [b"\x00\x00\x00\x00", b"\x80\x00\x00\x00", b"\x00"])
def test_impossible_chunk_size_is_refused(size):
    with pytest.raises(MalformedError, match="chunk size"):
        reader().feed(PeerWriter().message(1, size, stream=0, csid=2))
