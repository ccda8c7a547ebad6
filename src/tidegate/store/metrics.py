"""What the store has done, as plain ints, and their form for Prometheus."""

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(slots=True)
class StoreCounters:
    """Counters since start.

    Attributes:
        reads, writes: calls that were answered.
        commits: transactions made durable; on SQLite one carries every write that waited for it.
        retries: transactions run again because another was in their way (PostgreSQL).
        failures: calls that failed because of the database.
        refused: calls refused because too many were waiting.
        events: outbox events handed on.
        waiting: writes accepted and not yet answered, now.
    """

    reads: int = 0
    writes: int = 0
    commits: int = 0
    retries: int = 0
    failures: int = 0
    refused: int = 0
    events: int = 0
    waiting: int = 0


class StoreMetrics(Collector):
    """Reads `StoreCounters` at scrape time."""

    def __init__(self, counters: StoreCounters) -> None:
        self._counters = counters

    def collect(self) -> Iterable[Metric]:
        counters = self._counters
        for name, text, value in (
            ("reads", "Reads answered.", counters.reads),
            ("writes", "Writes acknowledged.", counters.writes),
            ("commits", "Transactions made durable.", counters.commits),
            ("retries", "Transactions run again because of another.", counters.retries),
            ("failures", "Calls that failed because of the database.", counters.failures),
            ("refused", "Calls refused because too many were waiting.", counters.refused),
            ("events", "Outbox events handed on.", counters.events),
        ):
            yield CounterMetricFamily(f"tidegate_store_{name}", text, value=value)
        yield GaugeMetricFamily("tidegate_store_waiting", "Writes not answered yet.", value=counters.waiting)
