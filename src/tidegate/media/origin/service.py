"""The origin's entry: gateways open sessions here, edges ask here, everyone reads stream states here.

In: sessions (`core.ports.Origin`), requests (`LiveSource`), questions (`StreamDirectory`). Out: `Ingest` doors,
responses, `StreamStatus`, and a `StreamEvent` for each change of state. Everything runs on one event loop; the only
clock-driven work is one task that sweeps all streams four times a second.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from hmac import compare_digest

import msgspec
import structlog

from tidegate.core.clock import Clock
from tidegate.core.decisions import Decide, untold
from tidegate.core.delivery import LiveResponse
from tidegate.core.errors import InvalidError, NotFoundError
from tidegate.core.ids import new_id
from tidegate.core.nodes import Check
from tidegate.core.ports import Ingest, Renditions, Slates
from tidegate.core.settings import SettingsBook, Subject
from tidegate.core.streams import EndReason, Publisher, Role, StreamEvent, StreamStatus
from tidegate.media.origin import orphans, recovery, responses, settings
from tidegate.media.origin.archive import Archive, ArchivePolicy
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.config import OriginConfig
from tidegate.media.origin.keeper import Keeper
from tidegate.media.origin.keys import broadcast_prefix
from tidegate.media.origin.metrics import ServingCounters
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.origin.renditions import RenditionSide
from tidegate.media.origin.requests import parse_request
from tidegate.media.origin.serving import Serving
from tidegate.media.origin.status import stream_status
from tidegate.media.origin.succession import NoStandbyError
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectsError

__all__ = ["OriginConfig", "OriginService"]

SWEEP_S = 0.25
SLATE_TICK_S = 0.05
"""How late a slate's part may be listed."""

_log = structlog.get_logger()


class _Stream:
    """A channel's broadcast with the rooms around it."""

    __slots__ = ("broadcast", "keeper", "serving")

    def __init__(self, broadcast: Broadcast, keeper: Keeper, serving: Serving) -> None:
        self.broadcast = broadcast
        self.keeper = keeper
        self.serving = serving


