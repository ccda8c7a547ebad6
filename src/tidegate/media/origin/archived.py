"""Playlists over a manifest (RFC 8216bis): of the DVR window, of a recording, of a part of one. Pure.

Lines of a run are made once, however many playlists list it; a playlist of two hours is then a few hundred strings joined.
"""

from typing import Literal

from tidegate.media.origin import playlist
from tidegate.media.origin.manifest import DISCONTINUITY, Manifest, Place, RunIndex, TrackIndex
from tidegate.media.origin.playlist import Rendition

Kind = Literal["sliding", "event", "vod"]
"""Its beginning moves on · it only grows · it is whole."""

_TYPE_LINE: dict[Kind, str] = {
    "sliding": "",
    "event": "#EXT-X-PLAYLIST-TYPE:EVENT\n",
    "vod": "#EXT-X-PLAYLIST-TYPE:VOD\n",
}


def media_playlist(
    index: TrackIndex,
    target_s: int,
    kind: Kind,
    *,
    first_msn: int = 0,
    end_msn: int | None = None,
    skip: bool = False,
    ended: bool = False,
) -> str:
    """Segments from `first_msn` on, up to, not including, `end_msn`; with `skip` its delta update."""
    runs = index.from_msn(first_msn)
    if not runs:
        return ""
    begin = max(first_msn, runs[0].msn)
    head = [
        f"#EXTM3U\n#EXT-X-VERSION:{playlist.VERSION}\n#EXT-X-TARGETDURATION:{target_s}\n",
        _TYPE_LINE[kind],
        "" if kind == "vod" else playlist.skip_until_line(target_s),
        playlist.sequence_lines(begin, _discontinuities_before(index, begin)),
    ]
    if skip and kind != "vod":
        skipped, runs = _skipped(runs, begin, playlist.SKIP_TARGETS * target_s)
        if skipped:
            head.append(playlist.skip_line(skipped))
            begin += skipped
    head.append(playlist.map_line(runs[0].map_uri))
    body, before = [], runs[0].map_uri
    for run in runs:
        whole = run.msn >= begin and (end_msn is None or run.end_msn <= end_msn)
        if run.map_uri != before:
            body.append(playlist.map_line(run.map_uri))
            before = run.map_uri
        body.append(_text(run) if whole else _lines(run, begin, end_msn))
        if end_msn is not None and run.end_msn >= end_msn:
            break
    return "".join([*head, *body, playlist.END_LINE if ended or kind == "vod" else ""])


def _discontinuities_before(index: TrackIndex, msn: int) -> int:
    count = 0
    for run in index.runs:
        if run.msn >= msn:
            break
        count += run.discontinuities
    return count


def _skipped(runs: list[RunIndex], begin: int, until_s: float) -> tuple[int, list[RunIndex]]:
    """How many segments are old enough to be skipped, and the runs that hold the rest."""
    kept_s, keep = 0.0, len(runs)
    while keep > 0 and kept_s < until_s:
        keep -= 1
        kept_s += runs[keep].duration_s
    return (runs[keep].msn - begin if keep else 0), runs[keep:]


def _text(run: RunIndex) -> str:
    if not run.text:
        run.text = _lines(run, run.msn, None)
    return run.text


def _lines(run: RunIndex, first: int, end: int | None) -> str:
    lines, dated = [], False
    for place in run.places():
        if place.msn < first or (end is not None and place.msn >= end):
            continue
        if place.flags & DISCONTINUITY:
            lines.append("#EXT-X-DISCONTINUITY\n")
        if not dated:
            dated = True
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{playlist.date(place.wall_s)}\n")
        if not place.reel:
            lines.append("#EXT-X-GAP\n")
        lines.append(playlist.segment_tail(segment_file(place), place.duration_s))
    return "".join(lines)


def segment_file(place: Place) -> str:
    return f"seg-{place.session}-{place.msn}.m4s"


def renditions(manifest: Manifest) -> list[Rendition]:
    """Tracks with their measured bitrates, for a multivariant playlist."""
    found = []
    for index in manifest.played.values():
        track = index.track
        peak = max(
            (
                round(size * 8 / duration_s)
                for run in index.runs
                for size, duration_s in zip(run.sizes, run.durations_s, strict=True)
                if duration_s
            ),
            default=0,
        )
        length_s = sum(run.duration_s for run in index.runs if run.reel)
        size = sum(sum(run.sizes) for run in index.runs)
        if track is not None:
            found.append(Rendition(track, peak, round(size * 8 / length_s) if length_s else peak))
    return found
