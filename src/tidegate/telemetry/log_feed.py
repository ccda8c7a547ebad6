"""Log lines as they are made, to whoever follows them; they go on to where all facts go whether anybody does or not.

Works without an engine. Each follower has a filter and a bounded queue: one that does not keep up loses the oldest lines and is told
how many, and nobody else notices.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from tidegate.core.facts import Fact, LogFact
from tidegate.core.ports import FactSink
from tidegate.telemetry.log_query import LEVELS, Level, Term

QUEUE_LINES: Final = 1000
"""Lines a follower may be behind."""


class LogFilter(msgspec.Struct, frozen=True):
    """Which lines a follower wants; as `LogQuery`, of lines to come."""

    terms: tuple[Term, ...] = ()
    level: Level | None = None
    channel: str = ""
    session: str = ""
    node: str = ""
    region: str = ""

    def wants(self, line: LogFact) -> bool:
        return (
            (not self.channel or line.channel == self.channel)
            and (not self.session or line.session == self.session)
            and (not self.node or line.node == self.node)
            and (not self.region or line.region == self.region)
            and (self.level is None or line.level in LEVELS[LEVELS.index(self.level) :])
            and all(term.matches(line.message) for term in self.terms)
        )


class Missed(msgspec.Struct, frozen=True):
    """So many lines are not there, because the follower was too slow."""

    lines: int


class LogFeed:
    """Implements `FactSink`: takes every fact of this process, on its event loop.

    Attributes:
        onward: where facts go then; None: nowhere.
        missed: lines that followers lost, since start.
    """

    def __init__(self, onward: FactSink | None = None) -> None:
        self.onward = onward
        self.missed = 0
        self._followers: set[Follower] = set()
        self._closed = False

    @property
    def followers(self) -> int:
        """How many follow now."""
        return len(self._followers)

    def put(self, fact: Fact) -> None:
        if self._followers and isinstance(fact, LogFact):
            for follower in self._followers:
                self.missed += follower.offer(fact)
        if self.onward is not None:
            self.onward.put(fact)

    @asynccontextmanager
    async def follow(self, wanted: LogFilter) -> AsyncIterator["Follower"]:
        """Receive lines from entering until leaving the context."""
        follower = Follower(wanted)
        if self._closed:
            follower.close()
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def close(self) -> None:
        """End every follower, so that whoever iterates comes to an end."""
        self._closed = True
        for follower in self._followers:
            follower.close()


class Follower:
    """Lines as they come; iteration ends when the feed is closed."""

    def __init__(self, wanted: LogFilter) -> None:
        self._wanted = wanted
        self._lines: deque[LogFact] = deque()
        self._missed = 0
        self._woken = asyncio.Event()
        self._closed = False

    def offer(self, line: LogFact) -> bool:
        """Take a line if it is wanted; True where an older one was lost for it."""
        if not self._wanted.wants(line):
            return False
        full = len(self._lines) >= QUEUE_LINES
        if full:
            self._lines.popleft()
            self._missed += 1
        self._lines.append(line)
        self._woken.set()
        return full

    def close(self) -> None:
        self._closed = True
        self._woken.set()

    def __aiter__(self) -> AsyncIterator[LogFact | Missed]:
        return self

    async def __anext__(self) -> LogFact | Missed:
        while True:
            if self._missed:
                missed, self._missed = self._missed, 0
                return Missed(missed)
            if self._lines:
                return self._lines.popleft()
            if self._closed:
                raise StopAsyncIteration
            self._woken.clear()
            await self._woken.wait()
