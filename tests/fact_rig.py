"""Telemetry inside the test's own process: chDB with the real tables, for asking much of facts that are there once."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from chdb.session import Session

from tidegate.core.facts import TABLES, Fact
from tidegate.core.nodes import Check
from tidegate.telemetry import schema, statements
from tidegate.telemetry.contract import LIMITS, Param, QueryLimits, Rows


class InProcess:
    """Implements `Telemetry`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._turn = threading.Lock()  # a session has one set of parameters
        self._session = Session(str(folder))
        layout = schema.Layout()
        for sql in (
            schema.database(layout),
            *(each.create for each in schema.items(layout, schema.Retention())),
        ):
            self._session.query(sql)

    def put(self, facts: Sequence[Fact]) -> None:
        for table, kind in TABLES.items():
            lines = [msgspec.json.encode(fact).decode() for fact in facts if type(fact) is kind]
            if lines:
                rows = "\n".join(lines)
                self._session.query(f"{statements.insert_sql(table)} FORMAT {statements.LINES_FORMAT} {rows}")

    def close(self) -> None:
        self._session.close()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        raise NotImplementedError

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        bounded = f"{sql}\nSETTINGS {statements.settings_sql(statements.query_settings(limits))}"
        return await asyncio.to_thread(self._ask, bounded, statements.param_texts(params))

    def _ask(self, sql: str, params: dict[str, str]) -> Rows:
        with self._turn:
            answer = self._session.query(sql, statements.ANSWER_FORMAT, params=params)
            return statements.rows(bytes(answer.bytes()))

    async def check(self) -> Check:
        return Check("telemetry", "ok", "It runs.")
