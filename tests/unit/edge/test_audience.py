"""Counting viewers: each once per channel, for the window, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.clock import ManualClock
from tidegate.core.ports import Audience
from tidegate.media.edge.audience import EARLY_S, ViewerTable

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


def test_a_session_takes_its_devices_place() -> None:
    clock = ManualClock()
    audience = table(clock)
    audience.seen("demo", "device", clock.monotonic(), "device")  # preloads, before the library is there
    clock.advance(0.3)
    audience.seen("demo", "session", clock.monotonic(), "device")
    assert (audience.viewers("demo"), audience.total(), audience.peak("demo")) == (1, 1, 1)
    audience.seen("demo", "device", clock.monotonic(), "device")  # asked for before, arrived after
    assert audience.viewers("demo") == 1
    audience.seen("demo", "another tab", clock.monotonic(), "device")
    assert (audience.viewers("demo"), audience.peak("demo")) == (2, 2)
    clock.advance(EARLY_S)
    audience.seen(
        "demo", "device", clock.monotonic(), "device"
    )  # a player without sessions, for all one can tell
    assert audience.viewers("demo") == audience.total() == 3
    clock.advance(WINDOW_S + 0.1)
    assert (audience.viewers("demo"), audience.total()) == (0, 0)


def test_a_full_channel_lets_its_early_viewer_in_under_its_name() -> None:
    clock = ManualClock()
    audience = table(clock)
    audience.seen("demo", "device", clock.monotonic(), "device")
    assert not audience.has_room("demo", "other", 1, "elsewhere")
    assert audience.has_room("demo", "session", 1, "device")
    audience.seen("demo", "session", clock.monotonic(), "device")
    assert audience.has_room("demo", "device", 1, "device")
    assert not audience.has_room("demo", "another tab", 1, "device")


@given(st.lists(st.tuples(st.floats(0, 6), st.integers(0, 3), st.integers(0, 2)), max_size=60))
def test_names_never_unbalance_the_total(sightings: list[tuple[float, int, int]]) -> None:
    clock = ManualClock()
    audience = table(clock, max_viewers=4)
    for after_s, viewer, device in sightings:
        clock.advance(after_s)
        name = f"d{device}" if viewer == 0 else f"v{viewer}"
        audience.seen("demo", name, clock.monotonic(), f"d{device}")
        assert audience.viewers("demo") == audience.total() <= 4
    clock.advance(WINDOW_S + 0.1)
    assert audience.total() == 0


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
