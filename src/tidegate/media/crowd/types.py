"""What a crowd says while it plays, what it reports at the end, and the errors it can end with."""

from typing import ClassVar

import msgspec

from tidegate.core.errors import TidegateError
from tidegate.media.player.types import Percentiles


class CrowdError(TidegateError):
    """This is no crowd, or it may not go there."""

    code: ClassVar[str] = "crowd"
    status: ClassVar[int] = 400


class RegionState(msgspec.Struct, frozen=True):
    """A region's viewers now.

    Attributes:
        viewers: who is there; they are playing, stalled, joining, or at an end.
        bitrate_bps: of the renditions that play, on the mean; 0 where nobody plays.
        latency_s: live edge to screen, on the mean of those who play.
        rebuffers: stalls that began, since the crowd began, of those who are there.
        switches: changes of rendition, likewise.
        throttled_bps: what each may receive at the most; 0: as much as their networks carry.
    """

    region: str
    viewers: int = 0
    playing: int = 0
    stalled: int = 0
    joining: int = 0
    bitrate_bps: int = 0
    latency_s: float = 0.0
    rebuffers: int = 0
    switches: int = 0
    throttled_bps: int = 0


class CrowdState(msgspec.Struct, frozen=True):
    """A crowd now.

    Attributes:
        at_s: seconds into the run.
        visits: who has come so far.
        egress_bps: body bits per second, since the state before.
    """

    at_s: float
    viewers: int
    visits: int
    egress_bps: int
    regions: tuple[RegionState, ...]
    channels: dict[str, int] = {}


class Order(msgspec.Struct, frozen=True):
    """What a crowd in a process of its own is told: how much each viewer of a region may receive at the most, bits per
    second; 0: as much as their networks carry.
    """

    region: str
    cap_bps: float


class Slice(msgspec.Struct, frozen=True):
    """How a part of the crowd fared.

    Attributes:
        visits: came; `played`: saw a picture.
        startup_s, latency_s: see `player.types.WatchReport`.
        watched_s: seconds of playing, of all together; `rebuffer_s`: of waiting after playing had begun.
        rebuffer_ratio: of both together, the share of waiting (CTA-2066).
        received_bps: body bits per second of playing or waiting, on the mean.
        errors: failed requests, and visits without a picture.
    """

    visits: int
    played: int
    startup_s: Percentiles
    latency_s: Percentiles
    watched_s: float
    rebuffers: int
    rebuffer_s: float
    rebuffer_ratio: float
    rebuffering_visits: int
    switches: int
    received_bps: int
    errors: int


class CrowdReport(msgspec.Struct, frozen=True):
    """How a crowd fared, whole and by each of the things viewers differ in.

    Attributes:
        most: viewers at once, at the most.
        seed: makes the same viewers come again.
        error_kinds: the commonest sentences and their counts.
        cpu_cores: cores this process used, averaged.
        cpu_us_per_viewer_s: microseconds of a core that one viewer took in a second.
    """

    viewers: int
    most: int
    duration_s: float
    seed: int
    whole: Slice
    by_region: dict[str, Slice]
    by_network: dict[str, Slice]
    by_device: dict[str, Slice]
    by_channel: dict[str, Slice]
    requests: int
    bytes: int
    egress_bps: int
    error_kinds: dict[str, int]
    cpu_cores: float
    cpu_us_per_viewer_s: float


class LoadReport(msgspec.Struct, frozen=True):
    """How many playbacks at once went.

    Attributes:
        viewers: asked for; `played` showed a picture, `playing` still did at the end.
        errors: of all viewers: failed requests, and viewers that never saw a picture.
        error_kinds: the commonest sentences and their counts.
        playlist_wait_s: blocking reloads: answer complete, minus the first viewer's same answer.
        playlist_age_s: blocking reloads: answer complete, minus PROGRAM-DATE-TIME at the playlist's end, which is when
            the newest part was over at the publisher's pace.
        part_wait_s: parts complete, minus the first viewer's same part.
        egress_bps: body bits per second, averaged over the run.
        cpu_cores: cores this load process used, averaged.
    """

    url: str
    viewers: int
    played: int
    playing: int
    duration_s: float
    startup_s: Percentiles
    latency_s: Percentiles
    rebuffers: int
    rebuffer_s: float
    rebuffering_viewers: int
    parts: int
    gaps: int
    discontinuities: int
    seeks: int
    requests: int
    bytes: int
    egress_bps: float
    errors: int
    error_kinds: dict[str, int]
    playlist_wait_s: Percentiles
    playlist_age_s: Percentiles
    part_wait_s: Percentiles
    cpu_cores: float
