"""Which piece of media comes next: position in, playlist in, pieces to fetch out. Pure.

Implements a client's duties of RFC 8216bis section 6.3.3 (where to begin) and 6.3.4, 6.3.7 (what to load next).
"""

from typing import NamedTuple

from tidegate.media.player.playlist import Key, MediaPlaylist, Part, Resource, Segment

HOLD_BACK_TARGETS = 3
"""Without HOLD-BACK a player stays three target durations from the end (section 4.4.3.8); the same for parts."""


class Position(NamedTuple):
    """The next piece: part `part` of segment `msn`."""

    msn: int
    part: int


class Piece(NamedTuple):
    """One part, or a whole segment (`part` -1), with where it belongs.

    Attributes:
        pdt: PROGRAM-DATE-TIME of its first sample, None where the playlist has none.
        lost: not to be fetched: EXT-X-GAP, or GAP=YES.
        key: what it is encrypted with, None where it is clear.
    """

    resource: Resource
    init: Resource | None
    msn: int
    part: int
    pdt: float | None
    duration_s: float
    discontinuity: int
    independent: bool
    lost: bool
    key: Key | None = None

    @property
    def next(self) -> Position:
        return Position(self.msn + 1, 0) if self.part < 0 else Position(self.msn, self.part + 1)


def hold_back_s(playlist: MediaPlaylist) -> float:
    """How far from the playlist's end to begin, seconds."""
    if playlist.part_target_s:
        return playlist.part_hold_back_s or HOLD_BACK_TARGETS * playlist.part_target_s
    return playlist.hold_back_s or HOLD_BACK_TARGETS * playlist.target_duration_s


def live_start(playlist: MediaPlaylist) -> tuple[Position, float]:
    """Where to begin loading, and how far behind that the playhead begins, seconds.

    Loading begins at the last INDEPENDENT part, or segment start, that is not behind the playhead's place, which is
    the hold-back from the end. A playlist that has ended is begun at its beginning. One that is shorter than the
    hold-back, because its broadcast has just begun, gives a negative figure: what it is short of.
    """
    pieces = pieces_from(playlist, Position(playlist.media_sequence, 0), parts_first=True)
    if not pieces or playlist.ended:
        return Position(playlist.media_sequence, 0), 0.0
    remaining = hold_back_s(playlist)
    start = pieces[0]
    into_s = 0.0
    behind_s = 0.0
    for piece in reversed(pieces):
        behind_s += piece.duration_s
        if behind_s + 1e-9 >= remaining and piece.independent and not piece.lost:
            start, into_s = piece, max(0.0, behind_s - remaining)
            break
    else:
        into_s = min(0.0, behind_s - remaining)
    return Position(start.msn, max(start.part, 0)), into_s


def resume_at(playlist: MediaPlaylist, pdt: float) -> Position | None:
    """The first independent piece that begins at `pdt` or just before it; for another rendition of the same media."""
    for piece in pieces_from(playlist, Position(playlist.media_sequence, 0), parts_first=True):
        if piece.independent and piece.pdt is not None and piece.pdt >= pdt - 0.05:
            return Position(piece.msn, max(piece.part, 0))
    return None


def pieces_from(playlist: MediaPlaylist, position: Position, *, parts_first: bool = False) -> list[Piece]:
    """Everything listed from `position` to the end, in order.

    A segment entered at its beginning is taken whole once it is complete, unless `parts_first`; one entered in the
    middle by its parts, or whole where they are gone from the playlist.
    """
    found: list[Piece] = []
    if position == playlist.next_part:  # as nearly always at the live edge
        return found
    first = position.msn - playlist.media_sequence
    for segment in playlist.segments[max(first, 0) :]:
        entered = position.part if segment.msn == position.msn else 0
        by_parts = bool(segment.parts) and (parts_first or entered or segment.resource is None)
        if by_parts and entered <= len(segment.parts):
            found.extend(_parts(segment, entered))
        elif segment.resource is not None:
            found.append(
                Piece(
                    segment.resource,
                    segment.init,
                    segment.msn,
                    -1,
                    segment.pdt,
                    segment.duration_s,
                    segment.discontinuity,
                    independent=True,
                    lost=segment.gap,
                    key=segment.key,
                )
            )
    return found


def hinted(playlist: MediaPlaylist, position: Position) -> Resource | None:
    """The preload hint, where it is what comes next at `position` and nothing listed is left before it."""
    if playlist.hint is None or playlist.ended or playlist.next_part != position:
        return None
    return playlist.hint.resource


def normal(playlist: MediaPlaylist, position: Position) -> Position:
    """The same position written as the playlist's next part would be: behind the last part of a complete segment is
    the beginning of the next.
    """
    index = position.msn - playlist.media_sequence
    if 0 <= index < len(playlist.segments):
        segment = playlist.segments[index]
        if segment.resource is not None and position.part and position.part >= len(segment.parts) > 0:
            return Position(position.msn + 1, 0)
    return position


def _parts(segment: Segment, entered: int) -> list[Piece]:
    found = []
    start = segment.pdt
    for number, part in enumerate(segment.parts):
        if number >= entered:
            found.append(_part(segment, number, part, start))
        if start is not None:
            start += part.duration_s
    return found


def _part(segment: Segment, number: int, part: Part, pdt: float | None) -> Piece:
    independent = part.independent or (number == 0 and not any(p.independent for p in segment.parts))
    return Piece(
        part.resource, segment.init, segment.msn, number, pdt, part.duration_s,
        segment.discontinuity, independent, part.gap or segment.gap, segment.key,
    )  # fmt: skip
