"""The book of one node: its own place and defaults, where values come from, arms, and who is told."""

import pytest

from tidegate.core.settings import (
    ANYONE,
    Catalogue,
    Change,
    Setting,
    SettingNotFoundError,
    SettingsBook,
    SettingState,
    Subject,
)

GRACE = Setting(name="origin.grace_s", default=60.0, owner="origin", sentence="Wait.")
WINDOW = Setting(name="origin.window_s", default=60.0, owner="origin", sentence="List.", gray_unit="node")
CATALOGUE = Catalogue([GRACE, WINDOW])
DEMO = Subject(channel="demo")


def changed(name: str, value: float, share: float) -> SettingState:
    return SettingState(name, 1, changes=(Change(f"chg_{value:g}", value, share, "salt"),))


def test_a_value_comes_from_the_strongest_source():
    book = SettingsBook(CATALOGUE, defaults={GRACE.name: 40.0})
    assert (book.value(WINDOW, DEMO), book.source(WINDOW, DEMO)) == (60.0, "default")
    assert (book.value(GRACE, DEMO), book.source(GRACE, DEMO)) == (40.0, "config")
    book.apply(SettingState(GRACE.name, 1, 30.0))
    assert (book.value(GRACE, DEMO), book.source(GRACE, DEMO)) == (30.0, "set")
    book.apply(SettingState(GRACE.name, 2, 30.0, changes=changed(GRACE.name, 20.0, 1.0).changes))
    assert (book.value(GRACE, DEMO), book.source(GRACE, DEMO)) == (20.0, "gray")
    book.apply(SettingState(GRACE.name, 3, 30.0, {"channel": {"demo": 10.0}}, book.state(GRACE.name).changes))
    assert (book.value(GRACE, DEMO), book.source(GRACE, DEMO)) == (10.0, "override")
    assert book.resolve(GRACE, DEMO).arms == ()  # its own value: no part of the experiment
    book.apply(SettingState(GRACE.name, 4))
    assert (book.value(GRACE, DEMO), book.source(GRACE, DEMO)) == (40.0, "config")


def test_a_subject_is_where_the_process_is_unless_it_says_otherwise():
    book = SettingsBook(CATALOGUE, here=Subject(node="n1", region="eu"))
    book.apply(SettingState(GRACE.name, 1, None, {"region": {"eu": 5.0, "us": 6.0}, "node": {"n2": 7.0}}))
    assert book.value(GRACE, DEMO) == book.value(GRACE) == 5.0
    assert book.value(GRACE, Subject(region="us")) == 6.0
    assert book.value(GRACE, Subject(node="n2")) == 7.0


def test_arms_are_those_of_every_change_that_counts_the_subject():
    book = SettingsBook(CATALOGUE, here=Subject(node="n1"))
    assert book.arms(DEMO) == ()
    book.apply(changed(GRACE.name, 5.0, 1.0))
    book.apply(changed(WINDOW.name, 30.0, 0.0))
    assert book.arms(DEMO) == ("chg_5:treatment", "chg_30:control")
    assert book.arms(ANYONE) == ("chg_30:control",)  # it has a node, but no channel
    book.apply(SettingState(GRACE.name, 2))
    assert book.arms(DEMO) == ("chg_30:control",)


def test_who_follows_settings_obeys_at_once_and_at_each_change_of_theirs():
    book, seen = SettingsBook(CATALOGUE), []
    stop = book.follow((GRACE,), lambda: seen.append(book.value(GRACE)))
    book.apply(SettingState(WINDOW.name, 1, 5.0))
    book.apply(SettingState(GRACE.name, 1, 5.0))
    stop()
    book.apply(SettingState(GRACE.name, 2, 6.0))
    assert seen == [60.0, 5.0]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("grace_s", ["origin.grace_s"]),
        ("origin.grace", ["origin.grace_s"]),
        ("origin.garce_s", ["origin.grace_s"]),
        ("widnow_s", ["origin.window_s"]),
        ("", []),
        ("zzz", []),
    ],
)
def test_an_unknown_name_is_answered_with_near_ones(name, near):
    with pytest.raises(SettingNotFoundError) as caught:
        CATALOGUE.get(name)
    assert caught.value.data["near"][:1] == near
    assert all(each in caught.value.hint for each in near)


@pytest.mark.parametrize("name", ["grace", "Origin.grace", "origin.", "a.b c", f"a.{'b' * 80}"])
def test_names_say_part_and_thing(name):
    with pytest.raises(ValueError, match=r"part\.what_unit"):
        Catalogue([Setting(name=name, default=1, owner="x", sentence="x")])
