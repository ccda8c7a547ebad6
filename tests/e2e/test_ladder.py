"""A ladder from end to end: real ffmpeg in, real encoder, our player on every rung, refusals that say why."""

import pytest

from hls_conformance import check_media_playlist
from ladders import last_part, publish_with_ladder, switch_on, transcoder, wait_for_ladder
from live import LivePlatform, running, wait_for


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory):
    with running(tmp_path_factory.mktemp("ladder") / "data") as platform:
        yield platform


def test_every_rung_plays_and_is_aligned(stage: LivePlatform) -> None:
    stream = publish_with_ladder(stage, "plays")
    assert {track["name"] for track in stream["tracks"]} == {"video", "audio", "144p", "90p"}
    ladder = stream["ladder"]
    assert (ladder["encoder"], ladder["preset"]) == ("x264", "ultrafast")
    assert [(rung["name"], rung["width"], rung["height"]) for rung in ladder["rungs"]] == [
        ("144p", 256, 144),
        ("90p", 160, 90),
    ]
    wait_for("segments", lambda: len(check_media_playlist(stage.playlist("plays", "90p")).segments) >= 3)
    source = {s.uri: s for s in check_media_playlist(stage.playlist("plays")).segments}
    for rung in ("144p", "90p"):
        made = check_media_playlist(stage.playlist("plays", rung)).segments
        common = [segment for segment in made if segment.uri in source]
        assert common
        for segment in common:
            assert (segment.date, segment.duration) == (
                source[segment.uri].date,
                source[segment.uri].duration,
            )
        report = stage.cli_json(
            "watch", f"{stage.url}/live/plays/{rung}/index.m3u8", "--seconds", "4", "--json"
        )
        assert (report["state"], report["breaks"], report["gaps"]) == ("playing", 0, 0), report
    _, master = stage.get("/live/plays/index.m3u8")
    assert master.count(b"#EXT-X-STREAM-INF") == 4, "source, two rungs, sound alone"
    assert b"RESOLUTION=256x144,FRAME-RATE=30.000" in master
    metrics = stage.get("/metrics", token=True)[1].decode()
    assert "tidegate_ladder_running 1.0" in metrics


def test_turned_off_while_it_runs_the_source_goes_on(stage: LivePlatform) -> None:
    publish_with_ladder(stage, "turned-off")
    before = last_part(stage, "turned-off", "video")
    stage.cli_json("setting", "set", "ladder.enabled", "false", "--channel", "turned-off", "--json")
    wait_for("gone", lambda: stage.get("/live/turned-off/144p/index.m3u8")[0] == 404)
    wait_for("source goes on", lambda: last_part(stage, "turned-off", "video") > before + 3)
    assert stage.stream("turned-off")["ladder"]["state"] == "off"
    assert b"144p" not in stage.get("/live/turned-off/index.m3u8")[1]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("ladder.rungs", "1080p 720p", "no rung asked for is smaller"),
        ("ladder.rungs", "tiny", "no rung"),
        ("ladder.encoder", "vaapi", "does not work here"),
    ],
)
def test_what_cannot_be_made_is_refused_with_a_reason(
    stage: LivePlatform, setting: str, value: str, says: str
) -> None:
    name = f"refused-{len(value)}"
    made = stage.create_channel(name)
    switch_on(stage, name)
    stage.cli_json("setting", "set", setting, value, "--channel", name, "--json")
    stage.publish(made["ingest"]["key"])
    stage.wait_for_state(name, "live")
    ladder = wait_for_ladder(stage, name, "refused")["ladder"]
    assert says in ladder["reason"]
    assert ladder["hint"]
    assert b"#EXT-X-STREAM-INF" in stage.get(f"/live/{name}/index.m3u8")[1]


def test_what_does_not_fit_is_refused_and_served_as_it_is(tmp_path) -> None:
    with running(tmp_path / "data") as platform:
        platform.cli_json("setting", "set", "ladder.cpu_share", "0", "--json")
        made = platform.create_channel("big")
        switch_on(platform, "big")
        platform.publish(made["ingest"]["key"])
        platform.wait_for_state("big", "live")
        ladder = wait_for_ladder(platform, "big", "refused")["ladder"]
        assert "of the 0.00 that ladders may take are free" in ladder["reason"]
        assert "ladder.cpu_share" in ladder["hint"]
        report = platform.cli_json("watch", f"{platform.url}/live/big/index.m3u8", "--seconds", "3", "--json")
        assert report["state"] == "playing"
        platform.cli_json("setting", "set", "ladder.cpu_share", "1", "--json")
        wait_for_ladder(platform, "big")
        transcoder(platform)
