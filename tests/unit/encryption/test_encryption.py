"""Encrypted playlists and media: what a player reads back is what the origin gave, wherever keys change."""

import contextlib
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.delivery import VOD, LiveResponse
from tidegate.core.settings import SettingsBook, SettingState
from tidegate.media.encryption.cipher import derive_key, encrypt
from tidegate.media.encryption.playlist import with_keys
from tidegate.media.encryption.service import EncryptedSource
from tidegate.media.player.decryption import DecryptionError, decrypted
from tidegate.media.player.playlist import parse_media

SECRET = b"0" * 32
HEAD = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=0.2\n"


def key_of(session: str, msn: int) -> str:
    return f"aes/key-{session}-{msn // 4}.key" if session != "clear" else ""


class Scripted:
    """A source that answers what it was given, and remembers what it was asked."""

    def __init__(self, **answers: LiveResponse) -> None:
        self.answers, self.asked = answers, list[str]()

    def get(self, target: str, _if_none_match: bytes = b"") -> LiveResponse:
        self.asked.append(target)
        return self.answers.get(target.partition("?")[0].replace("/", "_").replace(".", "_").replace("-", "_"),
                                LiveResponse(404, (), b""))  # fmt: skip


def book_of(value: str = "aes-128") -> SettingsBook:
    book = SettingsBook()
    book.apply(SettingState("playback.encryption", 1, None, {"channel": {"demo": value}}))
    book.apply(SettingState("playback.key_segments", 1, 5))
    return book


@given(st.binary(max_size=5000), st.integers(0, 2**63), st.binary(min_size=16, max_size=16))
def test_what_is_encrypted_is_read_back(data: bytes, msn: int, key: bytes) -> None:
    secret = encrypt(data, key, msn)
    assert len(secret) % 16 == 0
    assert decrypted(secret, key, b"", msn) == data
    assert decrypted(secret, key, msn.to_bytes(16, "big"), 0) == data


@given(st.binary(max_size=200))
def test_what_is_no_ciphertext_is_refused_or_read_as_something(data: bytes) -> None:
    with contextlib.suppress(DecryptionError):
        decrypted(data, b"k" * 16, b"", 0)


def test_keys_differ_by_everything_they_are_for() -> None:
    keys = {
        derive_key(secret, channel, track, session, per_key, period)
        for secret in (SECRET, b"1" * 32)
        for channel in ("a", "b")
        for track in ("video", "audio")
        for session in ("s", "t")
        for per_key in (5, 10)
        for period in (0, 1)
    }
    assert len(keys) == 64


def test_a_key_stands_where_it_changes_and_headers_stay_clear() -> None:
    text = (
        HEAD + "#EXT-X-MEDIA-SEQUENCE:3\n"
        '#EXT-X-MAP:URI="init-s-0.mp4"\n#EXTINF:2,\nseg-s-3.m4s\n#EXTINF:2,\nseg-s-4.m4s\n'
        '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init-t-0.mp4"\n#EXT-X-PART:DURATION=0.2,URI="part-t-0.m4s",INDEPENDENT=YES\n'
        "#EXTINF:2,\nseg-t-5.m4s\n#EXTINF:2,\nseg-clear-6.m4s\n"
        '#EXT-X-PART:DURATION=0.2,URI="part-t-9.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-t-10.m4s"\n'
        '#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=7\n'
    )
    lines = with_keys(text, key_of).split("\n")
    assert [line for line in lines if line.startswith("#EXT-X-KEY") or line.endswith((".m4s", '.m4s"')) or "MAP" in line] == [
        '#EXT-X-MAP:URI="init-s-0.mp4"',
        '#EXT-X-KEY:METHOD=AES-128,URI="aes/key-s-0.key"',
        "aes/seg-s-3.m4s",
        '#EXT-X-KEY:METHOD=AES-128,URI="aes/key-s-1.key"',
        "aes/seg-s-4.m4s",
        "#EXT-X-KEY:METHOD=NONE",
        '#EXT-X-MAP:URI="init-t-0.mp4"',
        '#EXT-X-KEY:METHOD=AES-128,URI="aes/key-t-1.key"',
        "aes/seg-t-5.m4s",
        "#EXT-X-KEY:METHOD=NONE",
        "seg-clear-6.m4s",
        '#EXT-X-KEY:METHOD=AES-128,URI="aes/key-t-1.key"',
        '#EXT-X-PART:DURATION=0.2,URI="aes/part-t-9.m4s"',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="aes/part-t-10.m4s"',
    ]  # fmt: skip
    for key, after in itertools.pairwise(lines):
        assert not (key.startswith("#EXTINF") and after.startswith("#EXT-X-KEY"))


