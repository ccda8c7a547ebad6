"""Alerts over this installation's indicators: looked at here, or on another node of it; told by webhooks."""

from tidegate.app.ground import Ground
from tidegate.governance.alerts.evaluator import Evaluator, Place
from tidegate.governance.alerts.metrics import AlertCollector
from tidegate.governance.alerts.rulebook import RuleBook
from tidegate.governance.alerts.service import AlertService
from tidegate.governance.indicators.service import IndicatorService
from tidegate.store import Store
from tidegate.telemetry.dsn import OFF


def start_alerts(ground: Ground, store: Store, indicators: IndicatorService, base_url: str) -> AlertService:
    """Look at the rules until this stops, unless this node has no telemetry to ask. `base_url` is what links in events begin with."""
    rulebook = RuleBook(store, indicators.catalogue)
    place = Place(ground.config.region, ground.config.node_name, base_url.rstrip("/"))
    evaluator = Evaluator(store, rulebook, indicators, ground.book, ground.clock, ground.facts, place)
    if ground.config.telemetry != OFF:
        evaluator.start()
        ground.on_stop(evaluator.stop)
    ground.registry.register(AlertCollector(evaluator))
    return AlertService(store, ground.clock, rulebook, evaluator)
