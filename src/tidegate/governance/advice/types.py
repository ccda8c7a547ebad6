"""A piece of advice, and everything it may rest on."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from tidegate.core.ladders import LadderStatus
from tidegate.core.streams import StreamStatus, TrackStats

Chart = Literal["download", "bitrate", "errors", "latency"]
"""Of the stream's health page: part downloads · what players play against the ladder · errors, stalls and switches · latency."""

AdviceSeverity = Literal["error", "warning", "info"]
"""error: viewers suffer now · warning: they will, or some do · info: it could be better."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, and what to do.

    Attributes:
        code: stable, such as `uplink-slow`.
        chart: where it shows.
        indicator: what `value` is of; empty where it is of the stream's status.
        value, limit: in `unit`; null where there is none.
    """

    code: str
    severity: AdviceSeverity
    chart: Chart
    sentence: str
    fix: str
    indicator: str = ""
    value: float | None = None
    limit: float | None = None
    unit: str = ""


class StreamAdvice(msgspec.Struct, frozen=True):
    """All advice for one stream, worst first.

    Attributes:
        since: the numbers are of the time from then, seconds since the Unix epoch, to `until`.
        incomplete: why some of it may be missing; empty where it is not.
    """

    items: list[Advice]
    since: float
    until: float
    incomplete: str = ""


class Part(msgspec.Struct, frozen=True):
    """One region's, or one network's, viewers of the stream: how many play, and how much of their time stood still."""

    name: str
    plays: float
    rebuffer_ratio: float


class Situation(msgspec.Struct, frozen=True):
    """Attributes:
    now: seconds since the Unix epoch.
    numbers: the stream's indicators over the last minutes, those that are known.
    cpu_used: of the fullest node; None where it is not known.
    regions, networks: where viewers are, most first.
    """

    now: float
    status: StreamStatus
    ladder: LadderStatus
    numbers: Mapping[str, float]
    cpu_used: float | None = None
    regions: tuple[Part, ...] = ()
    networks: tuple[Part, ...] = ()

    @property
    def live(self) -> bool:
        return self.status.state == "live"

    @property
    def pictures(self) -> list[TrackStats]:
        """Renditions of the picture, the best first."""
        shown = [track for track in self.status.tracks if track.kind == "video"]
        return sorted(shown, key=lambda track: (-track.height, -track.kbps))

    @property
    def source(self) -> TrackStats | None:
        """The picture as it comes from the publisher."""
        return next(
            (track for track in self.pictures if track.name == "video"), next(iter(self.pictures), None)
        )

    @property
    def incoming_bps(self) -> float:
        """What arrives from the publisher on air, sound and picture."""
        on_air = [each.kbps for each in self.status.publishers if each.place == "on air"]
        return 1000.0 * sum(on_air)

    @property
    def server_side(self) -> str:
        """What is wrong on the platform's own side, as a clause; empty where nothing is known to be."""
        if self.cpu_used is not None and self.cpu_used > CPU_FULL:
            return f"a node's processor is {self.cpu_used:.0%} used".replace("%", " %")
        errors = self.numbers.get("delivery_error_ratio", 0.0)
        return f"the edge fails {errors * 100:.2g} % of requests" if errors > EDGE_ERRORS else ""


CPU_FULL = 0.85
"""Share of a node's cores from which on parts come late."""
EDGE_ERRORS = 0.005
"""Share of requests answered with 5xx from which on viewers feel it."""
