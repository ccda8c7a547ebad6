"""Reading CMCD: what hls.js and dash.js send, what the standard shows, and anything else without harm."""

import contextlib
import json
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tidegate.media.beacons.cmcd import BODY_MAX, REPORTS_MAX, TS_MAX, BeaconInvalidError, parse_beacon
from tidegate.media.beacons.structured import Item, MalformedError, parse_dictionary
from tidegate.media.beacons.types import Report

SID = "3c3d1f0e-7a44-4f0d-9a55-0d7a2b0c9a11"

HLS_JS = (
    f'bl=(1400),cid="demo",e=t,mtp=(48200),pr=1.02,sf=h,sid="{SID}",sn=4,st=ll,sta=p,ts=1764037636215,v=2\n'
    f'bl=(900),br=(2128),cid="demo",e=bc,ot=v,sf=h,sid="{SID}",sn=5,sta=p,ts=1764037636401,v=2\n'
)
DASH_JS = (
    f'bl=(2000;v 1800;a),br=(2500;v 128;a),dfa=3,e=ps,ec=27,ltc=3210,msd=412,mtp=(9000;v),sf=d,sid="{SID}",'
    f"sn=2,st=l,sta=r,tb=(5000;v 128;a),ts=1764037636500,v=2\n"
)


def only(body: str) -> Report:
    (report,) = parse_beacon(body.encode()).reports
    return report


def test_reads_what_hls_js_sends() -> None:
    beat, change = parse_beacon(HLS_JS.encode()).reports
    assert (beat.event, beat.state, beat.seq, beat.session) == ("beat", "playing", 4, SID)
    assert (beat.buffer_ms, beat.throughput_kbps, beat.playback_rate) == (1400, 48_200, 1.02)
    assert (change.event, change.bitrate_kbps, change.ts_ms) == ("bitrate", 2128, 1764037636401)


def test_reads_what_dash_js_sends() -> None:
    report = only(DASH_JS)
    assert (report.event, report.state, report.startup_ms) == ("state", "rebuffering", 412)
    assert (report.buffer_ms, report.bitrate_kbps, report.top_bitrate_kbps) == (1800, 2500, 5000)
    assert (report.dropped, report.latency_ms, report.error) == (3, 3210, "27")


def test_reads_the_same_as_json() -> None:
    keys = {"e": "ps", "sta": "p", "ts": 1764037636500, "sn": 1, "sid": SID, "bl": [1800], "br": 2500, "v": 2}
    other = {**keys, "sn": 2, "ec": ["networkError"]}
    listed = parse_beacon(json.dumps([keys, other]).encode()).reports
    lines = parse_beacon(f"{json.dumps(keys)}\n{json.dumps(other)}\n".encode()).reports
    assert listed == lines
    assert (listed[0].bitrate_kbps, listed[0].buffer_ms, listed[1].error) == (2500, 1800, "networkError")


def test_what_cannot_be_is_left_out_and_the_rest_kept() -> None:
    report = only('e=t,sta=zz,bl=(-5),br=(99999999999),mtp=("x"),ltc=1.5,dfa=-1,msd=999999999,sn=-3,ts=-1')
    assert report == Report(event="beat", latency_ms=2)


def test_lines_that_are_none_are_counted() -> None:
    beacon = parse_beacon(f'e=t\nnonsense=\n\n{{]\nsta=p\n[1]\ne=t,sid="{"x" * 65}"\n'.encode())
    assert (len(beacon.reports), beacon.malformed) == (1, 5)


@pytest.mark.parametrize(
    "body", ["", "\n\n", "hello", "sta=p", "[]", "[1,2]", "{}", "[" * 50_000, "{" * 50_000]
)
def test_a_body_without_a_report_is_refused(body: str) -> None:
    with pytest.raises(BeaconInvalidError):
        parse_beacon(body.encode())


def test_more_reports_than_one_beacon_may_hold_count_as_malformed() -> None:
    beacon = parse_beacon(b"e=t\n" * (REPORTS_MAX + 7))
    assert (len(beacon.reports), beacon.malformed) == (REPORTS_MAX, 7)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 2 3",
        "1 2 3 4 5",
        "0 0 0 0",
        "1 5 9 6",
        "1 3600000001 9 1",
        "-1 2 3 4",
        "1 2 3 ²",
        "1.5 2 3 1",
        "9" * 200,
    ],
)
def test_downloads_that_cannot_be_are_left_out(text: str) -> None:
    (report,) = parse_beacon(f'e=t,sta=p,tidegate-transfers="{text}"'.encode()).reports
    assert (report.state, report.transfers) == ("playing", None)


