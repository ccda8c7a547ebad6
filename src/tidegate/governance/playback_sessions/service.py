"""What others call: playback sessions of a slice, and one viewer's whole story."""

from math import isfinite

from tidegate.core.clock import Clock
from tidegate.governance.playback_sessions import queries
from tidegate.governance.playback_sessions.types import (
    ORDERS,
    PlaybackReport,
    PlaybackSession,
    PlaybackSessionNotFoundError,
    SessionQuery,
    SessionQueryError,
    SessionStory,
)
from tidegate.telemetry.contract import QueryLimits, Telemetry

RANGE_MAX_S = 31 * 86_400.0
LAST_S = 3600.0
"""The range where none is asked for: the last hour."""
TEXT_CHARS_MAX = 128

_LIMITS = QueryLimits(seconds=10.0, rows=queries.REPORTS_MAX + 1)


class PlaybackSessions:
    """Answers from telemetry."""

    def __init__(self, telemetry: Telemetry, clock: Clock) -> None:
        self._telemetry = telemetry
        self._clock = clock

    def query(self, start: float, end: float, order: str, limit: int, **only: str) -> SessionQuery:
        """A question within bounds; times of 0 mean up to now, and the hour before it.

        Raises:
            SessionQueryError: it is not within them.
        """
        end = end or self._clock.wall()
        start = start or end - LAST_S
        if not (isfinite(start) and isfinite(end) and 0 <= start < end and end - start <= RANGE_MAX_S):
            raise SessionQueryError(
                "The range is none, or longer than 31 days.",
                hint="Give from and to, seconds since the epoch.",
            )
        if order not in ORDERS:
            raise SessionQueryError(
                f"There is no order {order[:40]!r}.", hint=f"Give one of {', '.join(ORDERS)}.", field="order"
            )
        if not 1 <= limit <= queries.LIMIT_MAX:
            raise SessionQueryError(
                f"limit is {limit}.", hint=f"It may be 1 to {queries.LIMIT_MAX}.", field="limit"
            )
        for name, text in only.items():
            if len(text) > TEXT_CHARS_MAX:
                raise SessionQueryError(
                    f"{name} is longer than {TEXT_CHARS_MAX} characters.",
                    hint="Give a shorter one.",
                    field=name,
                )
        known = next(each for each in ORDERS if each == order)
        return SessionQuery(start, end, order=known, limit=limit, **only)

    async def list(self, query: SessionQuery) -> list[PlaybackSession]:
        """The sessions that are asked for.

        Raises:
            TelemetryAwayError, QueryTooHeavyError.
        """
        sql, params = queries.list_sessions(query)
        answer = await self._telemetry.query(sql, params, _LIMITS)
        return [queries.row_of(PlaybackSession, row) for row in answer.rows]

    async def story(self, session: str) -> SessionStory:
        """A session and its reports, oldest first.

        Raises:
            PlaybackSessionNotFoundError: telemetry knows none of this id.
            TelemetryAwayError, QueryTooHeavyError.
        """
        sql, params = queries.one_session(session[:TEXT_CHARS_MAX])
        answer = await self._telemetry.query(sql, params, _LIMITS)
        if not answer.rows:
            raise PlaybackSessionNotFoundError(
                f"There is no playback session {session[:80]!r}.", hint="It may be older than what is kept."
            )
        found = queries.row_of(PlaybackSession, answer.rows[0])
        sql, params = queries.reports_of(found)
        rows = (await self._telemetry.query(sql, params, _LIMITS)).rows
        return SessionStory(found, [queries.row_of(PlaybackReport, row) for row in reversed(rows)])
