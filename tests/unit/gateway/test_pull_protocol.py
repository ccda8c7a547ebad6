"""Sources' addresses: what is taken, shown and given to ffmpeg."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.errors import TidegateError
from tidegate.media.gateway.pull.protocol import is_private, parse_source, pull_arguments


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://viewer:s3cret@camera.example:554/stream1", "rtsp://••••@camera.example:554/stream1"),
        ("https://cdn.example/a.m3u8?token=s3cret", "https://cdn.example/a.m3u8?••••"),
        ("srt://h.example:9000?passphrase=s3cret", "srt://h.example:9000?••••"),
        ("rtmp://h.example/app/name", "rtmp://h.example/app/name"),
    ],
)
def test_secrets_are_not_shown(url, shown):
    source = parse_source(url, None)
    assert source.shown == shown
    assert source.url == url
    assert "s3cret" not in repr(source)
    if "s3cret" in url:
        assert any("s3cret" in secret for secret in source.secrets)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("192.168.1.1", True), ("169.254.169.254", True), ("0.0.0.0", True),
        ("::1", True), ("fe80::1%eth0", True), ("fd00::1", True), ("::ffff:10.0.0.1", True), ("224.0.0.1", True),
        ("1.1.1.1", False), ("2606:4700::1111", False),
    ],
)  # fmt: skip
def test_private_addresses_are_known(address, private):
    assert is_private(address) is private


def test_the_command_line_allows_one_kind_of_protocol_and_no_shell():
    source = parse_source("http://h.example/a.m3u8;rm -rf".replace(" ", "%20"), None)
    words = pull_arguments("ffmpeg", source, loop=False, encode_audio=False)
    assert words[words.index("-protocol_whitelist") + 1] == "http,https,tcp,tls,crypto"
    assert words[words.index("-i") + 1] == source.url
    assert words[words.index("-c") : words.index("-c") + 2] == ("-c", "copy")
    assert "aac" in pull_arguments("ffmpeg", source, loop=True, encode_audio=True)


@given(
    st.text(max_size=80), st.sampled_from(["", "rtsp://", "http://", "file:", "file:///", "srt://h?mode="])
)
def test_any_text_is_a_source_or_refused(text, scheme):
    with contextlib.suppress(TidegateError):
        source = parse_source(scheme + text, Path("/srv/shows"))
        assert source.scheme == "file" or source.host
        if source.scheme == "file":
            assert source.url.startswith("file:/srv/shows")
