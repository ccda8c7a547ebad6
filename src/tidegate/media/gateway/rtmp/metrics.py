"""The gateway's counters for a Prometheus scrape; nothing is computed between scrapes."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.gateway.rtmp.server import RtmpServer


class RtmpCollector(Collector):
    """Register it with the registry that `/metrics` serves."""

    def __init__(self, server: RtmpServer) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        counters = self._server.counters
        running = [
            connection.session for connection in self._server.connections if connection.phase == "open"
        ]
        yield CounterMetricFamily(
            "tidegate_rtmp_connections_total", "Connections accepted.", counters.connections
        )
        yield CounterMetricFamily(
            "tidegate_rtmp_turned_away_total",
            "Connections closed unheard: over a limit.",
            counters.turned_away,
        )
        yield CounterMetricFamily(
            "tidegate_rtmp_publishers_total", "Publishers admitted.", counters.publishers
        )
        yield CounterMetricFamily(
            "tidegate_rtmp_received_bytes_total",
            "Bytes received.",
            counters.bytes_in + sum(session.bytes_received for session in running),
        )
        yield CounterMetricFamily(
            "tidegate_rtmp_packets_total",
            "Frames handed on.",
            counters.packets + sum(session.packets for session in running),
        )
        yield CounterMetricFamily(
            "tidegate_rtmp_dropped_frames_total",
            "Frames dropped: before their configuration, or malformed.",
            counters.dropped_frames + sum(session.dropped for session in running),
        )
        refusals = CounterMetricFamily(
            "tidegate_rtmp_refusals_total", "Refusals by error code.", labels=["code"]
        )
        for code, count in counters.refusals.items():
            refusals.add_metric([code], count)
        yield refusals
        yield GaugeMetricFamily(
            "tidegate_rtmp_publishing", "Publishers now.", sum(s.state == "publishing" for s in running)
        )