def test_a_delta_update_begins_with_its_key_and_counts_what_it_skips() -> None:
    text = (
        HEAD
        + "#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n#EXTINF:2,\nseg-s-7.m4s\n#EXTINF:2,\nseg-s-8.m4s\n"
    )
    assert re.findall("key-s-[0-9]", with_keys(text, key_of)) == ["key-s-1", "key-s-2"]
    assert "IV=" not in with_keys(text, key_of)


def test_segments_that_have_another_number_in_a_playlist_name_their_vector() -> None:
    text = HEAD + "#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\nseg-s-17.m4s\n#EXTINF:2,\nseg-s-18.m4s\n"
    playlist = parse_media(with_keys(text, key_of))
    assert [segment.key.vector for segment in playlist.segments if segment.key] == [
        number.to_bytes(16, "big") for number in (17, 18)
    ]


def test_a_clear_playlist_stays_as_it_is() -> None:
    text = HEAD + '#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-MAP:URI="init-clear-0.mp4"\n#EXTINF:2,\nseg-clear-0.m4s\n'
    assert with_keys(text, key_of) == text


@given(st.text(alphabet='#EXT-INFMAP:URI="partsegkey-0123456789.m3u8,\n', max_size=300))
def test_any_text_is_rewritten_without_a_failure(text: str) -> None:
    with_keys(text, key_of)


def test_media_and_keys_of_an_encrypted_channel() -> None:
    source = Scripted(
        demo_video_seg_s_7_m4s=LiveResponse(200, (), b"whole"),
        demo_video_part_s_3_m4s=LiveResponse(200, (), b"part", msn=7),
        demo_video_init_s_0_mp4=LiveResponse(200, (), b"header"),
        demo_video_index_m3u8=LiveResponse(200, (), (HEAD + "#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\nseg-s-7.m4s\n").encode()),
    )  # fmt: skip
    encrypted = EncryptedSource(source, book_of(), SECRET)

    def get(target: str) -> LiveResponse:
        reply = encrypted.get(f"demo/video/{target}")
        assert isinstance(reply, LiveResponse)
        return reply

    assert b'URI="aes/5/key-s-1.key"' in get("index.m3u8?_HLS_msn=7").body
    key = get("aes/5/key-s-1.key")
    assert (key.status, len(key.body)) == (200, 16)
    assert dict(key.headers)[b"cache-control"].startswith(b"private")
    assert decrypted(get("aes/5/seg-s-7.m4s").body, key.body, b"", 7) == b"whole"
    assert decrypted(get("aes/5/part-s-3.m4s").body, key.body, b"", 7) == b"part"
    assert get("init-s-0.mp4").body == b"header"
    for clear in ("seg-s-7.m4s", "part-s-3.m4s"):
        assert get(clear).status == 404
    assert get("aes/5/key-s-2.key").status == 404  # of what is to come
    assert get("aes/5/part-s-4.m4s").status == 404


def test_a_recording_of_an_encrypted_channel_is_encrypted_too() -> None:
    folder = f"{VOD}demo/rec_local_7m2k9x4c1t8v/video"
    text = HEAD + "#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\nseg-s-7.m4s\n"
    source = Scripted()
    source.get = lambda target, _etag=b"": LiveResponse(
        200, (), text.encode() if "m3u8" in target else b"whole"
    )
    encrypted = EncryptedSource(source, book_of(), SECRET)

    def get(target: str) -> bytes:
        reply = encrypted.get(f"{folder}/{target}")
        assert isinstance(reply, LiveResponse)
        assert reply.status == 200
        return reply.body

    (segment,) = parse_media(get("index.m3u8").decode()).segments
    assert segment.key
    assert segment.resource
    key = get(segment.key.uri)
    assert decrypted(get(segment.resource.uri), key, segment.key.vector, segment.msn) == b"whole"


