"""One publishing point: tracks put together, headers remembered, ends understood."""

from itertools import pairwise

import pytest

from synthetic_publisher import AAC
from tidegate.core.chunks import Chunk
from tidegate.media.cmaf.scanner import CmafError
from tidegate.media.gateway.cmaf.errors import TrackRefusedError
from tidegate.media.gateway.cmaf.session import HELD_BYTES_MAX, OTHER_KIND_S, Session
from unit.cmaf.test_reader import CONFIG, packaged
from unit.gateway.rtmp_peer import RecordingSink

INGEST = packaged(2.5)


def init(name: str) -> bytes:
    return INGEST.last_track(name).init


def chunks(name: str) -> list[Chunk]:
    return INGEST.of(name)


def test_separate_tracks_become_one_publisher() -> None:
    sink = RecordingSink()
    session = Session(sink, 8)
    video, audio = session.upload("video"), session.upload("audio")
    video.feed(init("video") + chunks("video")[0].data, 0.0)
    assert not sink.packets, "sound is waited for"
    audio.feed(init("audio") + chunks("audio")[0].data, 0.2)
    assert sink.expected == [{"video": True, "audio": True}]
    assert sink.video[0].codec == CONFIG.codec
    assert sink.audio == [AAC]
    assert {packet.kind for packet in sink.packets} >= {"video"}
    audio.end()
    assert not sink.closed
    video.end()
    assert sink.closed == ["unpublished"]


def test_a_track_that_comes_alone_is_not_waited_for_long() -> None:
    sink = RecordingSink()
    session = Session(sink, 8)
    upload = session.upload("video")
    upload.feed(init("video") + chunks("video")[0].data, 0.0)
    session.look(OTHER_KIND_S / 2)
    assert not sink.packets
    session.look(OTHER_KIND_S)
    assert sink.expected == [{"video": True, "audio": False}]
    assert len(sink.packets) == chunks("video")[0].samples
    upload.lost()
    assert sink.closed == ["disconnected"]


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HELD_BYTES_MAX > 1 << 20
    monkeypatch.setattr("tidegate.media.gateway.cmaf.session.HELD_BYTES_MAX", 10)
    sink = RecordingSink()
    Session(sink, 8).upload("video").feed(init("video") + chunks("video")[0].data, 0.0)
    assert sink.packets


def test_segments_one_by_one_go_with_the_header_of_their_name() -> None:
    sink = RecordingSink()
    session = Session(sink, 8)
    for name in ("video", "audio"):
        upload = session.upload(name)
        upload.feed(init(name), 0.0)
        upload.end()
    for name in ("video", "audio", "video"):
        upload = session.upload(name)
        upload.feed(chunks(name)[0].data, 0.1)
        upload.end()
    assert not sink.closed, "between segments the encoder is not gone"
    assert sum(packet.kind == "video" for packet in sink.packets) == 2 * chunks("video")[0].samples


def test_a_second_track_of_a_kind_is_refused() -> None:
    session = Session(RecordingSink(), 8)
    session.upload("video").feed(init("video"), 0.0)
    with pytest.raises(TrackRefusedError, match="video by the track 'video' already"):
        session.upload("other").feed(init("video"), 0.0)


def test_times_are_microseconds_and_follow_the_edit_list() -> None:
    sink = RecordingSink()
    session = Session(sink, 8)
    session.upload("video").feed(init("video") + b"".join(c.data for c in chunks("video")), 0.0)
    session.look(5.0)
    times = [packet.dts_us for packet in sink.packets]
    assert times[0] == chunks("video")[0].dts * 1_000_000 // 90_000
    assert all(33_000 <= after - before <= 34_000 for before, after in pairwise(times))


def test_an_upload_that_breaks_off_is_told() -> None:
    session = Session(RecordingSink(), 8)
    upload = session.upload("video")
    upload.feed(init("video") + chunks("video")[0].data[:-1], 0.0)
    with pytest.raises(CmafError, match="middle"):
        upload.end()
