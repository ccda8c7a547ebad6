"""Files of indicators: the release's are whole, and what is wrong in one is said exactly."""

from pathlib import Path

import pytest

from tidegate.governance.indicators.catalogue import OURS, load, read
from tidegate.governance.indicators.errors import IndicatorFileError, IndicatorNotFoundError

CTA_2066 = {
    *("startup_time_p50", "startup_time_p95", "time_to_first_frame", "rebuffer_ratio", "rebuffers_per_hour"),
    *("playback_failure_rate", "exits_before_start", "average_bitrate", "rendition_switches_per_hour"),
    *(
        "live_latency_p50",
        "live_latency_p95",
        "dropped_frame_ratio",
        "plays",
        "concurrent_viewers",
        "watch_hours",
    ),
}
HEAD = 'group = "viewers"\nowner = "playback"\ntable = "playback"\ndimensions = ["region"]\n'
ENTRY = 'title = "T"\nunit = "h"\ndirection = "up"\nsentence = "S."\nworry = "W."\n'


def test_the_release_has_the_whole_set_and_says_all_of_each():
    known = {each.name: each for each in load()}
    assert set(known) >= CTA_2066
    for each in known.values():
        assert each.sentence.endswith("."), each.name
        assert each.worry.endswith("."), each.name
        assert each.dimensions, each.name
        assert each.title[0].isupper(), each.name


def test_files_are_packaged():
    assert sorted(path.stem for path in OURS.glob("*.toml")) == [
        *("delivery", "economics", "nodes", "players", "supply", "telemetry", "viewers"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = ", "x.toml is not TOML"),
        (HEAD.replace("viewers", "mood"), "x.toml: Invalid enum value 'mood'"),
        (HEAD.replace('"playback"\ndim', '"weather"\ndim'), "there are no facts 'weather'"),
        (HEAD + "colour = 1\n", "unknown field `colour`"),
        (HEAD + f"[hours]\n{ENTRY}", "[hours] give either numerator, or quantile"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "watched_s"\nof = "latency_s"\n', "give either numerator"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "hours"\n', "[hours] facts of playback have no measure 'hours'"),
        (HEAD + f'[Hours]\n{ENTRY}numerator = "watched_s"\n', "[Hours] a name is"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "watched_s"\ntypo = 1\n', "unknown field `typo`"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "watched_s"\nquantile = 0.5\n', "quantile and weight go with of"),
        (HEAD + f'[hours]\n{ENTRY}of = "latency_s"\nweight = "latency_reports"\n', "quantile is between 0 and 1"),
        (HEAD + f'[hours]\n{ENTRY}of = "latency_s"\nquantile = 0.5\n', "of and weight each name one measure"),
        (HEAD.replace('["region"]', '["region", "node"]\nexport = ["region", "node"]') + f'[hours]\n{ENTRY}of = "latency_s"\nquantile = 0.5\nweight = "started"\n', "a quantile may be exported by one"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "node.cpu_s"\ndimensions = ["device"]\n', "facts of node cannot be told apart by 'device'"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "watched_s"\ndimensions = ["at"]\n', "cannot be told apart by 'at'"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "watched_s"\nexport = ["device"]\n', "no dimension of it"),
        (HEAD + f'[hours]\n{ENTRY}numerator = "watched_s"\ndimensions = ["session"]\nexport = ["session"]\n', "not by arm or session"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_indicator(text, fault):
    with pytest.raises(IndicatorFileError) as refused:
        read("x.toml", text)
    assert fault in refused.value.message
    assert refused.value.message.startswith("x.toml")


def test_an_operator_adds_some_and_hides_none(tmp_path: Path):
    own = f'{HEAD}[viewing_days]\n{ENTRY}numerator = "watched_s / 86400"\n'
    (tmp_path / "own.toml").write_text(own)
    assert load(tmp_path).get("viewing_days").dimensions == ("region",)
    assert len(load(tmp_path)) == len(load()) + 1
    (tmp_path / "own.toml").write_text(own.replace("viewing_days", "plays"))
    with pytest.raises(IndicatorFileError, match=r"own\.toml: there is an indicator plays already"):
        load(tmp_path)
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(IndicatorFileError, match=r"own\.toml cannot be read"):
        load(tmp_path)
    assert len(load(tmp_path / "nowhere")) == len(load())


def test_a_name_that_is_none_finds_its_neighbours():
    with pytest.raises(IndicatorNotFoundError) as missing:
        load().get("rebufer_ratio")
    assert missing.value.data["near"][0] == "rebuffer_ratio"
