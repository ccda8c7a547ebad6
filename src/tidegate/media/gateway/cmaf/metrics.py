"""The door's counters for a Prometheus scrape; nothing is computed between scrapes."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.gateway.cmaf.server import CmafServer


class CmafCollector(Collector):
    """Register it with the registry that `/metrics` serves."""

    def __init__(self, server: CmafServer) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        counters = self._server.counters
        for name, text, value in (
            ("connections", "Connections that pushed.", counters.connections),
            ("uploads", "Uploads begun.", counters.uploads),
            ("publishers", "Publishers admitted.", counters.publishers),
            ("received_bytes", "Bytes received on connections that have ended.", counters.bytes_in),
            ("rendition_chunks", "Chunks taken from transcoders.", counters.rung_chunks),
        ):
            yield CounterMetricFamily(f"tidegate_cmaf_{name}_total", text, value)
        refusals = CounterMetricFamily(
            "tidegate_cmaf_refusals_total", "Refusals by error code.", labels=["code"]
        )
        for code, count in counters.refusals.items():
            refusals.add_metric([code], count)
        yield refusals
        yield GaugeMetricFamily(
            "tidegate_cmaf_publishing", "Channels pushed to now.", self._server.publishing
        )
        yield GaugeMetricFamily("tidegate_cmaf_running_uploads", "Uploads now.", self._server.uploads)
