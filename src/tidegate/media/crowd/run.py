"""One run of a crowd: viewers join, play over their networks, leave or return, and are counted.

Flows in: a plan, time, and what is done to regions while it runs. Flows out: states as it goes, scores at the end. Bounds:
viewers as planned; of who has left only sums stay.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from random import Random

import msgspec

from tidegate import __version__
from tidegate.core.clock import Clock
from tidegate.media.crowd.arrivals import Audience, Turn
from tidegate.media.crowd.devices import ANY, DEVICES
from tidegate.media.crowd.link import Link, Throttle
from tidegate.media.crowd.networks import NETWORKS, Trace, make_trace
from tidegate.media.crowd.plan import HERE, UNSHAPED, Casting, CrowdPlan, Persona
from tidegate.media.crowd.score import Score
from tidegate.media.crowd.types import CrowdState, RegionState
from tidegate.media.player.address import Address, parse_address
from tidegate.media.player.http import HttpClient, trust
from tidegate.media.player.memo import PlaylistMemo
from tidegate.media.player.reporter import BeaconSender
from tidegate.media.player.tally import Timings
from tidegate.media.player.types import PlayerError, PlayerOptions, ReportOptions
from tidegate.media.player.viewer import Viewer

TRACES_EACH = 16
"""Different traces of a network; viewers on the same one are at different places of it."""

RETURN_S = 2.0
"""Who has lost the stream looks again after that time, and as much again at random."""

CONNECTIONS_EACH = 4
"""A playlist and a part of a video and an audio track are on their way at once."""

SPARE_FILES = 256

Look = Callable[[Sequence[Viewer]], None]


class _Guest:
    """Who is there. `viewer` is counted once it is over, which may be before they leave."""

    __slots__ = ("counted", "link", "persona", "task", "viewer")

    def __init__(
        self, persona: Persona, viewer: Viewer, link: Link | None, task: "asyncio.Task[None]"
    ) -> None:
        self.persona = persona
        self.viewer = viewer
        self.link = link
        self.task = task
        self.counted = False


class CrowdRun:
    """Attributes:
    scores: by what viewers differ in: `("region", "eu-west")` and so on, and `("", "")` for all.
    timings: of all viewers' playlists and parts, where they are `timed`.
    """

    def __init__(
        self, plan: CrowdPlan, options: PlayerOptions, clock: Clock, seed: int, *, timed: bool = False
    ) -> None:
        self._plan = plan
        self._options = options
        self._clock = clock
        self._seed = seed
        self._audience = Audience(plan.arrivals, Random(f"{seed}-arrivals"))  # noqa: S311 - no secret
        self._casting = Casting(plan, seed)
        self._addresses = [parse_address(target.url) for target in plan.targets]
        self._traces = _traces(plan, seed)
        self._distances = {region.name: region.distance_s for region in plan.regions}
        self._throttles = {region.name: Throttle() for region in plan.regions}
        self._memo = PlaylistMemo()
        self._tls = trust(options.ca_file)
        self._sender = _sender(options, clock) if plan.beacons else None
        self._guests: dict[int, _Guest] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._began_s = clock.monotonic()
        self._gone_bytes = self._told_bytes = 0
        self._told_s = self._began_s
        self.timings = Timings()
        self._timed = timed
        self.scores: dict[tuple[str, str], Score] = {}
        self.most = 0
        allow_connections(plan.arrivals.viewers * CONNECTIONS_EACH)

    async def probe(self) -> None:
        """See with one viewer that there is something to play, before a thousand try.

        Raises:
            OfflineError: there was nothing to play.
            PlayerError: the address holds no playlist.
        """
        chance = Random(f"{self._seed}-probe")  # noqa: S311 - likewise
        viewer = self._viewer(self._addresses[0], self._options, chance, None, None)
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

    async def attend(self) -> None:
        """Let viewers come and go until the run is over, or none is left who could play."""
        self._began_s = self._told_s = self._clock.monotonic()
        while not self._audience.over and not self._deserted():
            for turn in self._audience.step():
                await self._until(turn.at_s)
                self._take(turn)
            await self._until(self._audience.at_s)

    def tick(self) -> None:
        """Move every playhead to now."""
        for guest in self._guests.values():
            guest.viewer.tick()

    @property
    def viewers(self) -> list[Viewer]:
        """Those who are there, in the order in which they joined."""
        return [guest.viewer for guest in self._guests.values()]

    def throttle(self, region: str, cap_bps: float) -> bool:
        """Let each viewer of a region receive no more than that, `inf` for all its network carries. False: no such region."""
        throttle = self._throttles.get(region)
        if throttle is None:
            return False
        throttle.set(cap_bps)
        return True

    async def close(self) -> None:
        """Send everybody home, and count them."""
        for number in list(self._guests):
            self._leave(number)
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._sender is not None:
            await self._sender.close()

    def state(self) -> CrowdState:
        """How it is now; received bytes count since it was last asked."""
        now = self._clock.monotonic()
        received = self._gone_bytes + sum(viewer.client.bytes for viewer in self.viewers)
        since_s = max(0.001, now - self._told_s)
        egress_bps = round((received - self._told_bytes) * 8 / since_s)
        self._told_s, self._told_bytes = now, received
        there: dict[str, list[Viewer]] = {region: [] for region in self._throttles}
        channels: Counter[str] = Counter()
        for guest in self._guests.values():
            there[guest.persona.region].append(guest.viewer)
            channels[self._plan.targets[guest.persona.target].channel] += 1
        wall = self._clock.wall()
        regions = tuple(
            _region_state(region, viewers, wall, self._throttles[region].cap_bps)
            for region, viewers in there.items()
        )
        at_s = round(now - self._began_s, 2)
        return CrowdState(at_s, len(self._guests), self._audience.joined, egress_bps, regions, dict(channels))

    async def _until(self, at_s: float) -> None:
        wait_s = self._began_s + at_s - self._clock.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def _deserted(self) -> bool:
        """Whether all have come who will, and nobody plays any more or will again."""
        return (
            not self._plan.returning
            and self._audience.joined >= self._plan.arrivals.viewers
            and all(guest.task.done() for guest in self._guests.values())
        )

    def _take(self, turn: Turn) -> None:
        if turn.joins:
            self._join(turn.number, self._casting.persona(turn.number))
        else:
            self._leave(turn.number)

    def _join(self, number: int, persona: Persona, *, again: int = 0) -> None:
        chance = Random(f"{self._seed}-{number}-{again}")  # noqa: S311 - jitter and session ids, no secret
        device = DEVICES[persona.device]
        options = msgspec.structs.replace(
            self._options,
            height_max=device.height_max,
            user_agent=device.user_agent,
            target_latency_s=max(self._options.target_latency_s, device.target_latency_s),
            reports=_says(persona) if self._sender is not None else None,
        )
        link = self._link(persona, chance)
        timings = self.timings if self._timed else None
        viewer = self._viewer(self._addresses[persona.target], options, chance, timings, link)
        task = asyncio.create_task(viewer.run(), name="crowd-viewer")
        self._guests[number] = _Guest(persona, viewer, link, task)
        self.most = max(self.most, len(self._guests))
        if self._plan.returning:
            task.add_done_callback(lambda done: self._ended(number, done, again))

    def _link(self, persona: Persona, chance: Random) -> Link | None:
        traces = self._traces.get(persona.network)
        if traces is None:
            return None
        return Link(
            chance.choice(traces),
            self._throttles[persona.region],
            self._clock,
            chance,
            distance_s=self._distances[persona.region],
        )

    def _viewer(
        self,
        address: Address,
        options: PlayerOptions,
        chance: Random,
        timings: Timings | None,
        link: Link | None,
    ) -> Viewer:
        return Viewer(
            address,
            options,
            self._clock,
            chance,
            memo=self._memo,
            timings=timings,
            tls=self._tls,
            reports=self._sender,
            link=link,
        )

    def _ended(self, number: int, task: "asyncio.Task[None]", again: int) -> None:
        """A viewer's stream is over, or never came: it looks again a little later, if it is still there."""
        guest = self._guests.get(number)
        if task.cancelled() or guest is None or guest.task is not task:
            return
        task.exception()
        self._count(guest)
        self._gone_bytes -= guest.viewer.client.bytes  # it is still there, and counted in with those who are
        guest.task = asyncio.create_task(self._return(number, guest.persona, again + 1), name="crowd-return")

    async def _return(self, number: int, persona: Persona, again: int) -> None:
        chance = Random(f"{self._seed}-{number}-{again}-return")  # noqa: S311 - likewise
        await asyncio.sleep(RETURN_S * (1 + chance.random()))
        self._join(number, persona, again=again)

    def _leave(self, number: int) -> None:
        guest = self._guests.pop(number)
        if not guest.counted:
            self._count(guest)
        guest.task.cancel()
        self._leaving.add(guest.task)
        guest.task.add_done_callback(self._leaving.discard)

    def _count(self, guest: _Guest) -> None:
        guest.counted = True
        persona = guest.persona
        for key in (
            ("", ""),
            ("region", persona.region),
            ("network", persona.network),
            ("device", persona.device),
            ("channel", self._plan.targets[persona.target].channel),
        ):
            self.scores.setdefault(key, Score()).add(guest.viewer)
        self._gone_bytes += guest.viewer.client.bytes
        guest.viewer.close()
        if guest.link is not None:
            guest.link.close()


