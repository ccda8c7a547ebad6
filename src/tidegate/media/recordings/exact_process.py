"""Cuts a clip exact to the frame, in a process of its own: decoding outside bytes must not be able to hurt the server.

In, on standard input: an `Order`, then the bytes of its pieces. Out, on standard output: `Answer`s. The picture is decoded and encoded anew
(H.264, a keyframe every two seconds, no reordering), the sound's frames are copied as they are, those nearest to the picture's first and last.
Times are those of the recording: presentation times, put in place by where the first picture of each timeline stands.
At a low priority, within limits of time and memory.
"""

import os
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO, NamedTuple

import av
import msgspec
from av.codec.context import Flags
from av.video.frame import PictureType

from tidegate.core.errors import TidegateError
from tidegate.media.cmaf.fragment import fragment
from tidegate.media.cmaf.header import audio_header, video_header
from tidegate.media.cmaf.moov import SourceTrack
from tidegate.media.cmaf.reader import CmafReader, Header, SourceSample
from tidegate.media.cmaf.types import VIDEO_TIMESCALE
from tidegate.media.codecs import h264
from tidegate.media.codecs.nal import join_sized, split_annex_b
from tidegate.media.recordings.exact_types import (
    LENGTH,
    Answer,
    CutFailed,
    CutSegment,
    CutTrack,
    Order,
    Piece,
    Told,
)

NICENESS = 10
CPU_S = 600
MEMORY_BYTES = 4 << 30

SEGMENT_S = 2.0
QUALITY = "18"
"""x264's rate factor: what it loses is not seen."""

NEAR_S = 0.001
"""Times closer than this are one: less than half a frame at 240 a second, more than rounding."""

DECODERS = {"avc1": "h264", "hvc1": "hevc", "av01": "libdav1d"}
_SPS, _PPS, _DELIMITER = 7, 8, 9


class Timed(NamedTuple):
    """A picture or a frame of sound with its time in the recording, seconds."""

    at_s: float
    until_s: float
    what: Any


def main() -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    source = sys.stdin.buffer
    order = msgspec.json.decode(_take(source), type=Order)
    try:
        cut(order, source)
    except (TidegateError, av.FFmpegError, ValueError) as error:
        _tell(CutFailed(str(error)))


def cut(order: Order, source: BinaryIO) -> None:
    """Tell the clip's tracks and segments.

    Raises:
        TidegateError: the media cannot be read.
        FFmpegError: it cannot be decoded.
        ValueError: there is no picture between the times.
    """
    shifts: dict[int, float] = {}
    pictures = [piece for piece in order.pieces if piece.video]
    sounds = [piece for piece in order.pieces if not piece.video]
    maker = PictureMaker()
    first_s = end_s = -1.0
    for picture in _within(_pictures(pictures, source, shifts), order):
        if first_s < 0:
            first_s = picture.at_s
        end_s = min(picture.until_s, max(order.end_s, picture.at_s + NEAR_S))
        maker.add(picture)
        done = (picture.at_s - order.begin_s) / (order.end_s - order.begin_s)
        _tell(Told(min(1.0, max(0.0, done))))
    if first_s < 0:
        raise ValueError("There is no picture between these times.")
    maker.finish(end_s)
    _cut_sound(sounds, source, shifts, first_s, end_s)


def _within(pictures: Iterator[Timed], order: Order) -> Iterator[Timed]:
    """Pictures that are on the screen at some time between the two of `order`; each lasts until the next."""
    last: Timed | None = None
    for picture in pictures:
        if last is not None:
            last = last._replace(until_s=picture.at_s)
            if last.until_s > order.begin_s + NEAR_S and last.at_s < order.end_s - NEAR_S:
                yield last
        last = picture
    if last is not None and last.until_s > order.begin_s + NEAR_S and last.at_s < order.end_s - NEAR_S:
        yield last


