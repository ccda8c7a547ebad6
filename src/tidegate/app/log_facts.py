"""Every log line as a fact too: what goes into the log file also goes to telemetry, where it can be searched.

In: records of the standard library's logging, structlog's among them, from any thread. Out: `LogFact`s, taken once a second.
Bounds: lines between two takings, and the size of each; what is over is counted, or cut. Lines of telemetry itself, and of
what carries facts, are left to the file: a line that made a fact that made a line would never end.
"""

import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from tidegate.core.facts import LogFact
from tidegate.core.settings import Subject

LINES_MAX = 4096
"""Lines held between two takings, a second apart; further ones are counted and dropped."""
MESSAGE_CHARS_MAX = 8192
VALUE_CHARS_MAX = 4096
"""A longer text is cut, its end with it; a traceback's last lines say most, so of that the beginning goes."""
FIELDS_BYTES_MAX = 8192
"""What telemetry keeps of one text; where there is more, each field is cut to `SHORT_CHARS_MAX`."""
SHORT_CHARS_MAX = 512
OWN_LOGGERS = ("tidegate.telemetry", "tidegate.app.telemetry", "tidegate.app.facts", "tidegate.app.log_facts")

_COLUMNS = frozenset({"event", "level", "timestamp", "channel", "broadcast", "session", "arms"})
_LEVELS = frozenset({"debug", "info", "warning", "error", "critical"})


class LogFacts(logging.Handler):
    """Attributes:
    dropped: lines that came at the bound.
    """

    def __init__(self, here: Subject) -> None:
        super().__init__()
        self.dropped = 0
        self._here = here
        self._held: deque[LogFact] = deque()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; never raises."""
        if record.name.startswith(OWN_LOGGERS):
            return
        if len(self._held) >= LINES_MAX:
            self.dropped += 1
            return
        try:
            self._held.append(fact_of(record, self._here))
        except Exception:  # noqa: BLE001 - whatever somebody logs must not hurt whoever logs it
            self.dropped += 1

    def take(self, _at: float = 0.0) -> list[LogFact]:
        """What has come since this was last called."""
        return [self._held.popleft() for _ in range(len(self._held))]


def fact_of(record: logging.LogRecord, here: Subject) -> LogFact:
    """One line as a fact."""
    line = _line(record)
    event = str(line.get("event", ""))
    others = {name: value for name, value in line.items() if name not in _COLUMNS}
    words = [event] + [
        f"{name}={value}" for name, value in line.items() if name not in {"event", "level", "timestamp"}
    ]
    level = str(line.get("level", record.levelname)).lower()
    return LogFact(
        at=record.created,
        region=here.region,
        node=here.node,
        level=level if level in _LEVELS else "info",
        event=event[:VALUE_CHARS_MAX],
        message=" ".join(words)[:MESSAGE_CHARS_MAX],
        logger=record.name,
        channel=str(line.get("channel", "")),
        stream=str(line.get("broadcast", "")),
        session=str(line.get("session", "")),
        arms=tuple(line.get("arms", ())),
        fields=_fields(others),
    )


def _line(record: logging.LogRecord) -> Mapping[str, Any]:
    """What was said, by name: structlog hands its own dictionary on, other libraries say a text."""
    if isinstance(record.msg, dict):
        return structlog.processors.format_exc_info(None, "", dict(record.msg))
    line: dict[str, Any] = {"event": record.getMessage()}
    if record.exc_info:
        line["exc_info"] = record.exc_info
    return structlog.processors.format_exc_info(None, "", line)


def _fields(others: Mapping[str, Any]) -> str:
    """As a JSON object within the bound, as much of it as goes in."""
    size = 0
    for chars in (VALUE_CHARS_MAX, SHORT_CHARS_MAX):
        made = msgspec.json.encode(
            {name: _short(value, name, chars) for name, value in others.items()}, enc_hook=str
        )
        if len(made) <= FIELDS_BYTES_MAX:
            return made.decode()
        size = size or len(made)
    return msgspec.json.encode({"cut": f"{size} bytes of fields"}).decode()


def _short(value: Any, name: str, chars: int) -> Any:
    if not isinstance(value, str) or len(value) <= chars:
        return value
    return "…" + value[-chars:] if name == "exception" else value[:chars] + "…"