@given(st.from_regex(r"[0-9]{1,7} [0-9]{1,13} [0-9]{1,15} [0-9]{1,13}", fullmatch=True))
def test_any_numbers_give_downloads_within_bounds(text: str) -> None:
    (report,) = parse_beacon(f'e=t,sta=p,tidegate-transfers="{text}"'.encode()).reports
    if report.transfers is not None:
        told = report.transfers
        assert 0 <= told.sample_s <= told.seconds <= told.count * 3600
        assert told.count < 10**6
        assert told.size_bytes < 10**14


fragments = st.sampled_from(
    [
        "a",
        "br",
        "=",
        ",",
        ";",
        "(",
        ")",
        '"',
        "\\",
        " ",
        "\t",
        "1",
        "-12",
        ".5",
        "2128;v",
        "p",
        "?1",
        ":aGk=:",
        "é",
        "'",
        "9" * 16,
    ]
)


@given(st.lists(fragments, max_size=30).map("".join))
@example('a=1,b=2.5,c="x y",d=(1400),e=(2128;v),f=p,g')
@example("a=1,")
@example("a=1.2.3")
def test_the_quick_way_of_reading_a_key_reads_the_same(text: str) -> None:
    def read() -> object:
        try:
            return [(key, value, type(value)) for key, value in parse_dictionary(text).items()]
        except MalformedError:
            return None

    quick = read()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tidegate.media.beacons.structured._COMMON", re.compile(r"(?!)"))
        assert read() == quick


@given(st.binary(max_size=2000))
@example(b"\xff\xfe[\x00")
@example(b"e=t,br=(" + b"1 " * 900 + b")")
@example(b'{"e":"t","bl":1e999,"ts":123456789012345678901234567890}')
def test_any_bytes_give_reports_within_bounds_or_a_refusal(body: bytes) -> None:
    try:
        beacon = parse_beacon(body)
    except BeaconInvalidError:
        return
    for report in beacon.reports:
        check(report)


values = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=80),
    st.none(),
    st.lists(st.one_of(st.integers(), st.text(max_size=5), st.none()), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
KEYS = [
    "e",
    "sta",
    "ts",
    "sn",
    "sid",
    "br",
    "tb",
    "bl",
    "mtp",
    "ltc",
    "pr",
    "bsa",
    "dfa",
    "msd",
    "ec",
    "rc",
    "ttlb",
]


@given(
    st.dictionaries(
        st.sampled_from(
            [*KEYS, "tidegate-frames", "tidegate-rendition", "tidegate-transfers", "ttfb", "ot", "x"]
        ),
        values,
    )
)
def test_any_json_values_give_reports_within_bounds(keys: dict[str, object]) -> None:
    try:
        reports = parse_beacon(json.dumps({"e": "t"} | keys).encode()).reports
    except BeaconInvalidError:
        return
    for report in reports:
        check(report)


def check(report: Report) -> None:
    for name in ("ts_ms", "seq", "buffer_ms", "bitrate_kbps", "frames", "dropped", "starved", "latency_ms"):
        value = getattr(report, name)
        assert value is None or 0 <= value <= TS_MAX
    assert len(report.session) <= 64
    assert len(report.error) <= 64
    assert report.error.isascii()
    assert report.error.isprintable()


def test_the_largest_body_is_read_in_no_time() -> None:
    """Each would take minutes if reading went over its text more than a few times."""
    hostile = [b"a=(", b'a="', b"a=1;", b"a=((((", b"e=t,", b"[[", b'{"a":', b"a=1  ,  "]
    began = time.perf_counter()
    for piece in hostile:
        body = piece * (BODY_MAX // len(piece))
        with contextlib.suppress(BeaconInvalidError):
            parse_beacon(body)
    assert time.perf_counter() - began < 5


scalars = st.one_of(
    st.integers(-(10**14), 10**14),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    st.just(True),
)
items = st.tuples(st.integers(0, 10**9), st.sampled_from(["", "v", "av"]))


def write(value: object) -> str:
    if value is True:
        return "?1"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "(" + " ".join(f"{n};{p}" if p else str(n) for n, p in value) + ")"
    return str(value)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z*][a-z0-9_.*-]{0,9}", fullmatch=True),
        st.one_of(scalars, st.lists(items, max_size=5)),
        max_size=8,
    )
)
def test_what_is_written_is_read(values: dict[str, object]) -> None:
    text = ",".join(f"{key}={write(value)}" for key, value in values.items())
    wanted = {
        key: [Item(each) for each in value] if isinstance(value, list) else value
        for key, value in values.items()
    }
    assert parse_dictionary(text) == wanted


@pytest.mark.parametrize(
    "text", ["a=", "=1", "a=1,", "a=1 b=2", "a=(1", "a=(1,2)", 'a="x', "a=1.", "a=?2", "a;=1", ",a"]
)
def test_what_is_no_dictionary_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_dictionary(text)
