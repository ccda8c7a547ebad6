"""What every part of one process stands on: configuration, clock, settings, metrics, events, and an orderly end.

The rooms beside it (`records`, `broadcasting`, `doors`, `viewing`) are made with it, and leave with it what is to be ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from typing import Any

from prometheus_client import CollectorRegistry

from tidegate.app.config import Config
from tidegate.app.facts import Facts
from tidegate.app.log_facts import LogFacts
from tidegate.app.settings import CATALOGUE
from tidegate.app.world import Stage
from tidegate.bus import LocalBus
from tidegate.core.clock import Clock
from tidegate.core.ids import new_id
from tidegate.core.ports import FactSink
from tidegate.core.settings import Setting, SettingsBook, Subject
from tidegate.media.channels.settings import WRONG_TRIES_MAX, WRONG_TRIES_PER_S
from tidegate.media.channels.throttle import AddressThrottle

STOP_GRACE_S = 2.0
"""How long connections have to end by themselves when this stops."""


class Ground:
    """Attributes:
    running: what ends with this process, last begun first.
    facts: where every part's facts and decisions go.
    logs: makes facts of log lines.
    stage: where a demo puts its world; empty on every other platform.
    """

    def __init__(self, config: Config, clock: Clock, facts: FactSink | None = None) -> None:
        self.config = config
        self.data = config.data
        self.clock = clock
        self.registry = CollectorRegistry()
        self.bus = LocalBus()
        self.here = Subject(node=config.node_name, region=config.region)
        self.book = SettingsBook(CATALOGUE, here=self.here, defaults=config.setting_defaults)
        self.stage = Stage()
        self.running = AsyncExitStack()
        self.logs = LogFacts(self.here)
        self.facts = Facts(clock, self.book, self.here, facts)
        self.facts.reporters.append(self.logs.take)

    @property
    def shares_store(self) -> bool:
        """Whether other nodes may write the store too."""
        return not self.config.store_dsn.startswith("sqlite")

    def on_stop(self, stop: Callable[..., Awaitable[Any]], *words: object) -> None:
        self.running.push_async_callback(stop, *words)

    def follow(self, settings: Iterable[Setting[Any]], obey: Callable[[], None]) -> None:
        """Obey now and at each change, until this stops."""
        self.running.callback(self.book.follow(settings, obey))

    def run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a task until this stops."""
        self.on_stop(_cancelled, asyncio.create_task(work, name=name))

    def new_session_id(self) -> str:
        return new_id("ses", self.config.region)

    def throttle(self) -> AddressThrottle:
        """A throttle of wrong secrets, as strict as is set."""
        throttle = AddressThrottle(self.clock)
        self.follow(
            (WRONG_TRIES_MAX, WRONG_TRIES_PER_S),
            lambda: throttle.adjust(self.book.value(WRONG_TRIES_MAX), self.book.value(WRONG_TRIES_PER_S)),
        )
        return throttle


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
