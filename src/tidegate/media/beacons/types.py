"""What players report, as read, and what they are told when they ask where to."""

from typing import Literal

import msgspec

from tidegate.core.facts.playback import PlaybackState

ReportEvent = Literal["beat", "state", "bitrate", "error", "response", "other"]
"""As `core.facts.playback.PlaybackEvent`; `other`: one of CMCD's that no fact is made of, such as `mute`."""


class Transfers(msgspec.Struct, frozen=True, gc=False):
    """Downloads of media between two reports.

    Attributes:
        seconds: they took in all, each from its first byte to its last.
        sample_s: of one of them.
    """

    count: int
    seconds: float
    size_bytes: int
    sample_s: float


class Report(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One report of a player, every value within what it can be; None is what it does not say.

    Attributes:
        ts_ms: when, by the player's clock, milliseconds since the Unix epoch.
        seq: its number within the session and this target (`sn`).
        session: CMCD `sid`; empty where the report leaves that to its address.
        startup_ms: from the wish to play to the first picture (`msd`).
        starved: times the buffer ran dry since the session began (`bsa`).
        dropped, frames: video frames since the session began, dropped (`dfa`) and in all (`tidegate-frames`).
        error: code of the player's own; empty where there is none.
        status, first_byte_ms, last_byte_ms: of a response: HTTP status, and time from the request to its first and last byte.
        is_media: of a response: it brought picture or sound (`ot`).
        transfers: downloads since the report before, as our own players sum them up (`tidegate-transfers`).
        rendition: track's name, where the player knows ours (`tidegate-rendition`).
    """

    event: ReportEvent
    ts_ms: int | None = None
    seq: int | None = None
    session: str = ""
    state: PlaybackState | None = None
    startup_ms: int | None = None
    bitrate_kbps: int | None = None
    top_bitrate_kbps: int | None = None
    buffer_ms: int | None = None
    throughput_kbps: int | None = None
    latency_ms: int | None = None
    playback_rate: float | None = None
    starved: int | None = None
    dropped: int | None = None
    frames: int | None = None
    error: str = ""
    status: int | None = None
    first_byte_ms: int | None = None
    last_byte_ms: int | None = None
    is_media: bool = False
    transfers: Transfers | None = None
    rendition: str = ""


class Beacon(msgspec.Struct, frozen=True):
    """One request's content: reports in the order given, and how many lines were none."""

    reports: tuple[Report, ...]
    malformed: int = 0


class Labels(msgspec.Struct, frozen=True, gc=False):
    """What a session's facts say of the device; a player's own word, bounded, never proof of anything.

    Attributes:
        region: the viewer's, said by one who is believed; empty: this node's.
    """

    player: str = ""
    player_version: str = ""
    device: str = ""
    network: str = ""
    region: str = ""


class Invitation(msgspec.Struct, frozen=True):
    """What whoever plays a channel is told of reporting.

    Attributes:
        session: id of the playback session, to be sent as CMCD `sid`.
        report_to: where reports go, relative to the server; empty: this session need not report.
        interval_s: how often to report while nothing changes, seconds.
        expires_at: until when `report_to` takes reports, seconds since the Unix epoch.
    """

    session: str
    report_to: str
    interval_s: int
    expires_at: int
