"""The headless player against a scripted LL-HLS server: the live edge, and every fault it must live through."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from live import LivePlatform
from scripted_hls import MULTIVARIANT, ScriptedHls, Stream
from tidegate.core.clock import SystemClock
from tidegate.media.crowd.service import load
from tidegate.media.player.service import watch
from tidegate.media.player.types import (
    NotAPlaylistError,
    OfflineError,
    PlayerError,
    PlayerOptions,
    WatchReport,
)

QUICK = PlayerOptions(target_latency_s=0.3, patience_s=3.0, request_timeout_s=3.0, tick_s=0.02)


def stream(**options: Any) -> Stream:
    made = Stream(**options)
    made.prefill(8)
    return made


async def play(server: ScriptedHls, seconds: float, options: PlayerOptions = QUICK) -> WatchReport:
    return await watch(server.url, seconds, SystemClock(), options=options)


async def play_through(
    server: ScriptedHls, seconds: float, fault: Callable[[], Awaitable[None]]
) -> WatchReport:
    """Play, and cause a fault once the player has received some parts."""
    seen: list[str] = []

    async def when_playing() -> None:
        while not any(line.startswith("playing") for line in seen):
            await asyncio.sleep(0.01)
        await fault()

    causing = asyncio.create_task(when_playing())
    try:
        return await watch(server.url, seconds, SystemClock(), on_progress=seen.append, options=QUICK)
    finally:
        await causing


async def until_requests(server: ScriptedHls, name: str, more: int) -> None:
    wanted = server.requests[name] + more
    while server.requests[name] < wanted:
        await asyncio.sleep(0.005)


async def test_it_plays_at_the_live_edge_and_asks_as_the_standard_says() -> None:
    async with ScriptedHls(stream()) as server:
        report = await play(server, 2.0)
    assert report.state == "playing"
    assert report.low_latency
    assert report.startup_s < 1.0
    assert report.parts >= 40
    assert (report.gaps, report.discontinuities, report.breaks, report.errors) == (0, 0, 0, 0)
    assert 0.1 < report.latency_s.p50 < 1.0
    asked = "".join(server.headers)
    assert "_HLS_msn=" in asked
    assert "_HLS_part=" in asked
    assert "_HLS_skip=YES" in asked
    assert 'CMCD-Session: sid="' in asked
    parts = [name for name in server.requests if name.startswith("part-")]
    assert all(server.requests[name] <= 2 for name in parts), (
        "each part is fetched once for video, once for audio"
    )


async def test_the_hinted_part_is_asked_for_before_it_exists() -> None:
    live = stream(part_s=0.3)
    ahead: list[bool] = []
    async with ScriptedHls(live) as server:
        answer = live.media

        async def spy(name: str, timeout_s: float) -> bytes | None:
            ahead.append(name == f"part-{live._number}.m4s")
            return await answer(name, timeout_s)

        live.media = spy  # type: ignore[method-assign]
        await play(server, 2.0)
    assert sum(ahead) >= 4


async def test_plain_hls_is_played_without_parts() -> None:
    async with ScriptedHls(stream(part_s=0.1, low_latency=False)) as server:
        report = await play(server, 4.0)
    assert report.state == "playing"
    assert not report.low_latency
    assert report.parts >= 6
    assert report.rebuffers == 0
    assert "_HLS" not in "".join(server.headers)


async def test_a_media_playlist_alone_is_played() -> None:
    async with ScriptedHls(stream()) as server:
        address = server.url.replace("index.m3u8", "video/index.m3u8")
        report = await watch(address, 1.0, SystemClock(), options=QUICK)
    assert report.state == "playing"
    assert report.rendition == ""


async def test_the_end_of_the_stream_ends_playing() -> None:
    live = stream()
    async with ScriptedHls(live) as server:
        report = await play_through(server, 20.0, live.end)
    assert report.state == "ended"
    assert report.duration_s < 10
    assert report.rebuffers == 0


async def test_a_discontinuity_with_a_new_header_is_played_through() -> None:
    live = stream()

    async def publisher_returns() -> None:
        live.break_here(new_init=True)
        live._ticks = 0

    async with ScriptedHls(live) as server:
        report = await play_through(server, 2.0, publisher_returns)
    assert report.discontinuities == 1
    assert report.breaks == 0
    assert report.state == "playing"
    assert server.requests["init-1.mp4"] == 2


async def test_a_publishers_pause_stalls_and_the_same_playlist_goes_on() -> None:
    live = stream()

    async def pause() -> None:
        live.paused = True
        await asyncio.sleep(1.0)
        live.break_here()
        live.paused = False

    async with ScriptedHls(live, block_timeout_s=0.3) as server:
        report = await play_through(server, 4.0, pause)
    assert report.rebuffers == 1
    assert 0.3 < report.rebuffer_s < 2.5
    assert report.discontinuities == 1
    assert report.state == "playing"


async def test_gaps_are_skipped_and_counted() -> None:
    live = stream()

    async def lose_one() -> None:
        live.gap_next = True

    async with ScriptedHls(live) as server:
        report = await play_through(server, 2.0, lose_one)
    assert report.gaps == 2  # once for each track
    assert report.state == "playing"


async def test_a_part_that_is_gone_is_a_gap_and_nothing_more() -> None:
    live = stream()

    async def withhold() -> None:
        server.fail_paths[f"part-{live._number + 1}.m4s"] = 404

    async with ScriptedHls(live) as server:
        report = await play_through(server, 2.0, withhold)
    assert 1 <= report.gaps <= 2
    assert "404" in report.last_error
    assert report.state == "playing"


async def test_errors_for_a_while_are_waited_out() -> None:
    async def overload() -> None:
        server.fail_status = 503
        await until_requests(server, "index.m3u8", 4)
        server.fail_status = 0

    async with ScriptedHls(stream()) as server:
        report = await play_through(server, 4.0, overload)
    assert report.errors >= 2
    assert "503" in report.last_error
    assert report.state == "playing"


async def test_a_killed_server_is_asked_again_until_it_is_back() -> None:
    async def restart() -> None:
        await server.hang_up()
        await asyncio.sleep(0.8)
        await server.listen()

    async with ScriptedHls(stream()) as server:
        report = await play_through(server, 5.0, restart)
    assert report.errors >= 2
    assert report.state == "playing"
    assert report.parts > 20


async def test_after_a_long_absence_it_goes_to_the_live_edge() -> None:
    live = stream()

    async def long_absence() -> None:
        await server.hang_up()
        missed = 30 * live.per_segment
        for cut in live.cuts:
            cut.pdt -= missed * live.part_s
        for _ in range(missed):
            await live.add_part()
        await server.listen()

    async with ScriptedHls(live) as server:
        report = await play_through(server, 4.0, long_absence)
    assert report.state == "playing"
    assert report.gaps > 0
    assert report.seeks > 0
    assert report.latency_s.p50 < 1.5


async def test_an_old_copy_of_the_playlist_is_not_gone_back_to() -> None:
    live = stream()

    async def old_copies() -> None:
        render, old = live.render, live.render()
        await asyncio.sleep(1.0)
        live.render = lambda *, skip=False: old  # type: ignore[method-assign]
        await asyncio.sleep(0.8)
        live.render = render  # type: ignore[method-assign]

    async with ScriptedHls(live) as server:
        report = await play_through(server, 4.0, old_copies)
    assert report.state == "playing"
    assert "older" in report.last_error
    assert report.gaps == 0
    assert all(count <= 2 for name, count in server.requests.items() if name.startswith("part-"))


async def test_numbers_that_stay_back_are_a_new_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.media.player.track.STALE_S", 0.5)
    live = stream()

    async def begin_anew() -> None:
        async with live.grown:
            for cut in live.cuts:
                cut.msn -= 90

    async with ScriptedHls(live) as server:
        report = await play_through(server, 4.0, begin_anew)
    assert report.state == "playing"
    assert report.seeks >= 1


async def test_it_goes_up_when_throughput_allows_and_counts_the_switch() -> None:
    ladder = MULTIVARIANT.replace(
        "video/index.m3u8\n",
        'video/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=6000000,RESOLUTION=1920x1080,AUDIO="a"\nhigh/index.m3u8\n',
    )
    live = stream(part_s=0.1)
    live.payload = b"\0" * 60_000
    async with ScriptedHls(live, ladder) as server:
        report = await play(server, 3.0)
    assert report.rendition_switches == 1
    assert report.rendition == "1920x1080 6000k"
    assert report.breaks == 0
    assert report.rebuffers == 0


async def test_an_address_where_nothing_is_live_says_what_to_do() -> None:
    patience = PlayerOptions(patience_s=0.5)
    async with ScriptedHls(stream()) as server:
        wrong = server.url.replace("/test/", "/nobody/")
        server.fail_status = 404
        with pytest.raises(OfflineError, match="404") as refusal:
            await watch(wrong, 5.0, SystemClock(), options=patience)
    assert "publisher" in refusal.value.hint
    with pytest.raises(OfflineError, match="Cannot connect"):
        await watch(server.url, 0.4, SystemClock(), options=patience)


async def test_what_is_no_playlist_says_so_at_once() -> None:
    async with ScriptedHls(stream(), "<!doctype html>") as server:
        with pytest.raises(NotAPlaylistError, match="not with an HLS playlist"):
            await play(server, 5.0)
    with pytest.raises(PlayerError, match="not an http"):
        await watch("rtmp://127.0.0.1/live", 1.0, SystemClock())


async def test_load_plays_many_viewers_and_reports_percentiles() -> None:
    lines: list[str] = []
    async with ScriptedHls(stream(part_s=0.2)) as server:
        report = await load(server.url, 20, 2.0, 0.5, SystemClock(), on_progress=lines.append)
        sessions = {line for head in server.headers for line in head.splitlines() if "CMCD-Session" in line}
    assert report.played == report.playing == 20
    assert report.errors == 0
    assert report.startup_s.p95 < 2.0
    assert 0.2 < report.latency_s.p50 < 1.5
    assert report.playlist_wait_s.p95 < 0.5
    assert report.requests > 400
    assert report.cpu_cores > 0
    assert len(sessions) == 21, "each viewer, and the one that looked before, is a session of its own"
    assert any("20 of 20 playing" in line for line in lines)


async def test_load_refuses_before_it_starts_where_nothing_is_live() -> None:
    async with ScriptedHls(stream()) as server:
        server.fail_status = 404
        with pytest.raises(OfflineError):
            await load(server.url, 1000, 1.0, 0.0, SystemClock(), options=PlayerOptions(patience_s=0.3))
    assert server.requests["index.m3u8"] < 10


def test_every_frame_a_player_received_is_proven(platform: LivePlatform) -> None:
    platform.publish_card(platform.create_channel("demo")["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    frames = platform.cli_json("watch", "demo", "--seconds", "5", "--verify", "--json")["frames"]
    assert frames["continuous"]
    assert frames["frames"] == frames["last"] - frames["first"] + 1 > 100
    assert (frames["unreadable"], frames["faults"]) == (0, [])


def test_a_picture_without_the_card_proves_nothing(platform: LivePlatform) -> None:
    platform.publish(platform.create_channel("demo")["ingest"]["key"])
    platform.wait_for_state("demo", "live")
    done = platform.cli("watch", "demo", "--seconds", "2", "--verify")
    assert done.returncode == 1
    assert "no frame carries the test card's strip" in done.stdout
