"""The API for Prometheus; read from plain ints at scrape time."""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.api.auth import Authenticator
from tidegate.api.event_stream import EventStreams
from tidegate.api.gate import Gate


class ApiMetrics(Collector):
    """Requests by route and answer, sign-ins, event streams."""

    def __init__(self, gate: Gate, auth: Authenticator, events: EventStreams) -> None:
        self._gate = gate
        self._auth = auth
        self._events = events

    def collect(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "tidegate_api_requests", "Requests answered.", labels=["method", "route", "status"]
        )
        for (method, route, status), count in self._gate.answers.items():
            requests.add_metric([method, route, str(status)], count)
        yield requests
        yield CounterMetricFamily(
            "tidegate_api_foreign_hosts", "Requests refused for their Host.", value=self._gate.foreign_hosts
        )
        sign_ins = CounterMetricFamily("tidegate_api_sign_ins", "Tokens by answer.", labels=["answer"])
        sign_ins.add_metric(["right"], self._auth.signed_in)
        sign_ins.add_metric(["wrong"], self._auth.wrong - self._auth.throttled)
        sign_ins.add_metric(["throttled"], self._auth.throttled)
        yield sign_ins
        events = self._events
        yield GaugeMetricFamily("tidegate_api_event_streams", "Event streams open now.", value=events.open)
        for name, text, value in (
            ("sent", "Events written to clients.", events.sent),
            ("dropped", "Event streams ended because their client did not keep up.", events.dropped),
            ("refused", "Event streams refused because too many were open.", events.refused),
        ):
            yield CounterMetricFamily(f"tidegate_api_event_streams_{name}", text, value=value)
