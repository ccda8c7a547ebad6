"""Numbers as people read them, and questions as people write them."""

import pytest

from tidegate.cli.indicators import _range, _slice, worded
from tidegate.cli.moments import parse_stretch
from tidegate.cli.sparkline import sparkline
from tidegate.core.errors import InvalidError


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "s", "–"),
        (0.0123, "ratio", "1.23 %"),
        (4_200_000.0, "bit/s", "4.2 Mbit/s"),
        (1234.0, "count", "1,234"),
        (2.5, "count", "2.5"),
        (1.23456, "s", "1.235 s"),
        (0.0307, "USD/h", "0.0307 USD/h"),
        (3.0, "", "3"),
    ],
)
def test_a_number_is_worded_by_its_unit(value, unit, text):
    assert worded(value, unit) == text


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], ""),
        ([None, None], "··"),
        ([0.0, 0.0], "▁▁"),
        ([0, 1, None, 7, 8], "▁▂·██"),
        ([-4.0, 4.0], "▁█"),
        ([1.0] * 3, "███"),
    ],
)
def test_a_line_has_gaps_where_there_are_no_data(values, line):
    assert sparkline(values) == line


def test_a_peak_does_not_vanish_in_a_long_line():
    line = sparkline([0.0] * 999 + [5.0] + [0.0] * 1000, width=40)
    assert len(line) == 40
    assert line.count("█") == 1


def test_a_range_is_read_as_it_is_written():
    assert _range("1h", "", "", "10s", now=10_000.0) == {"from": 6400.0, "to": 10_000.0, "step_s": 10}
    assert _range("", "", "", "", now=10_000.0) == {"from": 9100.0, "to": 10_000.0, "step_s": 0}
    assert _range("", "2h", "1h", "", now=10_000.0) == {"from": 2800.0, "to": 6400.0, "step_s": 0}
    with pytest.raises(InvalidError, match="twice"):
        _range("1h", "2h", "", "", now=10_000.0)
    with pytest.raises(InvalidError, match="--step cannot be 'soon'"):
        parse_stretch("step", "soon")


def test_a_slice_is_read_as_it_is_written():
    assert _slice(["region=eu", "region=us", "channel=a=b"]) == {"region": ["eu", "us"], "channel": ["a=b"]}
    for wrong in ("region", "=eu"):
        with pytest.raises(InvalidError, match="--where cannot be"):
            _slice([wrong])
