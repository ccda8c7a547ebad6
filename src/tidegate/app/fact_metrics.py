"""How telling goes, for Prometheus: what was not told, and what further edges told."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.app.facts import Facts
from tidegate.app.log_facts import LogFacts
from tidegate.telemetry.reception import FactReception


class FactsCollector(Collector):
    def __init__(self, facts: Facts, logs: LogFacts, reception: FactReception) -> None:
        self._facts = facts
        self._logs = logs
        self._reception = reception

    def collect(self) -> Iterator[Metric]:
        facts, reception = self._facts, self._reception
        for name, what, value in (
            ("untold_decisions", "Decisions beyond the bound of what is told.", facts.untold),
            ("failed_reports", "Seconds that a part could not tell of, for a defect.", facts.failed),
            ("dropped_log_lines", "Log lines that became no fact, at the bound.", self._logs.dropped),
            ("received", "Facts that further edges told.", reception.taken),
            ("misdated", "Facts of further edges left out for a time that cannot be.", reception.misdated),
            ("repeated_deliveries", "Deliveries of further edges that had come before.", reception.repeated),
        ):
            yield CounterMetricFamily(f"tidegate_facts_{name}_total", what, value=value)
