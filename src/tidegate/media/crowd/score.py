"""Adds up how viewers fared, whoever has left and whoever is still there. Flows in: viewers. Flows out: reports."""

from collections import Counter

from tidegate.media.crowd.types import LoadReport, Slice
from tidegate.media.player.histogram import Histogram
from tidegate.media.player.tally import Timings
from tidegate.media.player.viewer import Viewer

MAX_ERROR_KINDS = 10
ERROR_KINDS_KEPT = 256
"""Different sentences counted; a further one counts as `other`."""


class Score:
    """Of any number of viewers, in bounded memory."""

    def __init__(self) -> None:
        self.visits = self.playing = self.rebuffers = self.rebuffering = self.switches = 0
        self.parts = self.gaps = self.discontinuities = self.seeks = 0
        self.requests = self.bytes = self.errors = 0
        self.watched_s = self.rebuffer_s = 0.0
        self.startup, self.latency = Histogram(), Histogram()
        self.kinds: Counter[str] = Counter()

    def add(self, viewer: Viewer) -> None:
        """Count one viewer, as it is now; each once."""
        report = viewer.report()
        played = bool(report.startup_s)
        self.visits += 1
        self.playing += report.state == "playing"
        self.rebuffers += report.rebuffers
        self.rebuffering += report.rebuffers > 0
        self.rebuffer_s += report.rebuffer_s
        self.switches += report.rendition_switches
        self.parts += report.parts
        self.gaps += report.gaps
        self.discontinuities += report.discontinuities
        self.seeks += report.seeks
        self.requests += viewer.client.requests
        self.bytes += report.bytes
        self.errors += report.errors
        self.latency.merge(viewer.playback.latency)
        if played:
            self.startup.add(report.startup_s)
            self.watched_s += max(0.0, report.duration_s - report.startup_s - report.rebuffer_s)
        if report.errors:
            known = report.last_error in self.kinds or len(self.kinds) < ERROR_KINDS_KEPT
            self.kinds[report.last_error if known else "other"] += report.errors

    @property
    def played(self) -> int:
        return self.startup.count

    def slice(self) -> Slice:
        shown_s = self.watched_s + self.rebuffer_s
        return Slice(
            visits=self.visits,
            played=self.played,
            startup_s=self.startup.percentiles(),
            latency_s=self.latency.percentiles(),
            watched_s=round(self.watched_s, 1),
            rebuffers=self.rebuffers,
            rebuffer_s=round(self.rebuffer_s, 3),
            rebuffer_ratio=round(self.rebuffer_s / shown_s, 5) if shown_s else 0.0,
            rebuffering_visits=self.rebuffering,
            switches=self.switches,
            received_bps=round(self.bytes * 8 / shown_s) if shown_s else 0,
            errors=self.errors + self.visits - self.played,
        )

    def load_report(
        self, url: str, viewers: int, duration_s: float, timings: Timings, cpu_cores: float
    ) -> LoadReport:
        return LoadReport(
            url=url,
            viewers=viewers,
            played=self.played,
            playing=self.playing,
            duration_s=round(duration_s, 3),
            startup_s=self.startup.percentiles(),
            latency_s=self.latency.percentiles(),
            rebuffers=self.rebuffers,
            rebuffer_s=round(self.rebuffer_s, 3),
            rebuffering_viewers=self.rebuffering,
            parts=self.parts,
            gaps=self.gaps,
            discontinuities=self.discontinuities,
            seeks=self.seeks,
            requests=self.requests,
            bytes=self.bytes,
            egress_bps=round(self.bytes * 8 / duration_s),
            errors=self.errors + viewers - self.played,
            error_kinds=dict(self.kinds.most_common(MAX_ERROR_KINDS)),
            playlist_wait_s=timings.playlist_wait.percentiles(),
            playlist_age_s=timings.playlist_age.percentiles(),
            part_wait_s=timings.part_wait.percentiles(),
            cpu_cores=round(cpu_cores, 3),
        )
