"""What a crowd is to be: where, how many, when, and of what. Read from words a person wrote. Pure."""

from math import inf
from random import Random
from urllib.parse import urlsplit

import msgspec

from tidegate.core.ids import REGION_NAME
from tidegate.media.crowd.arrivals import Arrivals
from tidegate.media.crowd.devices import DEVICES
from tidegate.media.crowd.mix import Draw, Mix, Share, parse_mix
from tidegate.media.crowd.networks import NETWORKS, Trace
from tidegate.media.crowd.types import CrowdError

TARGETS_MAX = 64
DISTANCE_MAX_MS = 2000.0

UNSHAPED = "none"
"""No network is imitated: answers reach the player as they come."""

NETWORK_MIX = "fibre:3,wifi:5,4g:3,3g-edge:1,train:1"
DEVICE_MIX = "desktop:4,phone:4,tablet:1,tv:2"
HERE = "here"
"""A region that is none: reports of its viewers name no region, so that the server's counts."""

REGION_MIX = HERE


class Target(msgspec.Struct, frozen=True):
    """One playlist, and its share of the crowd."""

    url: str
    weight: float = 1.0

    @property
    def channel(self) -> str:
        """The channel in a Tidegate's address, else the host: what reports call it."""
        parts = urlsplit(self.url)
        names = [name for name in parts.path.split("/") if name and not name.startswith("~")]
        return names[1] if len(names) > 1 and names[0] == "live" else parts.netloc


class Region(msgspec.Struct, frozen=True):
    """Where viewers are. `distance_s` is what the way from there adds to every round trip."""

    name: str
    weight: float = 1.0
    distance_s: float = 0.0


class CrowdPlan(msgspec.Struct, frozen=True):
    """One run.

    Attributes:
        networks: names of `networks.NETWORKS`, of `traces`, or `none`.
        traces: measured networks, by name, beside the models.
        seed: of everything that is left to chance; 0: another one each time.
        returning: whose stream has ended, or never began, comes again a moment later.
        loopback_only: connect to no other machine.
        beacons: viewers report their playback as CMCD version 2, where the server asks for it.
    """

    targets: tuple[Target, ...]
    arrivals: Arrivals
    networks: Mix = (Share(UNSHAPED),)
    devices: Mix = (Share("any"),)
    regions: tuple[Region, ...] = (Region(HERE),)
    traces: dict[str, Trace] = {}
    seed: int = 0
    returning: bool = True
    loopback_only: bool = True
    beacons: bool = True


class Persona(msgspec.Struct, frozen=True):
    """Who one viewer is."""

    target: int
    region: str
    network: str
    device: str


class Casting:
    """Draws viewers' parts: the same for viewer `number` of a seed, whoever else comes."""

    def __init__(self, plan: CrowdPlan, seed: int) -> None:
        self._seed = seed
        self._targets = Draw(tuple(Share(str(i), each.weight) for i, each in enumerate(plan.targets)))
        self._regions = Draw(tuple(Share(each.name, each.weight) for each in plan.regions))
        self._networks, self._devices = Draw(plan.networks), Draw(plan.devices)

    def persona(self, number: int) -> Persona:
        chance = Random(f"{self._seed}-{number}")  # noqa: S311 - a part to play, no secret
        return Persona(
            int(self._targets.one(chance)),
            self._regions.one(chance),
            self._networks.one(chance),
            self._devices.one(chance),
        )


def check(plan: CrowdPlan) -> CrowdPlan:
    """The same, if it can be.

    Raises:
        CrowdError: a number that makes no crowd, or a name nobody knows.
    """
    if not 1 <= len(plan.targets) <= TARGETS_MAX:
        raise CrowdError(
            f"A crowd watches 1 to {TARGETS_MAX} playlists.", hint="Name an address or a channel."
        )
    if plan.arrivals.viewers < 1:
        raise CrowdError("A crowd has at least one viewer.", hint="Ask for more: --viewers 100.")
    for name in ("seconds", "stay_s", "ramp_s"):
        if not 0 <= getattr(plan.arrivals, name) < inf:
            raise CrowdError(
                f"{name} cannot be {getattr(plan.arrivals, name)}.", hint="Give 0 or more seconds."
            )
    _known(plan.networks, {*NETWORKS, *plan.traces, UNSHAPED}, "network")
    _known(plan.devices, set(DEVICES), "device")
    return plan


def _known(mix: Mix, names: set[str], what: str) -> None:
    for share in mix:
        if share.name not in names:
            raise CrowdError(
                f"There is no {what} {share.name[:40]!r}.", hint=f"Choose among {', '.join(sorted(names))}."
            )


def parse_regions(text: str) -> tuple[Region, ...]:
    """Read `eu-west:5,ap-south@160:2`: names, milliseconds that the way from there adds to a round trip, weights.

    Raises:
        CrowdError: no region's name, or no distance.
    """
    return tuple(_region(share) for share in parse_mix(text, "regions"))


def _region(share: Share) -> Region:
    name, at, distance = share.name.partition("@")
    try:
        distance_ms = float(distance.removesuffix("ms")) if at else 0.0
    except ValueError:
        distance_ms = -1.0
    if REGION_NAME.match(name) is None or not 0 <= distance_ms <= DISTANCE_MAX_MS:
        raise CrowdError(
            f"{share.name[:80]!r} is no region.",
            hint="Write a-z, 0-9 and '-', and if you like its distance: `ap-south@160` is 160 ms away.",
        )
    return Region(name, share.weight, distance_ms / 1000)
