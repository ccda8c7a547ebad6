"""Common Media Client Data, version 2 (CTA-5004-A, CTA-5004-B), event mode: a request's body into typed reports. Pure.

In: bytes from anyone. Out: a `Beacon`. Three forms of one thing are read, told apart by their first character, since players
and browsers disagree on the media type: lines of structured fields, as hls.js and dash.js send them; one JSON object a line;
and one JSON array of such objects. What cannot be read is counted and costs nothing else; a value that cannot be is left out.
"""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

import msgspec

from tidegate.core.errors import InvalidError
from tidegate.core.facts.playback import PlaybackState
from tidegate.media.beacons.structured import Item, MalformedError, parse_dictionary
from tidegate.media.beacons.types import Beacon, Report, ReportEvent, Transfers

BODY_MAX: Final = 64 * 1024
"""Bytes. What a browser lets a page send while it is being closed (Fetch section 4.6, `keepalive`)."""
REPORTS_MAX: Final = 200
"""Of one beacon; further ones count as malformed."""
LINE_MAX: Final = 8192
"""Characters; a report with every key there is takes about 1,000."""
SESSION_CHARS_MAX: Final = 64
"""CTA-5004-A, key `sid`."""
ERROR_CHARS_MAX: Final = 64

_EVENTS: Final[dict[str, ReportEvent]] = {
    "t": "beat",
    "ps": "state",
    "bc": "bitrate",
    "e": "error",
    "rr": "response",
}
_STATES: Final[dict[str, PlaybackState]] = {
    "d": "preloading",
    "s": "starting",
    "p": "playing",
    "k": "seeking",
    "r": "rebuffering",
    "a": "paused",
    "w": "waiting",
    "e": "ended",
    "f": "failed",
    "q": "quit",
}
_PICTURE: Final = ("v", "av")
"""Object types whose figure stands for what is watched, where a key lists one for each track."""

_MEDIA: Final = ("v", "a", "av")
"""Object types (`ot`) whose download is one of media."""

_TRANSFERS = re.compile(r"([0-9]{1,6}) ([0-9]{1,12}) ([0-9]{1,14}) ([0-9]{1,12})\Z")
_SESSION = re.compile(rf"[A-Za-z0-9_.:{{}}-]{{1,{SESSION_CHARS_MAX}}}\Z")
_RENDITION = re.compile(r"[A-Za-z0-9_.-]{1,32}\Z")
_UNPRINTABLE = re.compile(r"[^ -~]+")

HOUR_MS: Final = 3_600_000
HOUR_US: Final = HOUR_MS * 1000
DAY_MS: Final = 24 * HOUR_MS
TS_MAX: Final = 2**53 - 1
"""Largest whole number every JSON reader keeps exactly."""


class BeaconInvalidError(InvalidError):
    """Nothing in the body is a report."""

    code = "beacon-invalid"


def parse_beacon(body: bytes) -> Beacon:
    """Read a request's body.

    Raises:
        BeaconInvalidError: there is no report in it at all.
    """
    text = body.decode("utf-8", "replace").strip()
    lines: list[Any] = _array(text) if text.startswith("[") else text.splitlines()
    reports: list[Report] = []
    malformed = 0
    for line in lines:
        if isinstance(line, str) and not line.strip():
            continue
        report = _read(line) if len(reports) < REPORTS_MAX else None
        if report is None:
            malformed += 1
        else:
            reports.append(report)
    if not reports:
        raise BeaconInvalidError(
            "The body holds no CMCD report.",
            hint='Send lines such as e=t,sid="…",sn=0,sta=p,ts=1700000000000,v=2 (CTA-5004-A, event mode).',
            malformed=malformed,
        )
    return Beacon(tuple(reports), malformed)


def _array(text: str) -> list[Any]:
    try:
        return msgspec.json.decode(text, type=list[Any])
    except (msgspec.DecodeError, RecursionError):
        return [text]


def _read(line: object) -> Report | None:
    """One report, None where it is none."""
    if isinstance(line, str):
        if len(line) > LINE_MAX:
            return None
        try:
            keys: object = _object(line) if line.lstrip().startswith("{") else parse_dictionary(line.strip())
        except (MalformedError, msgspec.DecodeError, RecursionError):
            return None
    else:
        keys = line
    return report_of(keys) if isinstance(keys, dict) else None


