"""Mixes: what a crowd is made of, as weights such as `fibre:3,wifi:5,4g:2`. Pure.

Flows in: what a person wrote. Flows out: one kind for each viewer, drawn with a seeded generator.
"""

from itertools import accumulate
from random import Random

import msgspec

from tidegate.media.crowd.types import CrowdError

KINDS_MAX = 64
"""Kinds in one mix: each is a row in a report."""


class Share(msgspec.Struct, frozen=True):
    """One kind and how much of the crowd it makes up, beside the others' weights."""

    name: str
    weight: float = 1.0


Mix = tuple[Share, ...]


def parse_mix(text: str, what: str) -> Mix:
    """Read `name:weight,name:weight`; a weight left out is 1. `what` is the mix's name, for errors.

    Raises:
        CrowdError: no kind, too many, one twice, or a weight that is none.
    """
    shares = tuple(_share(piece.strip(), what) for piece in text.split(",") if piece.strip())
    names = [share.name for share in shares]
    if not shares or len(shares) > KINDS_MAX or len(set(names)) < len(names):
        raise CrowdError(
            f"{text[:80]!r} is no mix of {what}.",
            hint=f"Name 1 to {KINDS_MAX} different {what}, each with a weight: `one:3,other:1`.",
        )
    return shares


def _share(piece: str, what: str) -> Share:
    name, colon, weight = piece.rpartition(":")
    if not colon:
        return Share(piece)
    try:
        number = float(weight)
    except ValueError:
        number = -1.0
    if not name or not 0 < number < 1e6:
        raise CrowdError(
            f"{piece[:80]!r} is no share of a mix of {what}.",
            hint="A weight is a number above 0, as in `wifi:5`.",
        )
    return Share(name, number)


class Draw:
    """Draws kinds of a mix, in the long run as often as their weights say."""

    def __init__(self, mix: Mix) -> None:
        self._names = [share.name for share in mix]
        self._bounds = list(accumulate(share.weight for share in mix))

    def one(self, chance: Random) -> str:
        return chance.choices(self._names, cum_weights=self._bounds)[0]
