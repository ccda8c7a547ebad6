"""Ports: what one domain needs of another, wired by the composition root."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from tidegate.core.chunks import Chunk, Loop, Track
from tidegate.core.delivery import LiveResponse, PlaybackRule, Visitor
from tidegate.core.facts import Fact
from tidegate.core.ladders import LadderStatus
from tidegate.core.nodes import Health, NodeStatus
from tidegate.core.streams import EndReason, Note, NoteLevel, Publisher, Role, StreamStatus
from tidegate.core.world import WorldStatus


class Ingest(Protocol):
    """One publishing session's door into the origin. Every call is plain and quick; none waits.

    After `close`, or after a newer session has taken the channel over, every further call is ignored.
    """

    timeline_start_s: float
    """Where on the broadcast's timeline this session's first sample belongs, seconds."""

    def track(self, track: Track) -> None:
        """Announce a track, or that it has changed; a change after chunks makes a discontinuity."""
        ...

    def ready(self) -> None:
        """All tracks this session will have are announced: the stream may be listed as soon as each has a part."""
        ...

    def chunk(self, chunk: Chunk) -> None: ...

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        """Tell publisher and operator something; repeated codes are counted, not stacked."""
        ...

    def close(self, reason: EndReason) -> None: ...


class Origin(Protocol):
    """The origin's ingest side, as gateways see it."""

    def open(self, publisher: Publisher, on_fenced: Callable[[EndReason], None]) -> Ingest:
        """Begin a session. A running one of the same role on the same channel is closed as `taken-over`; `on_fenced`
        of the older is called, so that its gateway hangs up. One of the other role runs on, and one of both stands by.

        Raises:
            ConflictError: the publisher was itself taken over a moment ago, and the one that did it delivers.
        """
        ...


class Renditions(Protocol):
    """One publishing session as its transcoder sees it: its picture out, renditions of it in.

    Once the session is over, or its picture has changed, every call is ignored and `ended` has been called.
    """

    source: Track
    """The picture that renditions are made of."""
    token: str
    """By which the transcoder's requests are known; a secret."""
    over: bool
    """The session is over, or its picture has changed."""

    def follow(self, take: Callable[[bytes], None], ended: Callable[[], None]) -> Callable[[], None]:
        """Hand the picture's header and chunks to `take`, from where renditions left off as far as memory goes, then
        as they come. Returns how to stop. `ended` is called once when no more will come.
        """
        ...

    def track(self, track: Track) -> None:
        """Announce a rendition, or that its header has changed. Its timescale is the source's."""
        ...

    def chunk(self, chunk: Chunk, *, opens: bool) -> None:
        """The next chunk of a rendition, on the source's timeline; `opens`: a segment of the source begins with it.

        Its segment number is found by time; what is there already, or fits nowhere, is dropped.
        """
        ...

    def resume_dts(self, name: str) -> int:
        """Where a rendition goes on, in ticks; 0 where it has nothing."""
        ...

    def end(self) -> None:
        """The transcoder is gone: the token opens nothing any more. What it made stays."""
        ...


class RenditionSource(Protocol):
    """The origin, as ladders see it."""

    def attach(
        self, channel: str, on_end: Callable[[], None], *, audio_only: bool = False
    ) -> Renditions | None:
        """Access to the channel's publishing session; None where no picture is running.

        `on_end` is called when the session is over or its picture changes.
        """
        ...

    def drop_renditions(self, channel: str) -> None:
        """Take a channel's renditions out of its playlists, and remove them after a while."""
        ...

    def statuses(self) -> list[StreamStatus]: ...

    def status(self, channel: str) -> StreamStatus | None: ...

    def lag_s(self, channel: str) -> float:
        """How far the channel's slowest rendition is behind its source, seconds; 0 where there is none."""
        ...


class RenditionDoor(Protocol):
    """Knows transcoders by their tokens."""

    def renditions(self, channel: str, token: str) -> Renditions | None:
        """The session whose transcoder was given `token`; None for any other token."""
        ...


class LiveSource(Protocol):
    """The origin's serving side, as an edge sees it; over HTTP or a plain call.

    `target` is the path below `/live/` with its query, such as `demo/video/index.m3u8?_HLS_msn=7`; one that begins with
    `delivery.VOD` is below `/vod/`.
    A blocking reload is an awaitable; whatever exists already is returned at once. The awaitable ends within
    a bounded time and never raises for a wrong request: a refusal is a `LiveResponse` too.
    """

    def get(self, target: str, if_none_match: bytes = b"") -> LiveResponse | Awaitable[LiveResponse]: ...