def _object(line: str) -> object:
    return msgspec.json.decode(line)


def report_of(keys: Mapping[str, object]) -> Report | None:
    """A report from its keys; None where it lacks what each must have, or names its session in a way that is none."""
    event = keys.get("e")
    session = keys.get("sid", "")
    if not isinstance(event, str) or not isinstance(session, str):
        return None
    if session and _SESSION.match(session) is None:
        return None
    state = keys.get("sta")
    return Report(
        event=_EVENTS.get(event, "other"),
        ts_ms=_whole(keys.get("ts"), TS_MAX),
        seq=_whole(keys.get("sn"), TS_MAX),
        session=session,
        state=_STATES.get(state) if isinstance(state, str) else None,
        startup_ms=_whole(keys.get("msd"), HOUR_MS),
        bitrate_kbps=_positive(_of_picture(keys.get("br")), 10_000_000),
        top_bitrate_kbps=_positive(_of_picture(keys.get("tb")), 10_000_000),
        buffer_ms=_whole(_least(keys.get("bl")), DAY_MS),
        throughput_kbps=_positive(_of_picture(keys.get("mtp")), 1_000_000_000),
        latency_ms=_whole(keys.get("ltc"), DAY_MS),
        playback_rate=_number(keys.get("pr"), 64.0),
        starved=_whole(_sum(keys.get("bsa")), 1_000_000),
        dropped=_whole(keys.get("dfa"), 1_000_000_000),
        frames=_whole(_as_number(keys.get("tidegate-frames")), 1_000_000_000),
        error=_error(keys.get("ec")),
        status=_whole(keys.get("rc"), 999),
        first_byte_ms=_whole(keys.get("ttfb"), HOUR_MS),
        last_byte_ms=_whole(keys.get("ttlb"), HOUR_MS),
        is_media=keys.get("ot") in _MEDIA,
        transfers=_transfers(keys.get("tidegate-transfers")),
        rendition=_text(keys.get("tidegate-rendition")),
    )


def _number(value: object, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= most and isfinite(value) else None


def _whole(value: object, most: int) -> int | None:
    if value is None:
        return None
    number = _number(value, most)
    return None if number is None else round(number)


def _positive(value: object, most: int) -> int | None:
    return _whole(value, most) or None


def _listed(value: object) -> list[tuple[object, str]]:
    """A key's figures with the object type of each, also where the player gave one figure for all, as version 1 did."""
    if not isinstance(value, list):
        return [(value, "")]
    return [(item[0], item[1]) if isinstance(item, Item) else (item, "") for item in value]


def _of_picture(value: object) -> object:
    if value is None:
        return None
    items = _listed(value)
    return next((figure for figure, kind in items if kind in _PICTURE), items[0][0] if items else None)


def _least(value: object) -> object:
    return min((number for number in _figures(value)), default=None)


def _sum(value: object) -> object:
    if value is None:
        return None
    figures = _figures(value)
    return sum(figures) if figures else None


def _figures(value: object) -> list[float]:
    return [
        figure
        for figure, _ in _listed(value)
        if isinstance(figure, int | float) and not isinstance(figure, bool)
    ]


def _as_number(value: object) -> object:
    """A key of our own is a text by CMCD's rule."""
    return (
        int(value)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16
        else value
    )


def _error(value: object) -> str:
    """The first code; dash.js gives a number where the standard wants a list of texts."""
    if value is None:
        return ""
    first = _listed(value)[:1]
    code = first[0][0] if first else None
    if code is None or isinstance(code, bool) or not isinstance(code, str | int):
        return ""
    return _UNPRINTABLE.sub(" ", str(code))[:ERROR_CHARS_MAX]


def _transfers(value: object) -> Transfers | None:
    """Downloads, their microseconds, their bytes, and the microseconds of one of them; None where that cannot be."""
    found = _TRANSFERS.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    count, all_us, size_bytes, sample_us = (int(number) for number in found.groups())
    if not count or sample_us > all_us or all_us > count * HOUR_US:
        return None
    return Transfers(count, all_us / 1_000_000, size_bytes, sample_us / 1_000_000)


def _text(value: object) -> str:
    return value if isinstance(value, str) and _RENDITION.match(value) is not None else ""
