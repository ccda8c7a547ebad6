"""The player's entry: `watch` plays once and reports, `load` plays with many viewers at once and reports percentiles."""

import asyncio
import resource
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import cache
from random import Random

from tidegate import __version__
from tidegate.core.clock import Clock
from tidegate.media.player.address import Address, parse_address
from tidegate.media.player.histogram import Histogram
from tidegate.media.player.http import HttpClient
from tidegate.media.player.memo import PlaylistMemo
from tidegate.media.player.reporter import BeaconSender
from tidegate.media.player.tally import Timings
from tidegate.media.player.types import LoadReport, PlayerError, PlayerOptions, WatchReport, Witness
from tidegate.media.player.viewer import Viewer

PROGRESS_S = 0.5
LOAD_TICK_S = 0.25
CONNECTIONS_EACH = 4
"""A playlist and a part of a video and an audio track are on their way at once."""

SPARE_FILES = 256
MAX_ERROR_KINDS = 10

Progress = Callable[[str], None]
Look = Callable[[Sequence[Viewer]], None]


def _quiet(_line: str) -> None:
    pass


def _look_away(_viewers: Sequence[Viewer]) -> None:
    pass


async def watch(
    url: str,
    seconds: float,
    clock: Clock,
    on_progress: Progress = _quiet,
    options: PlayerOptions = PlayerOptions(),  # noqa: B008 - immutable
    witness: Witness | None = None,
) -> WatchReport:
    """Play `url` for `seconds`, or to its end if that comes first. `on_progress` is given a line twice a second;
    `witness` is shown the video.

    Raises:
        OfflineError: there was nothing to play for `options.patience_s`, or for `seconds`.
        PlayerError: the address cannot be one, or holds no playlist.
    """
    tls = _trust(options.ca_file)
    agent = {"User-Agent": f"tidegate-player/{__version__}"}
    sender = BeaconSender(HttpClient(clock.monotonic, agent, timeout_s=options.request_timeout_s, tls=tls))
    viewer = Viewer(
        parse_address(url),
        options,
        clock,
        Random(options.seed) if options.seed else Random(),  # noqa: S311 - jitter and session ids, no secrets
        memo=PlaylistMemo(),
        timings=Timings(),
        tls=tls,
        witness=witness,
        reports=sender,
    )
    try:
        await _play_for(
            seconds, viewer.run(), _follow([viewer], options.tick_s, lambda: on_progress(viewer.progress()))
        )
        report = viewer.report()
    finally:
        viewer.close()
        await sender.close()
    if not report.parts:
        raise viewer.offline()
    return report


async def load(
    url: str,
    viewers: int,
    seconds: float,
    ramp_s: float,
    clock: Clock,
    on_progress: Progress = _quiet,
    options: PlayerOptions = PlayerOptions(check_media=False, tick_s=LOAD_TICK_S),  # noqa: B008 - immutable
    look: Look = _look_away,
) -> LoadReport:
    """Play `url` with `viewers` at once for `seconds` after the last has joined; they join evenly over `ramp_s`.
    `look` is given those who have joined, in that order, every `options.tick_s`.

    Raises:
        OfflineError: there was nothing to play before the first viewer joined.
        PlayerError: the address is wrong, or this process may not open enough connections.
    """
    _allow_connections(viewers * CONNECTIONS_EACH)
    run = _Load(parse_address(url), options, clock)
    await run.probe()
    return await run.play(viewers, seconds, ramp_s, on_progress, look)


