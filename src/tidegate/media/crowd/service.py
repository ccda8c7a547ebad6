"""The entry: `crowd` lets a planned audience come and go and reports; `load` is the simplest crowd, with a report of its own.

Flows in: a plan, time. Flows out: a `CrowdState` twice a second, a report at the end.
"""

import gc
import resource
from collections.abc import Callable
from random import SystemRandom

import msgspec

from tidegate.core.clock import Clock
from tidegate.media.crowd.arrivals import STEP_S, Arrivals
from tidegate.media.crowd.plan import CrowdPlan, Target, check
from tidegate.media.crowd.run import CrowdRun, Look
from tidegate.media.crowd.score import MAX_ERROR_KINDS, Score
from tidegate.media.crowd.types import CrowdError, CrowdReport, CrowdState, LoadReport
from tidegate.media.player.address import parse_address
from tidegate.media.player.http import check_loopback
from tidegate.media.player.pace import follow, play_for
from tidegate.media.player.types import PlayerOptions, RequestError

TICK_S = 0.25
"""How often playheads are moved: a thousand of them are no screen."""

GC_THRESHOLD = (50_000, 20, 50)
"""As the platform's own."""

OPTIONS = PlayerOptions(check_media=False, tick_s=TICK_S)

PATIENCE_S = 20.0
"""How long a viewer of a crowd waits for the first picture before it gives up and looks again."""

PATIENT = msgspec.structs.replace(OPTIONS, patience_s=PATIENCE_S, pipelining=True)
"""A crowd is to be cheap; `load` measures the server, and asks on as many connections as a browser does."""

OnState = Callable[[CrowdState], None]


def _unheard(_state: CrowdState) -> None:
    pass


def _unread(_line: str) -> None:
    pass


def _look_away(_viewers: object) -> None:
    pass


class Crowd:
    """A crowd that somebody holds, and may do something to while it plays.

    Attributes:
        run: its viewers.
    """

    def __init__(
        self, plan: CrowdPlan, clock: Clock, options: PlayerOptions = OPTIONS, *, timed: bool = False
    ) -> None:
        """`timed`: how long playlists and parts take to reach each viewer is kept, for a `LoadReport`.

        Raises:
        CrowdError: the plan makes no crowd.
        PlayerError: an address is wrong, or this process may not open enough connections.
        """
        self.plan = check(plan)
        self.seed = plan.seed or SystemRandom().getrandbits(31)
        self._clock = clock
        self._options = msgspec.structs.replace(options, loopback_only=plan.loopback_only)
        self.run = CrowdRun(self.plan, self._options, clock, self.seed, timed=timed)

    async def play(self, on_state: OnState = _unheard, look: Look = _look_away) -> float:
        """Until the run is over, or this is cancelled. Returns how many cores this process used, averaged."""
        began_s, began_cpu_s = self._clock.monotonic(), _cpu_s()
        run = self.run

        def tick() -> None:
            run.tick()
            look(run.viewers)

        rest_gc = _rare_gc()
        try:
            beside = follow(self._options.tick_s, tick, lambda: on_state(run.state()))
            await play_for(self.plan.arrivals.seconds or None, run.attend(), beside)
            return (_cpu_s() - began_cpu_s) / max(0.001, self._clock.monotonic() - began_s)
        finally:
            await run.close()
            gc.set_threshold(*rest_gc)


async def check_reach(plan: CrowdPlan) -> None:
    """See that a crowd goes where it may: to this machine, unless whoever sends it says that the server is theirs.

    Raises:
        CrowdError: it may not.
        PlayerError: an address is none.
    """
    for target in plan.targets if plan.loopback_only else ():
        address = parse_address(target.url)
        try:
            await check_loopback(address)
        except RequestError as error:
            raise CrowdError(
                f"{error.message} A crowd is a burden, and leaves its marks in the figures of whom it visits.",
                hint="If the server is yours, say so: --i-own-this-server.",
            ) from error


async def crowd(plan: CrowdPlan, clock: Clock, on_state: OnState = _unheard) -> CrowdReport:
    """Let a crowd play to its plan's end. `on_state` is told twice a second how it is.

    Raises:
        CrowdError: the plan makes no crowd, or goes where it may not.
        PlayerError: an address is wrong, or this process may not open enough connections.
    """
    await check_reach(plan)
    held = Crowd(plan, clock, PATIENT)
    began_s = clock.monotonic()
    cores = await held.play(on_state)
    return _report(held, clock.monotonic() - began_s, cores)


async def load(
    url: str,
    viewers: int,
    seconds: float,
    ramp_s: float,
    clock: Clock,
    on_progress: Callable[[str], None] = _unread,
    options: PlayerOptions = OPTIONS,
    look: Look = _look_away,
) -> LoadReport:
    """Play `url` with `viewers` at once for `seconds` after the last has joined; they join evenly over `ramp_s`, over no
    network but the one that is there. `on_progress` is given a line twice a second; `look` is given those who have joined, in that order, every `options.tick_s`.

    Raises:
        OfflineError: there was nothing to play before the first viewer joined.
        PlayerError: the address is wrong, or this process may not open enough connections.
    """
    arrivals = Arrivals("ramp", viewers, ramp_s + seconds, ramp_s=max(ramp_s, STEP_S))
    plan = CrowdPlan(
        (Target(url),), arrivals, seed=options.seed, returning=False, loopback_only=False, beacons=False
    )
    probing = Crowd(plan, clock, options)
    await probing.run.probe()
    # a viewer in a crowd waits as long as the run lasts: a refusal is what the run is to find
    held = Crowd(plan, clock, msgspec.structs.replace(options, patience_s=seconds + ramp_s), timed=True)
    began_s = clock.monotonic()
    cores = await held.play(lambda state: on_progress(_line(state, viewers)), look)
    score = held.run.scores.get(("", ""), Score())
    return score.load_report(url, viewers, clock.monotonic() - began_s, held.run.timings, cores)


def _line(state: CrowdState, wanted: int) -> str:
    (region,) = state.regions
    return f"{region.playing} of {wanted} playing, {region.stalled} stalled, {region.rebuffers} rebuffers"


def _report(held: Crowd, duration_s: float, cores: float) -> CrowdReport:
    scores = held.run.scores
    whole = scores.get(("", ""), Score())
    by = {
        what: {key[1]: score.slice() for key, score in sorted(scores.items()) if key[0] == what}
        for what in ("region", "network", "device", "channel")
    }
    viewer_s = whole.watched_s + whole.rebuffer_s
    return CrowdReport(
        viewers=held.plan.arrivals.viewers,
        most=held.run.most,
        duration_s=round(duration_s, 3),
        seed=held.seed,
        whole=whole.slice(),
        by_region=by["region"],
        by_network=by["network"],
        by_device=by["device"],
        by_channel=by["channel"],
        requests=whole.requests,
        bytes=whole.bytes,
        egress_bps=round(whole.bytes * 8 / duration_s),
        error_kinds=dict(whole.kinds.most_common(MAX_ERROR_KINDS)),
        cpu_cores=round(cores, 3),
        cpu_us_per_viewer_s=round(cores * duration_s / viewer_s * 1e6, 1) if viewer_s else 0.0,
    )


def _rare_gc() -> tuple[int, int, int]:
    """Viewers die by reference count: let the cycle collector look less often. Returns the thresholds there were."""
    before = gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLD)
    return before


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
