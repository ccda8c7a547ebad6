"""Where players report (`core.ports.BeaconDoor`): invitations out, beacons in, facts on to telemetry.

In: who watches which channel, and what their players send. Out: `PlaybackFact`s, whatever telemetry does with them. Every call
is plain and quick; nothing that a beacon holds is trusted, and what is refused is counted by its reason.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Final
from uuid import uuid4

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.ports import FactSink
from tidegate.core.settings import Setting, SettingsBook, Subject, V
from tidegate.media.beacons import settings, tokens
from tidegate.media.beacons.cmcd import BODY_MAX, parse_beacon
from tidegate.media.beacons.errors import (
    BeaconChannelError,
    BeaconSessionError,
    BeaconsOffError,
    BeaconTooLargeError,
    TooManyReportsError,
)
from tidegate.media.beacons.labels import LabelBook
from tidegate.media.beacons.sessions import Session, SessionTable
from tidegate.media.beacons.stitch import Moment, Place
from tidegate.media.beacons.tokens import SESSION_ID, Ticket
from tidegate.media.beacons.types import Invitation, Labels, Report

SWEEP_S: Final = 1.0
STREAM_FOR_S: Final = 1.0
"""How long what is known of a channel's stream is taken for true."""
CHANNELS_MAX: Final = 4096
"""Channels whose stream is remembered; at the bound all are asked for anew."""
TICKET: Final = "ticket="
SESSION: Final = "session="
_LOG_EVERY: Final = 100

_log = structlog.get_logger()


class Playing(msgspec.Struct, frozen=True):
    """What a channel's stream is now: the broadcast's id, and the change arms it runs under."""

    stream: str = ""
    arms: tuple[str, ...] = ()


