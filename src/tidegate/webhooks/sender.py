"""One HTTP request to an endpoint, bounded in time and size, and what became of it."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tidegate.webhooks.errors import WebhookUrlError

if TYPE_CHECKING:
    from tidegate.webhooks.outgoing import Outgoing

DEADLINE_S = 10.0


class Outcome(msgspec.Struct, frozen=True):
    """What became of a request. `status` is 0 where there was no answer, and `error` says why."""

    status: int
    response: str
    error: str
    duration_s: float

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300


class Sender:
    """Sends requests. `allow_private` is asked each time."""

    def __init__(self, allow_private: Callable[[], bool]) -> None:
        self._allow_private = allow_private
        self._outgoing: Outgoing | None = None

    async def close(self) -> None:
        if self._outgoing is not None:
            await self._outgoing.close()

    async def post(
        self, url: str, headers: dict[str, str], body: bytes, deadline_s: float = DEADLINE_S
    ) -> Outcome:
        """Never raises for what goes wrong on the way: the outcome says it."""
        began = time.monotonic()
        status, response, error = 0, "", ""
        try:
            async with asyncio.timeout(deadline_s):
                if self._outgoing is None:
                    self._outgoing = await asyncio.to_thread(_open, self._allow_private)
                status, response = await self._outgoing.post(url, headers, body)
        except TimeoutError:
            error = f"There was no answer within {deadline_s:g} s."
        except (OSError, WebhookUrlError) as failure:
            error = str(failure) or type(failure).__name__
        if status and not 200 <= status < 300:
            error = f"It answered {status}."
        return Outcome(status, response, error[:500], round(time.monotonic() - began, 4))


def _open(allow_private: Callable[[], bool]) -> "Outgoing":
    from tidegate.webhooks.outgoing import Outgoing  # noqa: PLC0415  its client would delay each start

    return Outgoing(allow_private)
