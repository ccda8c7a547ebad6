"""Gives one batch to the engine, whatever is in it: where the engine refuses it, the lines at fault are found and left out.

In: a batch. Out: how many facts were left out. Halves have tokens of their own, made of the batch's, so that a batch that is given
again after a crash is divided the same way and still stored once.
"""

from typing import Final

from tidegate.telemetry.batches import Batch
from tidegate.telemetry.contract import QueryRefusedError, Telemetry

REFUSALS_MAX: Final = 64
"""Of one batch. Beyond it, what has not been taken is left out whole: that batch is wrong, not a line of it."""


async def deliver(telemetry: Telemetry, batch: Batch) -> int:
    """Store all of it that the engine takes.

    Returns:
        how many facts it refused.

    Raises:
        TelemetryAwayError, TelemetryFullError: not all was stored; give the whole batch again.
    """
    try:
        await telemetry.insert(batch.table, batch.lines, batch.token)
    except QueryRefusedError:
        if batch.rows == 1:
            return 1
    else:
        return 0
    lines = batch.lines.splitlines(keepends=True)
    head = lines.pop(0) if len(lines) > batch.rows else b""
    refused, refusals = 0, 1
    parts = _halves(0, len(lines))
    while parts:
        start, end = parts.pop(0)
        if refusals >= REFUSALS_MAX:
            refused += end - start
            continue
        try:
            await telemetry.insert(
                batch.table, head + b"".join(lines[start:end]), f"{batch.token}:{start}-{end}"
            )
        except QueryRefusedError:
            refusals += 1
            if end - start == 1:
                refused += 1
            else:
                parts = _halves(start, end) + parts
    return refused


def _halves(start: int, end: int) -> list[tuple[int, int]]:
    middle = (start + end) // 2
    return [(start, middle), (middle, end)]
