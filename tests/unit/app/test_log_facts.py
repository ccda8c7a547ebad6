"""Log lines as facts: the same lines as in the file, whole and bounded, and none of telemetry's own."""

import json
import logging
import threading

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tidegate.app import log_facts
from tidegate.app.log_facts import FIELDS_BYTES_MAX, MESSAGE_CHARS_MAX, LogFacts, fact_of
from tidegate.app.logs import configure_logs
from tidegate.core.settings import SettingsBook, Subject

HERE = Subject(node="n1", region="r1")


@pytest.fixture
def handler(tmp_path):
    before = (logging.getLogger().handlers, logging.getLogger().level)
    made = LogFacts(HERE)
    to_file = configure_logs(tmp_path, "info", SettingsBook(), made)
    yield made
    structlog.reset_defaults()
    to_file.close()
    logging.getLogger().handlers, level = before
    logging.getLogger().setLevel(level)


def test_a_line_is_a_fact_with_its_subjects_and_fields(handler, tmp_path) -> None:
    log = structlog.get_logger()
    log.debug("below the level")
    log.warning(
        "publisher_gone", channel="demo", broadcast="bro_1", session="ses_1", after_s=2.5, why={"a": 1}
    )
    (fact,) = handler.take()
    assert (fact.level, fact.event, fact.node, fact.region) == ("warning", "publisher_gone", "n1", "r1")
    assert (fact.channel, fact.stream, fact.session) == ("demo", "bro_1", "ses_1")
    assert json.loads(fact.fields) == {"after_s": 2.5, "why": {"a": 1}}
    assert fact.message.startswith("publisher_gone channel=demo")
    assert "after_s=2.5" in fact.message
    assert fact.logger == __name__
    assert handler.take() == []
    written = json.loads((tmp_path / "tidegate.log").read_text())
    assert written["event"] == fact.event


def test_other_libraries_lines_and_tracebacks_are_facts_too(handler) -> None:
    logging.getLogger("some.library").warning("it is %s", "so")
    try:
        int("that went wrong")
    except ValueError:
        structlog.get_logger().exception("crashed", channel="demo")
    plain, crashed = handler.take()
    assert (plain.event, plain.message, plain.logger) == ("it is so", "it is so", "some.library")
    assert "ValueError: invalid literal" in json.loads(crashed.fields)["exception"]
    assert "ValueError: invalid literal" in crashed.message


def test_telemetrys_own_lines_make_no_facts(handler) -> None:
    for name in ("tidegate.telemetry.writer", "tidegate.app.facts", "tidegate.telemetry"):
        logging.getLogger(name).error("the engine is away")
    assert handler.take() == []


def test_at_the_bound_lines_are_counted_and_a_huge_one_is_cut(handler, monkeypatch) -> None:
    monkeypatch.setattr(log_facts, "LINES_MAX", 3)
    log = structlog.get_logger()
    for number in range(5):
        log.info("line", number=number, much="x" * 100_000, more=["y" * 100_000])
    facts = handler.take()
    assert (len(facts), handler.dropped) == (3, 2)
    assert all(len(fact.message) <= MESSAGE_CHARS_MAX for fact in facts)
    assert all(len(fact.fields) <= FIELDS_BYTES_MAX and json.loads(fact.fields) for fact in facts)


def test_lines_of_threads_arrive(handler) -> None:
    log = structlog.get_logger()
    threads = [
        threading.Thread(target=lambda: [log.info("of a thread") for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(handler.take()) == 200


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.builds(object),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(min_size=1), values, max_size=5), st.text())
def test_whatever_is_logged_becomes_a_fact_or_is_counted(line: dict[str, object], event: str) -> None:
    record = logging.LogRecord("any", logging.INFO, "", 0, {**line, "event": event}, (), None)
    handler = LogFacts(HERE)
    handler.emit(record)
    facts = handler.take()
    assert len(facts) + handler.dropped == 1
    for fact in facts:
        json.loads(fact.fields)
        assert fact == fact_of(record, HERE)
