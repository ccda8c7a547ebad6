"""Settings: declarations refuse what breaks them, and resolving is deterministic, local and stable under growth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.settings import (
    Catalogue,
    Change,
    Resolved,
    Setting,
    SettingNotFoundError,
    SettingsBook,
    SettingState,
    SettingValueError,
    Subject,
    in_share,
)

GRACE = Setting(
    name="origin.grace_s",
    default=60.0,
    owner="origin",
    sentence="How long a broadcast waits for a lost publisher.",
    unit="s",
    minimum=0.0,
    maximum=600.0,
)
LADDER = Setting(name="ladder.on", default=False, owner="ladder", sentence="Whether a ladder is made.")
PRESET = Setting(
    name="ladder.preset", default="fast", owner="ladder", sentence="Speed.", choices=("fast", "slow")
)


def test_nothing_set_is_the_default():
    assert SettingsBook().resolve(GRACE, Subject(channel="a")) == Resolved(60.0, ())


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        (GRACE, 601, "at most 600 s"),
        (GRACE, -1.0, "at least 0 s"),
        (GRACE, float("nan"), "JSON can carry"),
        (GRACE, "60", "a number"),
        (GRACE, True, "a number"),
        (LADDER, 1, "true or false"),
        (PRESET, "medium", "'fast', 'slow'"),
    ],
)
def test_a_bad_value_is_refused_with_the_bound_it_broke(setting, value, sentence):
    with pytest.raises(SettingValueError, match=sentence):
        setting.checked(value)


def test_values_are_read_as_people_type_them():
    assert GRACE.parsed(" 30 ") == 30.0
    assert LADDER.parsed("True") is True
    assert PRESET.parsed("slow") == "slow"
    with pytest.raises(SettingValueError, match="a number"):
        GRACE.parsed("soon")


def test_the_most_specific_value_of_its_own_decides():
    book = SettingsBook()
    book.apply(
        SettingState(
            "origin.grace_s", 1, 50.0, {"channel": {"a": 10.0}, "region": {"eu": 20.0}}, (_change(99.0, 1.0),)
        )
    )
    assert book.resolve(GRACE, Subject(channel="a", region="eu")) == Resolved(10.0, ())
    assert book.resolve(GRACE, Subject(channel="b", region="eu")) == Resolved(20.0, ())
    assert book.resolve(GRACE, Subject(channel="b")) == Resolved(99.0, ("chg_1:treatment",))
    assert book.resolve(GRACE, Subject()) == Resolved(50.0, ())


def test_own_values_may_be_false_or_zero():
    book = SettingsBook()
    book.apply(SettingState("ladder.on", 1, True, {"channel": {"a": False}}))
    assert book.value(LADDER, Subject(channel="a")) is False
    assert book.value(LADDER, Subject(channel="b")) is True


def test_an_older_state_is_ignored_and_watchers_hear_of_newer_ones():
    book, heard = SettingsBook(), []
    stop = book.watch(heard.append)
    book.apply(SettingState("origin.grace_s", 2, 20.0))
    book.apply(SettingState("origin.grace_s", 1, 10.0))
    stop()
    book.apply(SettingState("origin.grace_s", 3, 30.0))
    assert heard == ["origin.grace_s"]
    assert book.value(GRACE) == 30.0


@given(st.text(min_size=1), st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_growing_share_takes_nobody_away(salt, unit, one, other):
    small, large = sorted((one, other))
    assert in_share(salt, unit, large) or not in_share(salt, unit, small)


def test_shares_are_what_they_say_and_independent_of_each_other():
    ids = [f"channel-{n}" for n in range(10_000)]
    first = {each for each in ids if in_share("one", each, 0.1)}
    second = {each for each in ids if in_share("two", each, 0.1)}
    assert 850 < len(first) < 1150
    assert 50 < len(first & second) < 150


def test_each_change_leaves_its_arm_and_the_later_one_holds():
    book = SettingsBook()
    changes = (_change(10.0, 1.0), Change("chg_2", 20.0, 1.0, "b"), Change("chg_3", 30.0, 0.0, "c"))
    book.apply(SettingState("origin.grace_s", 1, None, {}, changes))
    assert book.resolve(GRACE, Subject(channel="a")) == Resolved(
        20.0, ("chg_1:treatment", "chg_2:treatment", "chg_3:control")
    )


def test_a_catalogue_finds_by_name_and_refuses_two_of_one_name():
    catalogue = Catalogue([GRACE, LADDER])
    assert [each.name for each in catalogue] == ["ladder.on", "origin.grace_s"]
    assert catalogue.get("ladder.on") is LADDER
    with pytest.raises(SettingNotFoundError):
        catalogue.get("ladder.off")
    with pytest.raises(ValueError, match=r"ladder\.on"):
        Catalogue([LADDER, LADDER])


def _change(value, share):
    return Change("chg_1", value, share, "a")
