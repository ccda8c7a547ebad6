"""What everyone may know about a demo world: who watches, where, and what is being done to them."""

from typing import Literal

import msgspec

HurtState = Literal["well", "hurt", "healing"]
"""well: nothing is done · hurt: it is being done, or its harm is not over · healing: undone, and not yet as before."""


class RegionCrowd(msgspec.Struct, frozen=True):
    """A region's viewers now.

    Attributes:
        bitrate_bps: of the renditions they play, on the mean; 0 where nobody plays.
        latency_s: live edge to screen, on the mean of those who play.
        throttled_bps: what each of them may receive at the most; 0: what their networks carry.
    """

    region: str
    viewers: int = 0
    playing: int = 0
    stalled: int = 0
    bitrate_bps: int = 0
    latency_s: float = 0.0
    throttled_bps: int = 0


class Hurt(msgspec.Struct, frozen=True):
    """One way to hurt the world.

    Attributes:
        what: its name in addresses.
        title: what its button says.
        does: what it does, a sentence.
        shows: where that is seen, a sentence.
        since: when its state began, seconds since the Unix epoch; 0 while nothing was ever done.
        heals_itself: the platform mends it; nobody need undo it.
        reason: why it cannot be done now; empty where it can.
    """

    what: str
    title: str
    does: str
    shows: str
    state: HurtState = "well"
    since: float = 0.0
    heals_itself: bool = False
    reason: str = ""


class WorldStatus(msgspec.Struct, frozen=True):
    """A demo world now.

    Attributes:
        running: whether there is one; the rest is empty where there is none.
        crowd: whether its viewers are there; they are started anew where they are not.
        visits: who has come so far.
        egress_bps: what they receive, body bits per second.
    """

    running: bool
    crowd: bool = False
    viewers: int = 0
    visits: int = 0
    egress_bps: int = 0
    regions: tuple[RegionCrowd, ...] = ()
    hurts: tuple[Hurt, ...] = ()


NO_WORLD = WorldStatus(running=False)
