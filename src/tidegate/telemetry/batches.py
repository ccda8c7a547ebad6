"""Facts of one table as they gather, and the batch they become. Plain calls; no task, no I/O.

In: facts. Out: `Batch`es, encoded already, so that memory is counted in bytes and handing one on costs nothing.
"""

from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from tidegate.core.clock import Clock
from tidegate.core.facts import Fact
from tidegate.core.ids import random_token
from tidegate.telemetry.bounds import BeyondBoundsError, Limits, TableBounds

BATCH_ROWS_MAX: Final = 50_000
BATCH_BYTES_MAX: Final = 16 << 20
"""A full batch is handed on at once: few and large ones cost an engine least, and a frame holds any."""

TOKEN_BITS: Final = 80


class Batch(msgspec.Struct, frozen=True):
    """Facts of one table on their way; `token` names it for good, so that it is stored once however often it is given.

    Attributes:
        at: when it was made, seconds since the Unix epoch.
        lines: the fields' names as a JSON list, then a list of values for each fact.
    """

    table: str
    token: str
    rows: int
    lines: bytes
    at: float


class TableBuffer:
    """One table's facts until they are a batch.

    Attributes:
        taken: facts since start.
        refused: facts that were not kept, by reason.
    """

    def __init__(self, table: str, fact: type[Fact], clock: Clock, limits: Limits) -> None:
        self.table = table
        self._clock = clock
        self.bounds = TableBounds(fact, clock, limits)
        self.taken = 0
        self.refused: dict[str, int] = {}
        self.rows = 0
        self._encoder = msgspec.json.Encoder()
        self._head = self._encoder.encode(fact.__struct_fields__) + b"\n"
        self._lines = bytearray(self._head)

    @property
    def bytes(self) -> int:
        return len(self._lines) if self.rows else 0

    @property
    def full(self) -> bool:
        return self.rows >= BATCH_ROWS_MAX or len(self._lines) >= BATCH_BYTES_MAX

    def add(self, fact: Any) -> None:
        """Take one fact; one that cannot be kept is counted."""
        lines = self._lines
        before = len(lines)
        try:
            self._encoder.encode_into(astuple(self.bounds.admit(fact)), lines, -1)
        except BeyondBoundsError as error:
            self.refuse(error.reason)
        except (
            TypeError,
            ValueError,
            OverflowError,
            AttributeError,
        ):  # no text, a lone surrogate
            del lines[before:]
            self.refuse("malformed")
        else:
            lines += b"\n"
            self.rows += 1
            self.taken += 1

    def refuse(self, reason: str, rows: int = 1) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + rows

    def seal(self) -> Batch | None:
        """What has gathered; None where nothing has."""
        if not self.rows:
            return None
        batch = Batch(self.table, random_token(TOKEN_BITS), self.rows, bytes(self._lines), self._clock.wall())
        self.rows = 0
        self._lines = bytearray(self._head)
        return batch
