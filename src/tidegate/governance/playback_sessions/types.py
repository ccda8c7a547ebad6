"""What may be asked about playback sessions, and what is answered."""

from typing import ClassVar, Literal

import msgspec

from tidegate.core.errors import InvalidError, NotFoundError
from tidegate.core.facts.playback import PlaybackEvent, PlaybackState

Order = Literal["newest", "last", "rebuffer", "startup", "watched", "latency", "errors"]
"""newest: joined last · last: heard of last · the rest: most of it first."""

ORDERS: tuple[Order, ...] = ("newest", "last", "rebuffer", "startup", "watched", "latency", "errors")


class PlaybackSessionNotFoundError(NotFoundError):
    code: ClassVar[str] = "playback-session-not-found"


class SessionQueryError(InvalidError):
    code: ClassVar[str] = "playback-session-query"


class SessionQuery(msgspec.Struct, frozen=True):
    """Which sessions: those heard of between two times, seconds since the Unix epoch. An empty text asks for any."""

    start: float
    end: float
    channel: str = ""
    region: str = ""
    device: str = ""
    state: str = ""
    exit: str = ""
    order: Order = "newest"
    limit: int = 100


class PlaybackSession(msgspec.Struct, frozen=True):
    """One playback session, as far as it has gone.

    Attributes:
        session: its id (CMCD `sid`).
        state: the player's last one; `exit`: why it is over, empty while it runs.
        joined_at, last_at: first and last heard of, seconds since the Unix epoch.
        startup_s: from the wish to play to the first picture; null where none came.
        watched_s, rebuffer_s: time spent playing, and waiting for the buffer.
        bitrate_bps, latency_s, throughput_bps: averages; null where the player said nothing.
        error: the last one.
        reports: facts it is made of.
    """

    session: str
    channel: str
    stream: str
    region: str
    node: str
    player: str
    player_version: str
    device: str
    network: str
    rendition: str
    state: str
    exit: str
    joined_at: float
    last_at: float
    startup_s: float | None
    watched_s: float
    rebuffer_s: float
    rebuffers: int
    switches: int
    frames: int
    dropped_frames: int
    bitrate_bps: float | None
    latency_s: float | None
    throughput_bps: float | None
    errors: int
    error: str
    reports: int


class PlaybackReport(msgspec.Struct, frozen=True):
    """One report within a session's story; see `core.facts.PlaybackFact`."""

    at: float
    received_at: float
    event: PlaybackEvent
    state: PlaybackState
    region: str
    node: str
    seq: int
    rendition: str
    joined: int
    started: int
    exit: str
    startup_s: float | None
    interval_s: float
    watched_s: float
    rebuffer_s: float
    rebuffers: int
    switches: int
    frames: int
    dropped_frames: int
    bitrate_bps: int | None
    top_bitrate_bps: int | None
    buffer_s: float | None
    latency_s: float | None
    throughput_bps: int | None
    playback_rate: float | None
    request_s: float | None
    request_status: int
    error: str


class SessionStory(msgspec.Struct, frozen=True):
    """A session and its reports in order; the newest `queries.REPORTS_MAX` of them."""

    session: PlaybackSession
    facts: list[PlaybackReport]
