"""What a push address and its credentials mean."""

import base64

import pytest

from tidegate.media.gateway.cmaf.addressing import resource, stream_key
from tidegate.media.gateway.cmaf.errors import NoSuchDoorError


@pytest.mark.parametrize(
    ("path", "track"),
    [
        ("video.cmfv", "video"),
        ("audio-2.cmfa", "audio-2"),
        ("Streams(video.cmfv)", "video"),
        ("live/Streams(video-1.cmfv)", "video-1"),
        ("all.mp4", "all"),
        ("init-stream0.m4s", "stream0"),
        ("chunk-stream0-00001.m4s", "stream0"),
        ("init-1.m4s", "1"),
        ("chunk-1-00017.m4s", "1"),
        ("init.mp4", "track"),
        ("segment12.m4s", "track"),
        ("video", "video"),
        ("hls/index7.m4s", "index7"),
    ],
)
def test_headers_and_segments_of_a_track_have_one_name(path: str, track: str) -> None:
    found = resource(f"/ingest/demo/{path}?key=secret")
    assert (found.channel, found.track, found.kind) == ("demo", track, "media")


def test_manifests_are_known() -> None:
    assert resource("/ingest/demo/live.mpd").kind == "manifest"
    assert resource("/ingest/demo/index.m3u8").kind == "manifest"


@pytest.mark.parametrize(
    "target",
    ["/ingest/demo", "/ingest/demo/", "/ingest/De mo/a.mp4", "/live/demo/a.mp4", "/ingest/demo/../x.mp4/..",
     "/ingest/demo/a.exe", "/ingest//a.mp4", "/ingest/demo/" + "a" * 600, "/ingest/demo/%00.mp4"],
)  # fmt: skip
def test_other_addresses_are_refused(target: str) -> None:
    with pytest.raises(NoSuchDoorError):
        resource(target)


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "target", "key"),
    [
        ("Bearer k1", "/ingest/a/b.mp4", "k1"),
        ("bearer  k1 ", "/ingest/a/b.mp4?key=k2", "k1"),
        (_basic("anyone:k3"), "/ingest/a/b.mp4", "k3"),
        (_basic("k4:"), "/ingest/a/b.mp4", "k4"),
        ("", "/ingest/a/b.mp4?x=1&key=k5", "k5"),
        ("Basic %%%", "/ingest/a/b.mp4", ""),
        ("", "/ingest/a/b.mp4", ""),
        ("", "/ingest/a/b.mp4?" + "&" * 40 + "key=k6", ""),
    ],
)
def test_keys_come_in_four_ways(authorization: str, target: str, key: str) -> None:
    assert stream_key(authorization, target) == key
