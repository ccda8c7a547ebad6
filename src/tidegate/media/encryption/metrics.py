"""Counters of encryption for Prometheus: plain integers, read when scraped."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.encryption.service import EncryptedSource


class EncryptionCollector(Collector):
    """Reads one `EncryptedSource`."""

    def __init__(self, source: EncryptedSource) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(
            "tidegate_encryption_objects_total", "Parts and segments encrypted.", value=self._source.encrypted
        )
        yield CounterMetricFamily(
            "tidegate_encryption_keys_total", "Keys given to edges.", value=self._source.keys
        )
