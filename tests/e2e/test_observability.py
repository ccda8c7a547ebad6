"""One definition, one number: the same in API, command line, Prometheus and Grafana's panels, over the same facts."""

import asyncio
import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from live import LivePlatform, free_port, running, wait_for
from tidegate.core.facts import TABLES, DeliveryFact, Fact, MediaFact, NodeFact, PlaybackFact
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.exposition import WINDOW_S
from tidegate.governance.indicators.grafana import query as panel_query
from tidegate.telemetry.schema import Retention
from tidegate.telemetry.service import create_telemetry

PAST_S, AHEAD_S = 180, 600
"""Facts are there for so long before and after now, each ten seconds as the ones before: every minute has the same numbers."""
BY_REGION = [each for each in load() if "region" in each.export]


def steady(at: int) -> Iterator[Fact]:
    for region, node, bad in (("eu", "n1", 0), ("us", "n2", 1)):
        yield DeliveryFact(
            at=at, region=region, node=node, channel="demo", viewers=7, requests=20, media_requests=15, bytes=10**6,
            hits=10, joined=8 - bad, origin_fetches=2 + bad, parts=2, status_2xx=18, status_4xx=1, status_5xx=bad,
        )  # fmt: skip
        yield NodeFact(
            at=at, region=region, node=node, interval_s=1.0, cpu_s=0.5 + bad, cpu_count=2, rss_bytes=300,
            memory_total_bytes=1000, disk_free_bytes=700, disk_total_bytes=1000, facts_dropped=bad, logs_dropped=1,
        )  # fmt: skip
        yield MediaFact(
            at=at, region=region, node=node, channel="demo", stream="b1", session="s1", rendition="video", kind="video",
            live_s=1.0, media_s=1.0 - bad / 4, bytes=500_000, gop_s=2.0, keyframe_gap_s=1.0 + 4 * bad * (at % 2),
            av_skew_s=-0.125, parts=5, parts_late=bad,
        )  # fmt: skip
        if at % 10 == 0:
            yield PlaybackFact(
                at=at, received_at=at, region=region, node=node, channel="demo", session="x", event="response", state="playing",
                device="tv", joined=1, started=1, startup_s=0.5 + bad, interval_s=10.0, watched_s=9.0, rebuffer_s=0.5 + bad,
                rebuffers=1, switches=1, bitrate_bps=2_000_000, latency_s=3.0 + bad, frames=297, dropped_frames=3,
                throughput_bps=8_000_000, transfers=20, transfer_s=5.0, transfer_sample_s=0.125, error="networkError" if bad else "",
                exit="failed" if bad else "before-start",
            )  # fmt: skip


OWN = """
group = "viewers"
owner = "playback"
table = "playback"
dimensions = ["region"]
export = ["region"]

[stalled_per_play]
title = "Stalled seconds per play"
numerator = "rebuffer_s"
denominator = "joined"
unit = "s"
direction = "down"
sentence = "How long a viewer looks at a picture that stands still."
worry = "Over 5 s."
"""


async def fill(data: Path) -> None:
    engine = create_telemetry("", data, Retention(), Random(1))
    await engine.start()
    now = int(time.time())
    facts = [fact for at in range(now - PAST_S, now + AHEAD_S) for fact in steady(at)]
    for table, kind in TABLES.items():
        if lines := [msgspec.json.encode(fact) for fact in facts if type(fact) is kind]:
            await engine.insert(table, b"\n".join(lines), token=table)
    await engine.stop()


class Prometheus:
    """A real one, as our own files configure it, but ten times as eager."""

    def __init__(self, folder: Path) -> None:
        for name in ("prometheus.yml", "tidegate.rules.yml"):
            file = folder / name
            file.write_text(file.read_text().replace("10s", "1s"))
        self.port = free_port()
        self._process = subprocess.Popen(
            [
                "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error",
            ]
        )  # fmt: skip

    def ask(self, promql: str) -> list[dict[str, Any]]:
        words = urllib.parse.urlencode({"query": promql})
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/api/v1/query?{words}", timeout=10
            ) as answer:
                return json.load(answer)["data"]["result"]  # type: ignore[no-any-return]
        except OSError:
            return []

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    data = tmp_path_factory.mktemp("observed") / "data"
    (data / "indicators").mkdir(parents=True)
    (data / "indicators" / "own.toml").write_text(OWN)
    asyncio.run(fill(data))
    with running(data) as platform:
        yield platform


