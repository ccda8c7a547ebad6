"""Refused attempts to publish, as the studio shows them."""

from tidegate.core.clock import ManualClock
from tidegate.core.decisions import Decision
from tidegate.core.streams import Note
from tidegate.media.channels.directory import ChannelDirectory
from tidegate.media.channels.refusals import KEEP_S, MAX_CHANNELS, MAX_NOTES, RefusalLog
from tidegate.media.channels.types import Channel


def known(*names: str) -> ChannelDirectory:
    directory = ChannelDirectory()
    for name in names:
        directory.put(Channel(name, "", "local", 0.0, "", 1))
    return directory


def note(clock: ManualClock, code: str = "wrong-key", message: str = "No.") -> Note:
    return Note(code, "error", message, "Try another.", clock.wall())


def test_repeats_are_counted_and_the_newest_comes_first() -> None:
    clock = ManualClock()
    log = RefusalLog(clock, known("demo"))
    for code in ("wrong-key", "bad-codec", "wrong-key"):
        clock.advance(1)
        log.refused("demo", note(clock, code))
    assert [(found.code, found.count, found.at) for found in log.recent("demo")] == [
        ("wrong-key", 2, clock.wall()),
        ("bad-codec", 1, clock.wall() - 1),
    ]
    assert log.recent("other") == ()


def test_a_refusal_at_a_channel_that_is_known_is_told() -> None:
    clock, decisions = ManualClock(), list[Decision]()
    log = RefusalLog(clock, known("demo"), decisions.append)
    log.refused("demo", note(clock))
    log.refused("other", note(clock))
    assert [(each.kind, each.outcome, each.channel, each.reason) for each in decisions] == [
        ("publisher-admission", "refused", "demo", "No.")
    ]
    assert decisions[0].evidence == {"code": "wrong-key"}


def test_an_old_refusal_is_no_longer_shown_nor_counted() -> None:
    clock = ManualClock()
    log = RefusalLog(clock, known("demo"))
    log.refused("demo", note(clock))
    clock.advance(KEEP_S + 1)
    assert log.recent("demo") == ()
    log.refused("demo", note(clock))
    assert [found.count for found in log.recent("demo")] == [1]


def test_kinds_channels_and_texts_are_bounded() -> None:
    clock = ManualClock()
    log = RefusalLog(clock, known("demo", *(f"channel-{n}" for n in range(MAX_CHANNELS))))
    for n in range(MAX_NOTES + 5):
        log.refused("demo", note(clock, f"code-{n}", "x" * 10_000))
    kept = log.recent("demo")
    assert len(kept) == MAX_NOTES
    assert kept[0].code == f"code-{MAX_NOTES + 4}"
    assert len(kept[0].message) == 500

    for n in range(MAX_CHANNELS):
        log.refused(f"channel-{n}", note(clock))
    assert len(log) == MAX_CHANNELS
    assert log.recent("demo") == ()
    assert log.count == MAX_NOTES + 5 + MAX_CHANNELS


def test_a_deleted_channel_is_forgotten() -> None:
    clock = ManualClock()
    log = RefusalLog(clock, known("demo"))
    log.refused("demo", note(clock))
    log.forget("demo")
    log.forget("demo")
    assert log.recent("demo") == ()


def test_names_that_are_no_channel_are_only_counted() -> None:
    clock = ManualClock()
    log = RefusalLog(clock, known("demo"))
    log.refused("demo", note(clock))
    for n in range(2 * MAX_CHANNELS):
        log.refused(f"made-up-{n}", note(clock))
    assert len(log) == 1
    assert len(log.recent("demo")) == 1
    assert log.count == 1 + 2 * MAX_CHANNELS
