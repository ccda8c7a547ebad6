"""Indicators over this installation's telemetry: for the API, and as gauges for Prometheus."""

from tidegate.app.folder import INDICATORS_FOLDER
from tidegate.app.ground import Ground
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.indicators.exposition import IndicatorExposition
from tidegate.governance.indicators.service import IndicatorService
from tidegate.telemetry.contract import Telemetry


def start_indicators(ground: Ground, telemetry: Telemetry) -> IndicatorService:
    """Read the indicators, and keep their gauges current until this stops.

    Raises:
        IndicatorFileError: a file in the data folder's `indicators` is not as it must be.
    """
    service = IndicatorService(telemetry, load(ground.data / INDICATORS_FOLDER), ground.book, ground.clock)
    exposition = IndicatorExposition(service, ground.clock)
    ground.registry.register(exposition)
    ground.run(exposition.keep_current(), "indicators-current")
    return service
