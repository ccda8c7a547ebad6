"""One `LiveSource` of all media that this process has: running streams, and recordings."""

from collections.abc import Awaitable

from tidegate.core.delivery import VOD, LiveResponse
from tidegate.core.ports import LiveSource


class MediaSource:
    """Asks whoever a target belongs to."""

    def __init__(self, live: LiveSource, vod: LiveSource) -> None:
        self._live = live
        self._vod = vod

    def get(self, target: str, if_none_match: bytes = b"") -> LiveResponse | Awaitable[LiveResponse]:
        if target.startswith(VOD):
            return self._vod.get(target[len(VOD) :], if_none_match)
        return self._live.get(target, if_none_match)
