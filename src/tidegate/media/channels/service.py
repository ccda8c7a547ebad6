"""Channels and their stream keys: what others may call.

In: names and titles. Out: channels, and each new key once. Every change is one transaction which also announces
itself in the store's outbox (topic `channel`), and is then taken into the in-memory directory, from which publishing
and watching are answered.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec
import structlog

from tidegate.core.errors import ConflictError, NotFoundError, UnavailableError
from tidegate.core.ids import channel_name
from tidegate.media.channels import rows
from tidegate.media.channels.directory import ChannelDirectory
from tidegate.media.channels.keys import StreamKey, new_key
from tidegate.media.channels.types import Channel, CreatedChannel
from tidegate.store import Store, Transaction
from tidegate.store.tables import channels

T = TypeVar("T")

TOPIC = "channel"

_log = structlog.get_logger()


class ChannelChanged(msgspec.Struct, frozen=True):
    """Outbox event: what has become of a channel."""

    channel: str
    change: Literal["created", "updated", "key-rotated", "deleted"]


class ChannelExistsError(ConflictError):
    code = "channel-exists"


class ChannelNotFoundError(NotFoundError):
    code = "channel-not-found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no channel {name[:80]!r}.",
            hint="Check the name, or create the channel.",
            channel=name[:80],
        )


class ChannelService:
    """The channels of one installation.

    Attributes:
        directory: the same in memory, for whoever must not wait.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.directory = ChannelDirectory()
        self._changing = asyncio.Lock()
        self._unsure = True
        self._changes: set[asyncio.Future[Any]] = set()

    async def load(self) -> None:
        """Read every channel into the directory: at start, and whenever another node may have changed one.

        Raises:
            StoreUnavailableError: the store did not answer; the directory is as it was.
        """
        async with self._changing:
            await self._load()

    async def keep_current(self, every_s: float) -> None:
        """Load again and again, for a store that other nodes write too. Ends by cancellation."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.load()
            except UnavailableError as error:
                _log.warning("channels_not_refreshed", reason=error.message)

    async def list(self) -> list[Channel]:
        """Every channel by name, from the store."""
        found = await self._store.read(rows.ALL.order_by(channels.c.name))
        return [rows.to_channel(row) for row in found]

    async def get(self, name: str) -> Channel:
        """One channel, from the store.

        Raises:
            ChannelNotFoundError: there is none of this name.
        """
        found = await self._store.read(rows.ALL.where(channels.c.name == name))
        if not found:
            raise ChannelNotFoundError(name)
        return rows.to_channel(found[0])

    def known(self, name: str) -> Channel:
        """One channel, from memory: without I/O, and while the store is away.

        Raises:
            ChannelNotFoundError: there is none of this name.
        """
        channel = self.directory.channel(name)
        if channel is None:
            raise ChannelNotFoundError(name)
        return channel

    async def create(self, name: str, title: str = "") -> CreatedChannel:
        """Create a channel with its first key.

        Raises:
            InvalidError: the name breaks the rule for names.
            ChannelExistsError: there is one of this name.
        """
        text, key = new_key(channel_name(name))

        def work(transaction: Transaction) -> Channel:
            if rows.find(transaction, name) is not None:
                raise ChannelExistsError(
                    f"There is a channel {name!r} already.",
                    hint="Choose another name, or rotate its key to get a new one.",
                    channel=name,
                )
            channel = rows.add(transaction, name, title, key)
            transaction.emit(TOPIC, ChannelChanged(name, "created"))
            return channel

        return CreatedChannel(await self._change(work, key), text)

    async def update(self, name: str, title: str) -> Channel:
        """Give a channel another title.

        Raises:
            ChannelNotFoundError: there is none of this name.
        """

        def work(transaction: Transaction) -> Channel:
            channel = _existing(transaction, name)
            version = rows.change(transaction, channel, {"title": title})
            transaction.emit(TOPIC, ChannelChanged(name, "updated"))
            return msgspec.structs.replace(channel, title=title, version=version)

        return await self._change(work)

    async def rotate_key(self, name: str) -> CreatedChannel:
        """Give a channel a new key; the one it had is refused from now on. Whoever publishes with it goes on until
        told otherwise (`StreamDirectory.kick`).

        Raises:
            ChannelNotFoundError: there is none of this name.
        """
        text, key = new_key(name)

        def work(transaction: Transaction) -> Channel:
            channel = _existing(transaction, name)
            version = rows.change(transaction, channel, {})
            rows.replace_key(transaction, channel, key)
            transaction.emit(TOPIC, ChannelChanged(name, "key-rotated"))
            return msgspec.structs.replace(channel, key_hint=key.hint, version=version)

        return CreatedChannel(await self._change(work, key), text)

    async def delete(self, name: str) -> None:
        """Remove a channel and its key.

        Raises:
            ChannelNotFoundError: there is none of this name.
        """

        def work(transaction: Transaction) -> None:
            rows.remove(transaction, _existing(transaction, name))
            transaction.emit(TOPIC, ChannelChanged(name, "deleted"))

        await self._apply(work, lambda _: self.directory.remove(name))

    async def _change(self, work: Callable[[Transaction], Channel], key: StreamKey | None = None) -> Channel:
        return await self._apply(work, lambda channel: self.directory.put(channel, key))

    async def _apply(self, work: Callable[[Transaction], T], take_in: Callable[[T], None]) -> T:
        """Carry a change through even if its caller leaves: what the store has done must not be missed in memory."""
        change = asyncio.ensure_future(self._apply_in_turn(work, take_in))
        self._changes.add(change)
        change.add_done_callback(self._changes.discard)
        return await asyncio.shield(change)

    async def _apply_in_turn(self, work: Callable[[Transaction], T], take_in: Callable[[T], None]) -> T:
        """One change at a time, so that the directory takes them in the order in which the store did."""
        async with self._changing:
            if self._unsure:
                await self._load()
            self._unsure = True  # a write that has lost its connection may have happened or not
            try:
                result = await self._store.write(work)
                take_in(result)
            except (ConflictError, NotFoundError):
                self._unsure = False  # `work` itself refused, so nothing was written
                raise
            self._unsure = False
            return result

    async def _load(self) -> None:
        found = await self._store.read(rows.ALL)
        self.directory.replace_all((rows.to_channel(row), rows.to_key(row)) for row in found)
        self._unsure = False


def _existing(transaction: Transaction, name: str) -> Channel:
    channel = rows.find(transaction, name)
    if channel is None:
        raise ChannelNotFoundError(name)
    return channel