class Beacons:
    """One node's door for reports.

    Attributes:
        key: tokens are made and known by it.
        accepted: reports that became facts, by event, since start.
        refused: beacons and reports that did not, by reason.
        invited: sessions that were told where to report.
        unasked: sessions that were told not to, because a share of them does.
        clocks_off: beacons whose player's clock was wrong, and was corrected.
    """

    def __init__(
        self,
        key: bytes,
        sink: FactSink,
        book: SettingsBook,
        clock: Clock,
        here: Subject,
        playing: Callable[[str], Playing | None],
    ) -> None:
        self.key = key
        self._sink = sink
        self._book = book
        self._clock = clock
        self._here = here
        self._playing = playing
        self._sessions = SessionTable()
        self._labels = LabelBook()
        self._known: dict[str, tuple[float, Playing | None]] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.invited = self.unasked = self.clocks_off = 0

    @property
    def sessions(self) -> int:
        """Playback sessions heard of lately."""
        return len(self._sessions)

    def start(self) -> None:
        self._sweeping = asyncio.create_task(self._sweep_for_ever(), name="beacons-sweep")

    async def stop(self) -> None:
        """Sessions that run are not ended by it: their players report on to whoever comes next."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeping

    def invite(self, channel: str, query: str) -> bytes:
        """An `Invitation` as JSON for whoever may play `channel`; see `core.ports.BeaconDoor`."""
        try:
            return msgspec.json.encode(self._invitation(channel, query))
        except TidegateError as error:
            self._count(error.code, channel)
            raise

    def take(self, channel: str, query: str, body: bytes, user_agent: str, *, local: bool) -> None:
        """Take one beacon; see `core.ports.BeaconDoor`."""
        try:
            ticket, reports = self._read(channel, query, body)
            session = self._session(channel, ticket)
            self._afford(session, len(reports))
            labels = self._labels.of(query, user_agent, local=local)
            self._stitch(channel, session, reports, labels)
        except TidegateError as error:
            self._count(error.code, channel)
            raise

    def sweep(self) -> None:
        """End the sessions that have fallen silent."""
        lost_after_s = self._value(settings.LOST_AFTER_S)
        for session in self._sessions.silent(self._clock.monotonic() - lost_after_s):
            self._lose(session)

    def _invitation(self, channel: str, query: str) -> Invitation:
        self._check_on(channel)
        if self._stream(channel) is None:
            raise BeaconChannelError(
                "This channel is not known here.", hint="Check the name; ask again once it is live."
            )
        wished = _parameter(query, SESSION)
        session = wished if SESSION_ID.match(wished) else str(uuid4())
        share = self._value(settings.SAMPLE_SHARE, channel)
        expires_at = int(self._clock.wall()) + self._value(settings.TOKEN_TTL_S, channel)
        report_to = ""
        if _is_sampled(session, share):
            self.invited += 1
            report_to = f"beacon?{TICKET}{tokens.make(self.key, channel, Ticket(session, expires_at, share))}"
        else:
            self.unasked += 1
        return Invitation(session, report_to, self._value(settings.INTERVAL_S, channel), expires_at)

    def _read(self, channel: str, query: str, body: bytes) -> tuple[Ticket, list[Report]]:
        """Whose reports these are, and those of them that are his."""
        if len(body) > BODY_MAX:
            raise BeaconTooLargeError(
                f"A beacon may have {BODY_MAX} bytes.", hint="Send fewer reports at once."
            )
        self._check_on(channel)
        ticket = tokens.read(self.key, channel, _parameter(query, TICKET), self._clock.wall())
        beacon = parse_beacon(body)
        self._drop("malformed", beacon.malformed, channel)
        reports = [report for report in beacon.reports if report.session in {"", ticket.session}]
        if not reports:
            raise BeaconSessionError(
                "These reports are of another session than their address is for.",
                hint="Give the player the session's id as CMCD sid.",
            )
        self._drop("of-another-session", len(beacon.reports) - len(reports), channel)
        return ticket, reports

    def _afford(self, session: Session, reports: int) -> None:
        per_s = self._value(settings.REPORTS_PER_S)
        if not session.spend(reports, per_s, self._clock.monotonic()):
            raise TooManyReportsError(
                f"A session may make {per_s} reports a second.", hint="Report less often.", retry_after_s=5
            )

    def _stitch(self, channel: str, session: Session, reports: list[Report], labels: Labels) -> None:
        wall = self._clock.wall()
        now_ms = round(wall * 1000)
        dated = [(report.ts_ms if report.ts_ms is not None else now_ms, report) for report in reports]
        dated.sort(key=lambda each: (each[0], each[1].seq or 0))
        news = [each for each in dated if session.seen.is_new(each[1].seq, each[0])]
        self._drop("repeated", len(dated) - len(news), channel)
        if not news:
            return
        arrived = session.clock.arrived(news[-1][0], now_ms)
        if arrived.was_set:
            session.seen.clock_was_set(arrived.was_set)
            session.stitcher.clock_was_set(arrived.was_set)
        self.clocks_off += session.clock.is_off
        playing = self._stream(channel) or Playing()
        moment = Moment(wall, arrived.offset_ms, labels, playing.stream, playing.arms)
        keep_responses = self._value(settings.RESPONSES, channel)
        for ts_ms, report in news:
            if ts_ms < arrived.oldest_ms:
                self._drop("too-old", 1, channel)
                continue
            if report.event == "response":
                session.stitcher.count(report)
                if not keep_responses:
                    continue
            fact = session.stitcher.take(report, ts_ms, moment)
            if fact is not None:
                self.accepted[fact.event] += 1
                self._sink.put(fact)

    def _session(self, channel: str, ticket: Ticket) -> Session:
        session = self._sessions.get(channel, ticket.session)
        if session is not None:
            return session
        place = Place(self._here.region, self._here.node, channel, ticket.session, ticket.share)
        session = Session(
            place,
            self._value(settings.LOST_AFTER_S),
            self._value(settings.REPORTS_PER_S),
            self._clock.monotonic(),
        )
        gone = self._sessions.add(channel, ticket.session, session, self._value(settings.SESSIONS_MAX))
        if gone is not None:
            self._lose(gone)
        return session

    def _lose(self, session: Session) -> None:
        fact = session.stitcher.lose()
        if fact is not None:
            self._sink.put(fact)

    def _check_on(self, channel: str) -> None:
        if not self._value(settings.ENABLED, channel):
            raise BeaconsOffError("Reports are not wanted here.", hint="Play without reporting.")

    def _stream(self, channel: str) -> Playing | None:
        now = self._clock.monotonic()
        known = self._known.get(channel)
        if known is not None and now - known[0] < STREAM_FOR_S:
            return known[1]
        if len(self._known) >= CHANNELS_MAX:
            self._known.clear()
        playing = self._playing(channel)
        self._known[channel] = (now, playing)
        return playing

    def _value(self, setting: Setting[V], channel: str = "") -> V:
        return self._book.value(setting, msgspec.structs.replace(self._here, channel=channel))

    def _drop(self, reason: str, reports: int, channel: str) -> None:
        for _ in range(reports):
            self._count(reason, channel)

    def _count(self, reason: str, channel: str) -> None:
        self.refused[reason] += 1
        if self.refused[reason] % _LOG_EVERY == 1:
            _log.warning("beacon_refused", reason=reason, channel=channel, refused=self.refused[reason])

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()


def _parameter(query: str, name: str) -> str:
    return next((pair[len(name) :] for pair in query.split("&") if pair.startswith(name)), "")


def _is_sampled(session: str, share: float) -> bool:
    """The same answer for a session whenever it asks, and wherever."""
    return share >= 1.0 or int(session[:8], 16) < share * 2**32