def test_a_segment_is_the_same_in_the_stream_and_in_its_recording() -> None:
    source = Scripted()
    source.get = lambda _target, _etag=b"": LiveResponse(200, (), b"whole")
    encrypted = EncryptedSource(source, book_of(), SECRET)
    below = ["demo/video", f"{VOD}demo/rec_local_7m2k9x4c1t8v/video", f"{VOD}demo/rec_local_clip0/video"]
    for name in ("seg-s-7.m4s", "key-s-1.key"):
        replies = [encrypted.get(f"{folder}/aes/5/{name}") for folder in below]
        assert len({reply.body for reply in replies if isinstance(reply, LiveResponse)}) == 1
        assert replies[0] != encrypted.get(f"demo/audio/aes/5/{name}")
    for folder in below:
        clear = encrypted.get(f"{folder}/seg-s-7.m4s")
        assert isinstance(clear, LiveResponse)
        assert clear.status == 404


@pytest.mark.parametrize(
    ("value", "says"), [("aes-128", b"private, max-age=60"), ("none", b"public, max-age=60")]
)
async def test_pictures_of_an_encrypted_channel_are_kept_by_no_cache_of_others(
    value: str, says: bytes
) -> None:
    async def drawn() -> LiveResponse:
        return LiveResponse(200, ((b"cache-control", b"public, max-age=60"),), b"jpeg")

    source = Scripted()
    source.get = lambda _target, _etag=b"": drawn()
    for file in ("poster.jpg", "storyboard.jpg", "storyboard.vtt"):
        reply = EncryptedSource(source, book_of(value), SECRET).get(f"{VOD}demo/rec_local_7m2k/{file}")
        assert not isinstance(reply, LiveResponse)
        answer = await reply
        assert (answer.body, dict(answer.headers)[b"cache-control"]) == (b"jpeg", says)


@pytest.mark.parametrize("target", ["aes/5/seg-s-7.m4s", "aes/5/key-s-0.key", "aes/5/part-s-3.m4s"])
def test_a_clear_channel_has_nothing_encrypted(target: str) -> None:
    reply = EncryptedSource(Scripted(), book_of("none"), SECRET).get(f"demo/video/{target}")
    assert isinstance(reply, LiveResponse)
    assert reply.status == 404


def test_a_session_stays_as_it_began_and_the_next_one_obeys() -> None:
    book = book_of("none")
    text = (HEAD + "#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\nseg-s-0.m4s\n").encode()
    source = Scripted(demo_video_index_m3u8=LiveResponse(200, (), text))
    encrypted = EncryptedSource(source, book, SECRET)
    encrypted.get("demo/video/index.m3u8")
    book.apply(SettingState("playback.encryption", 2, "aes-128"))
    source.answers["demo_video_index_m3u8"] = LiveResponse(200, (), text + b"#EXTINF:2,\nseg-t-1.m4s\n")
    reply = encrypted.get("demo/video/index.m3u8")
    assert isinstance(reply, LiveResponse)
    assert b"\nseg-s-0.m4s\n" in reply.body
    assert b"\naes/5/seg-t-1.m4s\n" in reply.body


def test_another_key_length_after_a_restart_gives_everything_another_address_and_key() -> None:
    text = (HEAD + "#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\nseg-s-0.m4s\n").encode()
    source = Scripted(demo_video_index_m3u8=LiveResponse(200, (), text),
                      demo_video_seg_s_0_m4s=LiveResponse(200, (), b"whole"))  # fmt: skip

    def life(per_key: int) -> dict[str, bytes]:
        book = book_of()
        book.apply(SettingState("playback.key_segments", 2, per_key))
        encrypted = EncryptedSource(source, book, SECRET)

        def get(target: str) -> bytes:
            reply = encrypted.get(f"demo/video/{target}")
            assert isinstance(reply, LiveResponse)
            return reply.body if reply.status == 200 else b""

        (segment,) = parse_media(get("index.m3u8").decode()).segments
        assert segment.key
        assert segment.resource
        assert decrypted(get(segment.resource.uri), get(segment.key.uri), segment.key.vector, 0) == b"whole"
        other = segment.resource.uri.replace(str(per_key), str(per_key + 1))
        assert not get(other), "a segment has one ciphertext"
        return {uri: get(uri) for uri in (segment.resource.uri, segment.key.uri)}

    before, after = life(5), life(7)
    assert before.keys().isdisjoint(after)
    assert set(before.values()).isdisjoint(after.values())
