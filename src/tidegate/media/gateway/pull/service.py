"""Pulled sources as desired state: what others may call.

In: a channel's source, changed in one transaction that announces itself in the outbox (topic `pull`). Out: the running
source follows, at once here and at every start.
"""

from typing import Literal

import msgspec
from sqlalchemy import delete, insert, select

from tidegate.media.channels.service import ChannelService
from tidegate.media.gateway.pull.errors import PullNotFoundError, SourceForbiddenError
from tidegate.media.gateway.pull.protocol import parse_source
from tidegate.media.gateway.pull.server import PullServer
from tidegate.media.gateway.pull.types import Pull, PullStatus
from tidegate.store import Store, Transaction
from tidegate.store.tables import pulls

TOPIC = "pull"


class PullChanged(msgspec.Struct, frozen=True):
    """Outbox event: what has become of a channel's source. It names no address: that may hold a secret."""

    channel: str
    change: Literal["set", "removed"]


class PullService:
    """The pulled sources of one installation."""

    def __init__(self, store: Store, channels: ChannelService, server: PullServer) -> None:
        self._store = store
        self._channels = channels
        self._server = server

    async def load(self) -> None:
        """Begin to pull all that is wanted; what is left of channels that are gone is removed."""
        for row in await self._store.read(select(pulls)):
            pull = Pull(row.channel, row.url, bool(row.enabled), bool(row.loop), row.version)
            if self._channels.directory.channel(pull.channel) is None:
                await self.forget(pull.channel)
            else:
                await self._server.apply(pull)

    async def get(self, channel: str) -> tuple[Pull, str, PullStatus]:
        """A channel's source, its address as it may be shown, and how it goes; empty where the channel has none.

        Raises:
            ChannelNotFoundError: there is no such channel.
        """
        self._channels.known(channel)
        found = await self._store.read(select(pulls).where(pulls.c.channel == channel))
        if not found:
            return Pull(channel, "", enabled=False, loop=False, version=0), "", PullStatus()
        row = found[0]
        pull = Pull(row.channel, row.url, bool(row.enabled), bool(row.loop), row.version)
        try:
            shown = parse_source(pull.url, self._server.config.folder).shown
        except SourceForbiddenError:  # the configuration has changed since; a file's address holds no secret
            shown = pull.url
        return pull, shown, self._server.status(channel)

    async def put(self, channel: str, url: str, *, enabled: bool, loop: bool) -> None:
        """Pull `url` for a channel from now on.

        Raises:
            ChannelNotFoundError: there is no such channel.
            SourceError, SourceForbiddenError: the address cannot be pulled from, or may not.
        """
        home = self._channels.known(channel).home_region
        parse_source(url, self._server.config.folder)

        def work(transaction: Transaction) -> Pull:
            key = {"home_region": home, "channel": channel}
            values: dict[str, object] = {"url": url, "enabled": enabled, "loop": loop}
            row = transaction.execute(
                select(pulls).where(pulls.c.home_region == home, pulls.c.channel == channel)
            ).first()
            if row is None:
                stamps = {"version": 1, "created_at": transaction.now, "updated_at": transaction.now}
                transaction.execute(insert(pulls).values({**key, **values, **stamps}))
                version = 1
            else:
                version = transaction.swap(pulls, key, row.version, values)
            transaction.emit(TOPIC, PullChanged(channel, "set"))
            return Pull(channel, url, enabled, loop, version)

        await self._server.apply(await self._store.write(work))

    async def remove(self, channel: str) -> None:
        """Pull nothing for a channel any more.

        Raises:
            ChannelNotFoundError: there is no such channel.
            PullNotFoundError: it has no source.
        """
        self._channels.known(channel)
        if not await self.forget(channel):
            raise PullNotFoundError(
                f"The channel {channel!r} has no source.", hint="There is nothing to remove."
            )

    async def forget(self, channel: str) -> bool:
        """Remove what there is, also of a channel that is gone; whether there was something."""

        def work(transaction: Transaction) -> bool:
            gone = transaction.execute(delete(pulls).where(pulls.c.channel == channel)).rowcount > 0
            if gone:
                transaction.emit(TOPIC, PullChanged(channel, "removed"))
            return gone

        removed = await self._store.write(work)
        await self._server.remove(channel)
        return removed
