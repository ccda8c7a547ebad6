"""What is wrong with what arrives. Pure: one function a fault."""

from typing import Final

from tidegate.governance.advice.types import Advice, Situation
from tidegate.governance.quantities import worded

INGEST_HEALTH: Final = 0.97
INGEST_HEALTH_BAD: Final = 0.9
ROOM: Final = 0.7
"""An upload should have so much more room than the stream that this share of it is enough."""
GOP_REGULARITY: Final = 0.95
GOP_LONG_S: Final = 4.0
"""Twice what Apple's HLS authoring specification asks for (1.10: keyframes every two seconds)."""
PARTS_LATE: Final = 0.05
SKEW_S: Final = 0.2
"""ITU-R BT.1359-1: sound up to 185 ms late is accepted, and much less early."""
LADDER_LAG_S: Final = 2.0
FRAME_RATES: Final = (
    10.0,
    12.0,
    15.0,
    20.0,
    23.976,
    24.0,
    25.0,
    29.97,
    30.0,
    48.0,
    50.0,
    59.94,
    60.0,
    90.0,
    100.0,
    119.88,
    120.0,
)
"""Rates that cameras and screens have."""
RATE_TOLERANCE: Final = 0.03
NOTES_S: Final = 300.0
NOTES_SHOWN: Final = 3


def interrupted(situation: Situation) -> Advice | None:
    status = situation.status
    if status.state != "interrupted":
        return None
    silent_s = max(0.0, situation.now - status.state_since)
    return Advice(
        code="publisher-silent",
        severity="error",
        chart="errors",
        sentence=f"Nothing has come from the publisher for {worded(round(silent_s), 's')}; viewers wait.",
        fix="Start the encoder again, or look at its network. A backup publisher (KEY?role=backup) would be on air by now.",
        value=silent_s,
        unit="s",
    )


def uplink_slow(situation: Situation) -> Advice | None:
    health = situation.numbers.get("ingest_health")
    if health is None or health >= INGEST_HEALTH:
        return None
    arrives = situation.incoming_bps
    at = f", at {worded(arrives, 'bit/s')}" if arrives else ""
    lower = f"at most {worded(arrives * ROOM, 'bit/s')}" if arrives else "a third less"
    return Advice(
        code="uplink-slow",
        severity="error" if health < INGEST_HEALTH_BAD else "warning",
        chart="errors",
        sentence=f"Only {worded(health, 'ratio')} of the media that were due arrived{at}: the publisher's upload is too slow"
        " for its bitrate, or breaks off.",
        fix=f"Let the encoder send {lower}, and use a wired network. If the encoder's own statistics show a full processor,"
        " choose a faster preset.",
        indicator="ingest_health",
        value=health,
        limit=INGEST_HEALTH,
        unit="ratio",
    )


def encoder_drops(situation: Situation) -> Advice | None:
    """A rate between those that exist is a rate that exists, with frames left out."""
    source = situation.source
    if source is None or source.fps <= 0 or not situation.live:
        return None
    above = next((rate for rate in FRAME_RATES if rate >= source.fps * (1 - RATE_TOLERANCE / 3)), None)
    if above is None or source.fps >= above * (1 - RATE_TOLERANCE):
        return None
    if any(abs(source.fps - rate) <= rate * RATE_TOLERANCE / 3 for rate in FRAME_RATES):
        return None
    lost = 1 - source.fps / above
    return Advice(
        code="encoder-drops-frames",
        severity="warning",
        chart="bitrate",
        sentence=f"{source.fps:.1f} frames a second arrive, a rate no camera has: the encoder leaves out about"
        f" {worded(lost, 'ratio')} of {above:.3g}.",
        fix="The encoder's machine is too slow for its settings, or it drops frames for want of upload: choose a faster preset, a"
        " hardware encoder, a smaller picture, or a lower bitrate.",
        value=source.fps,
        limit=above,
        unit="1/s",
    )


def gop_irregular(situation: Situation) -> Advice | None:
    regularity = situation.numbers.get("gop_regularity")
    if regularity is None or regularity >= GOP_REGULARITY:
        return None
    return Advice(
        code="gop-irregular",
        severity="warning",
        chart="bitrate",
        sentence=f"In {worded(1 - regularity, 'ratio')} of the time the next keyframe was overdue: the encoder places them as it"
        " likes, so segments vary and players switch late.",
        fix="Set a fixed keyframe interval of 2 s (OBS: Output, Keyframe Interval 2), and no keyframes at cuts (x264:"
        " scenecut=0; ffmpeg: -sc_threshold 0).",
        indicator="gop_regularity",
        value=regularity,
        limit=GOP_REGULARITY,
        unit="ratio",
    )


