"""Numbers as people write them, with their unit. Pure."""

from typing import Final

_SIZES: Final = {"bit/s": ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"))}


def worded(value: float | None, unit: str) -> str:
    """A value with its unit, such as `2.4 %` or `3.1 Mbit/s`; `unit` is an indicator's."""
    if value is None:
        return "nothing"
    if unit == "ratio":
        return f"{_short(value * 100)} %"
    for size, name in _SIZES.get(unit, ()):
        if abs(value) >= size:
            return f"{_short(value / size)} {name}"
    return _short(value) if unit in {"", "count"} else f"{_short(value)} {unit}"


def _short(value: float) -> str:
    """Three digits that matter; whole numbers stay whole."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
