"""Turns a publisher's packets into CMAF chunks on the broadcast's timeline (ISO/IEC 23000-19, RFC 8216bis).

In: codec configurations and packets of any protocol (`PacketSink`). Out: tracks, chunks and notes at the origin's
`Ingest`. One packager per publishing session; it starts once it knows which tracks there are and how fast frames
come, which is within one part of the first keyframe.
"""

from collections import deque
from collections.abc import Callable

from tidegate.core.chunks import Chunk, Track
from tidegate.core.clock import Clock
from tidegate.core.ports import Ingest
from tidegate.core.streams import EndReason, NoteLevel
from tidegate.media.cmaf.anchor import Anchor
from tidegate.media.cmaf.audio import TRACK_NAME as AUDIO
from tidegate.media.cmaf.audio import AudioTrack, timescale
from tidegate.media.cmaf.clocks import paired_clocks
from tidegate.media.cmaf.header import audio_header, video_header
from tidegate.media.cmaf.probe import FRAMES_MAX, VideoProbe
from tidegate.media.cmaf.segmenter import Segmenter
from tidegate.media.cmaf.types import VIDEO_TIMESCALE, PackagerSettings
from tidegate.media.cmaf.video import TRACK_NAME as VIDEO
from tidegate.media.cmaf.video import VideoTrack
from tidegate.media.types import AudioConfig, Packet, VideoConfig

__all__ = ["Packager", "PackagerSettings"]

SECOND_TRACK_S = 0.3
"""How long a second track is waited for when the publisher has not said what it will send."""

PROMISED_TRACK_S = 2.0
"""How long a promised track is waited for before the stream starts without it."""

HELD_AUDIO_MAX = 256
"""Audio frames held before the start (5 s of AAC); the oldest goes first, for playing begins at a keyframe."""

VIDEO_STALL_S = 3.0
"""How far video may fall behind audio before it counts as stalled."""

SKEW_S = 1.0
"""Distance between sound and picture from which on the publisher is told."""


