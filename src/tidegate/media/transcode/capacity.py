"""Whether a ladder fits this machine, before it is begun. Pure.

In: what a million pixels cost here (measured), what running ladders take (measured), what an operator lets ladders
have. Out: yes, or the sentence for the studio. Estimates are corrected by what ladders turn out to cost.
"""

from collections.abc import Sequence

import msgspec

from tidegate.media.transcode.types import Calibration, LadderError, Rung, Source

USUAL_FPS = 30.0
"""Frames a second where the source's rate is not known."""

CORRECTION_MIN, CORRECTION_MAX = 0.4, 3.0
"""How far running ladders may correct the estimate: real pictures are not the test picture, but no other planet."""

CORRECTION_WEIGHT = 0.3
"""Weight of each new measurement."""


class NoRoomError(LadderError):
    """The ladder does not fit; `data` has the figures."""

    code = "ladder-no-room"


class Room(msgspec.Struct, frozen=True):
    """Cores that ladders may take together, and what those that run are taking or were admitted with."""

    cores: float
    used: float

    @property
    def free(self) -> float:
        return max(0.0, self.cores - self.used)


def cost_cores(source: Source, rungs: Sequence[Rung], calibration: Calibration, correction: float) -> float:
    """What a ladder will take, in cores."""
    fps = source.fps or USUAL_FPS
    decoded = source.width * source.height * fps / 1e6
    encoded = sum(rung.width * rung.height for rung in rungs) * fps / 1e6
    return (decoded * calibration.decode_s + encoded * calibration.encode_s) * correction


def admit(cost: float, room: Room, rungs: Sequence[Rung]) -> None:
    """Let a ladder begin.

    Raises:
        NoRoomError: it needs more than is free.
    """
    if cost <= room.free:
        return
    names = ", ".join(rung.name for rung in rungs)
    raise NoRoomError(
        f"A ladder of {names} needs about {cost:.2f} of a core, and {room.free:.2f} of the {room.cores:.2f} "
        "that ladders may take are free. Viewers get the publisher's own picture.",
        hint="Ask for fewer or smaller rungs (ladder.rungs), choose a faster ladder.preset, let ladders take more "
        "(ladder.cpu_share), or stop another channel's ladder.",
        cost_cores=round(cost, 3),
        free_cores=round(room.free, 3),
    )


def corrected(correction: float, estimated: float, measured: float) -> float:
    """The correction after a ladder that was estimated at `estimated` cores took `measured`."""
    if estimated <= 0 or measured <= 0:
        return correction
    seen = correction * measured / estimated
    mixed = correction * (1 - CORRECTION_WEIGHT) + seen * CORRECTION_WEIGHT
    return min(CORRECTION_MAX, max(CORRECTION_MIN, mixed))
