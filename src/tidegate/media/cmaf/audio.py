"""The audio track: turns frames into parts of whole frames and follows the segments of the video, or leads without one.

In: packets of one configuration after another. Out: chunks. Every audio frame is a sync sample, so a hole in time
is harmless: a short one is filled by the frame before it, a long one begins a part at its own time.
"""

from collections.abc import Callable

from tidegate.core.chunks import Chunk
from tidegate.media.cmaf.clocks import TrackClock
from tidegate.media.cmaf.fragment import fragment
from tidegate.media.cmaf.opus import RATE as OPUS_RATE
from tidegate.media.cmaf.opus import packet_samples
from tidegate.media.cmaf.segmenter import Cut, Segmenter
from tidegate.media.cmaf.timeline import AudioTimeline
from tidegate.media.cmaf.types import NoteCall, PackagerSettings
from tidegate.media.types import AudioConfig, Packet

TRACK_NAME = "audio"

FOLLOWING_SHARE = 1.2
"""How far past its longest a segment of audio waits for the video's cut; its EXTINF still rounds to what is allowed."""

_AAC_FRAME = 1024
_OPUS_FRAME = 960


def timescale(config: AudioConfig) -> int:
    """Ticks per second: one per sample."""
    return OPUS_RATE if config.fourcc == "Opus" else config.sample_rate


def frame_samples(config: AudioConfig) -> int:
    """Samples one packet most likely decodes to."""
    return config.samples_per_frame or (_OPUS_FRAME if config.fourcc == "Opus" else _AAC_FRAME)


class AudioTrack:
    """A running audio track.

    Attributes:
        leads: no video decides where segments begin.
    """

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
        self.cut_by(settings)
        self._emit = emit
        self._note = note
        self._on_step = on_step
        self._sequence = 0
        self._emitted_segment = -1
        self._segment_start_s = 0.0
        self.leads = False
        self._end, self._rate = 0, 1
        self._part_start, self._filled = 0, 0
        self._payloads: list[bytes] = []
        self._durations: list[int] = []

    @property
    def end_s(self) -> float:
        """Time up to which frames have been placed, seconds."""
        return self._end / self._rate

    def cut_by(self, settings: PackagerSettings) -> None:
        """How long segments are from now on, the running one included."""
        self._segment_max_s = settings.segment_max_s

    def run(self, config: AudioConfig, part_s: float, cut: Cut) -> None:
        """Begin, as segment `cut`; parts last at most `part_s`."""
        self._rate = timescale(config)
        self._frame = frame_samples(config)
        self._varies = config.fourcc == "Opus"
        self._part_max = max(self._frame, int(part_s * self._rate + 1e-6))
        self._part_s = self._part_max / self._rate
        self._timeline = AudioTimeline(self._rate, self._frame)
        self._cut = cut
        self._segment_start_s = cut.at_s

    def add(self, packet: Packet) -> None:
        """The next frame."""
        samples = packet_samples(packet.data) or self._frame if self._varies else self._frame
        time_us = self._clock.place(packet.dts_us, packet.arrived_at) + packet.cts_us
        place = self._timeline.place(time_us, samples)
        if place < 0:
            self._note_overlap()
            return
        if self._payloads:
            hole = place - self._part_start - self._filled
            if hole and self._filled + hole + samples <= self._part_max:
                self._durations[-1] += hole
                self._filled += hole
            elif hole:
                self._note_gap(hole)
                self._flush()
            elif self._filled + samples > self._part_max:
                self._flush()
        if not self._payloads:
            self._begin_part(place, packet.arrived_at)
        self._payloads.append(packet.data)
        self._durations.append(samples)
        self._filled += samples
        self._end = place + samples
        if self._filled + samples > self._part_max:
            self._flush()

    def _begin_part(self, place: int, arrived_at: float) -> None:
        start_s = place / self._rate
        cut = self._segmenter.due(self._cut, start_s + self._part_s / 2)
        if cut is self._cut and start_s + self._part_s - self._segment_start_s > self._longest_s():
            cut = self._segmenter.cut(cut, start_s)
            if self._segmenter.stepped:
                self._on_step()
        if cut is not self._cut:
            self._cut, self._segment_start_s = cut, start_s
        self._part_start = place
        if self.leads:
            self._segmenter.anchor.observe(arrived_at, start_s)

    def _longest_s(self) -> float:
        """How long a segment may get: video that is late is given time to decide first."""
        return self._segment_max_s if self.leads else self._segment_max_s * FOLLOWING_SHARE

    def finish(self) -> None:
        """Send what is held."""
        if self._payloads:
            self._flush()

    def _flush(self) -> None:
        self._sequence += 1
        cut = self._cut
        data = fragment(
            self._sequence,
            self._part_start,
            self._durations,
            None,
            None,
            self._payloads,
            starts_segment=cut.number != self._emitted_segment,
        )
        self._emitted_segment = cut.number
        chunk = Chunk(
            TRACK_NAME,
            self._part_start,
            self._filled,
            True,
            cut.number,
            cut.wall_s + self._part_start / self._rate,
            len(self._payloads),
            data,
        )
        self._clear()
        self._emit(chunk)

    def _clear(self) -> None:
        self._payloads, self._durations, self._filled = [], [], 0

    def _note_overlap(self) -> None:
        self._note(
            "audio-overlap",
            "warning",
            "Sound came faster than its timestamps allow; a frame was left out.",
            "Use one clock for sound and picture: the same sample rate in the encoder and the operating system.",
        )

    def _note_gap(self, samples: int) -> None:
        self._note(
            "audio-gap",
            "warning",
            f"{samples / self._rate:.2f} s of sound are missing.",
            "Check the encoder's load and its audio device.",
        )
