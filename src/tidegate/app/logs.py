"""Structured logs: one JSON object a line into `logs/tidegate.log`, and warnings to the terminal for people.

A full disk must not stop what is playing, so a line that cannot be written is counted and dropped.
"""

import logging
import logging.handlers
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from tidegate.app.folder import unusable
from tidegate.core.settings import SettingsBook, Subject

MAX_FILE_BYTES = 16 * 1024 * 1024
FILES_KEPT = 4


class TolerantFileHandler(logging.handlers.RotatingFileHandler):
    """Rotates at `MAX_FILE_BYTES`; counts what the disk refuses instead of raising."""

    dropped = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the standard library's name)
        del record
        self.dropped += 1


class LevelledLogger(structlog.make_filtering_bound_logger(logging.DEBUG)):  # type: ignore[misc]  # made at run time
    """What every logger is bound as, so that a new level reaches those that are in use already."""

    @classmethod
    def set_level(cls, level: str) -> None:
        """Write `level` and everything graver from now on; what is below costs no more than a call."""
        wanted = structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()])
        for name, method in vars(wanted).items():
            if not name.startswith("__"):
                setattr(cls, name, method)
        logging.getLogger().setLevel(level.upper())


class ArmsStamp:
    """structlog processor: stamps a line with the change arms of whom it is about; free while nothing is released."""

    def __init__(self, book: SettingsBook) -> None:
        self._book = book

    def __call__(
        self, _logger: Any, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        arms = self._book.arms(
            Subject(
                channel=str(line.get("channel", "")),
                stream=str(line.get("broadcast", "")),
                session=str(line.get("session", "")),
            )
        )
        if arms:
            line["arms"] = arms
        return line


def configure_logs(
    folder: Path, level: str, book: SettingsBook, facts: logging.Handler | None = None
) -> TolerantFileHandler:
    """Send every log line to `folder/tidegate.log` and to `facts`, and warnings to standard error.

    `LevelledLogger.set_level` changes the level later.

    Returns:
        The file handler, whose `dropped` tells how many lines the disk refused.

    Raises:
        FolderError: `folder` cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(folder, error) from error
    shared = _bind(book)
    to_file = TolerantFileHandler(
        folder / "tidegate.log", maxBytes=MAX_FILE_BYTES, backupCount=FILES_KEPT, delay=True
    )
    to_file.setFormatter(_formatter(shared, structlog.processors.JSONRenderer()))
    _send([to_file, _to_terminal(shared), *([facts] if facts is not None else [])], level)
    return to_file


def configure_terminal_logs(level: str, book: SettingsBook, facts: logging.Handler) -> None:
    """As `configure_logs` for a process that has no data folder: `facts` and the terminal are told."""
    _send([_to_terminal(_bind(book)), facts], level)


def _bind(book: SettingsBook) -> list[Any]:
    """Have structlog hand its lines to the standard library's logging. Returns what each line goes through before."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        ArmsStamp(book),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=LevelledLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return shared


def _to_terminal(shared: list[Any]) -> logging.Handler:
    to_terminal = logging.StreamHandler(sys.stderr)
    to_terminal.setLevel(logging.WARNING)
    to_terminal.setFormatter(
        _formatter(shared, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0))
    )
    return to_terminal


def _send(handlers: list[logging.Handler], level: str) -> None:
    logging.getLogger().handlers = handlers
    LevelledLogger.set_level(level)
    for chatty in ("alembic", "sqlalchemy", "httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(
        logging.ERROR
    )  # it warns of each bad request: any stranger could fill the disk


def _formatter(shared: list[Any], renderer: Any) -> logging.Formatter:
    exceptions = [structlog.processors.format_exc_info] if _is_json(renderer) else []
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *exceptions, renderer],
    )


def _is_json(renderer: Any) -> bool:
    return isinstance(renderer, structlog.processors.JSONRenderer)
