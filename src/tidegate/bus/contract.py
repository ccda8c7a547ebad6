"""What every bus does: publish without waiting, and subscribe with a bound that is told when it is passed.

Messages flow in by topic and out to whoever subscribes at that moment, in the order they were published. A bus
keeps nothing for those who come later and promises no delivery: whatever must not be lost goes through the store's
outbox, and a subscriber that has lagged re-reads the state it follows.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from tidegate.core.errors import TidegateError

DEFAULT_CAPACITY = 256
"""Messages a subscriber may be behind, where it does not say. A stream changes state a few times a minute, so this
is the change of hundreds of streams at once."""


class Lagged(TidegateError):  # noqa: N818  the field's word for it, and it is news to its reader more than a failure
    """The subscriber was too slow and `missed` messages are gone; the next iteration goes on with the oldest kept."""

    code = "lagged"
    status = 503
    retryable = True

    def __init__(self, topic: str, missed: int) -> None:
        super().__init__(
            f"{missed} messages of the topic {topic!r} were dropped because this subscriber did not keep up.",
            hint="Read the current state anew, then go on.",
            topic=topic,
            missed=missed,
        )
        self.topic = topic
        self.missed = missed


Subscription = AsyncIterator[object]
"""Messages as they come. `anext` raises `Lagged` once for each gap and stays usable; it ends when the bus closes."""


class Bus(ABC):
    """Publish and subscribe by topic, from within one event loop."""

    @abstractmethod
    def publish(self, topic: str, message: object) -> None:
        """Hand `message` to everyone subscribed to `topic` now. Never waits and never fails for a slow reader."""

    @abstractmethod
    def subscribe(
        self, topic: str, capacity: int = DEFAULT_CAPACITY
    ) -> AbstractAsyncContextManager[Subscription]:
        """Receive what is published to `topic` from entering until leaving the context.

        Args:
            topic: exact name; there are no patterns.
            capacity: messages held for this subscriber. At the bound the oldest is dropped and counted, and the
                subscriber is told by `Lagged`.
        """

    @abstractmethod
    def close(self) -> None:
        """End every subscription, so that whoever iterates comes to an end. Later messages go nowhere."""
