"""Rules as they are written: the release's are sound, and a wrong one says what is wrong with it."""

from pathlib import Path

import pytest

from alert_rig import START, at, rule
from tidegate.governance.alerts.errors import RuleInvalidError
from tidegate.governance.alerts.questions import questions
from tidegate.governance.alerts.rule_check import check
from tidegate.governance.alerts.rule_file import OURS, read, release_rules, written
from tidegate.governance.alerts.types import Absent, AlertMember, Band, Guard, Rate, Threshold
from tidegate.governance.alerts.wording import link, sentence
from tidegate.governance.indicators.catalogue import load
from tidegate.governance.quantities import worded

CATALOGUE = load()


def test_the_releases_rules_are_sound_and_use_every_kind_of_condition() -> None:
    rules = release_rules()
    for each in rules.values():
        check(each, CATALOGUE)
    assert sum(len(read(path.name, path.read_text())) for path in OURS.glob("*.toml")) == len(rules)
    assert {type(each.condition) for each in rules.values()} == {Threshold, Rate, Band, Absent}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"indicator": "rebufer_ratio"}, "there is no indicator 'rebufer_ratio'"),
        ({"by": ("region", "kind"), "group": ()}, "cannot be asked by 'kind'"),
        ({"where": {"colour": ("red",)}}, "cannot be asked by 'colour'"),
        (
            {"guard": Guard("concurrent_viewers", 3), "by": ("region", "device"), "group": ()},
            "concurrent_viewers",
        ),
        ({"by": ("region", "region")}, "twice"),
        ({"group": ("device",)}, "not in by"),
        ({"condition": Threshold()}, "either above or below"),
        ({"condition": Threshold(above=1, below=0)}, "either above or below"),
        ({"condition": Threshold(above=1, clear=2)}, "clear is over above"),
        ({"condition": Threshold(below=1, clear=0)}, "clear is under below"),
        ({"condition": Rate()}, "either rises_by or falls_by"),
        ({"condition": Rate(rises_by=0.2, clear=0.3)}, "clear is more"),
        ({"condition": Band(side="both", periods=3, minimum=4)}, "minimum"),
        ({"condition": Band(side="both"), "window_s": 90}, "whole minutes"),
        ({"condition": Band(side="both", width=2, clear_width=3)}, "clear_width"),
        ({"sentence": "{value} of {nothing}"}, "{nothing}"),
    ],
)
def test_a_wrong_rule_is_refused_with_the_fault_in_words(wrong: dict, words: str) -> None:
    with pytest.raises(RuleInvalidError) as caught:
        check(rule(**wrong), CATALOGUE)
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x", "is not TOML"),
        ("x = 1", "is not a table"),
        ("[slow]\ntitle = 'x'", "missing required field"),
        ("[Slow-AlertRule]\ntitle = 'x'", "matching regex"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name(text: str, words: str) -> None:
    with pytest.raises(RuleInvalidError, match=words) as caught:
        read("mine.toml", text)
    assert caught.value.message.startswith("mine.toml")


def test_the_rule_in_the_documentation_is_sound() -> None:
    page = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text()
    (shown,) = read(
        "alerts.md", page.partition("<!-- tests run this -->")[2].partition("```toml")[2].partition("```")[0]
    )
    check(shown, CATALOGUE)


def test_a_rule_that_is_written_is_read_back_as_the_same() -> None:
    odd = rule(
        title='it\'s "odd"\\ and\nlong – ü',
        where={"region": ("a b", "c")},
        guard=Guard("plays", 2.5),
        enabled=False,
    )
    for each in (*release_rules().values(), odd):
        assert read("mine.toml", written(each)) == [each]


def test_what_a_rule_asks_ends_at_whole_buckets_before_the_lag() -> None:
    wanted = questions(rule(Rate(falls_by=0.5, over_s=900), window_s=120), START + 7.5, 10).value
    assert (wanted.from_, wanted.to) == (START - 130, START - 10)
    before = questions(rule(Rate(falls_by=0.5, over_s=900), window_s=120), START + 7.5, 10).before
    assert before is not None
    assert (before.from_, before.to) == (START - 1030, START - 910)


def test_a_band_asks_the_same_time_of_earlier_weeks() -> None:
    asked = questions(rule(Band(side="below", every="week", periods=4)), START, 10)
    assert [(each.to - asked.value.to) / 86_400 for each in asked.history] == [-7, -14, -21, -28]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0234, "ratio", "2.34 %"),
        (1.0, "ratio", "100 %"),
        (3_140_000, "bit/s", "3.14 Mbit/s"),
        (12.0, "count", "12"),
        (4.25, "s", "4.25 s"),
        (None, "s", "nothing"),
    ],
)
def test_values_are_written_with_their_unit(value: float | None, unit: str, text: str) -> None:
    assert worded(value, unit) == text


def test_a_link_carries_whatever_a_name_holds() -> None:
    there = link("plays", at("eu&x=1", "a b"), START, START + 60)
    assert there == "/console?region=eu%26x%3D1&channel=a+b&from=1763998200&to=1764001860&show=plays"


@pytest.mark.parametrize(
    ("condition", "value", "end"),
    [
        (Threshold(above=0.02, clear=0.01), 0.03, "2 % is the limit."),
        (Threshold(above=0.02, clear=0.01), 0.015, "It is better now, and over at 1 % or less."),
        (Threshold(below=0.9, clear=0.95), 0.93, "It is better now, and over at 95 % or more."),
        (Threshold(below=0.9, clear=0.95), 0.8, "90 % is the limit."),
    ],
)
def test_a_value_back_inside_of_its_limit_says_when_the_alert_is_over(condition, value, end) -> None:
    limit = condition.above or condition.below
    worst = AlertMember(slice={"region": "eu"}, since=0.0, value=value, limit=limit)
    assert sentence(rule(condition), "ratio", worst, 0).endswith(end)
