"""The door's counters for Prometheus: plain integers, read when scraped."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.beacons.service import Beacons


class BeaconsCollector(Collector):
    """Reads one `Beacons`."""

    def __init__(self, beacons: Beacons) -> None:
        self._beacons = beacons

    def collect(self) -> Iterator[Metric]:
        beacons = self._beacons
        accepted = CounterMetricFamily(
            "tidegate_beacons_accepted_total", "Players' reports that became facts.", labels=["event"]
        )
        for event, count in beacons.accepted.items():
            accepted.add_metric([event], count)
        yield accepted
        refused = CounterMetricFamily(
            "tidegate_beacons_refused_total", "Beacons and reports that were refused.", labels=["reason"]
        )
        for reason, count in beacons.refused.items():
            refused.add_metric([reason], count)
        yield refused
        for name, text, value in (
            ("invited", "Playback sessions that were told where to report.", beacons.invited),
            ("unasked", "Playback sessions that were told not to: a share of them does.", beacons.unasked),
            ("clocks_off", "Beacons whose player's clock was wrong, and was corrected.", beacons.clocks_off),
        ):
            yield CounterMetricFamily(f"tidegate_beacons_{name}_total", text, value=value)
        yield GaugeMetricFamily(
            "tidegate_beacons_sessions", "Playback sessions heard of lately.", value=beacons.sessions
        )
