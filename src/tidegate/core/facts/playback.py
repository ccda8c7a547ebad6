"""What a player says of one viewer's playback: a beat, or something that changed."""

from typing import Literal

import msgspec

PlaybackEvent = Literal["beat", "state", "bitrate", "error", "response"]
"""beat: some seconds passed · state: it plays, stalls, pauses, ends … · bitrate: another rendition · error ·
response: a media request was answered. CMCD v2 (CTA-5004-A): `t`, `ps`, `bc`, `e`, `rr`; others are not kept."""

PlaybackState = Literal[
    "preloading",
    "starting",
    "playing",
    "seeking",
    "rebuffering",
    "paused",
    "waiting",
    "ended",
    "failed",
    "quit",
]
"""CMCD v2 `sta`, spelled out. `waiting`: stopped for another reason than an empty buffer."""

ExitReason = Literal["", "before-start", "ended", "failed", "left", "lost"]
"""Why a session is over, on its last fact; empty while it runs. `before-start`: the viewer left before the first
picture · left: quit while playing · lost: nothing was heard any more."""


def exit_of_silence(state: PlaybackState, *, started: bool) -> ExitReason:
    """Why a session is over that was in `state` when it was last heard of; `started`: it had shown a picture."""
    if state == "failed":
        return "failed"
    return "lost" if started else "before-start"


class PlaybackFact(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One report of one playback session.

    What a report does not tell is None. `watched_s`, `rebuffer_s` and `interval_s` divide the time since the session's
    report before this one: it belongs to the state that the earlier one left the player in (CTA-2066, 4).

    Attributes:
        at: when it happened at the player, corrected to the platform's clock, seconds since the Unix epoch.
        received_at: when the beacon arrived.
        stream: the broadcast's id; empty where it is not known.
        session: playback session's id (CMCD `sid`).
        event: why the report was made: beat, state, bitrate, error or response.
        state: what the player is in from this report on.
        exit: why the session is over, on its last fact; empty while it runs.
        seq: CMCD `sn`: the session's reports are numbered through; a repeated number is dropped.
        player: such as `hls.js`, `dash.js`, `headless`; `player_version` likewise.
        sample_share: the share of the channel's sessions that report, 0 to 1: this one stands for 1 / `sample_share`.
        device: `phone`, `tablet`, `desktop`, `tv` or `other`.
        network: what the player's side calls its network, such as `wifi` or a trace's name; empty where it does not say.
        startup_s: from the wish to play to the first picture; on the one fact that first knows it.
        joined: 1 on the session's first fact, else 0; `started`: 1 on the fact with the first picture, else 0.
        interval_s: since the session's report before this one, of which `watched_s` playing and `rebuffer_s` stalled.
        rebuffers: stalls that began.
        switches: changes of rendition.
        frames, dropped_frames: shown and dropped since the report before.
        rendition: the one that plays, by name; empty where it is not known.
        bitrate_bps: of the rendition that plays; `top_bitrate_bps` of the best there is.
        latency_s: live edge to screen.
        buffer_s: media ahead of what is shown.
        throughput_bps: as the player measures it.
        playback_rate: 1 is the speed it was filmed at.
        request_s: of a `response`: from asking to the last byte, waiting for it to begin included; `request_status` likewise.
        request_bytes: of media that came since the report before.
        error: the player's code, such as `mediaError:bufferStalledError`; empty where there is none.
        transfers: downloads of media that ended since the report before, and `transfer_s` they took in all, each from its first
            byte to its last: how long the server took to begin, such as for a part that was yet to come, is not in it.
        transfer_sample_s: of one of them, which stands for all in percentiles.
    """

    at: float
    received_at: float
    region: str
    node: str
    channel: str
    session: str
    event: PlaybackEvent
    state: PlaybackState
    stream: str = ""
    arms: tuple[str, ...] = ()
    seq: int = 0
    sample_share: float = 1.0
    player: str = ""
    player_version: str = ""
    device: str = ""
    network: str = ""
    rendition: str = ""
    joined: int = 0
    started: int = 0
    exit: ExitReason = ""
    startup_s: float | None = None
    interval_s: float = 0.0
    watched_s: float = 0.0
    rebuffer_s: float = 0.0
    rebuffers: int = 0
    switches: int = 0
    frames: int = 0
    dropped_frames: int = 0
    bitrate_bps: int | None = None
    top_bitrate_bps: int | None = None
    buffer_s: float | None = None
    latency_s: float | None = None
    throughput_bps: int | None = None
    playback_rate: float | None = None
    request_s: float | None = None
    request_bytes: int = 0
    request_status: int = 0
    error: str = ""
    transfers: int = 0
    transfer_s: float = 0.0
    transfer_sample_s: float | None = None