def _pictures(pieces: list[Piece], source: BinaryIO, shifts: dict[int, float]) -> Iterator[Timed]:
    """Every picture of the pieces in the order of showing; `shifts` learns what each timeline is away from the recording's."""
    reader, track, decoder = CmafReader(), None, None
    group, base = -1, Fraction(1, VIDEO_TIMESCALE)
    for piece in pieces:
        if decoder is not None and (piece.init or piece.group != group):
            yield from _timed(decoder.decode(None), base, shifts[group])
            decoder = None
        if piece.init:
            reader = CmafReader()
            track = _header(reader, source.read(piece.init))
            base = Fraction(1, track.timescale)
        if track is None:
            raise ValueError("A segment has no header.")
        decoder = decoder or _decoder(track)
        group = piece.group
        samples = [each for each in reader.feed(source.read(piece.size)) if isinstance(each, SourceSample)]
        if samples and group not in shifts:
            shifts[group] = piece.at_s - min(each.dts + each.cts for each in samples) / track.timescale
        for sample in samples:
            packet = av.Packet(sample.data)
            packet.pts, packet.dts, packet.duration = sample.dts + sample.cts, sample.dts, sample.duration
            packet.time_base = base
            yield from _timed(decoder.decode(packet), base, shifts[group])
    if decoder is not None and group in shifts:
        yield from _timed(decoder.decode(None), base, shifts[group])


def _timed(frames: list[Any], base: Fraction, shift_s: float) -> Iterator[Timed]:
    for frame in frames:
        at_s = float(frame.pts * base) + shift_s
        yield Timed(at_s, at_s + float(frame.duration * base), frame)


def _header(reader: CmafReader, data: bytes) -> SourceTrack:
    for event in reader.feed(data):
        if isinstance(event, Header):
            return event.tracks[0]
    raise ValueError("A header cannot be read.")


def _decoder(track: SourceTrack) -> Any:
    if track.video is None or track.video.fourcc not in DECODERS:
        raise ValueError("This picture cannot be decoded here.")
    decoder: Any = av.CodecContext.create(DECODERS[track.video.fourcc], "r")
    record = track.video.record
    decoder.extradata = record[4:] if track.video.fourcc == "av01" else record
    decoder.thread_count = 1
    return decoder


class PictureMaker:
    """Encodes pictures and tells them in segments, each of which begins with a keyframe."""

    def __init__(self) -> None:
        self._encoder: Any = None
        self._begin_s = 0.0
        self._key_s = float("-inf")
        self._number = 0
        self._packets: list[tuple[int, bool, bytes]] = []

    def add(self, picture: Timed) -> None:
        frame = picture.what
        if self._encoder is None:
            self._begin_s = picture.at_s
            self._encoder = _encoder(frame)
            self._announce()
        frame = frame.reformat(self._encoder.width, self._encoder.height, "yuv420p")
        frame.pts = round(picture.at_s * VIDEO_TIMESCALE)
        frame.time_base = Fraction(1, VIDEO_TIMESCALE)
        key = picture.at_s - self._key_s >= SEGMENT_S - NEAR_S
        if key:
            self._key_s = picture.at_s
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._take(self._encoder.encode(frame))

    def finish(self, end_s: float) -> None:
        self._take(self._encoder.encode(None))
        self._flush(max(self._packets[-1][0] + 1, round(end_s * VIDEO_TIMESCALE)))

    def _announce(self) -> None:
        sets = h264.parameter_sets(split_annex_b(bytes(self._encoder.extradata or b"")))
        config = h264.video_config(*sets)
        header = video_header(config, VIDEO_TIMESCALE)
        _tell(
            CutTrack(True, config.codec, VIDEO_TIMESCALE, config.width, config.height, len(header)),
            header,
        )

    def _take(self, packets: list[Any]) -> None:
        for packet in packets:
            if packet.is_keyframe and self._packets:
                self._flush(packet.pts)
            nals = [
                nal for nal in split_annex_b(bytes(packet)) if nal[0] & 0x1F not in (_SPS, _PPS, _DELIMITER)
            ]
            self._packets.append((packet.pts, packet.is_keyframe, join_sized(nals)))

    def _flush(self, end: int) -> None:
        times = [pts for pts, _, _ in self._packets]
        durations = [after - at for at, after in zip(times, [*times[1:], end], strict=True)]
        syncs = [key for _, key, _ in self._packets]
        payloads = [data for _, _, data in self._packets]
        _tell_segment(
            True,
            self._number,
            VIDEO_TIMESCALE,
            fragment(self._number + 1, times[0], durations, syncs, None, payloads, starts_segment=True),
            times[0],
            sum(durations),
        )
        self._number += 1
        self._packets = []


