"""Counting viewers: each once per channel, for the window, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.ports import Audience
from tidegate.media.edge.audience import ViewerTable

WINDOW_S = 10.0


def table(clock: ManualClock, max_viewers: int = 1000, max_channels: int = 10) -> ViewerTable:
    audience = ViewerTable(clock, WINDOW_S, max_viewers, max_channels)
    audience.open("demo")
    return audience


def test_is_the_port() -> None:
    port: Audience = table(ManualClock())
    assert port.total() == 0


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 5)), max_size=60))
def test_counts_who_was_seen_within_the_window(sightings: list[tuple[float, int]]) -> None:
    clock = ManualClock()
    audience = table(clock)
    last: dict[int, float] = {}
    for after_s, viewer in sightings:
        clock.advance(after_s)
        now = clock.monotonic()
        audience.seen("demo", str(viewer), now)
        last[viewer] = now
        present = sum(now - seen <= WINDOW_S for seen in last.values())
        assert audience.viewers("demo") == audience.total() == present
        assert audience.peak("demo") >= present
    clock.advance(WINDOW_S + 0.1)
    assert (audience.viewers("demo"), audience.total(), audience.channels()) == (0, 0, {})


def test_peak_belongs_to_the_broadcast() -> None:
    clock = ManualClock()
    audience = table(clock)
    for viewer in "abc":
        audience.seen("demo", viewer, clock.monotonic())
    clock.advance(6)
    audience.seen("demo", "a", clock.monotonic())
    clock.advance(6)
    assert (audience.viewers("demo"), audience.peak("demo")) == (1, 3)
    audience.begin_broadcast("demo")
    assert audience.peak("demo") == 1


def test_unknown_channels_leave_nothing() -> None:
    clock = ManualClock()
    audience = table(clock)
    for number in range(100):
        audience.seen(f"no{number}", "v", clock.monotonic())
    assert (audience.total(), audience.peak("no1"), audience.viewers("no1")) == (0, 0, 0)


def test_bounds() -> None:
    clock = ManualClock()
    audience = table(clock, max_viewers=3, max_channels=2)
    for viewer in "abcde":
        audience.seen("demo", viewer, clock.monotonic())
    assert (audience.viewers("demo"), audience.uncounted) == (3, 2)
    audience.open("empty")
    audience.open("third")
    clock.advance(WINDOW_S + 1)
    audience.sweep(clock.monotonic())
    audience.seen("empty", "v", clock.monotonic())
    audience.seen("third", "v", clock.monotonic())
    assert audience.channels() == {"third": 1}
