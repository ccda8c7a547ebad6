"""The demo world: viewers who are not real, in regions of their own, and ways to hurt them and what serves them.

In: the demo's platform and publisher. Out: `core.ports.World`. It touches only what it, or the platform in this process, has
started: the crowd by a pipe, publishers and transcoders by their process ids.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from math import inf
from random import Random
from typing import ClassVar, Protocol

import msgspec

from tidegate.core.clock import Clock
from tidegate.core.errors import ConflictError, NotFoundError
from tidegate.core.world import NO_WORLD, Hurt, RegionCrowd, WorldStatus
from tidegate.media.crowd.arrivals import Arrivals
from tidegate.media.crowd.mix import parse_mix
from tidegate.media.crowd.plan import DEVICE_MIX, NETWORK_MIX, CrowdPlan, Target, parse_regions
from tidegate.media.crowd.process import CrowdProcess

REGIONS = "eu-west:5,us-east@30:3,ap-south@60:2"
"""What the way from there adds to a round trip, milliseconds: as if each region had an edge, one of them a country away. At the
180 ms around the world a player half a second behind live stalls all the time, which would hide what the buttons do."""

THROTTLED_REGION = "eu-west"
THROTTLED_BPS = 400_000.0
"""Less than the lowest rung with its sound: who has the lowest picture stalls as well."""

STAY_S = 90.0
"""Mean stay: numbers move, and nobody is new all the time."""


class Patient(Protocol):
    """Something that can be hurt."""

    hurt: ClassVar[Hurt]

    def state(self) -> Hurt: ...

    async def begin(self) -> None: ...

    async def end(self) -> None: ...


class Noted:
    """What is common to all: since when it is as it is."""

    hurt: ClassVar[Hurt]

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._now = self.hurt

    def note(self, **changes: object) -> Hurt:
        """Its status with these changes; a new state begins now."""
        if changes.get("state", self._now.state) != self._now.state:
            changes["since"] = self._clock.wall()
        self._now = msgspec.structs.replace(self._now, **changes)
        return self._now


class SlowRegion(Noted):
    """A region whose viewers all receive too little."""

    hurt = Hurt(
        "region",
        f"Throttle {THROTTLED_REGION}",
        f"Viewers in {THROTTLED_REGION} receive no more than {THROTTLED_BPS / 1000:.0f} kbit/s each.",
        "They fall to the lowest rendition and rebuffer; the other regions notice nothing.",
    )

    def __init__(self, clock: Clock, crowd: CrowdProcess) -> None:
        super().__init__(clock)
        self._crowd = crowd

    def state(self) -> Hurt:
        if self._crowd.cap_bps(THROTTLED_REGION) < inf:
            return self.note(state="hurt")
        state = self._crowd.state
        stalled = state is not None and any(
            region.region == THROTTLED_REGION and region.stalled for region in state.regions
        )
        healing = self._now.state != "well" and stalled
        return self.note(state="healing" if healing else "well")

    async def begin(self) -> None:
        self._crowd.throttle(THROTTLED_REGION, THROTTLED_BPS)

    async def end(self) -> None:
        self._crowd.throttle(THROTTLED_REGION, inf)


class DeadTranscoder(Noted):
    """A channel's transcoder, killed. Its supervisor starts another, so that there is nothing to undo."""

    hurt = Hurt(
        "transcoder",
        "Kill the transcoder",
        "The process that makes the ladder's renditions is killed.",
        "Who watches one of them stalls for a moment; the platform starts another, which goes on where it was.",
        heals_itself=True,
    )

    def __init__(self, clock: Clock, pid: Callable[[], int | None], runs: Callable[[], bool]) -> None:
        super().__init__(clock)
        self._pid = pid
        self._runs = runs
        self._killed: int | None = None

    def state(self) -> Hurt:
        pid = self._pid()
        if self._killed is not None and pid != self._killed and self._runs():
            self._killed = None
        hurt = self._killed is not None
        reason = "" if pid is not None or hurt else "No transcoder runs now."
        return self.note(state="hurt" if hurt else "well", reason=reason)

    async def begin(self) -> None:
        pid = self._pid()
        if pid is None:
            raise ConflictError(
                "No transcoder runs now.",
                hint="It is begun once its channel is live, if this machine can carry it.",
            )
        self._killed = pid
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def end(self) -> None:
        """The platform does that."""


