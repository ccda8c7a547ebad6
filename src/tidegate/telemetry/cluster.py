"""A ClickHouse server or cluster, over its HTTP interface.

In: batches and queries, from one event loop. Out: what the server answers. The SQL, the tables and the settings are those of the embedded
engine; only engine clauses differ (`schema.Layout`). Reference: https://clickhouse.com/docs/interfaces/http
"""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Final

import httpx
import structlog

from tidegate.core.backoff import Backoff
from tidegate.core.errors import TidegateError
from tidegate.core.nodes import Check
from tidegate.telemetry import schema, statements, upgrade
from tidegate.telemetry.contract import LIMITS, Param, QueryLimits, Rows, TelemetryAwayError
from tidegate.telemetry.dsn import Server
from tidegate.telemetry.readiness import Readiness
from tidegate.telemetry.schema import Layout, Retention

CONNECT_S: Final = 5.0
ANSWER_S: Final = 60.0
"""How long a batch or a statement may take; a query may take what its limits say, and this much for its answer to arrive."""

CONNECTIONS_MAX: Final = 8
FIRST_DELAY_S: Final = 0.5
MOST_DELAY_S: Final = 30.0

_log = structlog.get_logger()


class ClusterTelemetry:
    """Implements `Telemetry` over HTTP."""

    def __init__(self, server: Server, retention: Retention, chance: Random) -> None:
        self._server = server
        self._retention = retention
        self._layout = Layout(server.cluster)
        self._backoff = Backoff(FIRST_DELAY_S, MOST_DELAY_S, chance)
        self._client = httpx.AsyncClient(
            base_url=server.url,
            headers={"X-ClickHouse-User": server.user, "X-ClickHouse-Key": server.password},
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=False,
        )
        self._ready = Readiness()

    async def start(self) -> None:
        await self._ready.begin(self._prepare(), "telemetry-cluster")

    async def stop(self) -> None:
        await self._ready.end()
        await self._client.aclose()

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        entry = statements.entry(table, lines, self._layout)
        self._ready.require()
        settings = {**statements.insert_settings(token), "query": f"{entry.sql} FORMAT {entry.format}"}
        answer = await self._post(entry.lines, settings)
        if answer.status_code != httpx.codes.OK:
            raise statements.insert_error(answer.text)

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        self._ready.require()
        return await self._asked(sql, params, limits)

    async def keep(self, retention: Retention) -> None:
        """Change how long things are kept; where the server is away it holds from its next start on.

        Raises:
            TelemetryAwayError: it is.
        """
        self._retention = retention
        self._ready.require()
        await upgrade.keep(self, self._layout, retention)

    async def check(self) -> Check:
        try:
            self._ready.require()
            await self.query("SELECT 1", limits=QueryLimits(seconds=CONNECT_S))
        except TelemetryAwayError as error:
            return Check("telemetry", "degraded", error.message, error.hint)
        return Check("telemetry", "ok", f"ClickHouse at {self._server.url} takes facts and answers.")

    async def run(self, sql: str) -> None:
        """A statement of an upgrade.

        Raises:
            TelemetryAwayError: it was not run, and why.
        """
        answer = await self._post(sql.encode(), {})
        if answer.status_code != httpx.codes.OK:
            said = statements.insert_error(answer.text)
            raise TelemetryAwayError(f"ClickHouse's tables cannot be made: {said.message}", hint=said.hint)

    async def ask(self, sql: str) -> Rows:
        """A question of an upgrade."""
        return await self._asked(sql, None, LIMITS)

    async def _asked(self, sql: str, params: Mapping[str, Param] | None, limits: QueryLimits) -> Rows:
        settings: dict[str, statements.Setting] = {
            **statements.query_settings(limits),
            **{f"param_{name}": text for name, text in statements.param_texts(params).items()},
            "default_format": statements.ANSWER_FORMAT,
            "cancel_http_readonly_queries_on_client_close": 1,
        }
        if self._ready:
            settings["database"] = schema.DATABASE
        answer = await self._post(sql.encode(), settings, ANSWER_S + limits.seconds)
        if answer.status_code != httpx.codes.OK:
            raise statements.query_error(answer.text)
        return statements.rows(answer.content)

    async def _post(
        self, content: bytes, words: Mapping[str, statements.Setting], seconds: float = ANSWER_S
    ) -> httpx.Response:
        """Ask the server. It keeps its answer back until it is whole, so that a status says how it ended."""
        try:
            return await self._client.post(
                "/",
                content=content,
                params={**words, "wait_end_of_query": 1},
                timeout=httpx.Timeout(seconds, connect=CONNECT_S),
            )
        except httpx.HTTPError as error:
            raise TelemetryAwayError(
                f"ClickHouse at {self._server.url} does not answer ({type(error).__name__}).",
                hint="Check that it runs and that `telemetry` in the configuration names it.",
            ) from error

    async def _prepare(self) -> None:
        """Make the tables, as soon as the server lets us."""
        while True:
            try:
                await upgrade.bring_up_to_date(self, self._layout, self._retention)
            except TidegateError as error:
                self._ready.why = TelemetryAwayError(error.message, hint=error.hint)
                _log.warning("telemetry_cluster_away", why=error.message)
                await asyncio.sleep(self._backoff.next_s())
            else:
                self._ready.reached()
                return
