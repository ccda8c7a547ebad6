"""Hands a connection that wants pages or the API to uvicorn, on the port that the edge owns.

The edge accepts every connection and keeps those that ask for `/live/`; any other goes, with the bytes read so far, to
a protocol made here. So viewers and pages share one address, and live bytes never pass through ASGI.
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

STOP_DEADLINE_S = 5.0


class WebFallback:
    """A factory of uvicorn connections that no uvicorn server has accepted."""

    def __init__(self, app: Any) -> None:
        self._config = uvicorn.Config(
            app,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=75,
        )
        self._config.load()
        self._state = ServerState()

    def __call__(self) -> asyncio.Protocol:
        return HttpToolsProtocol(config=self._config, server_state=self._state, app_state={})

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
