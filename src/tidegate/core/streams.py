"""What everyone may know about a live stream: who publishes it, what arrives, in which state it is, what is wrong."""

from typing import Literal

import msgspec

StreamState = Literal["offline", "starting", "live", "interrupted", "ended"]
"""offline: no broadcast · starting: a publisher is connected, nothing playable yet · live: playable and advancing ·
interrupted: publisher gone, within grace · ended: over, its playlist is closed."""

EndReason = Literal["unpublished", "disconnected", "taken-over", "refused", "kicked", "shutdown"]
"""Why a publishing session closed. `unpublished` is the publisher's own clean goodbye."""

NoteLevel = Literal["info", "warning", "error"]

Role = Literal["primary", "backup"]
"""Two publishers of one channel stand by for each other; within a role a newer session takes over."""

OnAir = Literal["on air", "standby"]

SlateState = Literal["none", "ready", "on air"]
"""none: not made, or not wanted."""


class Note(msgspec.Struct, frozen=True):
    """One thing the publisher should know, as the studio and the log show it.

    Attributes:
        code: stable, such as `timestamp-jump`.
        message: what was seen, one plain sentence.
        hint: what to do about it, one sentence; may be empty.
        at: wall time last seen, seconds since the Unix epoch.
        count: times seen in this broadcast.
    """

    code: str
    level: NoteLevel
    message: str
    hint: str
    at: float
    count: int = 1


class Publisher(msgspec.Struct, frozen=True):
    """One publishing session at a gateway. `role` is what the encoder's address says it is."""

    session: str
    channel: str
    protocol: str
    remote: str
    encoder: str
    connected_at: float
    role: Role = "primary"


class PublisherStatus(msgspec.Struct, frozen=True):
    """A connected publisher as it does now.

    Attributes:
        place: whether viewers get its media now.
        ready: it sends media that is, or at once could be, on air.
        kbps: what arrives, over the last few seconds; 0 while it is silent.
        steady_s: how long it has sent without a lapse, seconds.
    """

    publisher: Publisher
    place: OnAir
    ready: bool
    kbps: float
    steady_s: float


class TrackStats(msgspec.Struct, frozen=True):
    """What arrives on one track, measured over the last few seconds; 0 where not known yet."""

    name: str
    kind: str
    codec: str
    kbps: float
    fps: float
    gop_s: float
    width: int
    height: int
    sample_rate: int
    channels: int
    part_target_s: float
    segment_s: float


class StreamStatus(msgspec.Struct, frozen=True):
    """The whole of one stream for API, studio and console.

    Attributes:
        publisher: the one on air; null where none is.
        publishers: all that are connected, the primary first.
        slate: what viewers are shown while nobody publishes.
        broadcast: id of the running (or last) broadcast; one broadcast outlives publisher blips.
        state_since: wall time of the last change of state, seconds since the Unix epoch.
        playable_after_s: first keyframe's arrival to the first playable part, seconds; 0 before.
        arms: the change arms it runs under, such as `chg_local_7m2k9x4c1t8v:treatment`; empty while nothing is being
            released.
    """

    channel: str
    state: StreamState
    state_since: float
    broadcast: str
    started_at: float
    publisher: Publisher | None
    publishers: tuple[PublisherStatus, ...]
    slate: SlateState
    tracks: tuple[TrackStats, ...]
    notes: tuple[Note, ...]
    bytes_in: int
    parts: int
    discontinuities: int
    playable_after_s: float
    arms: tuple[str, ...] = ()


class StreamEvent(msgspec.Struct, frozen=True):
    """A change of state, or of the publisher on air, announced on the bus topic `stream`."""

    channel: str
    state: StreamState
    at: float
    broadcast: str
    reason: str = ""
