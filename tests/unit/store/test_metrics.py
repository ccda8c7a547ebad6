"""The store's counters as Prometheus reads them."""

from prometheus_client import CollectorRegistry

from tidegate.store.metrics import StoreCounters, StoreMetrics


def test_counters_are_read_at_scrape_time() -> None:
    registry, counters = CollectorRegistry(), StoreCounters()
    registry.register(StoreMetrics(counters))
    counters.writes, counters.waiting = 3, 2
    assert registry.get_sample_value("tidegate_store_writes_total") == 3
    assert registry.get_sample_value("tidegate_store_waiting") == 2