def gop_long(situation: Situation) -> Advice | None:
    source = situation.source
    if source is None or source.gop_s <= GOP_LONG_S:
        return None
    return Advice(
        code="gop-long",
        severity="warning",
        chart="latency",
        sentence=f"Keyframes are {worded(source.gop_s, 's')} apart: players can begin and switch at one only, so startup is slow"
        " and they begin further behind.",
        fix="Set the encoder's keyframe interval to 2 s (OBS: Output, Keyframe Interval 2; ffmpeg: -g twice the frame rate).",
        value=source.gop_s,
        limit=GOP_LONG_S,
        unit="s",
    )


def parts_late(situation: Situation) -> Advice | None:
    lateness = situation.numbers.get("part_lateness")
    if lateness is None or lateness <= PARTS_LATE:
        return None
    ours = situation.cpu_used is not None and situation.server_side
    cause = (
        f"and {situation.server_side}"
        if ours
        else "most likely because what the publisher sends comes in bursts, or this machine is busy with something else"
    )
    return Advice(
        code="parts-late",
        severity="warning",
        chart="latency",
        sentence=f"{worded(lateness, 'ratio')} of parts came late, {cause}; players near the live edge stall or fall back.",
        fix="Switch off ladders that few need, or move the edge to a machine of its own."
        if ours
        else "Look at the way from encoder to here: Wi-Fi, a busy line, a distant region. Publishing by SRT with a latency of a"
        " second evens out what RTMP cannot.",
        indicator="part_lateness",
        value=lateness,
        limit=PARTS_LATE,
        unit="ratio",
    )


def skewed(situation: Situation) -> Advice | None:
    skew = situation.numbers.get("av_skew")
    if skew is None or skew <= SKEW_S:
        return None
    return Advice(
        code="av-skew",
        severity="warning",
        chart="errors",
        sentence=f"The ends of picture and sound are {worded(skew, 's')} apart: one of the two comes later than the other.",
        fix="Set the sound's delay at the encoder (OBS: Advanced Audio Properties, Sync Offset), and take both from one clock.",
        indicator="av_skew",
        value=skew,
        limit=SKEW_S,
        unit="s",
    )


def ladder_behind(situation: Situation) -> Advice | None:
    lag_s = situation.ladder.lag_s
    if situation.ladder.state != "running" or lag_s <= LADDER_LAG_S:
        return None
    return Advice(
        code="ladder-behind",
        severity="warning",
        chart="latency",
        sentence=f"The ladder is {worded(lag_s, 's')} behind the publisher's picture: this machine cannot make its renditions in"
        " time.",
        fix="Take a rung away or choose a faster preset (settings ladder.*), or switch off another channel's ladder.",
        value=lag_s,
        limit=LADDER_LAG_S,
        unit="s",
    )


def ladder_missing(situation: Situation) -> Advice | None:
    ladder = situation.ladder
    if ladder.state not in {"refused", "failed"}:
        return None
    return Advice(
        code="ladder-missing",
        severity="warning",
        chart="bitrate",
        sentence=f"A ladder is wanted and there is none. {ladder.reason}".strip(),
        fix=ladder.hint
        or "Take a rung away, choose a faster preset (settings ladder.*), or give this machine less to do.",
    )


def noted(situation: Situation) -> list[Advice]:
    """What the gateway and the origin noted of late, in their own words."""
    recent = [
        note for note in situation.status.notes if note.level != "info" and situation.now - note.at <= NOTES_S
    ]
    recent.sort(key=lambda note: (note.level != "error", -note.at))
    return [
        Advice(
            code=f"note-{note.code}",
            severity=note.level,
            chart="errors",
            sentence=f"{note.message} Seen {note.count} times." if note.count > 1 else note.message,
            fix=note.hint or "Look at the encoder's own log of the same time.",
            value=float(note.count),
            unit="count",
        )
        for note in recent[:NOTES_SHOWN]
    ]
