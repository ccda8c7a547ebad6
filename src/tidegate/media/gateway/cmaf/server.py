"""The CMAF door (DASH-IF Live Media Ingest, Interface 1) behind the HTTP front door: admits pushers, keeps publishing points.

In: connections whose first request is for `/ingest/`. Out: for each channel that is pushed to a `Session` over the
`PacketSink` that `sink_factory` opens; refusals go to the pusher and to `note_log`.
"""

import asyncio
import hmac
from collections.abc import Callable
from hashlib import sha256

import structlog

from tidegate.core.clock import Clock
from tidegate.core.errors import RateLimitedError, TidegateError, UnavailableError
from tidegate.core.ports import Admission, NoteLog, RenditionDoor
from tidegate.core.streams import EndReason, Note, Publisher, Role
from tidegate.media.gateway.cmaf.addressing import Resource, resource, stream_key
from tidegate.media.gateway.cmaf.config import CmafLimits
from tidegate.media.gateway.cmaf.connection import ALLOW, Connection, Work
from tidegate.media.gateway.cmaf.counters import CmafCounters
from tidegate.media.gateway.cmaf.errors import MethodError, NoKeyError, TakenOverError
from tidegate.media.gateway.cmaf.protocol import Head
from tidegate.media.gateway.cmaf.rungs import RungUpload, SourceReading
from tidegate.media.gateway.cmaf.session import Session
from tidegate.media.gateway.roles import named_role, query_fields
from tidegate.media.gateway.types import SinkFactory

_SWEEP_S = 1.0  # how late a deadline may be noticed

_GOODBYES: dict[EndReason, str] = {
    "taken-over": "A newer publisher with this channel's key took over.",
    "kicked": "The stream was stopped by the operator. You may publish again.",
    "shutdown": "The server is restarting. Publish again in a moment.",
}


class _Point:
    """One of a channel's two places for a publisher that is being pushed to, and by whom."""

    def __init__(self, channel: str, role: Role, owner: tuple[str, str], key: bytes, now: float) -> None:
        self.slot = channel, role
        self.owner = owner
        self.key = key
        self.session: Session
        self.connections: set[Connection] = set()
        self.active_at = now

    def is_of(self, owner: tuple[str, str], key: bytes) -> bool:
        """Whether it is still open, and this pusher's."""
        return not self.session.closed and self.owner == owner and hmac.compare_digest(self.key, key)


