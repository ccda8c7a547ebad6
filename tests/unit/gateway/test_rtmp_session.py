"""One publisher's conversation: what is answered, what is refused and in which words."""

import pytest

from tidegate.core.errors import UnauthorizedError
from tidegate.media.gateway.flv import amf0
from tidegate.media.gateway.rtmp.chunks import ChunkReader, Message
from tidegate.media.gateway.rtmp.config import RtmpLimits
from unit.gateway.rtmp_peer import (
    AUDIO,
    AVCC,
    COMMAND,
    DATA,
    HANDSHAKE,
    VIDEO,
    Encoder,
    PeerWriter,
    RecordingSink,
    aac_config,
    aac_frame,
    amf,
    avc_config,
    avc_frame,
    opening,
)


def replies(encoder: Encoder) -> list[Message]:
    """Everything the server has said after the handshake."""
    reader = ChunkReader(1 << 20, 64)
    return reader.feed(bytes(encoder.session.outgoing[1 + 2 * 1536 :]))


def commands(encoder: Encoder) -> list[list[amf0.Value]]:
    return [amf0.decode(message.payload) for message in replies(encoder) if message.kind == COMMAND]


def last_status(encoder: Encoder) -> dict[str, amf0.Value]:
    status = commands(encoder)[-1][-1]
    assert isinstance(status, dict)
    return status


def test_handshake_answers_s0_s1_s2_and_echoes_c1():
    encoder = Encoder()
    c1 = (
        b"\x00\x00\x00\x07" + b"\x80\x00\x07\x02" + bytes(range(256)) * 6
    )  # a digest-capable client's version
    c1 = c1[:1536]
    encoder.send(b"\x03" + c1)
    answer = bytes(encoder.session.outgoing)
    assert len(answer) == 1 + 1536 * 2
    assert answer[0] == 3
    assert answer[5:9] == bytes(4), "a zero version tells clients not to look for a digest"
    assert answer[1537:] == c1


def test_opening_is_answered_up_to_publish_start():
    encoder = Encoder().publish()
    kinds = [message.kind for message in replies(encoder)]
    assert kinds[:2] == [5, 6]
    names = [(command[0], command[1]) for command in commands(encoder)]
    assert names == [
        ("_result", 1.0),
        ("_result", 2.0),
        ("_result", 3.0),
        ("_result", 4.0),
        ("onStatus", 0.0),
    ]
    assert last_status(encoder)["code"] == "NetStream.Publish.Start"
    assert encoder.session.encoder == "FMLE/3.0"


def test_connect_reply_sets_chunk_size_65536_and_names_enhanced_codecs():
    encoder = Encoder().publish()
    assert (1).to_bytes(1, "big") + bytes(4) + (65536).to_bytes(4, "big") in bytes(encoder.session.outgoing)
    _, _, properties, info = commands(encoder)[0]
    assert isinstance(properties, dict)
    assert isinstance(info, dict)
    assert properties["fourCcList"] == info["fourCcList"] == ["avc1", "hvc1", "av01", "mp4a", "Opus"]
    assert info["code"] == "NetConnection.Connect.Success"


def test_command_in_an_amf3_envelope_is_understood():
    encoder = Encoder()
    encoder.send(
        HANDSHAKE + encoder.writer.message(17, b"\x00" + amf("connect", 1.0, {"app": "live"}), csid=3)
    )
    assert encoder.session.state == "connected"


def test_any_split_of_the_bytes_leads_to_the_same_packets():
    writer = PeerWriter()
    data = opening(writer) + writer.message(VIDEO, avc_config()) + writer.message(VIDEO, avc_frame(), 40)
    whole, bytewise = Encoder(), Encoder()
    for encoder, step in ((whole, len(data)), (bytewise, 1)):
        for at in range(0, len(data), step):
            encoder.send(data[at : at + step])
            if encoder.session.state == "admitting":
                encoder.session.admit(encoder.sink, 0.0)
    assert whole.sink == bytewise.sink
    assert len(whole.sink.packets) == 1


