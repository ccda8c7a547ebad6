"""Percentiles, decode-time continuity and playlists remembered."""

import random
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripted_hls import fragment
from tidegate.core.backoff import Backoff
from tidegate.media.player.continuity import Continuity
from tidegate.media.player.fragments import FragmentError, header_duration, spans
from tidegate.media.player.histogram import Histogram
from tidegate.media.player.memo import KEPT, PlaylistMemo


@given(st.lists(st.floats(0.0002, 3000), min_size=1, max_size=300))
def test_percentiles_are_within_a_hundredth(values: list[float]) -> None:
    histogram = Histogram()
    half = Histogram()
    for index, value in enumerate(values):
        (histogram if index % 2 else half).add(value)
    histogram.merge(half)
    ordered = sorted(values)
    for share in (0.5, 0.95, 1.0):
        exact = ordered[max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1)]
        assert histogram.quantile(share) == pytest.approx(exact, rel=0.011)


def test_readings_below_the_smallest_count_as_nothing() -> None:
    histogram = Histogram()
    assert histogram.percentiles().p95 == 0.0
    histogram.add(-5.0)
    histogram.add(0.0)
    assert histogram.quantile(1.0) == 0.0


def test_fragments_that_go_on_are_no_break_and_others_are() -> None:
    check = Continuity()
    check.header(b"")
    assert check.fragment(fragment(0, 200) + fragment(200, 200), anew=False) == 0
    assert check.fragment(fragment(400, 200), anew=False) == 0
    assert check.fragment(fragment(800, 200), anew=False) == 1
    assert check.fragment(fragment(0, 200), anew=True) == 0
    check.forget()
    assert check.fragment(fragment(9000, 200), anew=False) == 0
    assert check.fragment(b"not media at all", anew=False) == 1


@given(st.binary(max_size=300))
def test_any_bytes_are_fragments_or_refused(data: bytes) -> None:
    for read in (spans, header_duration):
        with suppress(FragmentError):
            read(data)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_fragment_is_read_or_refused(position: int, value: int) -> None:
    data = bytearray(fragment(10, 20))
    data[position % len(data)] = value
    with suppress(FragmentError):
        spans(bytes(data))


def test_a_trun_that_claims_a_billion_samples_costs_nothing() -> None:
    data = fragment(0, 1)
    at = data.index(b"trun") + 8
    with pytest.raises(FragmentError, match="names more samples"):
        spans(data[:at] + struct.pack(">I", 2**31) + data[at + 4 :])


def test_the_same_text_is_read_once_and_old_ones_are_forgotten() -> None:
    memo = PlaylistMemo()
    text = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n"
    first = memo.parse(text, None)
    assert memo.parse(bytes(text), first) is first
    for number in range(KEPT):
        memo.parse(b"#EXTM3U\n#EXTINF:1,\n%d.ts\n" % number, None)
    assert memo.parse(text, None) is not first


def test_delays_double_up_to_the_most_and_begin_anew() -> None:
    backoff = Backoff(0.5, 4.0, random.Random(7))
    delays = [backoff.next_s() for _ in range(6)]
    for delay, step in zip(delays, [0.5, 1, 2, 4, 4, 4], strict=True):
        assert step / 2 <= delay <= step
    backoff.reset()
    assert backoff.next_s() <= 0.5
