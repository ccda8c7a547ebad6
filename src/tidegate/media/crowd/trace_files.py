"""Measured throughput, read from the files that researchers publish. Pure; any bytes are read or refused with a sentence.

Three forms are told apart by the columns of their first line:
- six: the logs of Riiser et al. and van der Hooft et al. (see `networks`): milliseconds since the epoch and since the
  beginning, latitude, longitude, bytes received, milliseconds it took
- two: seconds since the beginning, kilobits per second from then on
- one: Mahimahi's packet delivery traces: each line a millisecond in which one packet of 1500 bytes may pass
"""

from math import isfinite

from tidegate.media.crowd.networks import STEP_S, Trace
from tidegate.media.crowd.types import CrowdError

BYTES_MAX = 16 << 20
STEPS_MAX = 7200
"""Two hours at a second each; what is longer is cut there."""

PACKET_BITS = 1500 * 8
BPS_MAX = 1e12

RTT_S, JITTER_S = 0.05, 0.01
"""What such files do not tell: about that of a phone in town."""

_Spans = list[tuple[float, float, float]]
"""(begin, end, bits) of stretches of time."""


def parse_trace(text: str, name: str) -> Trace:
    """Read a file's text; `name` is the file's, for errors.

    Raises:
        CrowdError: a line that is none, or no throughput at all.
    """
    if len(text) > BYTES_MAX:
        raise CrowdError(f"{name} is longer than {BYTES_MAX >> 20} MiB.", hint="Cut it to a few hours.")
    rows = [_numbers(line, number, name) for number, line in enumerate(text.splitlines(), 1) if _says(line)]
    columns = len(rows[0]) if rows else 0
    if columns not in {1, 2, 6} or any(len(row) != columns for row in rows):
        raise CrowdError(
            f"{name} is no throughput trace: its lines do not all have one, two or six numbers.",
            hint="Give a Mahimahi trace, lines of `seconds kbit/s`, or a log of the 3G and 4G data sets.",
        )
    spans = {1: _packets, 2: _rates, 6: _logged}[columns](rows)
    bps = _steps(spans)
    if not any(bps):
        raise CrowdError(f"{name} carries nothing.", hint="Some second must have a throughput above 0.")
    return Trace(bps, STEP_S, RTT_S, JITTER_S)


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _numbers(line: str, number: int, name: str) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in line.replace(",", " ").split())
    except ValueError:
        values = ()
    if not values or not all(isfinite(value) and abs(value) < 1e15 for value in values):
        raise CrowdError(f"Line {number} of {name} is no line of numbers: {line.strip()[:60]!r}.")
    return values


def _packets(rows: list[tuple[float, ...]]) -> _Spans:
    first = rows[0][0]
    return [((at - first) / 1000, (at - first) / 1000, PACKET_BITS) for (at,) in rows if at >= first]


def _rates(rows: list[tuple[float, ...]]) -> _Spans:
    begin = rows[0][0]
    last = rows[-1][0] - rows[-2][0] if len(rows) > 1 else STEP_S
    ends = [row[0] for row in rows[1:]] + [rows[-1][0] + last]
    return [
        (at - begin, end - begin, max(0.0, kbps) * 1000 * (end - at))
        for (at, kbps), end in zip(rows, ends, strict=True)
        if end > at >= begin
    ]


def _logged(rows: list[tuple[float, ...]]) -> _Spans:
    spans, at_s = [], 0.0
    for _, _, _, _, size, took_ms in rows:
        if took_ms > 0:
            spans.append((at_s, at_s + took_ms / 1000, max(0.0, size) * 8))
            at_s += took_ms / 1000
    return spans


def _steps(spans: _Spans) -> tuple[float, ...]:
    """Bits of each second; a stretch's are spread evenly over it."""
    end_s = max((end for _, end, _ in spans), default=0.0)
    bits = [0.0] * min(STEPS_MAX, int(end_s / STEP_S) + 1)
    for begin, end, carried in spans:
        first, last = int(begin / STEP_S), int(end / STEP_S)
        for step in range(first, min(last, len(bits) - 1) + 1):
            inside = min(end, (step + 1) * STEP_S) - max(begin, step * STEP_S)
            bits[step] += carried * (inside / (end - begin) if end > begin else 1.0)
    if len(bits) > 1 and end_s < STEPS_MAX and end_s % STEP_S < STEP_S / 2:
        bits.pop()  # a last second that is not half there would look like an outage
    return tuple(min(BPS_MAX, each / STEP_S) for each in bits)
