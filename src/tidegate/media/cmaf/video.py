"""The video track: probes the first frames, then turns frames into parts and decides where segments begin.

In: packets of one configuration after another. Out: chunks. A part leaves with its last frame where the frame rate
is constant, with the frame after it where it is not. Decode times never leave a hole inside a group of pictures:
players drop everything up to the next keyframe at one (Media Source Extensions, coded frame processing 3.5.8 step
6), so after a stall decoding runs ahead of presentation until a keyframe puts it right.
"""

from collections.abc import Callable

from tidegate.core.chunks import Chunk
from tidegate.media.cmaf.clocks import TrackClock
from tidegate.media.cmaf.fragment import fragment
from tidegate.media.cmaf.gop import KeyframeInterval
from tidegate.media.cmaf.rates import FrameRate
from tidegate.media.cmaf.segmenter import Cut, Segmenter
from tidegate.media.cmaf.timeline import VideoTimeline
from tidegate.media.cmaf.types import VIDEO_TIMESCALE, NoteCall, PackagerSettings
from tidegate.media.types import Packet

TRACK_NAME = "video"

_FULL_SHARE = 0.85
"""Least share of PART-TARGET a part must have (RFC 8216bis 4.4.4.9)."""

_OVERLONG_SHARE = 1.05
"""How far past its longest a segment waits for a keyframe: 60 frames at 29.97 fps are 2.002 s."""

_GAP_TICKS = VIDEO_TIMESCALE // 2
"""A hole in the frames from which on the publisher is told."""

STEP_TICKS = VIDEO_TIMESCALE // 30
"""A frame's duration where nothing tells it: the last frame of a track of irregular ones."""

CATCH_UP_TICKS = VIDEO_TIMESCALE // 1000
"""A frame's least duration while decoding waits for presentation to catch up."""

REORDERING_MAX_US = 10_000_000
"""No encoder reorders frames over ten seconds; what claims so is noise."""


