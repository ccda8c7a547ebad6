"""Ladders for a Prometheus scrape."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.transcode.service import LadderService


class LadderCollector(Collector):
    """Register it with the registry that `/metrics` serves."""

    def __init__(self, service: LadderService) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        running = self._service.running()
        room = self._service.room
        restarts = self._service.restarts + sum(status.restarts for status in running.values())
        yield CounterMetricFamily("tidegate_ladder_started_total", "Ladders begun.", self._service.started)
        yield CounterMetricFamily("tidegate_ladder_restarts_total", "Transcoders replaced.", restarts)
        yield GaugeMetricFamily("tidegate_ladder_running", "Ladders now.", len(running))
        yield GaugeMetricFamily(
            "tidegate_ladder_refused", "Channels that want a ladder and have none.", self._service.refused()
        )
        yield GaugeMetricFamily("tidegate_ladder_cores", "Cores that ladders may take.", room.cores)
        yield GaugeMetricFamily("tidegate_ladder_cores_used", "Cores that ladders take.", room.used)
        lag = GaugeMetricFamily(
            "tidegate_ladder_lag_seconds", "How far the slowest rendition is behind.", labels=["channel"]
        )
        cpu = GaugeMetricFamily("tidegate_ladder_cpu_cores", "What a ladder takes.", labels=["channel"])
        for channel, status in running.items():
            lag.add_metric([channel], status.lag_s)
            cpu.add_metric([channel], status.cpu_cores)
        yield lag
        yield cpu
