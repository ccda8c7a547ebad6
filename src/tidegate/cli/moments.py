"""Moments as people write and read them."""

import re
from datetime import datetime

from tidegate.core.errors import InvalidError

_STRETCH = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_moment(field: str, text: str, now: float) -> float:
    """`2h` ago, or a date and time of this machine's zone unless it names its own, as seconds since the Unix epoch.

    Raises:
        InvalidError: it is neither.
    """
    if _STRETCH.match(text):
        return now - parse_stretch(field, text)
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise InvalidError(
            f"--{field} cannot be {text[:40]!r}.", hint="Write 30m, 2h, 3d, or 2026-11-24T18:00."
        ) from None


def parse_stretch(field: str, text: str) -> float:
    """`90s`, `30m`, `2h` or `3d`, in seconds.

    Raises:
        InvalidError: it is none of these.
    """
    stretch = _STRETCH.match(text)
    if stretch is None:
        raise InvalidError(f"--{field} cannot be {text[:40]!r}.", hint="Write 10s, 30m, 2h or 3d.")
    return float(stretch[1]) * _SECONDS[stretch[2]]


def moment(at: float) -> str:
    """This machine's date and time, without the year while it is still that year."""
    then = datetime.fromtimestamp(at).astimezone()
    this_year = then.year == datetime.now().astimezone().year
    return then.strftime("%d %b %H:%M:%S" if this_year else "%d %b %Y %H:%M")
