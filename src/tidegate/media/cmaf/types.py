"""What the packager is told and what its rooms share."""

from collections.abc import Callable

import msgspec

from tidegate.core.streams import NoteLevel

VIDEO_TIMESCALE = 90_000
"""Ticks per second of every video track; divides all common frame durations to within one tick."""

NoteCall = Callable[[str, NoteLevel, str, str], None]
"""`Ingest.note` with every argument by position: code, level, message, hint."""


class PackagerSettings(msgspec.Struct, frozen=True):
    """How media is cut, seconds.

    Attributes:
        part_target_s: a part's length; the nearest whole number of frames is what becomes PART-TARGET.
        segment_min_s: a keyframe begins a new segment once this one is so long.
        segment_max_s: a segment ends here even without a keyframe; also EXT-X-TARGETDURATION.
    """

    part_target_s: float = 0.2
    segment_min_s: float = 1.0
    segment_max_s: float = 2.0
