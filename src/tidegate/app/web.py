"""Hands a connection that wants pages or the API to uvicorn, on the port that the edge owns.

The edge accepts every connection and keeps those that ask for `/live/`; any other goes, with the bytes read so far, to
a protocol made here. So viewers and pages share one address, and live bytes never pass through ASGI.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tidegate.media.edge.answers import refusal

STOP_DEADLINE_S = 5.0
REQUEST_DEADLINE_S = 20.0
"""From a request's first byte to its last. uvicorn itself waits for ever, so a peer that dribbles would keep its place
among the connections; the API takes a few kilobytes at most."""

_TOO_LATE = refusal(408, "The request did not arrive in time.", "Send it at once.")


class WebFallback:
    """A factory of uvicorn connections that no uvicorn server has accepted."""

    def __init__(
        self,
        app: Any,
        request_deadline_s: float = REQUEST_DEADLINE_S,
        trusted_proxies: Sequence[str] = ("127.0.0.1", "::1"),
    ) -> None:
        self._deadline_s = request_deadline_s
        self._config = uvicorn.Config(
            app,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
            forwarded_allow_ips=list(trusted_proxies),
        )
        self._config.load()
        self._state = ServerState()

    def __call__(self) -> asyncio.Protocol:
        connection = _Connection(config=self._config, server_state=self._state, app_state={})
        connection.deadline_s = self._deadline_s
        return connection

    async def stop(self) -> None:
        """End idle connections now and running requests when they are answered, or after `STOP_DEADLINE_S`."""
        for connection in list(self._state.connections):
            connection.shutdown()
        running = list(self._state.tasks)
        if running:
            _, late = await asyncio.wait(running, timeout=STOP_DEADLINE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class _Connection(HttpToolsProtocol):
    """uvicorn's connection, with a deadline for each request to arrive."""

    deadline_s = REQUEST_DEADLINE_S
    _deadline: asyncio.TimerHandle | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arrived()
        self._deadline = self.loop.call_later(self.deadline_s, self._late)

    def on_message_complete(self) -> None:
        self._arrived()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        answering: Any = self.cycle  # None before the first head, whatever its annotation says
        if answering is None or answering.response_complete or not answering.response_started:
            self.transport.writelines((_TOO_LATE.closing_head, _TOO_LATE.body))
        self.transport.close()
