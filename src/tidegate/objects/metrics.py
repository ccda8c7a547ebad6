"""Counters of an object store for Prometheus, read at scrape time."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.objects.abc import Objects


class ObjectsCollector(Collector):
    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def collect(self) -> Iterable[Metric]:
        store = self._objects
        for name, what, value in (
            ("puts", "Objects stored", store.puts),
            ("gets", "Objects read", store.gets),
            ("deletes", "Objects removed", store.deletes),
            ("written_bytes", "Bytes stored", store.bytes_written),
            ("read_bytes", "Bytes read", store.bytes_read),
            ("refused", "Calls refused because too many waited", store.refused),
            ("errors", "Calls that failed at the engine", store.errors),
        ):
            yield CounterMetricFamily(f"tidegate_objects_{name}", what, value=value)
