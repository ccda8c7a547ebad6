"""The gate's counters for Prometheus: plain integers, read when scraped."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.access.gate import Gate


class AccessCollector(Collector):
    """Reads one `Gate`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def collect(self) -> Iterator[Metric]:
        refused = CounterMetricFamily(
            "tidegate_access_refused_total", "Requests of viewers refused, by reason.", labels=["reason"]
        )
        for reason, count in self._gate.refused.items():
            refused.add_metric([reason], count)
        yield refused
        yield CounterMetricFamily(
            "tidegate_access_verified_total",
            "Signatures of playback tokens looked at.",
            value=self._gate.verified,
        )
