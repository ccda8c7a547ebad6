"""A world of facts whose numbers are known by hand, in telemetry."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fact_rig import InProcess
from tidegate.core.clock import ManualClock
from tidegate.core.facts import DeliveryFact, Fact, MediaFact, NodeFact, PlaybackFact
from tidegate.core.settings import SettingsBook
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.service import IndicatorService
from tidegate.governance.indicators.types import IndicatorQuery

SECONDS = 300
HOSTILE = "a'; DROP TABLE tidegate.playback; -- {from_s:UInt32} \\ \" ` \n%"
"""A channel's name as nobody may give it, but as a forged beacon might."""


def facts(start: int) -> Iterator[Fact]:
    """Two regions, one of them in trouble; for five minutes each second is as the one before."""
    for second in range(SECONDS):
        at = float(start + second)
        for region, node in (("eu", "n1"), ("us", "n2")):
            bad = region == "us"
            yield DeliveryFact(
                at=at, region=region, node=node, channel="demo", viewers=3, requests=20, media_requests=15,
                bytes=1_000_000, hits=10, joined=8, origin_fetches=2, parts=1 if bad else 2, status_2xx=19,
                status_5xx=int(bad),
            )  # fmt: skip
            yield NodeFact(
                at=at, region=region, node=node, interval_s=1.0, cpu_s=0.5, cpu_count=2, rss_bytes=100,
                memory_total_bytes=1000, disk_free_bytes=700, disk_total_bytes=1000, facts_dropped=int(bad),
                capacity_left=0.75, egress_bytes=2_000_000,
            )  # fmt: skip
            yield MediaFact(
                at=at, region=region, node=node, channel="demo", stream="b1", session="s1", rendition="video",
                kind="video", live_s=1.0, media_s=0.75 if bad else 1.0, bytes=500_000, gop_s=2.0,
                keyframe_gap_s=4.0 if bad and second % 2 else 1.0, av_skew_s=-0.125, parts=5, parts_late=int(bad),
            )  # fmt: skip
            yield MediaFact(  # what a transcoder made counts as no publisher's
                at=at, region=region, node=node, channel="demo", stream="b1", session="s1", rendition="low",
                kind="video", source=0, live_s=1.0, media_s=1.0, bytes=900_000, av_skew_s=9.0, parts=5,
            )  # fmt: skip
            if second % 10 == 0:
                yield beat(at, region, node, second, bad=bad)
    yield NodeFact(at=float(start), region="sa", node="n3", interval_s=1.0, cpu_s=3600.0, cpu_count=4)
    yield PlaybackFact(
        at=float(start), received_at=float(start), region="eu", node="n1", channel=HOSTILE, session="x", event="beat",
        state="playing", interval_s=10.0, watched_s=5.0, rebuffer_s=5.0,
    )  # fmt: skip


ARMS = {"eu": ("c1:control",), "us": ("c1:treatment", "c2:treatment")}
"""Under which changes a region's sessions play; others under none."""


def beat(at: float, region: str, node: str, second: int, *, bad: bool) -> PlaybackFact:
    """Two sessions a region begin, and beat in turns."""
    first = second < 20
    return PlaybackFact(
        at=at, received_at=at, region=region, node=node, channel="demo", session=f"{region}{second % 20}",
        event="beat", state="playing", arms=ARMS[region], device="tv" if second % 20 else "phone", joined=int(first),
        started=int(first), startup_s=0.5 + bad if first else None, interval_s=10.0,
        watched_s=9.0 if bad else 10.0, rebuffer_s=1.0 if bad else 0.0, rebuffers=int(bad), switches=int(bad),
        bitrate_bps=2_000_000 if bad else 4_000_000, latency_s=3.0 if bad else 2.0, frames=297, dropped_frames=3,
        throughput_bps=8_000_000, transfers=20, transfer_s=5.0, transfer_sample_s=0.125,
        exit="failed" if bad and second == 290 else "before-start" if second == 280 else "",
    )  # fmt: skip


ENGINE = pytest.StashKey[InProcess]()
START = int(time.time() - 1200) // 60 * 60
"""When the facts begin: a whole number of minutes, and lately, since telemetry forgets what is old."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the engine once, before a test's loop is watched: that takes a while, in which nothing else runs."""
    stash = item.session.stash
    if ENGINE not in stash:
        stash[ENGINE] = InProcess(Path(tempfile.mkdtemp(prefix="tidegate-facts-")))
        stash[ENGINE].put(list(facts(START)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if ENGINE in session.stash:
        session.stash[ENGINE].close()
        shutil.rmtree(session.stash[ENGINE].folder, ignore_errors=True)


@pytest.fixture
def start() -> int:
    return START


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> InProcess:
    return request.session.stash[ENGINE]


@pytest.fixture
def clock(start: int) -> ManualClock:
    return ManualClock(start + 1200.0)


@pytest.fixture
def service(engine: InProcess, clock: ManualClock) -> IndicatorService:
    return IndicatorService(engine, load(), SettingsBook(), clock)


Ask = Callable[..., IndicatorQuery]


@pytest.fixture
def ask(start: int) -> Ask:
    """A question about the five minutes, or from and to so many seconds after their beginning."""

    def asked(*names: str, begin: float = 0, end: float = SECONDS, **more: Any) -> IndicatorQuery:
        return IndicatorQuery(indicators=list(names), from_=start + begin, to=start + end, **more)

    return asked


@pytest.fixture
def hostile() -> str:
    return HOSTILE
