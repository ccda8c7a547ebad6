"""Ends the playback sessions whose end nobody heard: their server was killed, or their edge never came back.

In: every while, what telemetry knows of sessions and nodes. Out: a last fact for each session that is over, so that rows, counts and
indicators all say so. Who takes reports ends the sessions that it remembers (`media/beacons`); this looks after it, in one process of
the installation, and needs no memory: what telemetry has is enough.

A session is over when it was silent for as long as `beacons.lost_after_s`, while its node told of itself all that time: of a time that
telemetry knows nothing of yet, or in which there was nobody to report to, silence says nothing. A node that is itself gone for
`GONE_S` takes its sessions with it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.ports import FactSink
from tidegate.core.settings import Subject
from tidegate.governance.playback_sessions.unended import (
    BACK_S,
    CLOSED_MAX,
    Unended,
    find_silent,
    find_telling,
    last_word,
    silent_of,
)
from tidegate.store import Store
from tidegate.store.leases import Lease
from tidegate.telemetry.contract import QueryLimits, Telemetry

EVERY_S: Final = 15.0
GRACE_S: Final = 10.0
"""Beyond the bound, so that the door's own last fact is there first."""
LATE_S: Final = 10.0
"""How much of a node's time may be missing: what telemetry has not got yet, and facts every two seconds."""
GONE_S: Final = 900.0
"""A node that tells nothing for so long does not come back with what its players said meanwhile."""
GLANCE_BACK_S: Final = 2 * GONE_S
"""How far back most looks go: whoever fell silent before was ended by an earlier look."""
FULL_EVERY_S: Final = GONE_S
"""How often a look goes back as far as it can: for a node that was away for long, and at first for what was before this process."""
LEASE: Final = "playback-session-ends"
LEASE_S: Final = 60.0
"""Longer than what is put to telemetry takes to be found there, so that another process does not end a session again."""
REMEMBERED_MAX: Final = 4 * CLOSED_MAX
"""Ends that telemetry may not have yet; the oldest is forgotten."""

_LIMITS: Final = QueryLimits(seconds=10.0, rows=CLOSED_MAX + 1)

_log = structlog.get_logger()


class SessionCloser:
    """Attributes:
    closed: sessions ended since start.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        store: Store,
        sink: FactSink,
        clock: Clock,
        here: Subject,
        lost_after_s: Callable[[Subject], float],
    ) -> None:
        """`lost_after_s`: after which silence a node's sessions are over."""
        self._telemetry = telemetry
        self._sink = sink
        self._clock = clock
        self._here = here
        self._lost_after_s = lost_after_s
        self._lease = Lease(store, LEASE, f"{here.region}/{here.node}")
        self._full_at = 0.0
        self._behind = False
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()
        self.closed = 0

    async def run(self) -> None:
        """Look every while, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.sweep()
            except TidegateError as error:  # the health report says that telemetry or store is away
                _log.debug("playback_sessions_not_looked_at", reason=error.message)

    async def sweep(self) -> int:
        """Look once; returns how many sessions were ended.

        Raises:
            TelemetryAwayError, StoreUnavailableError: nothing is known, and nothing was ended.
        """
        now = self._clock.wall()
        full = now >= self._full_at
        answer = await self._telemetry.query(
            *find_silent(now, GRACE_S, BACK_S if full else GLANCE_BACK_S), _LIMITS
        )
        silent = [session for session in map(silent_of, answer.rows) if not self._is_told(session)]
        over = await self._over(silent, now)
        if full and not over and not self._behind:
            self._full_at = now + FULL_EVERY_S
        if not over or not await self._lease.hold(LEASE_S):
            return 0
        for session in over:
            self._remember(session)
            self._sink.put(last_word(session, now))
        self.closed += len(over)
        _log.info("playback_sessions_closed", sessions=len(over), closed=self.closed)
        return len(over)

    async def _over(self, silent: list[Unended], now: float) -> list[Unended]:
        bounds: dict[float, list[Unended]] = {}
        for session in silent:
            where = msgspec.structs.replace(self._here, node=session.node, region=session.region)
            quiet_s = self._lost_after_s(where) + GRACE_S
            if session.last_at < now - quiet_s:
                bounds.setdefault(quiet_s, []).append(session)
        over: list[Unended] = []
        self._behind = False
        for quiet_s, sessions in bounds.items():
            rows = (await self._telemetry.query(*find_telling(now, quiet_s))).rows
            told_s = {str(node): float(seconds) for node, seconds in rows}
            if told_s.get(self._here.node, 0.0) < quiet_s - LATE_S:
                self._behind = True  # telemetry is, or this process has just begun
                continue
            over += [session for session in sessions if _is_over(session, told_s, quiet_s, now)]
        return over

    def _is_told(self, session: Unended) -> bool:
        return self._told.get((session.channel, session.session)) == session.last_at

    def _remember(self, session: Unended) -> None:
        self._told[session.channel, session.session] = session.last_at
        if len(self._told) > REMEMBERED_MAX:
            self._told.popitem(last=False)


def _is_over(session: Unended, told_s: dict[str, float], quiet_s: float, now: float) -> bool:
    if session.node in told_s:
        return told_s[session.node] >= quiet_s - LATE_S
    return session.last_at < now - GONE_S
