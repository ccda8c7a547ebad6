"""Playlist text (RFC 8216bis 4.4): pure functions of what is to be said.

Lines of segments and parts are made once, when the segment or part is; a playlist is then a few strings joined.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

from tidegate.core.chunks import Track

VERSION = 9
"""EXT-X-SKIP needs protocol version 9 (RFC 8216bis 8)."""

SKIP_TARGETS = 6
"""CAN-SKIP-UNTIL in target durations: the least allowed (4.4.3.8)."""

HOLD_BACK_TARGETS = 3
PART_HOLD_BACK_PARTS = 3
"""HOLD-BACK and PART-HOLD-BACK: three is the least and the recommended multiple (4.4.3.8)."""


def seconds(value: float) -> str:
    """A decimal of at most five places without trailing zeros: a tick of 1/90000 s is 0.00001 s."""
    return f"{value:.5f}".rstrip("0").rstrip(".") or "0"


def rounded_up(value: float) -> float:
    """The next value of five places: for limits that what follows must not exceed."""
    return ceil(value * 1e5 - 1e-4) / 1e5


def date(wall_s: float) -> str:
    """RFC 3339 with milliseconds, UTC."""
    millis = round(wall_s * 1000)
    whole = datetime.fromtimestamp(millis // 1000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{millis % 1000:03d}Z"


def part_line(uri: str, duration_s: float, *, independent: bool) -> str:
    mark = ",INDEPENDENT=YES" if independent else ""
    return f'#EXT-X-PART:DURATION={seconds(duration_s)},URI="{uri}"{mark}\n'


def map_line(uri: str) -> str:
    return f'#EXT-X-MAP:URI="{uri}"\n'


def segment_head(wall_s: float, *, discontinuity: bool, map_uri: str, gap: bool) -> str:
    """What stands before a segment's parts; `map_uri` is empty where the header goes on to apply."""
    return (
        ("#EXT-X-DISCONTINUITY\n" if discontinuity else "")
        + (map_line(map_uri) if map_uri else "")
        + f"#EXT-X-PROGRAM-DATE-TIME:{date(wall_s)}\n"
        + ("#EXT-X-GAP\n" if gap else "")
    )


def segment_tail(uri: str, duration_s: float) -> str:
    return f"#EXTINF:{seconds(duration_s)},\n{uri}\n"


def playlist_head(target_s: int, part_target_s: float) -> str:
    """The tags that never change while a playlist lives."""
    part_target_s = rounded_up(part_target_s)
    return (
        f"#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-TARGETDURATION:{target_s}\n"
        f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={seconds(SKIP_TARGETS * target_s)}"
        f",HOLD-BACK={seconds(HOLD_BACK_TARGETS * target_s)}"
        f",PART-HOLD-BACK={seconds(PART_HOLD_BACK_PARTS * part_target_s)}\n"
        f"#EXT-X-PART-INF:PART-TARGET={seconds(part_target_s)}\n"
    )


def skip_until_line(target_s: int) -> str:
    """Server control of a playlist without parts: delta updates, nothing else."""
    return f"#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={seconds(SKIP_TARGETS * target_s)}\n"


def sequence_lines(msn: int, discontinuity: int) -> str:
    return f"#EXT-X-MEDIA-SEQUENCE:{msn}\n#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity}\n"


def skip_line(segments: int) -> str:
    return f"#EXT-X-SKIP:SKIPPED-SEGMENTS={segments}\n"


def hint_line(uri: str) -> str:
    return f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{uri}"\n'


def report_line(track: str, msn: int, part: int) -> str:
    """Where another rendition stands; `part` is -1 where its last segment has no parts."""
    last_part = f",LAST-PART={part}" if part >= 0 else ""
    return f'#EXT-X-RENDITION-REPORT:URI="../{track}/index.m3u8",LAST-MSN={msn}{last_part}\n'


END_LINE = "#EXT-X-ENDLIST\n"


class Rendition(NamedTuple):
    """One track with its measured bitrates, bits per second."""

    track: Track
    peak_bps: int
    average_bps: int


def multivariant(
    renditions: Iterable[Rendition], file: str = "index.m3u8", *, audio_only: bool = False
) -> str:
    """The multivariant playlist: one variant per video track, all audio tracks in one group (4.4.6).

    `file` is what each track's media playlist is called. With `audio_only` sound alone is a variant too where there are
    several pictures: the last resort of a thin network.
    """
    every = list(renditions)
    videos = [each for each in every if each.track.kind == "video"]
    audios = [each for each in every if each.track.kind == "audio"]
    lines = [f"#EXTM3U\n#EXT-X-VERSION:{VERSION}\n"]
    if videos:
        lines += [_audio_line(each.track, file) for each in audios]
        lines += [_variant(each, audios, file) for each in videos]
        if audio_only and len(videos) > 1:
            lines += [_variant(each, [], file, group=True) for each in audios[:1]]
    else:
        lines += [_variant(each, [], file) for each in audios]
    return "".join(lines)


def _audio_line(track: Track, file: str) -> str:
    return (
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="{track.name}",DEFAULT=YES,AUTOSELECT=YES'
        f',CHANNELS="{track.channels}",URI="{track.name}/{file}"\n'
    )


def _variant(rendition: Rendition, audios: list[Rendition], file: str, *, group: bool = False) -> str:
    track = rendition.track
    peak = rendition.peak_bps + max((each.peak_bps for each in audios), default=0)
    average = rendition.average_bps + max((each.average_bps for each in audios), default=0)
    codecs = dict.fromkeys([track.codec, *(each.track.codec for each in audios)])
    attributes = [f"BANDWIDTH={peak}", f"AVERAGE-BANDWIDTH={average}", f'CODECS="{",".join(codecs)}"']
    if track.kind == "video":
        attributes.append(f"RESOLUTION={track.width}x{track.height}")
    if track.fps:
        attributes.append(f"FRAME-RATE={track.fps:.3f}")
    if audios or group:
        attributes.append('AUDIO="audio"')
    return f"#EXT-X-STREAM-INF:{','.join(attributes)}\n{track.name}/{file}\n"
