"""A request and its answer (RFC 9112): what a connection carries, and what a network in between may hold back."""

import asyncio
from typing import Protocol

import msgspec

from tidegate.media.player.address import Address


class Response(msgspec.Struct, frozen=True):
    """A whole answer. `body` is empty where it was not kept; `size` is its length all the same.

    Attributes:
        transfer_s: from the first byte of the answer to its last, for throughput.
        at: monotonic seconds at which it was complete.
    """

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    size: int
    transfer_s: float
    at: float
    address: Address


class Link(Protocol):
    """A network between the server and the player, where one is to be imitated."""

    def deliver(
        self,
        response: Response,
        asked_at: float,
        until: float,
        waiter: "asyncio.Future[Response]",
        *,
        fresh: bool,
    ) -> None:
        """Give `waiter` the answer once the network has brought it, or `RequestError` where that would not be by `until`.

        Times are monotonic; `fresh`: on a connection made for it.
        """
        ...

    def forget(self, waiter: "asyncio.Future[Response]") -> None:
        """Nobody waits for this answer any more."""
        ...


class Exchange:
    """A request under way.

    Attributes:
        keep: whether its body is wanted, not only its size.
        asked_at, until: monotonic seconds: when it was sent, and when its time is over.
        fresh: it is the first on its connection.
        waiter: ends with the response, or with `RequestError`.
    """

    __slots__ = ("address", "asked_at", "fresh", "keep", "until", "waiter")

    def __init__(
        self,
        address: Address,
        *,
        keep: bool,
        asked_at: float,
        until: float,
        fresh: bool,
        waiter: "asyncio.Future[Response]",
    ) -> None:
        self.address = address
        self.keep = keep
        self.asked_at = asked_at
        self.until = until
        self.fresh = fresh
        self.waiter = waiter
