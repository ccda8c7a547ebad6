"""A node's interval: what happened between two readings, and never less than nothing."""

import subprocess
import sys

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.app.config import Address
from tidegate.app.edge import RemoteEdge
from tidegate.app.node import NodeMonitor, Reading, Work, node_fact
from tidegate.core.clock import ManualClock
from tidegate.core.errors import InvalidError
from tidegate.core.nodes import NodeStatus
from tidegate.core.settings import SettingsBook, Subject

STATUS = NodeStatus("n1", "r1", ("origin", "edge"), "0.1", 0.0, 0.0, 2, 10, 100, 40, 50, 1, 3, 0.0, 0.0)
BEFORE = Reading(
    100.0, 5.0, 10, 400.0, 300.0, 100, 40, 50, Work(ingested_bytes=1000, sent_bytes=50, logs_dropped=1)
)


def test_amounts_are_of_the_interval_and_gauges_of_its_end() -> None:
    work = Work(
        streams=1,
        viewers=3,
        ladders=2,
        connections=9,
        ingested_bytes=1500,
        sent_bytes=250,
        facts_dropped=4,
        logs_dropped=1,
    )
    now = msgspec.structs.replace(
        BEFORE, at=102.0, cpu_s=5.5, machine_s=404.0, machine_idle_s=303.0, work=work
    )
    fact = node_fact(STATUS, BEFORE, now, 7.0, ("chg:treatment",))
    assert (fact.at, fact.node, fact.region, fact.roles, fact.arms) == (
        7.0, "n1", "r1", "edge,origin", ("chg:treatment",),
    )  # fmt: skip
    assert (fact.interval_s, fact.cpu_s, fact.capacity_left) == (2.0, 0.5, 0.75)
    assert (fact.ingest_bytes, fact.egress_bytes, fact.facts_dropped, fact.logs_dropped) == (500, 200, 4, 0)
    assert (fact.streams, fact.viewers, fact.ladders, fact.connections) == (1, 3, 2, 9)


readings = st.builds(
    Reading,
    *[st.floats(0, 1e9)] * 2, st.integers(0, 2**40), *[st.floats(0, 1e9)] * 2, *[st.integers(0, 2**40)] * 3,
    st.builds(Work, *[st.integers(0, 2**50)] * 8),
)  # fmt: skip


@given(readings, readings)
def test_whatever_is_read_nothing_is_negative_and_shares_are_shares(before: Reading, now: Reading) -> None:
    fact = node_fact(STATUS, before, now, 1.0)
    assert 0 <= fact.capacity_left <= 1
    for name in ("cpu_s", "ingest_bytes", "egress_bytes", "facts_dropped", "logs_dropped"):
        assert getattr(fact, name) >= 0


def test_a_child_that_ends_leaves_its_processor_time(tmp_path) -> None:
    monitor = NodeMonitor(
        Subject(node="n", region="r"), ("edge",), tmp_path, ManualClock(), Work, SettingsBook()
    )
    burn = "import time\nwhile time.process_time() < 0.5: pass\ninput()"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE) as child:
        pid = psutil.Process(child.pid)
        while sum(pid.cpu_times()[:2]) < 0.3:
            pass
        running = monitor.read()
        child.kill()
        child.wait()
    assert monitor.read().cpu_s >= running.cpu_s


def test_each_sample_is_told_once(tmp_path) -> None:
    clock = ManualClock()
    monitor = NodeMonitor(Subject(node="n", region="r"), ("edge",), tmp_path, clock, Work, SettingsBook())
    assert monitor.report(1.0) == []
    clock.advance(2.0)
    monitor.sample(monitor.read())
    (fact,) = monitor.report(2.0)
    assert (fact.interval_s, fact.at) == (2.0, 2.0)
    assert monitor.report(3.0) == []


@pytest.mark.parametrize(
    ("node", "region"), [("an edge", "eu"), ("-edge", "eu"), ("edge", "EU"), ("edge\n", "eu")]
)
def test_an_edge_is_named_so_that_a_column_can_hold_it(node: str, region: str) -> None:
    with pytest.raises(InvalidError) as refused:
        RemoteEdge("http://127.0.0.1:1", Address("127.0.0.1", 0), node=node, region=region)
    assert refused.value.hint
