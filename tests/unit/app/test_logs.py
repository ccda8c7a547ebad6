"""Logs: a new level reaches loggers that are in use, and lines are stamped with the arms they were written under."""

import json
import logging

import pytest
import structlog

from tidegate.app.logs import LevelledLogger, configure_logs
from tidegate.core.settings import Catalogue, Change, Setting, SettingsBook, SettingState

GRACE = Setting(name="origin.grace_s", default=60.0, owner="origin", sentence="Wait.")


@pytest.fixture
def lines(tmp_path):
    before = (logging.getLogger().handlers, logging.getLogger().level)
    book = SettingsBook(Catalogue([GRACE]))
    handler = configure_logs(tmp_path, "info", book)

    def read():
        handler.flush()
        path = tmp_path / "tidegate.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    yield book, read
    structlog.reset_defaults()
    handler.close()
    logging.getLogger().handlers, level = before
    logging.getLogger().setLevel(level)


def test_a_new_level_reaches_loggers_that_are_in_use(lines):
    _, read = lines
    log = structlog.get_logger()
    bound = log.bind(part="origin")
    log.debug("a")
    log.info("b")
    LevelledLogger.set_level("debug")
    log.debug("c")
    bound.debug("d")
    LevelledLogger.set_level("error")
    log.warning("e")
    bound.info("f")
    log.error("g")
    assert [line["event"] for line in read()] == ["b", "c", "d", "g"]


def test_lines_carry_the_arms_of_whom_they_are_about(lines):
    book, read = lines
    log = structlog.get_logger()
    log.info("before", channel="demo")
    book.apply(SettingState(GRACE.name, 1, changes=(Change("chg_a", 5.0, 1.0, "salt"),)))
    log.info("during", channel="demo")
    log.info("nobody")
    book.apply(SettingState(GRACE.name, 2))
    log.info("after", channel="demo")
    assert [line.get("arms") for line in read()] == [None, ["chg_a:treatment"], None, None]
