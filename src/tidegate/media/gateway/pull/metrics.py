"""Pulled sources for a Prometheus scrape; nothing is computed between scrapes."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.gateway.pull.server import PullServer


class PullCollector(Collector):
    """Register it with the registry that `/metrics` serves."""

    def __init__(self, server: PullServer) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        states = Counter(session.status.state for session in self._server.sessions)
        sources = GaugeMetricFamily("tidegate_pull_sources", "Pulled sources by state.", labels=["state"])
        for state in ("connecting", "live", "retrying", "standby", "ended"):
            sources.add_metric([state], states[state])
        yield sources