class VideoTrack:
    """A running video track."""

    def __init__(
        self,
        segmenter: Segmenter,
        clock: TrackClock,
        settings: PackagerSettings,
        emit: Callable[[Chunk], None],
        note: NoteCall,
        on_step: Callable[[], None],
    ) -> None:
        self._segmenter = segmenter
        self._clock = clock
        self._emit = emit
        self._note = note
        self._on_step = on_step
        self.cut_by(settings)
        self._sequence = 0
        self._emitted_segment = -1
        self._end = 0
        self._lag = 0
        self._begins = True
        self._noted_reordering = False
        self._placed_until = 0
        self._gop = KeyframeInterval()
        # places are where frames belong on the timeline; starts are where they are decoded, `lag` ticks before
        self._segment_place, self._segment_whole = 0, False
        self._part_start, self._part_place, self._part_arrived = 0, 0, 0.0
        self._last, self._last_nominal, self._last_place, self._last_arrived = 0, 0, 0, 0.0
        self._payloads: list[bytes] = []
        self._syncs: list[bool] = []
        self._offsets: list[int] = []
        self._durations: list[int] = []

    @property
    def end_s(self) -> float:
        """Presentation time up to which frames have been placed, seconds."""
        return self._placed_until / VIDEO_TIMESCALE

    def cut_by(self, settings: PackagerSettings) -> None:
        """How long segments are from now on, the running one included."""
        self._min_ticks = int(settings.segment_min_s * VIDEO_TIMESCALE)
        self._max_ticks = int(settings.segment_max_s * VIDEO_TIMESCALE * _OVERLONG_SHARE)
        self._segment_max_s = settings.segment_max_s

    def run(
        self, rate: FrameRate | None, claimed_fps: float, part_ticks: int, frames: list[Packet], cut: Cut
    ) -> None:
        """Begin with probed `frames`, the first a keyframe, as segment `cut`; parts last at most `part_ticks`."""
        self._timeline = VideoTimeline(rate, claimed_fps)
        self._part_ticks = part_ticks
        self._cut = cut
        self._begins = True
        self._gop.restart()
        for packet in frames:
            self.add(packet)

    def add(self, packet: Packet) -> None:
        """The next frame in decode order."""
        cts_us = packet.cts_us
        if not -REORDERING_MAX_US <= cts_us <= REORDERING_MAX_US:
            cts_us = 0
        place, offset = self._timeline.place(self._clock.place(packet.dts_us, packet.arrived_at), cts_us)
        nominal = self._timeline.nominal
        key = packet.keyframe
        inner = self._is_inner(place, nominal, key=key)
        start, lag = place, 0
        if inner:
            self._durations.append(place - self._last)
        else:
            if key:
                self._gop.keyframe(place)
            start = self._decode_at(place, nominal, key=key)
            self._lag = lag = place - start
            if nominal and lag < 0:  # decoding runs ahead of a source that has become faster: catch up
                nominal = max(CATCH_UP_TICKS, nominal + lag)
            if not self._payloads:
                self._part_start, self._part_place, self._part_arrived = start, place, packet.arrived_at
        self._last, self._last_nominal = start, nominal
        self._last_place, self._last_arrived = place, packet.arrived_at
        self._payloads.append(packet.data)
        self._syncs.append(key)
        self._offsets.append(offset + lag)
        self._placed_until = place + nominal
        if nominal and not inner:
            self._send_if_full(start, nominal)

    def _is_inner(self, place: int, nominal: int, *, key: bool) -> bool:
        """Whether a frame neither begins nor ends anything: most are inside a part, where their rate puts them, and
        all that could be asked of them would be answered with no.
        """
        return (
            bool(self._payloads and nominal and self._last_nominal)
            and not (key or self._lag or self._begins)
            and self._last < place <= self._part_start + self._part_ticks - nominal - nominal // 2
            and place <= self._segment_place + self._max_ticks
        )

    def _decode_at(self, place: int, nominal: int, *, key: bool) -> int:
        """End what ends before a frame, begin what begins with it; returns where it is decoded."""
        if self._payloads:
            start = self._close_last(place - max(0, self._lag))
        else:
            start = max(place, self._end) if self._begins else self._end
        return self._begin(start, place, nominal, key=key)

    def _begin(self, start: int, place: int, nominal: int, *, key: bool) -> int:
        """Whatever begins with this frame: a run, a segment. Returns where the frame is decoded."""
        if self._begins:
            self._begins = False
            self._segment_place, self._segment_whole = place, key
            return start
        gap = place - start - self._lag
        if gap > _GAP_TICKS:
            self._note_gap(gap)
        if key:
            return self._at_keyframe(start, place, nominal)
        if not self._payloads or place - self._segment_place > self._max_ticks:
            self._at_part_boundary(place, nominal)
        return start

    def _send_if_full(self, start: int, nominal: int) -> None:
        """Do not wait for the next frame where the rate tells how long this one lasts."""
        if start - self._part_start + nominal > self._part_ticks and len(self._payloads) > 1:
            self._flush_all_but_last()
        room = self._part_ticks - (start - self._part_start + nominal)
        if room < nominal // 2:
            self._durations.append(min(nominal, nominal + room))
            self._flush()

    def _close_last(self, due: int) -> int:
        """Give the last frame its duration now that the next one is `due`; returns where the next one begins."""
        duration = max(1, due - self._last)
        filled = self._last - self._part_start
        if filled + duration > self._part_ticks:
            if self._last_nominal:
                duration = max(1, min(self._last_nominal, self._part_ticks - filled))
            else:
                if filled:
                    self._flush_all_but_last()
                    filled = 0
                duration = min(duration, self._part_ticks)
        self._durations.append(duration)
        filled += duration
        if (
            not self._last_nominal
            and filled >= self._part_ticks * _FULL_SHARE
            and filled + duration > self._part_ticks
        ):
            self._flush()
        return self._last + duration

    def _at_keyframe(self, start: int, place: int, nominal: int) -> int:
        """Begin a segment if it is long enough, or was not whole, or decoding runs late; returns where to decode."""
        length = place - self._segment_place
        late = place - start > 2 * (nominal or STEP_TICKS)
        if late or not self._segment_whole or length >= self._min_ticks - nominal // 2:
            self._begin_segment(place, whole=True)
        if self._payloads:  # a part in progress goes on without a hole
            return start
        return max(place, self._end)

    def _at_part_boundary(self, place: int, nominal: int) -> None:
        """End a segment for which no keyframe came in time."""
        if place - self._segment_place + self._part_ticks <= self._max_ticks + nominal // 2:
            return
        self._begin_segment(place, whole=False)
        self._note(
            "long-gop",
            "warning",
            f"No keyframe came within {self._segment_max_s:g} s.",
            "Set the encoder's keyframe interval to 1 or 2 s: viewers join at keyframes.",
        )

    def _begin_segment(self, place: int, *, whole: bool) -> None:
        if self._payloads:
            self._flush()
        self._cut = self._segmenter.cut(self._cut, place / VIDEO_TIMESCALE)
        self._segment_place, self._segment_whole = place, whole
        if self._segmenter.stepped:
            self._on_step()

    def finish(self) -> None:
        """Send what is held; the last frame lasts as long as frames do."""
        if self._payloads:
            lasts = self._last_nominal or (self._durations or [STEP_TICKS])[-1]
            room = self._part_ticks - (self._last - self._part_start)
            self._durations.append(max(1, min(lasts, room)))
            self._flush()
        self._lag = 0

    def _flush_all_but_last(self) -> None:
        payload, sync, offset = self._payloads.pop(), self._syncs.pop(), self._offsets.pop()
        self._flush()
        self._payloads, self._syncs, self._offsets = [payload], [sync], [offset]
        self._part_start = self._last
        self._part_place, self._part_arrived = self._last_place, self._last_arrived

    def _flush(self) -> None:
        duration = sum(self._durations)
        cut = self._cut
        self._sequence += 1
        media_s = self._part_place / VIDEO_TIMESCALE
        self._segmenter.anchor.observe(self._part_arrived, media_s)
        offsets = self._offsets if any(self._offsets) else None
        if offsets is not None and not self._noted_reordering:
            self._note_reordering()
        data = fragment(
            self._sequence,
            self._part_start,
            self._durations,
            self._syncs,
            offsets,
            self._payloads,
            starts_segment=cut.number != self._emitted_segment,
        )
        self._emitted_segment = cut.number
        self._end = self._part_start + duration
        chunk = Chunk(
            TRACK_NAME,
            self._part_start,
            duration,
            self._syncs[0],
            cut.number,
            cut.wall_s + media_s,
            len(self._payloads),
            data,
            gop=self._gop.ticks,
        )
        self._clear()
        self._emit(chunk)

    def _clear(self) -> None:
        self._payloads, self._syncs, self._offsets, self._durations = [], [], [], []

    def _note_reordering(self) -> None:
        self._noted_reordering = True
        self._note(
            "b-frames",
            "info",
            "The encoder reorders frames (B-frames).",
            "They add delay: set B-frames to 0, or tune for zero latency, to shorten it.",
        )

    def _note_gap(self, ticks: int) -> None:
        self._note(
            "video-gap",
            "warning",
            f"No picture came for {ticks / VIDEO_TIMESCALE:.1f} s.",
            "Check the encoder's load and the upload's speed: it dropped frames.",
        )
