"""Reels: the objects that one track's segments are stored in, one after the other.

A segment is written where the last one ended, which costs one write and no new file; about every half minute a new
reel begins, so that what has left the window can be removed. Pure: says where a segment goes, writes nothing.
"""

from tidegate.media.origin.window import Segment

REEL_SEGMENTS = 30
"""Segments in a reel. More makes removal coarser: up to a reel's length stays on disk beyond the window."""


class Reel:
    """The reel that a track grows now."""

    def __init__(self) -> None:
        self._file = ""
        self._session = ""
        self._size = 0
        self._segments = 0
        self.whole: list[str] = []
        """Reels that will not grow any more, since somebody last took note."""

    def place(self, segment: Segment) -> None:
        """Say where `segment` is to be stored, after all that were placed before."""
        if segment.session != self._session or self._segments >= REEL_SEGMENTS:
            self.end()
            self._session = segment.session
            self._file = f"reel-{segment.session}-{segment.msn}.m4s"
            self._size = self._segments = 0
        segment.reel, segment.offset = self._file, self._size
        self._size += segment.size
        self._segments += 1

    def end(self) -> None:
        """Nothing more comes into the reel that grows."""
        if self._file and self._segments:
            self.whole.append(self._file)
        self._file = self._session = ""

    def take_back(self, segment: Segment) -> None:
        """It was not stored, nor were those placed after it: the next goes where it should have gone."""
        if segment.reel != self._file:  # it ended the reel before, which stays as long as it is
            self._session = ""
        else:
            self._size = segment.offset
            self._segments -= 1
        segment.reel = ""