class CutPublisher(Noted):
    """A publisher whose line is cut, until it is mended."""

    hurt = Hurt(
        "publisher",
        "Cut the publisher",
        "The test picture's encoder is killed, and not started again until you say so.",
        "Viewers stall, and a slate tells them why; after the grace of a minute the broadcast ends.",
    )

    def __init__(
        self,
        clock: Clock,
        cut: Callable[[], Awaitable[None]],
        publish: Callable[[], None],
        live: Callable[[], bool],
    ) -> None:
        super().__init__(clock)
        self._cut = cut
        self._publish = publish
        self._live = live
        self._is_cut = False

    def state(self) -> Hurt:
        if self._is_cut:
            return self.note(state="hurt")
        healing = self._now.state != "well" and not self._live()
        return self.note(state="healing" if healing else "well")

    async def begin(self) -> None:
        if not self._is_cut:
            self._is_cut = True
            await self._cut()

    async def end(self) -> None:
        if self._is_cut:
            self._is_cut = False
            self._publish()


class DemoWorld:
    """Implements `core.ports.World`."""

    def __init__(self, crowd: CrowdProcess, patients: Sequence[Patient]) -> None:
        self._crowd = crowd
        self._patients = {patient.hurt.what: patient for patient in patients}
        self._one_at_a_time = asyncio.Lock()

    def status(self) -> WorldStatus:
        state = self._crowd.state
        hurts = tuple(patient.state() for patient in self._patients.values())
        if state is None:
            return WorldStatus(running=True, hurts=hurts)
        regions = tuple(
            RegionCrowd(
                each.region, each.viewers, each.playing, each.stalled, each.bitrate_bps, each.latency_s,
                each.throttled_bps,
            )
            for each in state.regions
        )  # fmt: skip
        return WorldStatus(
            running=True, crowd=True, viewers=state.viewers, visits=state.visits, egress_bps=state.egress_bps,
            regions=regions, hurts=hurts,
        )  # fmt: skip

    async def hurt(self, what: str) -> WorldStatus:
        patient = self._known(what)
        async with self._one_at_a_time:
            await patient.begin()
        return self.status()

    async def heal(self, what: str) -> WorldStatus:
        patient = self._known(what)
        async with self._one_at_a_time:
            await patient.end()
        return self.status()

    def _known(self, what: str) -> Patient:
        patient = self._patients.get(what)
        if patient is None:
            raise NotFoundError(
                f"Nothing here is called {what[:40]!r}.", hint=f"Choose among {', '.join(self._patients)}."
            )
        return patient


class Stage:
    """Where a world is, once there is one: what the API asks, made before the world it asks about."""

    def __init__(self) -> None:
        self.world: DemoWorld | None = None

    def status(self) -> WorldStatus:
        return NO_WORLD if self.world is None else self.world.status()

    async def hurt(self, what: str) -> WorldStatus:
        return await self._there().hurt(what)

    async def heal(self, what: str) -> WorldStatus:
        return await self._there().heal(what)

    def _there(self) -> DemoWorld:
        if self.world is None:
            raise NotFoundError("There is no demo world here.", hint="`tidegate demo` makes one.")
        return self.world


def demo_plan(urls: Sequence[tuple[str, float]], viewers: int) -> CrowdPlan:
    """A few dozens of all kinds, who come and go in waves; `urls` with their weights."""
    return CrowdPlan(
        tuple(Target(url, weight) for url, weight in urls),
        Arrivals("wave", viewers, stay_s=STAY_S),
        networks=parse_mix(NETWORK_MIX, "networks"),
        devices=parse_mix(DEVICE_MIX, "devices"),
        regions=parse_regions(REGIONS),
        loopback_only=False,  # the server is ours, wherever it listens
    )


def demo_crowd(plan: CrowdPlan) -> CrowdProcess:
    return CrowdProcess(plan, Random())  # noqa: S311 - jitter of delays