class CmafServer:
    """Runs on the event loop that `start` is called on. Call it for a protocol per connection."""

    def __init__(
        self,
        limits: CmafLimits,
        admission: Admission,
        sink_factory: SinkFactory,
        note_log: NoteLog,
        rendition_door: RenditionDoor | None,
        clock: Clock,
        new_session_id: Callable[[], str],
    ) -> None:
        self.counters = CmafCounters()
        self.clock = clock
        self.limits = limits
        self._admission = admission
        self._sink_factory = sink_factory
        self._note_log = note_log
        self._rendition_door = rendition_door
        self._new_session_id = new_session_id
        self._points: dict[tuple[str, Role], _Point] = {}
        self._connections: set[Connection] = set()
        self._admitting: set[asyncio.Task[None]] = set()
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._stopping = False

    def __call__(self) -> asyncio.Protocol:
        """A protocol for one more connection."""
        connection = Connection(self)
        self._connections.add(connection)
        self.counters.connections += 1
        return connection

    @property
    def publishing(self) -> int:
        """Publishers that push."""
        return len(self._points)

    @property
    def uploads(self) -> int:
        return sum(connection.work is not None for connection in self._connections)

    async def start(self) -> None:
        self._sweep_timer = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep_forever)

    async def stop(self) -> None:
        """Tell every pusher, and close."""
        self._stopping = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        for task in list(self._admitting):
            task.cancel()
        await asyncio.gather(*self._admitting, return_exceptions=True)
        for point in list(self._points.values()):
            self._close(point, "shutdown")
        for connection in list(self._connections):
            connection.close()

    # -- what connections ask for

    def wants(self, connection: Connection, head: Head) -> None:
        task = asyncio.get_running_loop().create_task(self._admit(connection, head))
        self._admitting.add(task)
        task.add_done_callback(self._admitting.discard)

    async def _admit(self, connection: Connection, head: Head) -> None:
        try:
            work = await self._work(connection, head)
        except TidegateError as error:
            connection.refused(error)
        except Exception:  # noqa: BLE001 - whatever fails, the pusher is answered and the server goes on
            structlog.get_logger().exception("cmaf_admission_failed", remote=connection.remote)
            connection.refused(UnavailableError("The server could not admit the upload.", hint="Try again."))
        else:
            connection.admitted(work)

    async def _work(self, connection: Connection, head: Head) -> Work:
        if self._stopping or len(self._connections) > self.limits.connections:
            raise UnavailableError("This door is at its bound of connections.", hint="Try again in a second.")
        wanted = resource(head.target)
        key = stream_key(head.authorization, head.target)
        door = self._rendition_door
        renditions = door.renditions(wanted.channel, key) if door is not None else None
        if head.method not in ("PUT", "POST", "DELETE") and not (renditions and head.method == "GET"):
            raise MethodError(f"{head.method} is not for this door.", hint=f"Use {ALLOW}.")
        if renditions is not None:
            return (
                SourceReading(renditions)
                if head.method == "GET"
                else RungUpload(renditions, wanted.track, self.counters)
            )
        connection.wanted = wanted
        point = await self._point(connection, head, wanted, key)
        if head.method == "DELETE" or wanted.kind == "manifest":
            return None  # the origin makes playlists, and removes what has left the window, by itself
        return self._upload(connection, point, wanted)

    async def _point(self, connection: Connection, head: Head, wanted: Resource, key: str) -> _Point:
        """The channel's publishing point; made anew for a pusher that is not its owner."""
        digest = sha256(key.encode()).digest()
        owner = (connection.remote, head.agent)
        now = self.clock.monotonic()
        role = named_role(query_fields(head.target.partition("?")[2])) or "primary"
        point = self._points.get((wanted.channel, role))
        if point is None or not point.is_of(owner, digest):
            if not key:
                raise NoKeyError(
                    "No stream key was given.",
                    hint="Send it as 'Authorization: Bearer KEY', or as the password of Basic.",
                )
            channel = await self._admission.admit(
                protocol="cmaf", channel=wanted.channel, key=key, remote_ip=connection.remote
            )
            point = self._points.get((channel, role))  # another request of this pusher may have come first
            if point is None or not point.is_of(owner, digest):
                point = self._open(channel, role, owner, digest, now)
        point.active_at = now
        return point

    def _open(self, channel: str, role: Role, owner: tuple[str, str], digest: bytes, now: float) -> _Point:
        point = _Point(channel, role, owner, digest, now)
        publisher = Publisher(
            session=self._new_session_id(),
            channel=channel,
            protocol="cmaf",
            remote=owner[0],
            encoder=owner[1],
            connected_at=self.clock.wall(),
            role=role,
        )
        before = self._points.pop((channel, role), None)
        sink = self._sink_factory(publisher, lambda reason: self._fenced(point, reason))
        if before is not None:
            self._close(before, "taken-over")  # where the origin has not closed it already
        point.session = Session(sink, self.limits.tracks)
        self._points[channel, role] = point
        self.counters.publishers += 1
        structlog.get_logger().info(
            "cmaf_publisher_admitted", channel=channel, session=publisher.session, role=role, remote=owner[0]
        )
        return point

    def _upload(self, connection: Connection, point: _Point, wanted: Resource) -> Work:
        session = point.session
        if len(session.uploads) >= self.limits.uploads:
            raise RateLimitedError("Too many uploads run on this channel.", hint="Use fewer connections.")
        rival = session.rival(wanted.track)
        upload = session.upload(wanted.track)
        if rival is not None:
            session.superseded(wanted.track)
            for other in list(point.connections):
                if other.work is rival:
                    other.hang_up(TakenOverError("A newer upload of this track took over."))
        point.connections.add(connection)
        self.counters.uploads += 1
        return upload

    # -- endings

    def refused(self, connection: Connection, error: TidegateError) -> None:
        self.counters.refusals[error.code] += 1
        wanted = connection.wanted
        if wanted is None or isinstance(error, (NoKeyError, RateLimitedError, TakenOverError)):
            structlog.get_logger().debug("cmaf_peer_refused", code=error.code, remote=connection.remote)
            return
        structlog.get_logger().warning(
            "cmaf_upload_refused", code=error.code, channel=wanted.channel, remote=connection.remote
        )
        point = next((each for each in self._points.values() if connection in each.connections), None)
        if connection.work is not None and point is not None and not point.session.closed:
            point.session.note(error)
        else:
            note = Note(error.code, "error", error.message, error.hint, self.clock.wall())
            self._note_log.refused(wanted.channel, note)

    def lost(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self.counters.bytes_in += connection.bytes_in
        for point in self._points.values():
            point.connections.discard(connection)

    def _fenced(self, point: _Point, reason: EndReason) -> None:
        """The origin has closed the session."""
        self._close(point, reason)

    def _close(self, point: _Point, reason: EndReason) -> None:
        if self._points.get(point.slot) is point:
            del self._points[point.slot]
        connections, point.connections = point.connections, set()
        error = TakenOverError(_GOODBYES.get(reason, "The server closed the stream."))
        point.session.close(reason)
        for connection in connections:
            connection.hang_up(error)

    def sweep(self) -> None:
        """Look at every deadline once; runs by itself once a second."""
        now = self.clock.monotonic()
        for connection in list(self._connections):
            connection.sweep(now)
        for point in list(self._points.values()):
            session = point.session
            session.look(now)
            if session.uploads:
                point.active_at = now
            elif session.closed:
                self._points.pop(point.slot, None)
            elif now - point.active_at >= self.limits.point_idle_s:
                self._close(point, "disconnected")

    def _sweep_forever(self) -> None:
        self.sweep()
        self._sweep_timer = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep_forever)