class Packager:
    """A `PacketSink` over one `Ingest`.

    Args:
        current: where given, asked as each segment begins how long segments are by then.
    """

    def __init__(
        self,
        ingest: Ingest,
        settings: PackagerSettings,
        clock: Clock,
        current: Callable[[], PackagerSettings] | None = None,
    ) -> None:
        self._ingest = ingest
        self._settings = settings
        self._current = current
        self._segment = 0
        self._clock = clock
        self._expected: tuple[bool, bool] | None = None
        self._video_config: VideoConfig | None = None
        self._audio_config: AudioConfig | None = None
        self._probe: VideoProbe | None = None
        self._video: VideoTrack | None = None
        self._audio: AudioTrack | None = None
        self._held: deque[Packet] = deque(maxlen=HELD_AUDIO_MAX)
        self._first: Packet | None = None
        self._segmenter: Segmenter | None = None
        self._video_clock, self._audio_clock = paired_clocks(self.note)
        self._tracks: dict[str, Track] = {}
        self._part_s = settings.part_target_s
        self._stalled = self._skewed = False
        self._closed = False

    def expect(self, *, video: bool, audio: bool) -> None:
        if video or audio:
            self._expected = (video, audio)

    def note(self, code: str, level: NoteLevel, message: str, hint: str = "") -> None:
        self._ingest.note(code, level, message, hint)

    def video_config(self, config: VideoConfig) -> None:
        if config == self._video_config:
            return
        changed = self._video_config is not None
        self._video_config = config
        self._probe = VideoProbe(config.fps, self._settings.part_target_s)
        if changed and self._video is not None:
            self._video.finish()
            self.note(
                "video-changed",
                "info",
                f"The video changed to {config.codec}, {config.width} x {config.height}.",
                "Players go on; each change costs viewers a short interruption.",
            )

    def audio_config(self, config: AudioConfig) -> None:
        if config == self._audio_config:
            return
        self._audio_config = config
        if self._segmenter is None:
            return
        if self._audio is not None:
            self._audio.finish()
            self.note(
                "audio-changed",
                "info",
                f"The audio changed to {config.codec}, {config.sample_rate} Hz, {config.channels} channels.",
                "Players go on; each change costs viewers a short interruption.",
            )
            self._segmenter.cut(self._segmenter.current, self._audio.end_s)
        self._start_audio(self._segmenter)

    def packet(self, packet: Packet) -> None:
        if self._closed or not packet.data:
            return
        if self._first is None:
            self._first = packet
        if packet.kind == "audio":
            if self._audio is None:
                self._early_audio(packet)
                return
            self._audio.add(packet)
        elif self._probe is not None:
            self._early_video(self._probe, packet)
        elif self._video is not None:
            self._video.add(packet)

    def close(self, reason: EndReason) -> None:
        if self._closed:
            return
        if self._segmenter is None and self._first is not None:
            self._begin_if_known(self._first, self._first, last=True)
        self._closed = True
        for track in (self._video, self._audio):
            if track is not None:
                track.finish()
        self._ingest.close(reason)

    def _early_audio(self, packet: Packet) -> None:
        if self._audio_config is not None and self._segmenter is None:
            self._held.append(packet)
            self._begin_if_known(self._first or packet, packet)

    def _early_video(self, probe: VideoProbe, packet: Packet) -> None:
        if not probe.offer(packet):
            if probe.dropped and not probe.dropped % 300:
                self.note(
                    "no-keyframe",
                    "warning",
                    "Video arrives, but no keyframe yet, so nothing can be shown.",
                    "Set the encoder's keyframe interval to 1 or 2 s.",
                )
            return
        if self._segmenter is None:
            self._begin_if_known(self._first or packet, packet)
        else:
            self._start_video(probe, self._segmenter)

    def _begin_if_known(self, first: Packet, packet: Packet, *, last: bool = False) -> None:
        """Start once it is known what there is, or once it has been waited for long enough."""
        waited_s = max(packet.arrived_at - first.arrived_at, (packet.dts_us - first.dts_us) / 1e6)
        limit_s = SECOND_TRACK_S if self._expected is None else PROMISED_TRACK_S
        patient = waited_s < limit_s and not last
        video, audio = self._expected or (True, True)
        if self._probe is not None:
            if not self._probe.done and not (last and self._probe.frames):
                return
            if audio and self._audio_config is None and patient and len(self._probe.frames) < FRAMES_MAX:
                return
        elif (video and patient) or not self._held:
            return
        self._begin(self._probe)

    def _begin(self, probe: VideoProbe | None) -> None:
        first = probe.frames[0] if probe is not None else self._held[0]
        start_s = self._ingest.timeline_start_s
        offset_us = round(start_s * 1e6) - first.dts_us
        self._video_clock.offset_us = self._audio_clock.offset_us = offset_us
        segmenter = Segmenter(Anchor(first.arrived_at, start_s), self._wall_base, start_s)
        self._segmenter = segmenter
        held = [packet for packet in self._held if packet.dts_us + offset_us >= start_s * 1e6 - 1]
        self._held.clear()
        if probe is not None:
            self._part_s = probe.part_ticks() / VIDEO_TIMESCALE
            self._start_video(probe, segmenter)
        if self._audio_config is not None:
            self._start_audio(segmenter)
        self._ingest.ready()
        self._say_what_is_missing()
        for packet in held:
            self.packet(packet)

    def _say_what_is_missing(self) -> None:
        if self._expected == (True, True) and self._audio is None:
            self.note(
                "no-audio",
                "warning",
                "The encoder announced sound, but none came.",
                "Check the audio source in the encoder. The stream plays without sound.",
            )
        elif self._expected is not None and self._expected[0] and self._video is None:
            self.note(
                "no-video",
                "warning",
                "The encoder announced video, but none came.",
                "Check the video source in the encoder. The stream plays sound only.",
            )

    def _start_video(self, probe: VideoProbe, segmenter: Segmenter) -> None:
        config = self._video_config
        if config is None:
            return
        self._probe = None
        part_ticks = probe.part_ticks()
        rate = probe.rate
        if rate is None:
            self.note(
                "irregular-frames",
                "warning",
                "Frames come at irregular times.",
                "Set a constant frame rate in the encoder: parts become shorter and delay smaller.",
            )
        running = self._video
        self._announce(
            Track(
                VIDEO,
                "video",
                config.codec,
                VIDEO_TIMESCALE,
                video_header(config, VIDEO_TIMESCALE),
                part_ticks / VIDEO_TIMESCALE,
                width=config.width,
                height=config.height,
                fps=float(rate.fps) if rate is not None else 0.0,
            )
        )
        cut = segmenter.current
        if running is not None or (self._audio is not None and self._audio.end_s > 0):
            first = probe.frames[0]
            cut = segmenter.cut(cut, (first.dts_us + self._video_clock.offset_us) / 1e6)
        if running is None:
            running = VideoTrack(
                segmenter,
                self._video_clock,
                self._settings,
                self._video_chunk,
                self.note,
                self._discontinuity,
            )
            self._video = running
        if self._audio is not None:
            self._audio.leads = False
        running.run(rate, config.fps, part_ticks, probe.frames, cut)

    def _start_audio(self, segmenter: Segmenter) -> None:
        config = self._audio_config
        if config is None:
            return
        self._announce(
            Track(
                AUDIO,
                "audio",
                config.codec,
                timescale(config),
                audio_header(config, timescale(config)),
                self._part_s,
                sample_rate=config.sample_rate,
                channels=config.channels,
            )
        )
        if self._audio is None:
            self._audio = AudioTrack(
                segmenter,
                self._audio_clock,
                self._settings,
                self._audio_chunk,
                self.note,
                self._discontinuity,
            )
        self._audio.leads = self._probe is None and self._video is None
        self._audio.run(config, self._part_s, segmenter.current)

    def _announce(self, track: Track) -> None:
        self._tracks[track.name] = track
        self._ingest.track(track)

    def _wall_base(self) -> float:
        return self._clock.wall() - self._clock.monotonic()

    def _discontinuity(self) -> None:
        """The wall clock and media time have parted for good: say so to viewers by announcing all tracks again."""
        if self._segmenter is not None and self._segmenter.clock_set:
            self.note(
                "clock-set",
                "warning",
                "This machine's clock was set by more than a second; dates of the stream follow it from here on.",
                "Have the clock kept by NTP.",
            )
        else:
            self.note(
                "not-real-time",
                "warning",
                "Media arrives faster or slower than it plays.",
                "Send in real time (ffmpeg: -re), and check that the encoder keeps up.",
            )
        for track in self._tracks.values():
            self._ingest.track(track)

    def _cut_as_set(self, current: Callable[[], PackagerSettings], segment: int) -> None:
        """A segment has begun: it is cut as is set by now."""
        self._segment = segment
        settings = current()
        for track in (self._video, self._audio):
            if track is not None:
                track.cut_by(settings)

    def _audio_chunk(self, chunk: Chunk) -> None:
        if chunk.segment > self._segment and self._current is not None:
            self._cut_as_set(self._current, chunk.segment)
        self._ingest.chunk(chunk)
        self._compare()

    def _video_chunk(self, chunk: Chunk) -> None:
        if chunk.segment > self._segment and self._current is not None:
            self._cut_as_set(self._current, chunk.segment)
        self._ingest.chunk(chunk)
        if (
            self._audio is not None
            and self._video is not None
            and self._video.end_s - self._audio.end_s > SKEW_S
        ):
            self._audio.finish()  # sound has stopped: what is held of it must not come when its segment is over

    def _compare(self) -> None:
        """Sound against picture: whether one has stalled or strayed."""
        audio, video = self._audio, self._video
        if audio is None or video is None:
            return
        lead_s = audio.end_s - video.end_s
        if abs(lead_s) < SKEW_S:
            self._stalled = False
        elif lead_s > VIDEO_STALL_S and not self._stalled:
            self._stalled = True
            self.note(
                "video-stalled",
                "warning",
                "Sound goes on, but no picture comes any more.",
                "Check the video source in the encoder.",
            )
        elif not self._skewed:
            self._skewed = True
            self.note(
                "av-skew",
                "warning",
                f"Sound and picture arrive {abs(lead_s):.1f} s apart.",
                "Check the encoder's audio delay setting and its load.",
            )
