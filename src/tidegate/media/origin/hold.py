"""What a standby publisher has sent since its newest keyframe: enough to go on air at once. Pure.

In: a session's tracks and chunks. Out: the same, from a keyframe on. Bounds: `HOLD_BYTES_MAX` and `HOLD_CHUNKS_MAX`;
beyond either what is held goes, and the standby is ready again at its next keyframe.
"""

from tidegate.core.chunks import Chunk, Track

HOLD_BYTES_MAX = 64 << 20
HOLD_CHUNKS_MAX = 512
"""Half a minute of parts on two tracks; encoders send a keyframe every few seconds."""


class Hold:
    """Attributes:
    tracks: as last announced, by name.
    chunks: from a keyframe on, in the order they came; empty until there was one.
    """

    def __init__(self) -> None:
        self.tracks: dict[str, Track] = {}
        self.chunks: list[Chunk] = []
        self._bytes = 0
        self._newest = -1

    @property
    def ready(self) -> bool:
        """Whether viewers could begin with what is held."""
        return self.lead is not None

    @property
    def leader(self) -> str:
        """The track whose keyframes others follow: the picture, or the sound where there is none."""
        return next((name for name, track in self.tracks.items() if track.kind == "video"), "") or next(
            iter(self.tracks), ""
        )

    @property
    def lead(self) -> Chunk | None:
        """The keyframe chunk that viewers would begin with."""
        leader = self.leader
        return next((chunk for chunk in self.chunks if chunk.track == leader), None)

    def track(self, track: Track) -> None:
        """A track, or its change: what is held of before is of no use then."""
        if track.name in self.tracks:
            self.restart()
        self.tracks[track.name] = track

    def add(self, chunk: Chunk) -> bool:
        """Hold a chunk; True where it is a keyframe that begins a segment, so that this is the moment to go on air."""
        begins = chunk.track == self.leader and chunk.independent and chunk.segment != self._newest
        if chunk.track == self.leader:
            self._newest = chunk.segment
        if begins:
            self.chunks = [held for held in self.chunks if held.segment >= chunk.segment]
            self._bytes = sum(len(held.data) for held in self.chunks)
        elif not self.chunks and chunk.segment <= self._newest:
            return False
        elif self._bytes > HOLD_BYTES_MAX or len(self.chunks) >= HOLD_CHUNKS_MAX:
            self.restart()
            return False
        self.chunks.append(chunk)
        self._bytes += len(chunk.data)
        return begins

    def restart(self) -> None:
        """Begin anew with the next keyframe."""
        self.chunks = []
        self._bytes = 0

    def release(self) -> list[Chunk]:
        """Take out what is held."""
        chunks = self.chunks
        self.restart()
        return chunks
