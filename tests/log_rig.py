"""chDB inside the test with the table of log lines, as telemetry's schema has it."""

import json
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from chdb.session import Session

from tidegate.core.facts import LogFact
from tidegate.core.nodes import Check
from tidegate.telemetry.contract import LIMITS, Column, Param, QueryLimits, Rows

TABLE = """CREATE TABLE tidegate.log (at DateTime64(3, 'UTC'), region LowCardinality(String), node LowCardinality(String),
  level LowCardinality(String), event LowCardinality(String), message String, logger LowCardinality(String), channel LowCardinality(String),
  stream String, session String, arms Array(LowCardinality(String)), fields String,
  INDEX message_text message TYPE text(tokenizer = splitByNonAlpha, preprocessor = lower(message))
) ENGINE = MergeTree ORDER BY at"""


class Engine:
    """Implements `Telemetry`."""

    def __init__(self, path: str) -> None:
        self._session = Session(path)
        self._session.query("CREATE DATABASE tidegate")
        self._session.query(TABLE)

    def put(self, lines: Iterable[LogFact]) -> None:
        text = b"\n".join(map(msgspec.json.encode, lines)).decode()
        self._session.query(f"INSERT INTO tidegate.log FORMAT JSONEachRow {text}")

    def close(self) -> None:
        self._session.close()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def insert(self, table: str, lines: bytes, token: str) -> None:
        raise NotImplementedError

    async def query(
        self, sql: str, params: Mapping[str, Param] | None = None, limits: QueryLimits = LIMITS
    ) -> Rows:
        answer = json.loads(str(self._session.query(sql, "JSONCompact", params=written(params or {}))))
        return Rows(tuple(Column(each["name"], each["type"]) for each in answer["meta"]), answer["data"])

    async def explain(self, sql: str, params: Mapping[str, Param]) -> str:
        return str(self._session.query(f"EXPLAIN indexes = 1 {sql}", "TSVRaw", params=written(params)))

    async def check(self) -> Check:
        return Check("telemetry", "ok", "It runs.")


def written(params: Mapping[str, Param]) -> dict[str, object]:
    """As ClickHouse reads parameters: texts escaped as in TSV, arrays as in SQL."""
    return {name: _written(value) for name, value in params.items()}


def _written(value: Param) -> object:
    if isinstance(value, str):
        return (
            value.replace("\\", "\\\\")
            .replace("\n", "\\n")
            .replace("\t", "\\t")
            .replace("\r", "\\r")
            .replace("\0", "\\0")
        )
    if isinstance(value, Sequence):
        return (
            "["
            + ", ".join("'" + each.replace("\\", "\\\\").replace("'", "\\'") + "'" for each in value)
            + "]"
        )
    return value
