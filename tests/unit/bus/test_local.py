"""The in-process bus counts what it does, and keeps nothing behind."""

from prometheus_client import CollectorRegistry

from tidegate.bus import LocalBus
from tidegate.bus.metrics import BusMetrics


async def test_its_counters_are_read_at_scrape_time() -> None:
    bus, registry = LocalBus(), CollectorRegistry()
    registry.register(BusMetrics(bus))
    async with bus.subscribe("stream", capacity=1), bus.subscribe("stream"):
        for n in range(3):
            bus.publish("stream", n)
        assert registry.get_sample_value("tidegate_bus_subscribers") == 2
    assert registry.get_sample_value("tidegate_bus_published_total") == 3
    assert registry.get_sample_value("tidegate_bus_delivered_total") == 6
    assert registry.get_sample_value("tidegate_bus_dropped_total") == 2
    assert registry.get_sample_value("tidegate_bus_lagged_total") == 1
    assert registry.get_sample_value("tidegate_bus_subscribers") == 0


async def test_topics_that_come_and_go_leave_nothing() -> None:
    bus = LocalBus()
    for n in range(1000):
        async with bus.subscribe(f"topic-{n}"):
            pass
        bus.publish(f"other-{n}", n)
    assert bus.subscribers == 0
    assert not bus._queues
