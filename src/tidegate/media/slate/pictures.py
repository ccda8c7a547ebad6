"""The pictures owners give their slates: kept in the object store, read into memory when a slate is made.

In: uploads that have been checked. Out: the bytes, or none. One picture a channel; it goes with the channel.
"""

from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError

PREFIX = "slates"


class Pictures:
    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def get(self, channel: str) -> bytes:
        """The channel's picture; empty where it has none.

        Raises:
            ObjectsError: the store cannot be read.
        """
        try:
            return await self._objects.get(_key(channel))
        except ObjectNotFoundError:
            return b""

    async def put(self, channel: str, data: bytes) -> None:
        """Keep a picture in the place of the one before."""
        await self._objects.put((_key(channel), data))

    async def remove(self, channel: str) -> None:
        await self._objects.delete(_key(channel))


def _key(channel: str) -> str:
    return f"{PREFIX}/{channel}/picture"
