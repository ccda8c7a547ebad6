"""The edge's counters for Prometheus: plain integers, read when scraped."""

from collections.abc import Iterator

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.edge.server import EdgeServer

_EDGE = {
    "requests": "Requests for live objects.",
    "hits": "Requests answered from memory.",
    "joined": "Requests that joined an upstream request already under way.",
    "upstream_requests": "Requests asked upstream.",
    "upstream_not_modified": "Upstream said that what is kept still holds.",
    "upstream_failures": "Upstream answers of 500 and above.",
    "stale_served": "Stale playlists served while upstream was away.",
    "old_playlists": "Playlists that upstream gave and that went back behind what was served before.",
    "not_modified": "Viewers told to keep the copy they have.",
    "overloaded": "Requests refused because too many were waiting.",
    "full": "Requests of viewers whom a channel has no more room for.",
    "limited_by_channel": "Requests refused because their channel is asked too often.",
    "refused_seats": "Requests refused because their channel has as many connections as it takes.",
    "reports": "Beacons of players received, whatever became of them.",
    "bad_targets": "Requests for addresses that cannot exist.",
}
_SERVER = {
    "accepted": "Connections accepted.",
    "refused_connections": "Connections refused at the bound of connections.",
    "refused_per_ip": "Connections refused at the bounds of one address.",
    "limited_requests": "Requests refused because their address makes too many.",
    "bad_requests": "Connections closed because their bytes were no request.",
    "handed_over": "Connections handed to the server behind.",
    "head_timeouts": "Connections closed because a request head did not arrive in time.",
    "idle_timeouts": "Connections closed because nothing was asked.",
    "stalled": "Connections cut because the viewer did not read.",
    "hung_up_waiting": "Viewers that hung up while waiting.",
}


class EdgeCollector(Collector):
    """Reads one `EdgeServer` and its `Edge`."""

    def __init__(self, server: EdgeServer) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        server, edge = self._server, self._server.edge
        for counters, meanings in ((edge.counters, _EDGE), (server.counters, _SERVER)):
            for name, value in msgspec.structs.asdict(counters).items():
                yield CounterMetricFamily(f"tidegate_edge_{name}_total", meanings[name], value=value)
        audience = edge.audience
        yield CounterMetricFamily(
            "tidegate_edge_sent_bytes_total", "Bytes written to viewers.", value=audience.sent_bytes
        )
        yield CounterMetricFamily(
            "tidegate_edge_uncounted_viewers_total",
            "Sightings of viewers that were not counted, at the bound of the viewer table.",
            value=audience.uncounted,
        )
        yield CounterMetricFamily("tidegate_edge_evicted_total", "Answers let go.", value=edge.cache.evicted)
        yield GaugeMetricFamily("tidegate_edge_cache_bytes", "Bytes of answers kept.", value=edge.cache.bytes)
        yield GaugeMetricFamily("tidegate_edge_connections", "Open connections.", value=server.connections)
        yield GaugeMetricFamily(
            "tidegate_edge_upstream_flights", "Upstream requests under way.", value=edge.flights
        )
        yield GaugeMetricFamily(
            "tidegate_edge_waiters", "Viewers waiting for one of them.", value=edge.waiters
        )
        yield GaugeMetricFamily(
            "tidegate_edge_addresses", "Addresses whose limits are kept.", value=len(edge.limits)
        )
        viewers = GaugeMetricFamily("tidegate_edge_viewers", "Viewers seen lately.", labels=["channel"])
        for channel, count in audience.channels().items():
            viewers.add_metric([channel], count)
        yield viewers
