"""Playback sessions for the API, and the end of those whose end nobody heard."""

from tidegate.app.ground import Ground
from tidegate.core.settings import Subject
from tidegate.governance.playback_sessions.closer import SessionCloser
from tidegate.governance.playback_sessions.service import PlaybackSessions
from tidegate.media.beacons.settings import LOST_AFTER_S
from tidegate.store import Store
from tidegate.telemetry.contract import Telemetry
from tidegate.telemetry.dsn import OFF


def start_playback_sessions(ground: Ground, store: Store, telemetry: Telemetry) -> PlaybackSessions:
    """End sessions until this stops, unless this node has no telemetry to ask."""

    def lost_after_s(where: Subject) -> float:
        return ground.book.value(LOST_AFTER_S, where)

    closer = SessionCloser(telemetry, store, ground.facts, ground.clock, ground.here, lost_after_s)
    if ground.config.telemetry != OFF:
        ground.run(closer.run(), "playback-session-ends")
    return PlaybackSessions(telemetry, ground.clock)
