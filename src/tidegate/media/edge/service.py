"""The edge proper: answers viewers from memory, and asks upstream once whatever the audience.

In: a target below `/live/` or `/vod/`, If-None-Match, who asks. Out: an `Answer` at once, or a `Pending` that one shared
upstream request will resolve for everyone who asked the same. Standards: HTTP caching (RFC 9111, stale-if-error
of RFC 5861), conditional requests (RFC 9110 section 13), LL-HLS blocking reloads (RFC 8216bis section 6.2.5.2).
"""

import asyncio
from collections.abc import Awaitable

import structlog

from tidegate.core.clock import Clock
from tidegate.core.delivery import NOBODY, LiveResponse, Visitor
from tidegate.core.errors import TidegateError
from tidegate.core.ports import BeaconDoor, LiveSource, PlaybackGate
from tidegate.media.edge.answers import (
    ADMITTED,
    BEHIND,
    CHANNEL_BUSY,
    CHANNEL_CONNECTIONS_TAKEN,
    CHANNEL_FULL,
    METHOD_NOT_ALLOWED,
    OVERLOADED,
    UPSTREAM_FAILED,
    UPSTREAM_LATE,
    Answer,
    answer_of,
    counted_as,
    not_modified,
    redirect,
    refusal_of,
)
from tidegate.media.edge.audience import ViewerTable
from tidegate.media.edge.beacons import BeaconDesk
from tidegate.media.edge.cache import AnswerCache, RefusalCache
from tidegate.media.edge.channel_limits import ChannelLimits, Seat
from tidegate.media.edge.config import EdgeConfig
from tidegate.media.edge.counters import EdgeCounters
from tidegate.media.edge.flights import Flight, Pending
from tidegate.media.edge.gatekeeping import OpenGate, Refusals
from tidegate.media.edge.limits import AddressLimits
from tidegate.media.edge.playlists import NewestPlaylists
from tidegate.media.edge.tallies import Tallies
from tidegate.media.edge.targets import TOKEN_MARK, Target, parse_target, split_token, with_token

log = structlog.get_logger()

_PART = "/part-"
_PARSED_TARGETS = 4096
"""Raw targets whose parse is remembered: a whole audience asks for the same few strings within one part."""