def _sender(options: PlayerOptions, clock: Clock) -> BeaconSender:
    """What all viewers' reports go out through; over no imitated network, since they are next to nothing."""
    agent = {"User-Agent": f"tidegate-crowd/{__version__}"}
    return BeaconSender(
        HttpClient(
            clock.monotonic, agent,
            timeout_s=options.request_timeout_s, tls=trust(options.ca_file), loopback_only=options.loopback_only,
        )
    )  # fmt: skip


def _says(persona: Persona) -> ReportOptions:
    """What a viewer says of itself; nothing where it is nothing in particular."""
    return ReportOptions(
        player="crowd",
        device="" if persona.device == ANY else persona.device,
        network="" if persona.network == UNSHAPED else persona.network,
        region="" if persona.region == HERE else persona.region,
    )


def _traces(plan: CrowdPlan, seed: int) -> dict[str, tuple[Trace, ...]]:
    """Of each network in the plan; measured ones have one."""
    made: dict[str, tuple[Trace, ...]] = {}
    for network in (share.name for share in plan.networks):
        if network in plan.traces:
            made[network] = (plan.traces[network],)
        elif network != UNSHAPED:
            chance = Random(f"{seed}-{network}")  # noqa: S311 - no secret
            made[network] = tuple(make_trace(NETWORKS[network], chance) for _ in range(TRACES_EACH))
    return made