class _Load:
    """One load run."""

    def __init__(self, address: Address, options: PlayerOptions, clock: Clock) -> None:
        self._address = address
        self._options = options
        self._clock = clock
        self._chance = Random(options.seed) if options.seed else Random()  # noqa: S311 - jitter and session ids
        self._memo = PlaylistMemo()
        self._timings = Timings()
        self._tls = _trust(options.ca_file)
        self._viewers: list[Viewer] = []

    def _viewer(self, options: PlayerOptions, timings: Timings) -> Viewer:
        return Viewer(
            self._address,
            options,
            self._clock,
            Random(self._chance.getrandbits(64)),  # noqa: S311 - see above
            memo=self._memo,
            timings=timings,
            tls=self._tls,
        )

    async def probe(self) -> None:
        """See with one viewer that there is something to play, before a thousand try."""
        viewer = self._viewer(self._options, Timings())
        first = asyncio.create_task(viewer.run())
        try:
            while not first.done() and viewer.playback.state == "joining":
                await asyncio.sleep(0.02)
                viewer.tick()
            if first.done():
                first.result()
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            viewer.close()

    async def play(
        self, viewers: int, seconds: float, ramp_s: float, on_progress: Progress, look: Look
    ) -> LoadReport:
        began_s, began_cpu_s = self._clock.monotonic(), _cpu_s()
        # a viewer in a crowd waits as long as the run lasts: a refusal is what the run is to find
        options = PlayerOptions(
            self._options.target_latency_s, seconds + ramp_s, self._options.request_timeout_s,
            self._options.check_media, self._options.tick_s, self._options.seed, self._options.ca_file,
        )  # fmt: skip
        tasks: list[asyncio.Task[None]] = []
        try:
            ticker = _follow(
                self._viewers, options.tick_s, lambda: on_progress(self._progress(viewers)), look
            )
            await _play_for(ramp_s + seconds, self._join(viewers, ramp_s, options, tasks), ticker)
            reports = [viewer.report() for viewer in self._viewers]
            duration_s = self._clock.monotonic() - began_s
            return self._report(viewers, reports, duration_s, (_cpu_s() - began_cpu_s) / duration_s)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for viewer in self._viewers:
                viewer.close()

    async def _join(
        self, viewers: int, ramp_s: float, options: PlayerOptions, tasks: list[asyncio.Task[None]]
    ) -> None:
        began_s = self._clock.monotonic()
        for number in range(viewers):
            due_s = began_s + ramp_s * number / viewers
            if (wait_s := due_s - self._clock.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            viewer = self._viewer(options, self._timings)
            self._viewers.append(viewer)
            tasks.append(asyncio.create_task(viewer.run(), name="player-viewer"))
        await asyncio.gather(*tasks, return_exceptions=True)

    def _progress(self, wanted: int) -> str:
        states = Counter(viewer.playback.state for viewer in self._viewers)
        rebuffers = sum(viewer.playback.rebuffers for viewer in self._viewers)
        return f"{states['playing']} of {wanted} playing, {states['stalled']} stalled, {rebuffers} rebuffers"

    def _report(
        self, wanted: int, reports: list[WatchReport], duration_s: float, cpu_cores: float
    ) -> LoadReport:
        startup, latency = Histogram(), Histogram()
        kinds: Counter[str] = Counter()
        for viewer, report in zip(self._viewers, reports, strict=True):
            latency.merge(viewer.playback.latency)
            if report.startup_s:
                startup.add(report.startup_s)
            if report.errors:
                kinds[report.last_error] += report.errors
        never = wanted - startup.count
        received = sum(report.bytes for report in reports)
        return LoadReport(
            url=self._address.text,
            viewers=wanted,
            played=startup.count,
            playing=sum(report.state == "playing" for report in reports),
            duration_s=round(duration_s, 3),
            startup_s=startup.percentiles(),
            latency_s=latency.percentiles(),
            rebuffers=sum(report.rebuffers for report in reports),
            rebuffer_s=round(sum(report.rebuffer_s for report in reports), 3),
            rebuffering_viewers=sum(report.rebuffers > 0 for report in reports),
            parts=sum(report.parts for report in reports),
            gaps=sum(report.gaps for report in reports),
            discontinuities=sum(report.discontinuities for report in reports),
            seeks=sum(report.seeks for report in reports),
            requests=sum(viewer.client.requests for viewer in self._viewers),
            bytes=received,
            egress_bps=round(received * 8 / duration_s),
            errors=sum(report.errors for report in reports) + never,
            error_kinds=dict(kinds.most_common(MAX_ERROR_KINDS)),
            playlist_wait_s=self._timings.playlist_wait.percentiles(),
            playlist_age_s=self._timings.playlist_age.percentiles(),
            part_wait_s=self._timings.part_wait.percentiles(),
            cpu_cores=round(cpu_cores, 3),
        )


async def _follow(
    viewers: list[Viewer], tick_s: float, tell: Callable[[], None], look: Look = _look_away
) -> None:
    """Move all playheads every `tick_s` and show them; tell now and then."""
    untold_s = PROGRESS_S
    while True:
        for viewer in viewers:
            viewer.tick()
        look(viewers)
        untold_s += tick_s
        if untold_s >= PROGRESS_S:
            tell()
            untold_s = 0.0
        await asyncio.sleep(tick_s)


async def _play_for(
    seconds: float, play: Coroutine[None, None, None], follow: Coroutine[None, None, None]
) -> None:
    """Run `play` until it ends or the time is over, with `follow` beside it."""
    beside = asyncio.create_task(follow)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await play
    finally:
        beside.cancel()
        (ended,) = await asyncio.gather(beside, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended


def _trust(ca_file: str) -> Callable[[], ssl.SSLContext]:
    @cache
    def context() -> ssl.SSLContext:
        made = ssl.create_default_context()
        if ca_file:
            made.load_verify_locations(ca_file)
        return made

    return context


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _allow_connections(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE_FILES
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise PlayerError(
            f"{wanted} connections need {needed} open files; this process may have {hard}.",
            hint=f"Raise the limit with `ulimit -n {needed}`, or ask for fewer viewers.",
        )
    if needed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
