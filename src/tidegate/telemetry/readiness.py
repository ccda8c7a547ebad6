"""Whether an engine answers, and if not, why: kept by a task of its own that goes on trying.

In: the engine's work. Out: `TelemetryAwayError`s that say what the matter is.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from tidegate.telemetry.contract import TelemetryAwayError

START_DEADLINE_S: Final = 60.0
"""How long a start waits to be ready; thousands of parts after a crash take a while."""


class Readiness:
    """Attributes:
    why: why it does not answer now, or last did not.
    """

    def __init__(self) -> None:
        self.why = TelemetryAwayError("Telemetry is starting.")
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        return self._ready.is_set()

    def reached(self) -> None:
        self._ready.set()

    def lost(self) -> None:
        self._ready.clear()

    def away(self) -> TelemetryAwayError:
        return TelemetryAwayError(self.why.message, hint=self.why.hint)

    def require(self) -> None:
        """Raises:
        TelemetryAwayError: it does not answer now.
        """
        if not self:
            raise self.away()

    async def begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` until `end`; returns when it is ready for the first time.

        Raises:
            TelemetryAwayError: it is not, in all that time; the work goes on.
        """
        self._task = asyncio.create_task(work, name=name)
        try:
            async with asyncio.timeout(START_DEADLINE_S):
                await self._ready.wait()
        except TimeoutError:
            raise self.away() from None

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
