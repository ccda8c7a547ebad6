"""What telemetry takes, keeps and drops, for Prometheus, read at scrape time."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.telemetry.writer import FactWriter


class TelemetryCollector(Collector):
    def __init__(self, writer: FactWriter) -> None:
        self._writer = writer

    def collect(self) -> Iterable[Metric]:
        writer = self._writer
        for name, text, counts in (
            ("facts", "Facts taken.", writer.taken),
            ("stored_facts", "Facts that reached the engine.", writer.stored),
        ):
            family = CounterMetricFamily(f"tidegate_telemetry_{name}", text, labels=["table"])
            for table, count in counts.items():
                family.add_metric([table], count)
            yield family
        dropped = CounterMetricFamily(
            "tidegate_telemetry_dropped_facts", "Facts that were not kept.", labels=["table", "reason"]
        )
        for labels, count in writer.dropped.items():
            dropped.add_metric(list(labels), count)
        yield dropped
        limited = GaugeMetricFamily(
            "tidegate_telemetry_limited_facts",
            "Facts changed or refused for too many different values, in this hour and the one before.",
            labels=["table", "dimension"],
        )
        for labels, count in writer.limited.items():
            limited.add_metric(list(labels), count)
        yield limited
        yield CounterMetricFamily("tidegate_telemetry_batches", "Batches stored.", value=writer.batches)
        yield CounterMetricFamily(
            "tidegate_telemetry_crashes",
            "Times that the writer met an error nobody had thought of, and went on.",
            value=writer.crashes,
        )
        yield GaugeMetricFamily(
            "tidegate_telemetry_behind_seconds",
            "How long the oldest batch has waited for the engine.",
            value=writer.behind_s,
        )
        backlog = writer.backlog
        yield CounterMetricFamily(
            "tidegate_telemetry_torn_files",
            "Files of the spill that were not whole.",
            value=backlog.spill.torn,
        )
        waiting = GaugeMetricFamily(
            "tidegate_telemetry_waiting_bytes", "Batches that wait for the engine.", labels=["where"]
        )
        waiting.add_metric(["memory"], backlog.bytes)
        waiting.add_metric(["disk"], backlog.spill.bytes)
        yield waiting