def test_media_sent_before_the_answer_waits_for_admission():
    encoder = Encoder()
    encoder.send(opening(encoder.writer))
    encoder.video(avc_config())
    encoder.video(avc_frame())
    assert encoder.session.state == "admitting"
    assert encoder.sink.packets == []
    encoder.session.admit(encoder.sink, 5.0)
    assert [packet.arrived_at for packet in encoder.sink.packets] == [5.0]


def test_media_before_admission_is_bounded():
    encoder = Encoder(RtmpLimits(unadmitted_bytes=20_000))
    encoder.send(opening(encoder.writer))
    for _ in range(100):
        encoder.video(bytes(1000))
    assert encoder.session.closed
    assert encoder.session.buffered == 0
    assert "before publishing was admitted" in str(last_status(encoder)["description"])


def test_wrong_key_is_told_and_closed():
    encoder = Encoder(name="demo?key=secret-key")
    encoder.send(opening(encoder.writer, name="demo?key=secret-key"))
    assert encoder.session.wanted is not None
    assert encoder.session.wanted.key == "secret-key"
    assert "secret" not in repr(encoder.session.wanted)
    encoder.session.refuse(
        UnauthorizedError("The stream key is wrong.", hint="Copy it from the studio page.")
    )
    assert encoder.session.closed
    assert last_status(encoder) == {
        "level": "error",
        "code": "NetStream.Publish.BadName",
        "description": "The stream key is wrong. Copy it from the studio page.",
    }


def test_unknown_application_is_refused_at_connect():
    encoder = Encoder(app="vod")
    encoder.send(opening(encoder.writer, app="vod"))
    assert encoder.session.closed
    name, _, _, info = commands(encoder)[-1]
    assert name == "_error"
    assert isinstance(info, dict)
    assert info["code"] == "NetConnection.Connect.Rejected"
    assert "'vod'" in str(info["description"])


@pytest.mark.parametrize("command", ["play", "play2"])
def test_playing_is_refused_with_where_to_watch(command):
    encoder = Encoder()
    encoder.send(HANDSHAKE + encoder.writer.command("connect", 1.0, {"app": "live"}))
    encoder.send(encoder.writer.command(command, 2.0, None, "demo"))
    assert encoder.session.closed
    assert "watch page" in str(last_status(encoder)["description"])


def test_second_publish_on_a_connection_is_refused():
    encoder = Encoder().publish()
    encoder.send(encoder.writer.command("publish", 9.0, None, "other", "live", stream=1))
    assert encoder.sink.closed == ["refused"]
    assert encoder.sink.note_codes == ["rtmp-refused"]


def test_unsupported_codec_while_running_reaches_publisher_and_sink():
    encoder = Encoder().publish()
    encoder.video(avc_config())
    encoder.video(b"\x14\x00")
    assert encoder.sink.closed == ["refused"]
    assert encoder.sink.notes[-1][:3] == ("unsupported-codec", "error", "VP6 video is not supported.")
    assert "VP6" in str(last_status(encoder)["description"])
    assert last_status(encoder)["level"] == "error"


@pytest.mark.parametrize("goodbye", ["FCUnpublish", "deleteStream", "closeStream"])
def test_goodbye_closes_as_unpublished_once(goodbye):
    encoder = Encoder().publish()
    encoder.send(
        encoder.writer.command(goodbye, 6.0, None, 1.0) + encoder.writer.command(goodbye, 7.0, None, 1.0)
    )
    encoder.session.lost()
    assert encoder.sink.closed == ["unpublished"]


def test_loss_closes_as_disconnected():
    encoder = Encoder().publish()
    encoder.session.lost()
    assert encoder.sink.closed == ["disconnected"]


@pytest.mark.parametrize("reason", ["taken-over", "kicked", "shutdown", "refused", "disconnected"])
def test_hanging_up_tells_the_publisher(reason):
    encoder = Encoder().publish()
    encoder.session.hang_up(reason)
    assert encoder.sink.closed == [reason]
    assert last_status(encoder)["level"] == "error"
    encoder.video(avc_config())
    assert encoder.sink.video == []


