"""Channels and admission for Prometheus; read from plain ints at scrape time."""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.media.channels.admission import KeyAdmission
from tidegate.media.channels.directory import ChannelDirectory
from tidegate.media.channels.refusals import RefusalLog


class ChannelsMetrics(Collector):
    """How many channels there are, and what became of those who wanted to publish."""

    def __init__(self, directory: ChannelDirectory, admission: KeyAdmission, refusals: RefusalLog) -> None:
        self._directory = directory
        self._admission = admission
        self._refusals = refusals

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("tidegate_channels", "Channels there are.", value=len(self._directory))
        publishers = CounterMetricFamily(
            "tidegate_channels_admissions", "Publishers by answer.", labels=["answer"]
        )
        publishers.add_metric(["admitted"], self._admission.admitted)
        publishers.add_metric(["wrong-key"], self._admission.wrong - self._admission.throttled)
        publishers.add_metric(["throttled"], self._admission.throttled)
        yield publishers
        yield CounterMetricFamily(
            "tidegate_channels_refusals", "Publishing attempts noted as refused.", value=self._refusals.count
        )
