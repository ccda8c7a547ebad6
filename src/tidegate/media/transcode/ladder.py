"""Which renditions a source gets. Pure.

In: the wish (`720p 480p@1000 360p`) and the source. Out: rungs, highest first: never one as large as the source or
larger, never one of more bits; sizes even, shapes kept. A name says the shorter side, so portrait pictures fit too.
"""

import re

from tidegate.media.transcode.types import LadderError, Rung, Source

RUNGS_MAX = 6
"""Rungs of one ladder."""

USUAL_KBPS = {2160: 12_000, 1440: 8000, 1080: 4500, 720: 2500, 480: 1200, 360: 700, 240: 400, 144: 200}
"""H.264 at 30 frames a second, by the shorter side; in between, in proportion to the pixels."""

FAST_FPS = 40.0
FAST_SHARE = 1.5
"""Above so many frames a second a rung gets so many times the bits."""

SOURCE_SHARE = 0.8
"""Of the source's bits, a rung gets so much at most: it has fewer pixels."""

KBPS_MIN = 100
_WISH = re.compile(r"([1-9][0-9]{1,3})p(?:@([1-9][0-9]{1,5})k?)?\Z")


def wishes(text: str) -> list[tuple[int, int]]:
    """Shorter side and kbps (0: usual) of each wish, highest first.

    Raises:
        LadderError: a wish cannot be read, or there are too many.
    """
    found: dict[int, int] = {}
    for word in text.replace(",", " ").split():
        match = _WISH.match(word.lower())
        if match is None:
            raise LadderError(
                f"ladder.rungs holds {word[:20]!r}, which is no rung.",
                hint="Give sizes such as 720p, or 720p@2500 with kbps.",
            )
        found[int(match[1])] = int(match[2] or 0)
    if len(found) > RUNGS_MAX:
        raise LadderError(f"ladder.rungs holds {len(found)} rungs.", hint=f"Give at most {RUNGS_MAX}.")
    return sorted(found.items(), reverse=True)


def rungs_for(source: Source, text: str) -> tuple[Rung, ...]:
    """The ladder of a source; empty where nothing asked for is smaller than it.

    Raises:
        LadderError: the wish cannot be read.
    """
    short = min(source.width, source.height)
    rungs = []
    for side, kbps in wishes(text):
        width, height = _scaled(source, side)
        if side >= short or min(width, height) < 2:
            continue
        wanted = kbps or round(usual_kbps(side) * (FAST_SHARE if source.fps > FAST_FPS else 1.0))
        most = round(source.kbps * SOURCE_SHARE) if source.kbps else wanted
        rungs.append(Rung(f"{side}p", width, height, max(KBPS_MIN, min(wanted, most))))
    return tuple(rungs)


def usual_kbps(side: int) -> int:
    """What a rung of this shorter side gets where nobody says."""
    if side in USUAL_KBPS:
        return USUAL_KBPS[side]
    nearest = min(USUAL_KBPS, key=lambda known: abs(known - side))
    pixels: float = (side / nearest) ** 1.6  # fewer pixels take more bits each
    return round(USUAL_KBPS[nearest] * pixels)


def _scaled(source: Source, side: int) -> tuple[int, int]:
    """Width and height with the shorter side given, the other one even."""
    wide = source.width >= source.height
    longer = round(max(source.width, source.height) * side / min(source.width, source.height) / 2) * 2
    side -= side % 2
    return (longer, side) if wide else (side, longer)
