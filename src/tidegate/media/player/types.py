"""What the player reports, what it can be told, and the errors it can end with."""

from typing import ClassVar, Literal, Protocol

import msgspec

from tidegate.core.errors import TidegateError

PlayState = Literal["joining", "playing", "stalled", "ended"]
"""joining: nothing shown yet · playing · stalled: rebuffering · ended: ENDLIST was reached and played out."""


class PlayerError(TidegateError):
    """The player cannot play what it was pointed at."""

    code: ClassVar[str] = "player"
    status: ClassVar[int] = 502


class OfflineError(PlayerError):
    """There is nothing to play at this address, now."""

    code: ClassVar[str] = "stream-offline"
    retryable: ClassVar[bool] = True


class NotAPlaylistError(PlayerError):
    """The address answers, but not with an HLS playlist this player can read."""

    code: ClassVar[str] = "not-a-playlist"


class RequestError(PlayerError):
    """One HTTP request failed: no connection, a broken answer, or no answer in time."""

    code: ClassVar[str] = "request-failed"
    retryable: ClassVar[bool] = True


class Percentiles(msgspec.Struct, frozen=True):
    """Median and 95th percentile of a quantity, in the unit its name ends with; 0 where nothing was measured."""

    p50: float = 0.0
    p95: float = 0.0


class Place(msgspec.Struct, frozen=True):
    """Where a piece of video stands in its playlist.

    Attributes:
        part: -1 for a whole segment.
        discontinuity: how many discontinuities came before it.
        why: what broke the order before it: `gap` (media that never came), `seek` (a jump to the live edge),
            `switch` (to another rendition); empty where it follows the piece before it.
    """

    segment: int
    part: int
    discontinuity: int
    why: str


class Witness(Protocol):
    """Is shown the video a player receives, in the order it plays. Calls are quick and raise nothing."""

    def header(self, data: bytes) -> None:
        """A CMAF header; what follows is made under it."""
        ...

    def media(self, data: bytes, place: Place) -> None: ...


class ReportOptions(msgspec.Struct, frozen=True):
    """What a player says of itself where it reports (`reporter.py`).

    Attributes:
        device: `phone`, `tablet`, `desktop`, `tv` or `other`; empty: as its user agent has it.
        network: any short name, such as a trace's.
        region: where it claims to be; believed of a player on the server's own machine alone.
    """

    player: str = "headless"
    device: str = ""
    network: str = ""
    region: str = ""


class PlayerOptions(msgspec.Struct, frozen=True):
    """What can be chosen. Defaults are the watch page's.

    Attributes:
        target_latency_s: where the rate controller steers to, live edge to screen.
        patience_s: how long a first answer is waited for before `OfflineError`; after the first media
            nothing but the end of the run makes the player give up.
        request_timeout_s: longest wait for one answer; a blocking reload may rightly take seconds.
        check_media: read each fragment's boxes and count breaks of decode time; costs CPU.
        tick_s: how often the playhead and its rate are looked at.
        seed: of the jitter in reconnect delays.
        ca_file: PEM file of certificates to trust besides the system's, for https.
        reports: what it says of itself in its reports, which are sent where the server asks for them; None: never.
        height_max: renditions taller than so many pixels are left out, unless all are; 0: none is too tall.
        user_agent: what the player calls itself, before its own name and version.
        loopback_only: connect to no other machine.
        pipelining: ask for a hinted part behind the reload on the same connection (RFC 9112 section 9.3.2), not on one of its
            own: half the system calls, and a server that holds one request of a connection holds one for both.
    """

    target_latency_s: float = 0.65
    patience_s: float = 8.0
    request_timeout_s: float = 15.0
    check_media: bool = True
    tick_s: float = 0.05
    seed: int = 0
    ca_file: str = ""
    reports: ReportOptions | None = ReportOptions()
    height_max: int = 0
    user_agent: str = ""
    loopback_only: bool = False
    pipelining: bool = False


class WatchReport(msgspec.Struct, frozen=True):
    """How one playback went.

    Attributes:
        startup_s: from the first request to the first picture; 0 where none came.
        latency_s: wall clock minus PROGRAM-DATE-TIME at the playhead, while playing. 0 where the playlist has no
            PROGRAM-DATE-TIME.
        rebuffers: times playback stopped for want of media after it had begun.
        rebuffer_s: how long in all.
        parts: parts and segments received, all renditions together.
        gaps: pieces of media that were announced and never came: EXT-X-GAP, lost, or slid out of the window.
        discontinuities: EXT-X-DISCONTINUITY passed, on the video rendition.
        breaks: fragments whose decode time did not continue the one before, where media was checked.
        seeks: jumps forward to the live edge because latency had grown too far.
        bytes: bytes of bodies received.
        errors: requests that failed, and answers that were not what was asked for.
        last_error: the latest of them, one sentence.
        rendition: the video rendition at the end, as `1280x720 2500k`.
    """

    url: str
    state: PlayState
    duration_s: float
    startup_s: float
    latency_s: Percentiles
    rebuffers: int
    rebuffer_s: float
    parts: int
    gaps: int
    discontinuities: int
    breaks: int
    seeks: int
    bytes: int
    errors: int
    last_error: str
    rendition: str
    rendition_switches: int
    low_latency: bool
