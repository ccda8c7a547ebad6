"""The gateway's counters for a Prometheus scrape; nothing is computed between scrapes."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.gateway.srt.server import SrtServer


class SrtCollector(Collector):
    """Register it with the registry that `/metrics` serves."""

    def __init__(self, server: SrtServer) -> None:
        self._server = server

    def collect(self) -> Iterator[Metric]:
        counters = self._server.counters
        sessions = self._server.sessions
        media = [session.media for session in sessions if session.media is not None]
        for name, text, value in (
            ("handshakes", "First halves of handshakes answered.", counters.handshakes),
            ("strays", "Datagrams that are no publisher's.", counters.strays),
            ("turned_away", "Publishers refused unheard: over a limit.", counters.turned_away),
            ("publishers", "Publishers admitted.", counters.publishers),
            (
                "received_bytes",
                "Bytes of media received.",
                counters.bytes_in + sum(each.bytes_received for each in media),
            ),
            (
                "datagrams",
                "Datagrams received from publishers.",
                counters.datagrams + sum(session.link.datagrams for session in sessions),
            ),
            ("packets", "Frames handed on.", counters.packets + sum(each.packets for each in media)),
            (
                "dropped_frames",
                "Frames dropped: before their configuration, or malformed.",
                counters.dropped_frames + sum(each.dropped for each in media),
            ),
        ):
            yield CounterMetricFamily(f"tidegate_srt_{name}_total", text, value)
        refusals = CounterMetricFamily(
            "tidegate_srt_refusals_total", "Refusals by error code.", labels=["code"]
        )
        for code, count in counters.refusals.items():
            refusals.add_metric([code], count)
        yield refusals
        yield GaugeMetricFamily("tidegate_srt_publishing", "Publishers now.", len(media))
