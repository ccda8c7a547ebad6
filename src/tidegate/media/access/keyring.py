"""The public keys that may have signed a playback token, in memory: every edge has them all, and none can sign."""

from collections.abc import Callable, Iterable

from tidegate.media.access.tokens import PublicKey


class KeyRing:
    """Keys by id. Whoever watches is told when they change."""

    def __init__(self) -> None:
        self.keys: dict[str, PublicKey] = {}
        self._watchers: list[Callable[[], None]] = []

    def replace_all(self, keys: Iterable[PublicKey]) -> None:
        """Take in all keys there are, in the place of those known."""
        found = {key.id: key for key in keys}
        if found.keys() == self.keys.keys():  # an id names one key for ever
            return
        self.keys = found
        for watcher in self._watchers:
            watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        self._watchers.append(watcher)