@pytest.fixture(scope="module")
def folder(platform: LivePlatform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    target = platform.url.removeprefix("http://")
    for words in (["prometheus", "--target", target], ["grafana"]):
        done = platform.cli("observability", *words, "--out", str(out))
        assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def prometheus(folder: Path) -> Iterator[Prometheus]:
    started = Prometheus(folder)
    try:
        wait_for("the indicators are recorded", lambda: started.ask("tidegate:rebuffer_ratio"), 60)
        wait_for("so are the last", lambda: started.ask("tidegate:logs_dropped:by_node"), 20)
        yield started
    finally:
        started.stop()


def numbers(answer: dict[str, Any]) -> dict[tuple[str, str], float]:
    """By indicator and region."""
    return {
        (column["name"], row[0]): row[place]
        for row in answer["rows"]
        for place, column in enumerate(answer["columns"])
        if place
    }


def by_http(platform: LivePlatform, names: list[str], until: int) -> dict[str, Any]:
    asked = {"indicators": names, "from": until - WINDOW_S, "to": until, "by": ["region"]}
    request = urllib.request.Request(
        f"{platform.url}/api/v1/indicators/query",
        json.dumps(asked).encode(),
        {"authorization": f"Bearer {platform.admin_token}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)  # type: ignore[no-any-return]


def region_of(results: list[dict[str, Any]]) -> dict[str, float]:
    return {each["metric"]["region"]: float(each["value"][1]) for each in results}


def test_our_files_are_right_in_prometheus_own_eyes(folder: Path) -> None:
    for words in (["check", "rules", "tidegate.rules.yml"], ["check", "config", "prometheus.yml"]):
        done = subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SUCCESS" in done.stdout


def test_one_definition_gives_the_same_number_everywhere(
    platform: LivePlatform, prometheus: Prometheus
) -> None:
    until = int(float(prometheus.ask("tidegate_indicators_until_seconds")[0]["value"][1]))
    words = [
        f"--{name}={datetime.fromtimestamp(at, UTC).isoformat()}"
        for name, at in (("from", until - WINDOW_S), ("to", until))
    ]
    for begin in range(0, len(BY_REGION), 20):
        names = [each.name for each in BY_REGION[begin : begin + 20]]
        by_cli = numbers(platform.cli_json("indicator", "query", *names, "--by", "region", *words, "--json"))
        by_api = numbers(by_http(platform, names, until))
        assert by_cli == by_api
        for indicator in BY_REGION[begin : begin + 20]:
            by_rule = region_of(prometheus.ask(f"tidegate:{indicator.name}:by_region"))
            by_panel = region_of(prometheus.ask(panel_query(indicator, "region").replace("$region", ".*")))
            for region in ("eu", "us"):
                number = by_api[indicator.name, region]
                assert number is not None, indicator.name
                assert by_rule[region] == pytest.approx(number, rel=1e-9), indicator.name
                assert by_panel[region] == pytest.approx(number, rel=1e-9), indicator.name


@pytest.mark.parametrize(
    "name", ["tidegate", "tidegate-by-region", "tidegate-by-channel", "tidegate-by-node"]
)
def test_every_panel_has_data(prometheus: Prometheus, folder: Path, name: str) -> None:
    board = json.loads((folder / f"{name}.json").read_text())
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert panels
    for panel in panels:
        promql = panel["targets"][0]["expr"]
        for dimension in ("region", "channel", "node"):
            promql = promql.replace(f"${dimension}", ".*")
        assert prometheus.ask(promql), panel["title"]


def test_our_region_is_not_renamed(prometheus: Prometheus) -> None:
    assert set(region_of(prometheus.ask("tidegate_indicator_egress_gb_numerator"))) >= {"eu", "us"}
    assert not prometheus.ask('{exported_region!=""}')


def test_the_command_line_draws_a_line(platform: LivePlatform) -> None:
    words = ("concurrent_viewers", "--where", "region=eu", "--last", "1m", "--step", "10s", "--sql")
    done = platform.cli("indicator", "query", *words)
    assert done.returncode == 0, done.stderr
    assert "█" in done.stdout
    assert "{where_region:Array(String)}" in done.stdout
    wrong = platform.cli("indicator", "query", "plays", "--by", "weather")
    assert wrong.returncode == 2
    assert "plays cannot be asked by 'weather'" in wrong.stderr


def test_an_operators_own_indicator_is_one_of_them(platform: LivePlatform, prometheus: Prometheus) -> None:
    answer = platform.cli_json(
        "indicator", "query", "stalled_per_play", "--by", "region", "--last", "1m", "--json"
    )
    assert dict(answer["rows"]) == {"eu": 0.5, "us": 1.5}
    assert region_of(prometheus.ask("tidegate:stalled_per_play:by_region")) == {"eu": 0.5, "us": 1.5}


def test_a_wrong_file_is_named_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "indicators").mkdir()
    (tmp_path / "indicators" / "own.toml").write_text(OWN.replace("rebuffer_s", "sum(x)"))
    with pytest.raises(AssertionError, match="exited with"), running(tmp_path):
        pass
    said = (tmp_path / "output.txt").read_text()
    assert "own.toml: [stalled_per_play] 'sum(x)' is no number, measure or price" in said
    assert "Traceback" not in said