class OriginService:
    """Implements `Origin`, `LiveSource` and `StreamDirectory`.

    `state` is where the indexes of running streams are kept for this machine's restart, `objects` where not given; `policy`
    says what is kept of a channel's broadcasts; `on_archived` is told channel and broadcast when an ended one that is kept
    has been stored to its end.

    Attributes:
        reader: manifests of what is kept.
        bytes_in: CMAF bytes taken in since start.
        parts: parts taken in since start.
    """

    def __init__(
        self,
        objects: Objects,
        clock: Clock,
        config: OriginConfig | None = None,
        on_event: Callable[[StreamEvent], None] = lambda _event: None,
        make_id: Callable[[], str] = lambda: new_id("bro"),
        *,
        book: SettingsBook | None = None,
        slates: Slates | None = None,
        state: Objects | None = None,
        policy: Callable[[str], ArchivePolicy] = lambda _channel: ArchivePolicy(),
        on_archived: Callable[[str, str], None] = lambda _channel, _broadcast: None,
        decide: Decide = untold,
    ) -> None:
        """`book`, where given, says what `config` leaves to be set."""
        self._objects = objects
        self._state = state if state is not None else objects
        self._policy = policy
        self._slates = slates
        self._on_archived = on_archived
        self._decide = decide
        self.reader = ManifestReader(objects, clock)
        self._clock = clock
        self._config = config or OriginConfig()
        self._on_event = on_event
        self._make_id = make_id
        self._book = book
        self._unwatch: Callable[[], None] = lambda: None
        self._boot = f"{int(clock.wall() * 1000):x}"
        self._streams: dict[str, _Stream] = {}
        self._removing: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._past_bytes = self._past_parts = self._past_switches = 0
        self._store_error = ""
        self.counters = ServingCounters()

    async def start(self) -> None:
        """Take up what an earlier life left, and begin to sweep."""
        try:
            found = await recovery.recover(self._state, self._objects, self._broadcast)
        except ObjectsError as error:
            self._store_error = error.message
            _log.warning("recovery_failed", error=str(error))
        else:
            for broadcast, archive in found:
                # a kill in a broadcast's first seconds may have come before its manifest was begun
                self._adopt(broadcast, archive or self._new_archive(broadcast)).keeper.poke()
            self._background(orphans.remove(self._objects, self._is_running))
        if self._book is not None:
            self._unwatch = self._book.watch(self._setting_changed)
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep_forever())

    async def stop(self) -> None:
        """Close every session, store what is in memory, answer everyone who waits."""
        self._unwatch()
        self._unwatch = lambda: None
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.wait([self._sweeper])
            self._sweeper = None
        if self._showing is not None:
            self._showing.cancel()
            await asyncio.wait([self._showing])
        for stream in self._streams.values():
            stream.broadcast.succession.fence_all("shutdown")
            stream.broadcast.dismiss()
        await asyncio.gather(*(stream.keeper.settle() for stream in self._streams.values()))
        if self._removing:
            await asyncio.wait(self._removing)

    def open(self, publisher: Publisher, on_fenced: Callable[[EndReason], None]) -> Ingest:
        """Begin a publishing session; see `core.ports.Origin`."""
        stream = self._streams.get(publisher.channel)
        if stream is None:
            stream = self._begin(self._broadcast(publisher.channel, self._make_id()))
        elif stream.broadcast.ended:
            stream = self._succeed(stream)
        session = stream.broadcast.open(publisher, on_fenced)
        self._refresh_arms(stream.broadcast)
        return session

    def attach(
        self, channel: str, on_end: Callable[[], None], *, audio_only: bool = False
    ) -> Renditions | None:
        """Access for a transcoder to the channel's publishing session; None where no picture is running.

        `on_end` is called when the session is over or its picture changes.
        """
        stream = self._streams.get(channel)
        session = stream.broadcast.session if stream is not None else None
        if stream is None or session is None:
            return None
        broadcast = stream.broadcast
        for name, window in broadcast.windows.items():
            if name in session.tracks and window.track.kind == "video" and window.open is not None:
                broadcast.rungs.audio_only = audio_only
                return RenditionSide(broadcast, session, window, on_end)
        return None

    def renditions(self, channel: str, token: str) -> Renditions | None:
        """See `core.ports.RenditionDoor`."""
        stream = self._streams.get(channel)
        sides = stream.broadcast.rungs.sides if stream is not None else ()
        return next((side for side in sides if compare_digest(side.token.encode(), token.encode())), None)

    def drop_renditions(self, channel: str) -> None:
        """Take a channel's renditions out of its playlists. What is stored of them goes with their broadcast."""
        stream = self._streams.get(channel)
        if stream is not None and stream.broadcast.rungs.drop():
            stream.keeper.poke()

    def lag_s(self, channel: str) -> float:
        """See `core.ports.RenditionSource`."""
        stream = self._streams.get(channel)
        return stream.broadcast.rungs.lag_s() if stream is not None else 0.0

    def get(self, target: str, if_none_match: bytes = b"") -> LiveResponse | Awaitable[LiveResponse]:
        """Answer a request; see `core.ports.LiveSource`."""
        self.counters.requests += 1
        try:
            request = parse_request(target)
        except (NotFoundError, InvalidError) as error:
            self.counters.refused += 1
            return responses.refusal(error)
        stream = self._streams.get(request.channel)
        if stream is None:
            self.counters.refused += 1
            return responses.refusal(NotFoundError("This channel is not live.", hint="Try again when it is."))
        reply = stream.serving.get(request, if_none_match)
        if isinstance(reply, LiveResponse) and 400 <= reply.status < 500:
            self.counters.refused += 1
        return reply

    def statuses(self) -> list[StreamStatus]:
        return [stream_status(stream.broadcast) for stream in self._streams.values()]

    def status(self, channel: str) -> StreamStatus | None:
        stream = self._streams.get(channel)
        return stream_status(stream.broadcast) if stream is not None else None

    def kick(self, channel: str) -> bool:
        stream = self._streams.get(channel)
        return stream is not None and stream.broadcast.succession.fence_all("kicked")

    def switch(self, channel: str, to: Role | None) -> Role:
        """Have the standby publisher go on air; see `core.ports.StreamDirectory`."""
        stream = self._streams.get(channel)
        if stream is None:
            raise NoStandbyError(
                "Nobody is publishing.", hint="Connect a primary and a backup encoder first."
            )
        return stream.broadcast.succession.switch(to)

    def remove(self, channel: str) -> None:
        """Forget a deleted channel's stream; see `core.ports.StreamDirectory`.

        Players that wait for the next part are told that the playlist has ended; who asks later gets 404.
        """
        stream = self._streams.get(channel)
        if stream is None:
            return
        stream.broadcast.succession.fence_all("kicked")
        if not stream.broadcast.ended:
            stream.broadcast.end("channel deleted")
        self._forget(channel, stream)

    @property
    def bytes_in(self) -> int:
        return self._past_bytes + sum(stream.broadcast.bytes_in for stream in self._streams.values())

    @property
    def parts(self) -> int:
        return self._past_parts + sum(stream.broadcast.parts for stream in self._streams.values())

    @property
    def switches(self) -> int:
        return self._past_switches + sum(stream.broadcast.switches for stream in self._streams.values())

    @property
    def storage_ok(self) -> bool:
        """Whether segments can be stored."""
        return not self._storage_errors()

    @property
    def storing(self) -> bool:
        """Whether segments are being stored this moment."""
        return any(stream.keeper.busy for stream in self._streams.values())

    def _storage_errors(self) -> list[str]:
        errors = [stream.keeper.error for stream in self._streams.values() if stream.keeper.error]
        return errors or ([self._store_error] if self._store_error else [])

    def check(self) -> Check:
        """Whether segments can be stored, for the health page."""
        errors = self._storage_errors()
        if not errors:
            return Check("storage", "ok", "Segments are stored.")
        return Check(
            "storage",
            "degraded",
            f"{errors[0]} Streams play on from memory.",
            "Free space on the data folder's disk and check its permissions.",
        )

    def recorded(self) -> list[tuple[str, str, float]]:
        """Broadcasts that are being recorded and are not stored to their end: channel, id, wall time of their beginning."""
        return [
            (channel, stream.broadcast.id, stream.broadcast.started_at)
            for channel, stream in self._streams.items()
            if stream.keeper.records and stream.broadcast.playable
        ]

    def _is_running(self, channel: str, broadcast: str) -> bool:
        stream = self._streams.get(channel)
        return stream is not None and stream.broadcast.id == broadcast

    def broadcast_of(self, channel: str) -> str:
        """The id of the channel's broadcast that runs or has lately ended; empty where there is none."""
        stream = self._streams.get(channel)
        return stream.broadcast.id if stream is not None else ""

    def broadcasts(self) -> list[Broadcast]:
        """Of every channel the one that runs, or has lately ended."""
        return [stream.broadcast for stream in self._streams.values()]

    def states(self) -> dict[str, int]:
        """How many streams are in each state."""
        return dict(Counter(stream.broadcast.state for stream in self._streams.values()))

    def memory_bytes(self) -> int:
        """Media held in memory."""
        return sum(
            window.memory_bytes()
            for stream in self._streams.values()
            for window in stream.broadcast.windows.values()
        )

    def sweep(self) -> None:
        """Do what time alone brings; the timer calls this, and tests that own the clock."""
        now = self._clock.monotonic()
        for channel, stream in list(self._streams.items()):
            broadcast = stream.broadcast
            broadcast.sweep(now)
            stream.keeper.sweep(now)
            empty = broadcast.ended and not broadcast.playable
            if empty or (broadcast.ended and now - broadcast.ended_at >= broadcast.config.readable_s):
                self._forget(channel, stream)

    def _forget(self, channel: str, stream: _Stream) -> None:
        del self._streams[channel]
        self._count_past(stream.broadcast)
        stream.broadcast.dismiss()
        self._background(stream.keeper.remove_all(unless=lambda: channel in self._streams))

    def _background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._removing.add(task)
        task.add_done_callback(self._removing.discard)

    def _count_past(self, broadcast: Broadcast) -> None:
        self._past_bytes += broadcast.bytes_in
        self._past_parts += broadcast.parts
        self._past_switches += broadcast.switches

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()
            if self._showing is None and any(each.broadcast.slate for each in self._streams.values()):
                self._showing = asyncio.get_running_loop().create_task(self._show_slates())

    async def _show_slates(self) -> None:
        """While slates are on air: their parts when they are due."""
        try:
            while slates := [each.broadcast for each in self._streams.values() if each.broadcast.slate]:
                for broadcast in slates:
                    broadcast.fallback.feed(self._clock.monotonic())
                await asyncio.sleep(SLATE_TICK_S)
        finally:
            self._showing = None

    def _broadcast(self, channel: str, broadcast_id: str) -> Broadcast:
        config = msgspec.structs.replace(self._config)
        if self._book is not None:
            settings.obey(config, self._book, Subject(channel=channel, stream=broadcast_id))
        return Broadcast(
            channel,
            broadcast_id,
            config,
            self._clock,
            self._on_event,
            self._segment_done,
            self._slates,
            self._decide,
        )

    def _setting_changed(self, name: str) -> None:
        """Running broadcasts obey at once, and are stamped with the arms they are in now."""
        mine = any(name == setting.name for setting in settings.SETTINGS)
        for stream in self._streams.values():
            broadcast = stream.broadcast
            if mine and self._book is not None:
                settings.obey(broadcast.config, self._book, _subject(broadcast, broadcast.publisher))
                broadcast.settings_changed()
            self._refresh_arms(broadcast)

    def _refresh_arms(self, broadcast: Broadcast) -> None:
        if self._book is None:
            return
        for session in broadcast.succession.sessions.values():
            session.arms = self._book.arms(_subject(broadcast, session.publisher))
        broadcast.arms = self._book.arms(_subject(broadcast, broadcast.publisher))

    def _begin(self, broadcast: Broadcast) -> _Stream:
        return self._adopt(broadcast, self._new_archive(broadcast))

    def _new_archive(self, broadcast: Broadcast) -> Archive | None:
        """What its channel's policy keeps of a broadcast that has no manifest yet."""
        policy = self._policy(broadcast.channel)
        if not policy.record and policy.dvr_s <= broadcast.config.window_s:
            return None
        return Archive(
            broadcast.channel,
            broadcast.id,
            broadcast.started_at,
            broadcast.config.target_s,
            recorded=policy.record,
        )

    def _adopt(self, broadcast: Broadcast, archive: Archive | None) -> _Stream:
        channel = broadcast.channel

        def dvr_s() -> float:
            return self._policy(channel).dvr_s

        keeper = Keeper(
            broadcast,
            self._objects,
            self._state,
            broadcast.config,
            archive,
            dvr_s,
            lambda ended: self._on_archived(ended.channel, ended.id),
        )
        reader = self.reader if archive is not None else None
        serving = Serving(broadcast, self._objects, self._boot, self.counters, reader, dvr_s)
        stream = self._streams[channel] = _Stream(broadcast, keeper, serving)
        return stream

    def _succeed(self, before: _Stream) -> _Stream:
        """A new broadcast on a channel whose last one has ended: its numbers go on, lest caches mix them up."""
        old = before.broadcast
        self._count_past(old)
        broadcast = self._broadcast(old.channel, self._make_id())
        broadcast.next_msn = old.next_msn
        broadcast.discontinuity_base = old.discontinuity_base + len(old.discontinuities) + 1
        broadcast.end_s = old.end_s
        broadcast.version = old.version
        stream = self._begin(broadcast)
        if before.keeper.archive is None or not before.keeper.archive.recorded:
            stream.keeper.doom(broadcast_prefix(old.channel, old.id))
        old.dismiss()
        return stream

    def _segment_done(self, broadcast: Broadcast) -> None:
        stream = self._streams.get(broadcast.channel)
        if stream is not None and stream.broadcast is broadcast:
            stream.keeper.poke()


def _subject(broadcast: Broadcast, publisher: Publisher | None) -> Subject:
    session = publisher.session if publisher is not None else ""
    return Subject(channel=broadcast.channel, stream=broadcast.id, session=session)
