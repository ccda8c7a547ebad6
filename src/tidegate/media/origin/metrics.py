"""The origin's counters for a Prometheus scrape; plain ints, summed up when asked for."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from tidegate.media.origin.service import OriginService


class ServingCounters:
    """What all broadcasts together have answered.

    Attributes:
        requests: requests of any kind.
        refused: wrong requests, answered 400 or 404.
        waited: requests that had to wait.
        refused_waiters: requests answered 503 because too many waited.
        late: requests that waited in vain.
        rendered: playlists rendered.
    """

    __slots__ = ("late", "refused", "refused_waiters", "rendered", "requests", "waited")

    def __init__(self) -> None:
        self.requests = self.refused = self.waited = self.refused_waiters = self.late = self.rendered = 0


class OriginCollector(Collector):
    """Register it with the registry that `/metrics` serves."""

    def __init__(self, origin: "OriginService") -> None:
        self._origin = origin

    def collect(self) -> Iterator[Metric]:
        origin, counters = self._origin, self._origin.counters
        for name, what, value in (
            ("received_bytes", "CMAF bytes taken in.", origin.bytes_in),
            ("parts", "Parts taken in.", origin.parts),
            ("switches", "Times one publisher took over from the other.", origin.switches),
            ("requests", "Requests answered.", counters.requests),
            ("refused_requests", "Requests refused: wrong, or nothing there.", counters.refused),
            ("waited_requests", "Requests that waited for media to exist.", counters.waited),
            ("refused_waiters", "Requests refused because too many waited.", counters.refused_waiters),
            ("late_requests", "Requests that waited in vain.", counters.late),
            ("rendered_playlists", "Playlists rendered.", counters.rendered),
        ):
            yield CounterMetricFamily(f"tidegate_origin_{name}_total", what, value)
        states = GaugeMetricFamily("tidegate_origin_streams", "Streams by state.", labels=["state"])
        for state, count in origin.states().items():
            states.add_metric([state], count)
        yield states
        yield GaugeMetricFamily(
            "tidegate_origin_memory_bytes", "Media held in memory.", origin.memory_bytes()
        )
        yield GaugeMetricFamily(
            "tidegate_origin_storage_ok", "1 while segments can be stored.", origin.storage_ok
        )