class PlaybackGate(Protocol):
    """Decides who may play what, from memory: no call waits, and none fails for want of a database."""

    @property
    def rules(self) -> Mapping[str, PlaybackRule]:
        """The same mapping for good, of channels whose rule is known now: a look-up a request, not a call."""
        ...

    def rule(self, channel: str) -> PlaybackRule: ...

    def admit(self, channel: str, token: str, visitor: Visitor) -> str:
        """Let a viewer of a channel that is not open through; returns the viewer's id, empty where it has none.

        Raises:
            UnauthorizedError: no token, or one that proves nothing.
            ForbiddenError: the token, or the channel, is not for this viewer.
            RateLimitedError: too many wrong tokens from this address.
        """
        ...


class Slates(Protocol):
    """What viewers are shown while nobody publishes."""

    def prepare(self, channel: str, tracks: tuple[Track, ...]) -> None:
        """Have a slate made for a stream of these tracks, in a while; quick, and quick again where it is made already."""
        ...

    def loop(self, channel: str, tracks: tuple[Track, ...]) -> Loop | None:
        """The slate, where it is made; None where it is not, or the channel shows none."""
        ...


class StreamDirectory(Protocol):
    """Read side of live state, for API, pages and metrics."""

    def statuses(self) -> list[StreamStatus]: ...

    def status(self, channel: str) -> StreamStatus | None: ...

    def kick(self, channel: str) -> bool:
        """Close the running publishing sessions; False where there are none. The publishers may come back."""
        ...

    def switch(self, channel: str, to: Role | None) -> Role:
        """Have the standby publisher go on air at its next keyframe, and stay; `to` names a role, None the other one.

        Raises:
            ConflictError: there is no such publisher, or it sends nothing that could be shown.
        """
        ...

    def remove(self, channel: str) -> None:
        """Forget a deleted channel's stream: publisher hung up on, playlists ended, media gone."""
        ...


class LadderDirectory(Protocol):
    """Read side of ladders, for API, pages and metrics."""

    def ladder(self, channel: str) -> LadderStatus: ...


class Admission(Protocol):
    """Decides whether a publisher may publish, and to which channel."""

    async def admit(self, *, protocol: str, channel: str, key: str, remote_ip: str) -> str:
        """Return the channel's name. `channel` may be empty: the key alone identifies it.

        Raises:
            UnauthorizedError: no such key, or the key is another channel's.
            RateLimitedError: too many wrong keys from this address.
        """
        ...


class NoteLog(Protocol):
    """Where refusals that have no stream yet are remembered, so that the studio can show them."""

    def refused(self, channel: str, note: Note) -> None: ...


class FactSink(Protocol):
    """Where facts go. Nothing that serves video waits for it: telemetry may be slow, or away."""

    def put(self, fact: Fact) -> None:
        """Take one fact; plain, quick, and raises nothing. What no room is left for is counted as dropped."""
        ...


class BeaconDoor(Protocol):
    """Where players report how playback goes, once the edge knows that they may play."""

    def invite(self, channel: str, query: str) -> bytes:
        """Where to report, as JSON; `session=` in the query may name the session.

        Raises:
            TidegateError: reports are not wanted, or the channel is not known.
        """
        ...

    def take(self, channel: str, query: str, body: bytes, user_agent: str, *, local: bool) -> None:
        """Take one beacon: plain and quick. `local`: its sender is this machine, or a proxy that is trusted, itself.

        Raises:
            TidegateError: none of it is of use, and why.
        """
        ...


class Audience(Protocol):
    """Who watches, as the edge counts them: distinct viewers seen in the last few seconds."""

    def viewers(self, channel: str) -> int: ...

    def peak(self, channel: str) -> int:
        """Most viewers at once since the channel's broadcast began."""
        ...

    def total(self) -> int: ...

    def egress_bytes(self) -> int:
        """Bytes sent to viewers since start."""
        ...


class NodeDirectory(Protocol):
    def nodes(self) -> list[NodeStatus]: ...


class HealthSource(Protocol):
    async def health(self) -> Health: ...


class World(Protocol):
    """A demo world: viewers that are not real on a platform that is, and ways to hurt both."""

    def status(self) -> WorldStatus: ...

    async def hurt(self, what: str) -> WorldStatus:
        """Begin; what is hurt already stays so.

        Raises:
            NotFoundError: there is no such way.
            ConflictError: it cannot be done now.
        """
        ...

    async def heal(self, what: str) -> WorldStatus:
        """Undo; what is well stays so.

        Raises:
            NotFoundError: there is no such way.
        """
        ...
