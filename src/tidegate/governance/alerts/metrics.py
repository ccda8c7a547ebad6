"""Alerts for Prometheus, as the last round left them; of the process that evaluates."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.governance.alerts.evaluator import Evaluator


class AlertCollector(Collector):
    """Reads what the evaluator left."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def collect(self) -> Iterator[Metric]:
        rounds = self._evaluator.rounds
        alerts = GaugeMetricFamily(
            "tidegate_alerts", "Alerts that are not over.", labels=["rule", "severity", "state"]
        )
        counted = Counter((alert.rule, alert.severity, alert.state) for alert in rounds.open if rounds.holds)
        for labels, count in sorted(counted.items()):
            alerts.add_metric(list(labels), count)
        yield alerts
        yield GaugeMetricFamily(
            "tidegate_alert_evaluator", "1 where this process looks at the rules.", value=int(rounds.holds)
        )
        yield GaugeMetricFamily(
            "tidegate_alert_rules_blind",
            "Rules that could not be looked at in the last round.",
            value=len(rounds.problems) if rounds.holds else 0,
        )
        yield GaugeMetricFamily(
            "tidegate_alert_round_seconds", "How long the last round took.", value=rounds.seconds
        )
        for name, text, value in (
            ("rounds", "Rounds done.", rounds.done),
            ("rounds_failed", "Rounds that came to nothing.", rounds.failed),
            ("rounds_slow", "Rounds that took longer than they are apart.", rounds.slow),
            ("queries", "Queries that rounds made.", self._evaluator.asker.asked),
            ("events", "Events told to receivers.", rounds.told),
            ("slices_cut", "Looks that had more slices than are looked at.", self._evaluator.asker.cut),
        ):
            yield CounterMetricFamily(f"tidegate_alert_{name}", text, value=value)
