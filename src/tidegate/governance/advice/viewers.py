"""What is wrong with what viewers get. Pure: one function a fault."""

from typing import Final

from tidegate.governance.advice.types import Advice, Situation
from tidegate.governance.quantities import worded

HEADROOM: Final = 1.3
"""A rendition plays safely over so much more throughput than its bitrate."""
REBUFFER: Final = 0.01
REBUFFER_BAD: Final = 0.03
FAILURES: Final = 0.02
DROPPED: Final = 0.02
LATENCY_S: Final = 10.0
SWITCHES: Final = 30.0
STARTUP_S: Final = 5.0
_NOT_EVERYWHERE: Final = {"hvc1": "HEVC", "hev1": "HEVC", "av01": "AV1"}
"""Codecs, as RFC 6381 begins them, that not every browser plays."""


def rung_missing(situation: Situation) -> Advice | None:
    """The slowest tenth of viewers, against the lowest rendition there is."""
    throughput = situation.numbers.get("throughput_p10")
    pictures = [track for track in situation.pictures if track.kbps > 0]
    if throughput is None or not pictures:
        return None
    lowest = min(pictures, key=lambda track: track.kbps)
    needed = lowest.kbps * 1000 * HEADROOM
    if throughput >= needed:
        return None
    suffering = situation.numbers.get("rebuffer_ratio", 0.0) > REBUFFER
    name = f"{lowest.height}p" if lowest.height else lowest.name
    return Advice(
        code="rung-missing",
        severity="error" if suffering else "warning",
        chart="bitrate",
        sentence=f"One viewer in ten has {worded(throughput, 'bit/s')} or less; the lowest rendition ({name}) needs"
        f" {worded(needed, 'bit/s')} to play safely.",
        fix=_ladder_fix(situation),
        indicator="throughput_p10",
        value=throughput,
        limit=needed,
        unit="bit/s",
    )


def _ladder_fix(situation: Situation) -> str:
    ladder, channel = situation.ladder, situation.status.channel
    if ladder.state == "off":
        return f"Switch a ladder on: tidegate setting set ladder.enabled true --channel {channel}."
    if ladder.state in {"refused", "failed"}:
        return f"The ladder is {ladder.state}: {ladder.reason} {ladder.hint}".strip()
    return "Add a lower rung to the channel's ladder (settings ladder.*), or let the publisher send less where there is none."


def downloads_slow(situation: Situation) -> Advice | None:
    """Parts that take longer to load than they last: who cannot keep up, they or we?"""
    source = situation.source
    download = situation.numbers.get("part_download_p95")
    if download is None or source is None or source.part_target_s <= 0 or download <= source.part_target_s:
        return None
    ours = situation.server_side
    median = situation.numbers.get("part_download_p50")
    few = median is not None and median < source.part_target_s / 2
    if ours:
        cause, fix = (
            f"It is this side: {ours}.",
            "`tidegate doctor` on the node; take load off it, or put another edge beside it.",
        )
    elif few:
        cause, fix = (
            f"Half of them need {worded(median, 's')} only, so it is those viewers' networks.",
            "A lower rung helps them; nothing on this side is slow.",
        )
    else:
        cause, fix = (
            "Most viewers are near that, and this side is well: the way between is too long or too narrow.",
            "Put an edge nearer to them, or let players stay further behind live.",
        )
    return Advice(
        code="downloads-slow",
        severity="error" if ours else "warning",
        chart="download",
        sentence=f"One part in twenty takes {worded(download, 's')} or longer to load, and lasts {worded(source.part_target_s, 's')}."
        f" {cause}",
        fix=fix,
        indicator="part_download_p95",
        value=download,
        limit=source.part_target_s,
        unit="s",
    )


def edge_fails(situation: Situation) -> Advice | None:
    errors = situation.numbers.get("delivery_error_ratio")
    if errors is None or errors <= 0.001:
        return None
    return Advice(
        code="edge-fails",
        severity="error" if errors > 0.01 else "warning",
        chart="errors",
        sentence=f"The edge could not answer {worded(errors, 'ratio')} of requests for this stream: that is on the platform's side,"
        " not the viewers'.",
        fix="`tidegate doctor` on the node, and `tidegate logs --level error`.",
        indicator="delivery_error_ratio",
        value=errors,
        limit=0.001,
        unit="ratio",
    )


