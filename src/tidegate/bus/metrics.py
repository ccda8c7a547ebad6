"""What the in-process bus has carried and dropped, for Prometheus; read from plain ints at scrape time."""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.bus.local import LocalBus


class BusMetrics(Collector):
    """Counters of one `LocalBus`."""

    def __init__(self, bus: LocalBus) -> None:
        self._bus = bus

    def collect(self) -> Iterable[Metric]:
        bus = self._bus
        yield CounterMetricFamily("tidegate_bus_published", "Messages published.", value=bus.published)
        yield CounterMetricFamily(
            "tidegate_bus_delivered", "Messages put before a subscriber.", value=bus.delivered
        )
        yield CounterMetricFamily(
            "tidegate_bus_dropped", "Messages a slow subscriber has missed.", value=bus.dropped
        )
        yield CounterMetricFamily(
            "tidegate_bus_lagged", "Times a subscriber passed its bound.", value=bus.lagged
        )
        yield GaugeMetricFamily("tidegate_bus_subscribers", "Subscriptions open now.", value=bus.subscribers)
