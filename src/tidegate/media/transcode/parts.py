"""Writes one rendition: encoded frames with their places become CMAF chunks, one for each part of the source. Pure.

In: samples in order. Out: chunks (`fragment.py`) that begin and end exactly where the source's parts do, whatever frames
are missing in between.
"""

from tidegate.media.cmaf.fragment import fragment
from tidegate.media.transcode.alignment import Place


class PartWriter:
    """One rendition's chunks."""

    def __init__(self) -> None:
        self._sequence = 0
        self._first: Place | None = None
        self._starts: list[int] = []
        self._shown: list[int] = []
        self._syncs: list[bool] = []
        self._payloads: list[bytes] = []

    def add(self, place: Place, pts: int, data: bytes, *, key: bool) -> list[bytes]:
        """The next frame; returns the chunks that are complete with it."""
        done = []
        if self._first is not None and place.part != self._first.part:
            done.append(self._flush(self._first))
        if self._first is None:
            self._first = place
        self._starts.append(place.dts)
        self._shown.append(pts)
        self._syncs.append(key)
        self._payloads.append(data)
        if place.last:
            done.append(self._flush(self._first))
        return done

    def _flush(self, first: Place) -> bytes:
        self._sequence += 1
        starts = [first.part_start, *self._starts[1:]]
        ends = [*starts[1:], first.part_end]
        offsets = [shown - start for shown, start in zip(self._shown, starts, strict=True)]
        data = fragment(
            self._sequence,
            first.part_start,
            [end - start for start, end in zip(starts, ends, strict=True)],
            self._syncs,
            offsets if any(offsets) else None,
            self._payloads,
            starts_segment=first.opens,
        )
        self._first = None
        self._starts, self._shown, self._syncs, self._payloads = [], [], [], []
        return data