def failing(situation: Situation) -> Advice | None:
    rate = situation.numbers.get("playback_failure_rate")
    if rate is None or rate <= FAILURES:
        return None
    odd = [name for track in situation.pictures if (name := _NOT_EVERYWHERE.get(track.codec[:4]))]
    alone = len(odd) == len(situation.pictures) > 0
    return Advice(
        code="plays-fail",
        severity="error",
        chart="errors",
        sentence=f"{worded(rate, 'ratio')} of plays ended in an error."
        + (f" The picture is {odd[0]} alone, which not every browser plays." if alone else ""),
        fix="Publish H.264, or switch a ladder on, which makes H.264 beside it."
        if alone
        else "Split failures by player and device on the console: one of them alone is its release or its codec.",
        indicator="playback_failure_rate",
        value=rate,
        limit=FAILURES,
        unit="ratio",
    )


def devices_drop(situation: Situation) -> Advice | None:
    dropped = situation.numbers.get("dropped_frame_ratio")
    source = situation.source
    if dropped is None or dropped <= DROPPED:
        return None
    fast = source is not None and source.fps > 31
    return Advice(
        code="devices-drop-frames",
        severity="warning",
        chart="bitrate",
        sentence=f"Viewers' devices could not show {worded(dropped, 'ratio')} of frames in time.",
        fix="Publish 30 frames a second instead of 60, or offer a smaller rendition."
        if fast
        else "Offer a smaller rendition: split dropped frames by device to see who needs it.",
        indicator="dropped_frame_ratio",
        value=dropped,
        limit=DROPPED,
        unit="ratio",
    )


def far_behind(situation: Situation) -> Advice | None:
    latency = situation.numbers.get("live_latency_p50")
    if latency is None or latency <= LATENCY_S:
        return None
    return Advice(
        code="far-behind",
        severity="info" if situation.numbers.get("rebuffer_ratio", 0.0) < REBUFFER else "warning",
        chart="latency",
        sentence=f"Half of the viewers are more than {worded(latency, 's')} behind live.",
        fix="If parts are late or downloads slow, mend that first: players go back to where they do not stall. Else these are players"
        " without low latency: they need the parts (`index.m3u8` as it is served here), not a copy of the playlist by others.",
        indicator="live_latency_p50",
        value=latency,
        limit=LATENCY_S,
        unit="s",
    )


def starts_slow(situation: Situation) -> Advice | None:
    startup = situation.numbers.get("startup_time_p95")
    if startup is None or startup <= STARTUP_S:
        return None
    return Advice(
        code="starts-slow",
        severity="warning",
        chart="download",
        sentence=f"One viewer in twenty waits {worded(startup, 's')} or longer for the first picture.",
        fix="Shorter GOPs let players begin sooner; a smaller first rendition loads sooner. If other streams start slowly too, it is"
        " the edge or the way to it.",
        indicator="startup_time_p95",
        value=startup,
        limit=STARTUP_S,
        unit="s",
    )


def switches(situation: Situation) -> Advice | None:
    rate = situation.numbers.get("rendition_switches_per_hour")
    if rate is None or rate <= SWITCHES:
        return None
    return Advice(
        code="many-switches",
        severity="info",
        chart="errors",
        sentence=f"Players change the rendition {rate:.0f} times in an hour of watching: throughput swings, or two rungs are too close.",
        fix="Keep rungs apart by at least half of their bitrate, and let the publisher's bitrate swing less (constant bitrate).",
        indicator="rendition_switches_per_hour",
        value=rate,
        limit=SWITCHES,
        unit="1/h",
    )


def stalling(situation: Situation) -> Advice | None:
    ratio = situation.numbers.get("rebuffer_ratio")
    if ratio is None or ratio <= REBUFFER:
        return None
    return Advice(
        code="stalls",
        severity="error" if ratio > REBUFFER_BAD else "warning",
        chart="errors",
        sentence=f"The picture stood still for {worded(ratio, 'ratio')} of playing time.",
        fix="The other advice here says why. Where there is none: open a session that stalls and read its story.",
        indicator="rebuffer_ratio",
        value=ratio,
        limit=REBUFFER,
        unit="ratio",
    )