def _encoder(frame: Any) -> Any:
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width // 2 * 2, frame.height // 2 * 2, "yuv420p"
    encoder.time_base = Fraction(1, VIDEO_TIMESCALE)
    encoder.gop_size = 1_000_000  # keyframes are asked for
    encoder.max_b_frames = 0
    encoder.options = {
        "preset": "veryfast",
        "crf": QUALITY,
        "forced-idr": "1",
        "x264-params": "scenecut=0:rc-lookahead=0:sync-lookahead=0:threads=2:sliced-threads=1",
    }
    for name in ("color_primaries", "color_trc", "colorspace", "color_range"):
        setattr(encoder, name, int(getattr(frame, name)))
    encoder.flags |= Flags.global_header
    encoder.open()
    return encoder


def _cut_sound(
    pieces: list[Piece], source: BinaryIO, shifts: dict[int, float], first_s: float, end_s: float
) -> None:
    """Copy the frames of sound from the one whose beginning is nearest to `first_s` to the one nearest to `end_s`."""
    tracks: list[SourceTrack] = []
    frames: list[Timed] = []
    for frame in _sounds(pieces, source, shifts, tracks):
        half_s = (frame.until_s - frame.at_s) / 2
        if first_s - half_s <= frame.at_s < end_s - half_s:
            frames.append(frame)
    if not frames or tracks[0].audio is None:
        return
    audio, timescale = tracks[0].audio, tracks[0].timescale
    header = audio_header(audio, timescale)
    _tell(CutTrack(False, audio.codec, timescale, 0, 0, len(header)), header)
    half_s = (frames[0].until_s - frames[0].at_s) / 2
    number, begin = 0, 0
    for index in range(1, len(frames) + 1):
        due = first_s + (number + 1) * SEGMENT_S - half_s
        if index == len(frames) or frames[index].at_s >= due:
            _tell_sound(number, frames[begin:index], timescale)
            number, begin = number + 1, index


def _sounds(
    pieces: list[Piece], source: BinaryIO, shifts: dict[int, float], tracks: list[SourceTrack]
) -> Iterator[Timed]:
    """Every frame of sound; `tracks` learns what headers say."""
    reader = CmafReader()
    for piece in pieces:
        if piece.init:
            reader = CmafReader()
            tracks.append(_header(reader, source.read(piece.init)))
            if tracks[-1].audio != tracks[0].audio or tracks[-1].timescale != tracks[0].timescale:
                raise ValueError("The sound is of another kind from some place on. Cut at keyframes instead.")
        for sample in reader.feed(source.read(piece.size)):
            if isinstance(sample, SourceSample) and piece.group in shifts:
                at_s = sample.dts / tracks[-1].timescale + shifts[piece.group]
                yield Timed(at_s, at_s + sample.duration / tracks[-1].timescale, sample)


def _tell_sound(number: int, frames: list[Timed], timescale: int) -> None:
    at = max(0, round(frames[0].at_s * timescale))
    durations = [frame.what.duration for frame in frames]
    data = fragment(
        number + 1, at, durations, None, None, [frame.what.data for frame in frames], starts_segment=True
    )
    _tell_segment(False, number, timescale, data, at, sum(durations))


def _tell_segment(video: bool, number: int, timescale: int, data: bytes, at: int, duration: int) -> None:
    _tell(CutSegment(video, number, at / timescale, duration / timescale, len(data)), data)


def _take(source: BinaryIO) -> bytes:
    return source.read(LENGTH.unpack(source.read(LENGTH.size))[0])


def _tell(answer: Answer, data: bytes = b"") -> None:
    said = msgspec.json.encode(answer)
    sys.stdout.buffer.write(LENGTH.pack(len(said)) + said + data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
