"""Every channel and its key record in memory, so that publishing and watching never wait for the store.

Loaded from the store at start and kept current by this process's own writes. While the store is away, publishers
come and go and viewers watch as before; only changes have to wait.

Size: about 1 kB a channel, so 100,000 channels are 100 MB; the store's rows bound it.
"""

from collections.abc import Iterable

from tidegate.media.channels.keys import StreamKey
from tidegate.media.channels.types import Channel


class ChannelDirectory:
    """Channels by name and stream keys by lookup id. Plain look-ups, no I/O."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._keys: dict[str, StreamKey] = {}
        self._key_ids: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._channels)

    def channel(self, name: str) -> Channel | None:
        return self._channels.get(name)

    def key(self, lookup_id: str) -> StreamKey | None:
        return self._keys.get(lookup_id)

    def put(self, channel: Channel, key: StreamKey | None = None) -> None:
        """Take in a new or changed channel; `key`, where given, replaces the one it had."""
        self._channels[channel.name] = channel
        if key is not None:
            self._keys.pop(self._key_ids.get(channel.name, ""), None)
            self._keys[key.id] = key
            self._key_ids[channel.name] = key.id

    def remove(self, name: str) -> None:
        self._channels.pop(name, None)
        self._keys.pop(self._key_ids.pop(name, ""), None)

    def replace_all(self, channels: Iterable[tuple[Channel, StreamKey | None]]) -> None:
        """Take in the store's whole content in the place of what was known."""
        self._channels.clear()
        self._keys.clear()
        self._key_ids.clear()
        for channel, key in channels:
            self.put(channel, key)
