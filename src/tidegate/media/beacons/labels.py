"""What kind of device a session plays on, and by which player: words from outside, made few. Pure.

In: a user agent, and what the player says of itself in its address. Out: `Labels`. Whoever reports may say anything; a text of
another form is let go, and beyond a bound of different ones all further are `other`, so that nobody's inventions fill a table.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from tidegate.media.beacons.types import Labels

DIFFERENT_MAX: Final = 128
"""Of each label, remembered since start."""
OTHER: Final = "other"
AGENTS_MAX: Final = 1024
"""Agents remembered with their device, the one longest unheard of goes: an audience has some dozens."""
DEVICES: Final = ("phone", "tablet", "desktop", "tv", OTHER)

_SAID = frozenset({"player", "version", "network", "region", "device"})
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,31}\Z")
_TV = re.compile(
    r"smart-?tv|\btv\b|appletv|bravia|hbbtv|tizen.*tv|web0s|webos|aft[a-z]|roku|crkey", re.IGNORECASE
)
_TABLET = re.compile(r"ipad|tablet|kindle|silk(?!.*mobile)", re.IGNORECASE)
_PHONE = re.compile(r"iphone|ipod|mobile", re.IGNORECASE)
_ANDROID = re.compile(r"android", re.IGNORECASE)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|linux|cros", re.IGNORECASE)
_AGENT_CHARS = 512


@lru_cache(AGENTS_MAX)
def device_of(user_agent: str) -> str:
    """What a browser's user agent says it runs on."""
    agent = user_agent[:_AGENT_CHARS]
    for pattern, device in ((_TV, "tv"), (_TABLET, "tablet"), (_PHONE, "phone")):
        if pattern.search(agent):
            return device
    if _ANDROID.search(agent):
        return "tablet"  # an Android phone's agent says "Mobile" (Chromium's own rule)
    return "desktop" if _DESKTOP.search(agent) else OTHER


class LabelBook:
    """Makes labels, and remembers which there were."""

    def __init__(self) -> None:
        self._known: dict[str, set[str]] = {}

    def of(self, query: str, user_agent: str, *, local: bool) -> Labels:
        """The labels of a beacon sent to an address with this query by this agent. A region is believed of `local` senders."""
        pairs = (pair.partition("=") for pair in query.split("&"))
        said = {name: unquote(value.replace("+", " ")) for name, _, value in pairs if name in _SAID}
        device = said.get("device", "")
        return Labels(
            player=self._few("player", said.get("player", "")),
            player_version=self._few("version", said.get("version", "")),
            network=self._few("network", said.get("network", "")),
            region=self._few("region", said.get("region", "")) if local else "",
            device=device if device in DEVICES else device_of(user_agent),
        )

    def _few(self, label: str, text: str) -> str:
        if _LABEL.match(text) is None:
            return ""
        known = self._known.setdefault(label, set())
        if text in known:
            return text
        if len(known) >= DIFFERENT_MAX:
            return OTHER
        known.add(text)
        return text