class Edge:
    """Request collapsing and caching before one `LiveSource`, for those whom `gate` lets through. Use from one event
    loop.

    Attributes:
        tallies: what viewers are sent, by channel and rendition; whoever writes an answer counts it. What further edges
            are sent is not in it: they count their own viewers.
    """

    def __init__(
        self,
        source: LiveSource,
        clock: Clock,
        config: EdgeConfig | None = None,
        gate: PlaybackGate | None = None,
        beacons: BeaconDoor | None = None,
    ) -> None:
        self.limits = AddressLimits(clock)
        self.channel_limits = ChannelLimits()
        self.config = config or EdgeConfig()
        self.counters = EdgeCounters()
        self.tallies = Tallies()
        self.audience = ViewerTable(
            clock, self.config.audience_window_s, self.config.max_viewers, self.config.max_channels
        )
        self.cache = AnswerCache(self.config.cache_bytes, self.config.cache_idle_s)
        self._refusals = RefusalCache(self.config.negative_entries, self.config.negative_ttl_s)
        self._playlists = NewestPlaylists(self.config.max_playlists, self.config.stale_if_error_s)
        self._flights: dict[str, Flight] = {}
        self._targets: dict[str, Target] = {}
        self._source = source
        self._clock = clock
        self._gate = gate or OpenGate()
        self._rules = self._gate.rules
        self._refused = Refusals()
        self._beacons = BeaconDesk(beacons)

    @property
    def flights(self) -> int:
        """Upstream requests under way."""
        return len(self._flights)

    @property
    def waiters(self) -> int:
        """Viewers waiting for one of them."""
        return sum(len(flight.waiters) for flight in self._flights.values())

    def handle(
        self,
        target: str,
        if_none_match: bytes = b"",
        viewer: str = "",
        visitor: Visitor = NOBODY,
        device: str = "",
        seat: Seat | None = None,
    ) -> Answer | Pending:
        """Answer a GET of `target`, the path below `/live/` with its query.

        A wrong request is an answer too. `viewer` is any stable key, empty for one that is not to be counted; `device`
        what it would be counted as if it had not named itself; `seat` its connection's, None where that is not counted.
        """
        counters = self.counters
        counters.requests += 1
        token = ""
        if target.startswith(TOKEN_MARK):
            token, target = split_token(target)
        wanted = self._targets.get(target)
        if wanted is None:
            try:
                wanted = self._parse(target)
            except TidegateError as error:
                counters.bad_targets += 1
                return counted_as(refusal_of(error), self.tallies.other)
        now = self._clock.monotonic()
        rule = self._rules.get(wanted.channel) or self._gate.rule(wanted.channel)
        if not (rule.open or visitor.peer):
            admitted = self._admit(wanted, token, visitor, viewer, device, seat, now)
            if isinstance(admitted, Answer):
                return admitted
            viewer = admitted
        elif wanted.session:
            viewer = wanted.session
        if viewer and not (wanted.vod or wanted.beacon):
            self.audience.seen(wanted.channel, viewer, now, device)
        flight = self._flights.get(wanted.key)
        if flight is not None:
            flight.joined += not visitor.peer
            return self._join(wanted, flight, if_none_match)
        answer = self._known(wanted, now)
        if answer is None:
            return self._ask(wanted, if_none_match, now)
        counters.hits += 1
        answer.tally.hits += not visitor.peer
        return self._choose(answer, if_none_match) if if_none_match else answer

    def report(
        self,
        target: str,
        body: bytes,
        user_agent: bytes = b"",
        visitor: Visitor = NOBODY,
        *,
        local: bool = False,
    ) -> Answer:
        """Answer a POST of a player's reports to `target`, for whom the same holds as for playing.

        `local`: whoever asks is a trusted proxy's machine itself, no viewer behind it.
        """
        self.counters.reports += 1
        token = ""
        if target.startswith(TOKEN_MARK):
            token, target = split_token(target)
        try:
            wanted = parse_target(target)
            rule = self._rules.get(wanted.channel) or self._gate.rule(wanted.channel)
            if not (rule.open or visitor.peer):
                self._gate.admit(wanted.channel, token or wanted.token, visitor)
        except TidegateError as error:
            return self._refused.answer(error)
        return (
            self._beacons.take(wanted, body, user_agent, local=local) if wanted.beacon else METHOD_NOT_ALLOWED
        )

    def sweep(self, now: float) -> None:
        """Let go of what is idle; called about once a second with monotonic seconds."""
        self.cache.sweep(now)
        self.audience.sweep(now)

    async def close(self) -> None:
        """End every flight; whoever still waits gets 503."""
        flights, self._flights = self._flights, {}
        tasks = [flight.task for flight in flights.values() if flight.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for flight in flights.values():
            flight.land(OVERLOADED)

    def _admit(
        self,
        wanted: Target,
        token: str,
        visitor: Visitor,
        viewer: str,
        device: str,
        seat: Seat | None,
        now: float,
    ) -> Answer | str:
        """What the viewer is counted as, or what is said instead of what was asked for."""
        try:
            named = self._gate.admit(wanted.channel, token or wanted.token, visitor)
        except TidegateError as error:
            return self._counted(wanted, self._refused.answer(error))
        if wanted.token and (wanted.playlist or wanted.beacon) and not token:
            return self._counted(wanted, redirect(with_token(wanted, wanted.token)))
        viewer = named or wanted.session or viewer
        rule = self._gate.rule(wanted.channel)
        if rule.requests_per_s and not self.channel_limits.spend(wanted.channel, rule.requests_per_s, now):
            self.counters.limited_by_channel += 1
            return self._counted(wanted, CHANNEL_BUSY)
        seats = rule.max_connections
        if seats and seat is not None and not self.channel_limits.sit(seat, wanted.channel, seats):
            self.counters.refused_seats += 1
            return self._counted(wanted, CHANNEL_CONNECTIONS_TAKEN)
        most = rule.max_viewers
        uncounted = wanted.vod or wanted.beacon
        if most and not uncounted and not self.audience.has_room(wanted.channel, viewer, most, device):
            self.counters.full += 1
            return self._counted(wanted, CHANNEL_FULL)
        return viewer

    def _parse(self, target: str) -> Target:
        wanted = parse_target(target)
        if wanted.own:
            return wanted  # each viewer's own string: remembering it would only push out what is shared
        if len(self._targets) >= _PARSED_TARGETS:
            self._targets.clear()
        self._targets[target] = wanted
        return wanted

    def _known(self, wanted: Target, now: float) -> Answer | None:
        if wanted.check:
            return ADMITTED
        if wanted.beacon:
            return self._beacons.invite(wanted)
        answer = self.cache.fresh(wanted.key, now)
        if answer is None and wanted.playlist:
            answer = self._playlists.current(wanted, self._flights)
        return answer if answer is not None else self._refusals.fresh(wanted.key, now)

    def _join(self, wanted: Target, flight: Flight, if_none_match: bytes) -> Answer | Pending:
        if len(flight.waiters) >= self.config.max_waiters:
            self.counters.overloaded += 1
            return self._counted(wanted, OVERLOADED)
        self.counters.joined += 1
        return flight.wait(if_none_match)

    def _ask(self, wanted: Target, if_none_match: bytes, now: float) -> Answer | Pending:
        if len(self._flights) >= self.config.max_flights:
            self.counters.overloaded += 1
            return self._counted(wanted, OVERLOADED)
        started = self._start(wanted, now)
        if isinstance(started, Answer):
            return self._choose(started, if_none_match)
        return started.wait(if_none_match)

    def _start(self, wanted: Target, now: float) -> Answer | Flight:
        kept = self.cache.stale(wanted.key)
        self.counters.upstream_requests += 1
        try:
            got = self._source.get(wanted.key, kept.answer.etag if kept is not None else b"")
        except Exception:
            log.exception("edge_source_failed", path=wanted.path)
            return self._take(wanted, UPSTREAM_FAILED, now)
        if isinstance(got, LiveResponse):
            return self._take(wanted, got, now)
        flight = Flight(now, self._choose)
        self._flights[wanted.key] = flight
        flight.task = asyncio.ensure_future(self._fly(wanted, flight, got))
        return flight

    async def _fly(self, wanted: Target, flight: Flight, got: Awaitable[LiveResponse]) -> None:
        try:
            async with asyncio.timeout(self.config.flight_deadline_s):
                response = await got
        except TimeoutError:
            response = UPSTREAM_LATE
        except Exception:
            log.exception("edge_source_failed", path=wanted.path)
            response = UPSTREAM_FAILED
        answer = self._take(wanted, response, flight.asked_at)
        # Gone from the table only now: `_take` has cached the answer, so no request can fall between the two.
        if self._flights.get(wanted.key) is flight:
            del self._flights[wanted.key]
        answer.tally.joined += flight.joined
        flight.land(answer)

    def _take(self, wanted: Target, response: LiveResponse, asked_at: float) -> Answer:
        """Count an upstream request, and return what viewers get of its answer."""
        answer = self._judge(wanted, response, asked_at)
        tally = answer.tally
        tally.fetches += 1
        if response.status == 200 and _PART in wanted.path:
            tally.parts += 1
        return answer

    def _counted(self, wanted: Target, answer: Answer) -> Answer:
        return counted_as(answer, self.tallies.find(wanted.path, playlist=wanted.playlist))

    def _judge(self, wanted: Target, response: LiveResponse, asked_at: float) -> Answer:
        """Keep what may be kept of upstream's word, and return what viewers get."""
        now = self._clock.monotonic()
        if response.status >= 500:
            return self._without_upstream(wanted, response, now)
        kept = self.cache.stale(wanted.key)
        if response.status == 304 and kept is not None:
            self.counters.upstream_not_modified += 1
            if self._is_old(wanted, kept.answer.body, now):
                return self._newest(wanted, now) or self._counted(wanted, BEHIND)
            self.cache.confirm(wanted.key, response.max_age_s, now)
            return kept.answer
        if response.status == 200 and self._is_old(wanted, response.body, now):
            return self._newest(wanted, now) or self._counted(wanted, BEHIND)
        given = response.status == 200
        tally = (self.tallies.open if given else self.tallies.find)(wanted.path, playlist=wanted.playlist)
        answer = answer_of(response, self._clock.wall(), listed=self._lists_pages(wanted), tally=tally)
        if given:
            if not wanted.vod:
                self.audience.open(wanted.channel)
            if answer.max_age_s > 0 or answer.etag:
                self.cache.keep(wanted.key, answer, answer.max_age_s, now)
            if wanted.playlist:
                self._playlists.saw(wanted, answer, asked_at, now)
        elif response.status >= 400:
            self.cache.drop(wanted.key)
            self._refusals.keep(wanted.key, answer, now)
        return answer

    def _without_upstream(self, wanted: Target, response: LiveResponse, now: float) -> Answer:
        self.counters.upstream_failures += 1
        if wanted.plain:
            kept = self.cache.stale(wanted.key)
            known = None if wanted.vod else self._newest_known(wanted, now)
            if known is None and kept is not None and now - kept.confirmed_at <= self.config.stale_if_error_s:
                known = None if self._is_old(wanted, kept.answer.body, now) else kept.answer
            if known is not None:
                self.counters.stale_served += 1
                return known
        answer = response if isinstance(response, Answer) else answer_of(response, self._clock.wall())
        return self._counted(wanted, answer)

    def _is_old(self, wanted: Target, body: bytes, now: float) -> bool:
        return wanted.playlist and not wanted.vod and self._playlists.is_old(wanted, body, now)

    def _newest(self, wanted: Target, now: float) -> Answer | None:
        """What stands in for an old copy of a playlist."""
        self.counters.old_playlists += 1
        return self._newest_known(wanted, now)

    def _newest_known(self, wanted: Target, now: float) -> Answer | None:
        tally = self.tallies.find(wanted.path, playlist=True)
        listed = self._lists_pages(wanted)
        return self._playlists.instead(wanted, now, self._clock.wall(), listed=listed, tally=tally)

    def _lists_pages(self, wanted: Target) -> bool:
        return bool(self._gate.rule(wanted.channel).origins)

    def _choose(self, answer: Answer, if_none_match: bytes) -> Answer:
        if not if_none_match or answer.status != 200 or not _matches(answer.etag, if_none_match):
            return answer
        self.counters.not_modified += 1
        return not_modified(answer, self._clock.wall())


def _matches(etag: bytes, if_none_match: bytes) -> bool:
    """Weak comparison against a list of entity tags (RFC 9110 sections 8.8.3.2 and 13.1.2)."""
    if not etag:
        return False
    opaque = etag.removeprefix(b"W/")
    return if_none_match.strip() == b"*" or any(
        tag.strip().removeprefix(b"W/") == opaque for tag in if_none_match.split(b",")
    )
