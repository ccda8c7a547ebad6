"""What a broadcast looks like from outside: `core.streams.StreamStatus`, measured over the last few seconds."""

from tidegate.core.streams import PublisherStatus, Role, StreamStatus, TrackStats
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.window import TrackWindow

ROLES: tuple[Role, ...] = ("primary", "backup")


def stream_status(broadcast: Broadcast) -> StreamStatus:
    return StreamStatus(
        channel=broadcast.channel,
        state=broadcast.state,
        state_since=broadcast.state_since,
        broadcast=broadcast.id,
        started_at=broadcast.started_at,
        publisher=broadcast.publisher if broadcast.session is not None else None,
        publishers=_publishers(broadcast),
        slate="on air" if broadcast.slate else "ready" if broadcast.fallback.ready else "none",
        tracks=tuple(_track_stats(window) for window in broadcast.windows.values()),
        notes=broadcast.notes.all(),
        bytes_in=broadcast.bytes_in,
        parts=broadcast.parts,
        discontinuities=broadcast.discontinuity_count,
        playable_after_s=round(broadcast.playable_after_s, 4),
        arms=broadcast.arms,
    )


def _publishers(broadcast: Broadcast) -> tuple[PublisherStatus, ...]:
    now, lapse_s = broadcast.clock.monotonic(), broadcast.config.switch_after_s
    sessions = broadcast.succession.sessions
    return tuple(sessions[role].status(now, lapse_s) for role in ROLES if role in sessions)


def _track_stats(window: TrackWindow) -> TrackStats:
    track = window.track
    ticks = sum(duration for duration, _, _ in window.recent)
    measured_s = ticks / track.timescale
    samples = sum(samples for _, _, samples in window.recent)
    video = track.kind == "video"
    return TrackStats(
        name=track.name,
        kind=track.kind,
        codec=track.codec,
        kbps=round(window.bitrates()[1] / 1000, 1),
        fps=round(samples / measured_s, 3) if video and measured_s else 0.0,
        gop_s=round(window.gop_s, 3) if video else 0.0,
        width=track.width,
        height=track.height,
        sample_rate=track.sample_rate,
        channels=track.channels,
        part_target_s=track.part_target_s,
        segment_s=round(window.segments[-1].duration_s, 3) if window.segments else 0.0,
    )