def _region_state(region: str, viewers: list[Viewer], wall: float, cap_bps: float) -> RegionState:
    states = Counter(viewer.playback.state for viewer in viewers)
    playing = [viewer for viewer in viewers if viewer.playback.state == "playing"]
    rates = [rendition.bandwidth_bps for viewer in playing if (rendition := viewer.rendition) is not None]
    latencies = [late for viewer in playing if (late := viewer.playback.latency_s(wall)) is not None]
    return RegionState(
        region,
        viewers=len(viewers),
        playing=states["playing"],
        stalled=states["stalled"],
        joining=states["joining"],
        bitrate_bps=round(sum(rates) / len(rates)) if rates else 0,
        latency_s=round(sum(latencies) / len(latencies), 3) if latencies else 0.0,
        rebuffers=sum(viewer.playback.rebuffers for viewer in viewers),
        switches=sum(viewer.switches for viewer in viewers),
        throttled_bps=0 if cap_bps == inf else round(cap_bps),
    )


def allow_connections(wanted: int) -> None:
    """Let this process open so many.

    Raises:
        PlayerError: the system allows fewer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE_FILES
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise PlayerError(
            f"{wanted} connections need {needed} open files; this process may have {hard}.",
            hint=f"Raise the limit with `ulimit -n {needed}`, or ask for fewer viewers.",
        )
    if needed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
