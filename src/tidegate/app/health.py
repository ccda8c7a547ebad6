"""Whether the platform is well: the worst of what its parts say, each with the next step."""

from collections.abc import Awaitable, Callable, Sequence

from tidegate import __version__
from tidegate.core.clock import Clock
from tidegate.core.nodes import Check, CheckStatus, Health

Probe = Callable[[], Check | Awaitable[Check]]

_BADNESS: dict[CheckStatus, int] = {"ok": 0, "degraded": 1, "failing": 2}


class HealthReport:
    """Implements `HealthSource` over probes that the composition root collects."""

    def __init__(self, clock: Clock, probes: Sequence[Probe]) -> None:
        self._clock = clock
        self._probes = probes
        self._started = clock.monotonic()

    async def health(self) -> Health:
        checks = []
        for probe in self._probes:
            answer = probe()
            checks.append(answer if isinstance(answer, Check) else await answer)
        worst: CheckStatus = max(
            (check.status for check in checks), key=lambda status: _BADNESS[status], default="ok"
        )
        return Health(
            status=worst,
            version=__version__,
            uptime_s=round(self._clock.monotonic() - self._started, 1),
            checks=tuple(checks),
        )
