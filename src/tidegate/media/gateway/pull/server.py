"""All pulled sources of this node: one session for each that is wanted.

In: what is wanted, one `Pull` for a channel. Out: for each source that answers a `PacketSink`, made by `sink_factory`.
"""

import asyncio
from collections.abc import Callable
from random import Random

import structlog

from tidegate.core.clock import Clock
from tidegate.core.ports import StreamDirectory
from tidegate.core.streams import EndReason, Publisher
from tidegate.media.gateway.poll import Poll
from tidegate.media.gateway.pull.config import PullConfig
from tidegate.media.gateway.pull.session import PullSession
from tidegate.media.gateway.pull.types import Pull, PullStatus
from tidegate.media.gateway.types import SinkFactory
from tidegate.media.types import PacketSink


class PullServer:
    """Runs on the event loop that it is called on."""

    def __init__(
        self,
        config: PullConfig,
        sink_factory: SinkFactory,
        streams: StreamDirectory,
        clock: Clock,
        chance: Random,
        new_session_id: Callable[[], str],
    ) -> None:
        self.config = config
        self.clock = clock
        self.reading = Poll(
            clock,
            interval_s=config.poll_interval_s,
            each_s=config.poll_each_s,
            longest_s=config.poll_longest_s,
        )
        self._sink_factory = sink_factory
        self._streams = streams
        self._chance = chance
        self._new_session_id = new_session_id
        self._sessions: dict[str, PullSession] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def sessions(self) -> list[PullSession]:
        return list(self._sessions.values())

    def status(self, channel: str) -> PullStatus:
        session = self._sessions.get(channel)
        return session.status if session else PullStatus()

    async def apply(self, pull: Pull) -> None:
        """Pull this from now on, instead of what was pulled for its channel."""
        await self.remove(pull.channel)
        if not pull.enabled or len(self._sessions) >= self.config.sources:
            return
        session = PullSession(pull, self, self._chance)
        self._sessions[pull.channel] = session
        self._tasks[pull.channel] = asyncio.create_task(self._run(session), name=f"pull-{pull.channel}")

    async def remove(self, channel: str) -> None:
        """Pull nothing for this channel any more."""
        task = self._tasks.pop(channel, None)
        self._sessions.pop(channel, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def stop(self) -> None:
        """End every session and its process."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._sessions.clear()
        self.reading.stop()

    def open_sink(self, session: PullSession, hang_up: Callable[[EndReason], None]) -> PacketSink:
        source = session.source
        publisher = Publisher(
            session=self._new_session_id(),
            channel=session.pull.channel,
            protocol=f"pull-{source.scheme}" if source else "pull",
            remote=source.host if source else "",
            encoder=source.shown if source else "",
            connected_at=self.clock.wall(),
        )
        structlog.get_logger().info(
            "pull connected", channel=publisher.channel, session=publisher.session, source=publisher.encoder
        )
        return self._sink_factory(publisher, hang_up)

    def published(self, channel: str) -> bool:
        status = self._streams.status(channel)
        return status is not None and status.publisher is not None

    async def _run(self, session: PullSession) -> None:
        try:
            await session.run()
        except Exception:  # noqa: BLE001 - one source's failure is no other's
            structlog.get_logger().exception("pull ended", channel=session.pull.channel)
