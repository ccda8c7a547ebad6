"""Makes renditions of a picture: decode once, scale in one filter graph, encode each rung. No socket, no clock.

In: a CMAF header, then the source's chunks. Out: for each rung its header and its chunks, as soon as the frames that
make one have been encoded. One thread: renditions of a part are ready one after the other, in the ladder's order.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.codec.context import Flags2
from av.video.frame import PictureType

from tidegate.media.cmaf.chunk_reader import ReadChunk
from tidegate.media.cmaf.header import video_header
from tidegate.media.cmaf.moov import SourceTrack
from tidegate.media.codecs import h264
from tidegate.media.codecs.nal import join_sized, split_annex_b
from tidegate.media.transcode.alignment import Aligner, Place
from tidegate.media.transcode.encoders import ENCODERS, open_encoder
from tidegate.media.transcode.parts import PartWriter
from tidegate.media.transcode.types import LadderError, Rung

DECODERS = {"avc1": "h264", "hvc1": "hevc", "av01": "libdav1d"}

_SEI, _SPS, _PPS, _DELIMITER = 6, 7, 8, 9
_LEFT_OUT = frozenset({_SEI, _SPS, _PPS, _DELIMITER})
"""NAL units that a rendition does without: parameter sets stand in its header, the rest tells decoders nothing."""


class RungEncoder:
    """One rung: its encoder, its parts.

    Attributes:
        frames, bytes: so far.
    """

    def __init__(self, rung: Rung, context: Any, timescale: int, fps: float) -> None:
        self.rung = rung
        self.frames = self.bytes = 0
        self.begun = False
        self._context = context
        self._writer = PartWriter()
        self._places: dict[int, Place] = {}
        sets = h264.parameter_sets(split_annex_b(bytes(context.extradata or b"")))
        self.header = video_header(h264.video_config(*sets, fps), timescale)

    def encode(self, frame: Any, place: Place) -> Iterator[bytes]:
        """The next frame; yields chunks that are complete."""
        if not self.begun:
            if place.part_start < self.rung.resume_dts - place.duration // 2:
                return
            self.begun = True
            place = Place(**{**_fields(place), "key": True})
        frame.pict_type = PictureType.I if place.key else PictureType.NONE
        self._places[frame.pts] = place
        for packet in self._context.encode(frame):
            yield from self._packet(packet)

    def _packet(self, packet: Any) -> Iterator[bytes]:
        place = self._places.pop(packet.pts, None)
        if place is None:
            return
        nals = [nal for nal in split_annex_b(bytes(packet)) if nal[0] & 0x1F not in _LEFT_OUT]
        for chunk in self._writer.add(place, packet.pts, join_sized(nals), key=packet.is_keyframe):
            self.bytes += len(chunk)
            yield chunk
        self.frames += 1


def _fields(place: Place) -> dict[str, Any]:
    return {name: getattr(place, name) for name in Place.__struct_fields__}


class Engine:
    """One source's ladder.

    Attributes:
        frames: decoded.
    """

    def __init__(
        self, track: SourceTrack, fps: float, rungs: tuple[Rung, ...], encoder: str, preset: str
    ) -> None:
        """Open decoder and encoders.

        Raises:
            LadderError: the source cannot be decoded here, or an encoder does not work.
        """
        if track.video is None or track.video.fourcc not in DECODERS:
            raise LadderError("The source's picture cannot be decoded.", hint="Publish H.264.")
        self.frames = 0
        self._timescale = track.timescale
        self._aligner = Aligner(track.timescale)
        self._pixels = ENCODERS[encoder].pixels
        self._graph: Any = None
        self._sinks: list[Any] = []
        self._shape: tuple[int, int, str] = (0, 0, "")
        self._decoder: Any = av.CodecContext.create(DECODERS[track.video.fourcc], "r")
        self._decoder.extradata = (
            track.video.record if track.video.fourcc != "av01" else track.video.record[4:]
        )
        self._decoder.thread_count = 1  # more would hold frames back
        self._decoder.flags2 |= Flags2.fast
        self.rungs = [
            RungEncoder(rung, open_encoder(encoder, preset, rung, track.timescale, fps), track.timescale, fps)
            for rung in rungs
        ]

    @property
    def lost(self) -> int:
        """Frames that could not be decoded or placed."""
        return self._aligner.lost

    def feed(self, chunk: ReadChunk) -> Iterator[tuple[Rung, bytes]]:
        """The source's next chunk; yields chunks of renditions."""
        self._aligner.chunk(chunk.parts, opens=chunk.opens)
        base = Fraction(1, self._timescale)
        for sample in chunk.parts:
            packet = av.Packet(sample.data)
            packet.pts, packet.dts = sample.dts + sample.cts, sample.dts
            packet.time_base = base
            try:
                frames = self._decoder.decode(packet)
            except av.FFmpegError:
                continue  # its place stays empty
            for frame in frames:
                yield from self._frame(frame)

    def _frame(self, frame: Any) -> Iterator[tuple[Rung, bytes]]:
        self.frames += 1
        place = self._aligner.place(frame.pts)
        if place is None:
            return
        for rung, scaled in zip(self.rungs, self._scaled(frame), strict=True):
            for chunk in rung.encode(scaled, place):
                yield rung.rung, chunk

    def _scaled(self, frame: Any) -> Iterator[Any]:
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            self._shape = shape
            self._build(frame)
        self._graph.push(frame)
        for sink in self._sinks:
            yield sink.pull()

    def _build(self, frame: Any) -> None:
        """One graph, a chain: each rung is scaled from the one above it, which costs less than from the source."""
        graph: Any = av.filter.Graph()
        above = graph.add_buffer(
            width=frame.width,
            height=frame.height,
            format=frame.format.name,
            time_base=Fraction(1, self._timescale),
        )
        self._sinks = []
        output = 0
        for index, each in enumerate(self.rungs):
            scale = graph.add("scale", f"{each.rung.width}:{each.rung.height}:flags=bicubic")
            pixels = graph.add("format", self._pixels)
            sink = graph.add("buffersink")
            above.link_to(scale, output_idx=output)
            scale.link_to(pixels)
            self._sinks.append(sink)
            if index == len(self.rungs) - 1:
                pixels.link_to(sink)
            else:
                split = graph.add("split", "2")
                pixels.link_to(split)
                split.link_to(sink)
                above, output = split, 1
        graph.configure()
        self._graph = graph