def test_hanging_up_from_within_the_sink_is_safe():
    encoder = Encoder()

    class Fenced(RecordingSink):
        def packet(self, packet):
            super().packet(packet)
            encoder.session.hang_up("taken-over")

    encoder.sink = Fenced()
    encoder.publish()
    two = [encoder.writer.message(VIDEO, avc_frame(), at) for at in (0, 40)]
    encoder.send(encoder.writer.message(VIDEO, avc_config()) + b"".join(two))
    assert len(encoder.sink.packets) == 1
    assert encoder.sink.closed == ["taken-over"]


def test_admission_after_the_publisher_has_gone_closes_the_sink():
    encoder = Encoder()
    encoder.send(opening(encoder.writer))
    encoder.session.lost()
    encoder.session.admit(encoder.sink, 0.0)
    assert encoder.sink.closed == ["disconnected"]


def test_ping_is_answered_and_window_acknowledged():
    encoder = Encoder().publish()
    encoder.send(encoder.writer.message(5, (5000).to_bytes(4, "big"), stream=0, csid=2))
    encoder.send(encoder.writer.message(4, b"\x00\x06\x00\x00\x00\x2a", stream=0, csid=2))
    for _ in range(3):
        encoder.audio(aac_config() + bytes(4000))
    answers = replies(encoder)
    assert Message(4, 0, 0, b"\x00\x07\x00\x00\x00\x2a") in answers
    acknowledged = [int.from_bytes(message.payload, "big") for message in answers if message.kind == 3]
    assert acknowledged
    assert acknowledged[-1] <= encoder.session.bytes_received


def test_pings_without_reading_the_answers_are_bounded():
    encoder = Encoder(RtmpLimits(outgoing_bytes=10_000)).publish()
    for _ in range(2000):
        encoder.send(encoder.writer.message(4, b"\x00\x06\x00\x00\x00\x2a", stream=0, csid=2))
    assert encoder.session.closed
    assert len(encoder.session.outgoing) < 20_000


def test_oversize_command_is_refused_and_oversize_metadata_passed_over():
    encoder = Encoder(RtmpLimits(control_message_bytes=2000)).publish()
    encoder.data("onMetaData", {"padding": "x" * 3000})
    assert not encoder.session.closed
    assert encoder.sink.note_codes == ["metadata-ignored"]
    encoder.send(encoder.writer.message(COMMAND, bytes(3000), csid=3))
    assert encoder.session.closed


def test_malformed_metadata_is_passed_over():
    encoder = Encoder().publish()
    encoder.send(encoder.writer.message(DATA, b"\x02\x00\xff", csid=5))
    assert encoder.sink.note_codes == ["metadata-ignored"]
    assert not encoder.session.closed


def test_media_before_publish_is_not_taken():
    encoder = Encoder()
    encoder.send(HANDSHAKE + encoder.writer.command("connect", 1.0, {"app": "live"}))
    encoder.send(encoder.writer.message(AUDIO, aac_frame()))
    assert encoder.session.state == "connected"
    assert encoder.session.buffered == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "rtmp-malformed"),
        (b"\x16\x03\x01\x02\x00", "rtmp-malformed"),
        (b"\x06" + bytes(1536), "rtmp-malformed"),
        (HANDSHAKE + PeerWriter().command("publish", 1.0, None, "key"), "rtmp-malformed"),
        (HANDSHAKE + PeerWriter().message(COMMAND, b"\x05"), "rtmp-malformed"),
    ],
)
def test_anything_but_rtmp_is_refused(data, code):
    encoder = Encoder()
    encoder.send(data)
    assert encoder.session.closed
    assert encoder.session.refusal is not None
    assert encoder.session.refusal.code == code


def test_long_descriptions_are_cut_to_what_encoders_show():
    encoder = Encoder()
    encoder.send(opening(encoder.writer))
    encoder.session.refuse(UnauthorizedError("ü" * 400))
    assert 200 < len(str(last_status(encoder)["description"]).encode()) <= 250


def test_avcc_of_the_peer_is_real():
    encoder = Encoder().publish()
    encoder.video(avc_config(AVCC))
    config = encoder.sink.video[0]
    assert (config.codec, config.width, config.height, config.fps) == ("avc1.42c028", 1920, 1080, 30.0)
