"""Counters of webhooks and hook for Prometheus: plain integers, read when scraped."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.webhooks.deliverer import Deliverer
from tidegate.webhooks.hook import HookedAdmission
from tidegate.webhooks.log import EventLog


class WebhookCollector(Collector):
    """Reads what delivers, what writes and what asks."""

    def __init__(self, deliverer: Deliverer, log: EventLog, hook: HookedAdmission) -> None:
        self._deliverer = deliverer
        self._log = log
        self._hook = hook

    def collect(self) -> Iterator[Metric]:
        attempts = CounterMetricFamily(
            "tidegate_webhook_attempts_total", "Requests made.", labels=["outcome"]
        )
        for outcome, count in self._deliverer.outcomes.items():
            attempts.add_metric([outcome], count)
        yield attempts
        yield GaugeMetricFamily(
            "tidegate_webhook_requests", "Requests under way.", value=self._deliverer.running
        )
        yield GaugeMetricFamily(
            "tidegate_events_waiting", "Events that wait for the store.", value=len(self._log)
        )
        yield CounterMetricFamily(
            "tidegate_events_dropped_total", "Events lost while the store was away.", value=self._log.dropped
        )
        answers = CounterMetricFamily("tidegate_publish_hook_total", "What the hook said.", labels=["answer"])
        for answer, count in self._hook.answers.items():
            answers.add_metric([answer], count)
        yield answers
