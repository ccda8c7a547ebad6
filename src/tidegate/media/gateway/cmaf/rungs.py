"""The door's other side: a transcoder of ours reads a session's picture here and pushes renditions of it back.

In: bytes of a chunked CMAF track. Out: each chunk exactly as it came, into the origin's `Renditions`. Who may is known
by a token that its supervisor gave it; nobody else's request gets here.
"""

from collections.abc import Callable

from tidegate.core.chunks import Chunk, Track
from tidegate.core.ports import Renditions
from tidegate.media.cmaf.chunk_reader import ChunkReader
from tidegate.media.cmaf.reader import Header
from tidegate.media.cmaf.scanner import CmafError
from tidegate.media.gateway.cmaf.counters import CmafCounters


class RungUpload:
    """One rendition's endless body."""

    def __init__(self, renditions: Renditions, name: str, counters: CmafCounters) -> None:
        self.name = name
        self._renditions = renditions
        self._counters = counters
        self._reader = ChunkReader()

    def feed(self, data: bytes, _now: float) -> None:
        """Take a piece of the body.

        Raises:
            CmafError: it is no chunked video track on the source's timescale.
        """
        for event in self._reader.feed(data):
            if isinstance(event, Header):
                self._announce(event)
                continue
            self._counters.rung_chunks += 1
            chunk = Chunk(
                self.name, event.dts, event.duration, event.independent, 0, 0.0, event.samples, event.data,
                gop=event.gop,
            )  # fmt: skip
            self._renditions.chunk(chunk, opens=event.opens)

    def _announce(self, header: Header) -> None:
        source = self._renditions.source
        track = header.tracks[0]
        if len(header.tracks) > 1 or track.video is None or track.timescale != source.timescale:
            raise CmafError(
                "A rendition is one video track on the source's timescale.", hint="Restart the transcoder."
            )
        video = track.video
        self._renditions.track(
            Track(
                self.name,
                "video",
                video.codec,
                track.timescale,
                header.data,
                source.part_target_s,
                width=video.width,
                height=video.height,
                fps=source.fps,
            )
        )

    def end(self) -> None:
        """The body is whole."""

    def lost(self) -> None:
        """The connection broke."""


class SourceReading:
    """One reading of the picture, from `begin` on."""

    def __init__(self, renditions: Renditions) -> None:
        self._renditions = renditions
        self._stop: Callable[[], None] = lambda: None

    def begin(self, take: Callable[[bytes], None], ended: Callable[[], None]) -> None:
        self._stop = self._renditions.follow(take, ended)

    def lost(self) -> None:
        """The reader has gone."""
        self._stop()
