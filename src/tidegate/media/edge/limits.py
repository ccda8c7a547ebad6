"""What one address may ask of an edge: connections at once, new ones a second, requests a second.

In: addresses as connections and proxies name them. Out: an `Account` each, which a connection keeps and spends from: one
subtraction a request, and the clock is read only when the account is empty. An IPv6 address counts as its /64.

At the bound of accounts the one longest unused without a connection is forgotten, which fills it again; where all have
connections, newcomers share one.
"""

from collections import OrderedDict
from math import ceil, inf

import msgspec

from tidegate.core.addresses import network_of
from tidegate.core.clock import Clock

ACCOUNTS_MAX = 65_536
"""About 300 bytes each."""
BURST_S = 2.0
"""How many seconds' worth an address may spend at once: a page that opens asks for much in its first moment."""
SHARED = "*"


class Limits(msgspec.Struct, frozen=True):
    """What each address may do.

    Attributes:
        connections: open at once.
        opens_per_s: new connections a second.
        requests_per_s: requests for live objects a second.
    """

    connections: int = 512
    opens_per_s: float = 100.0
    requests_per_s: float = 2000.0


class Account:
    """What one address has left."""

    __slots__ = ("_limits", "_opened_at", "_spent_at", "connections", "opens", "requests")

    def __init__(self, limits: "AddressLimits", now: float) -> None:
        self._limits = limits
        self._opened_at = self._spent_at = now
        self.connections = 0
        self.opens = limits.limits.opens_per_s * BURST_S
        self.requests = limits.limits.requests_per_s * BURST_S

    def spend(self) -> bool:
        """Take one request; False where there is none left."""
        self.requests -= 1
        return self.requests >= 0 or self.earn()

    def open(self) -> bool:
        """Take one new connection; False where too many have come, or are there."""
        limits = self._limits.limits
        if self.connections >= limits.connections:
            return False
        now = self._limits.clock.monotonic()
        earned = self.opens + (now - self._opened_at) * limits.opens_per_s
        self.opens, self._opened_at = min(earned, limits.opens_per_s * BURST_S) - 1, now
        if self.opens < 0:
            self.opens += 1
            return False
        self.connections += 1
        return True

    def earn(self) -> bool:
        """What `spend` does when a request was taken that was not there; False where there is none yet."""
        per_s, now = self._limits.limits.requests_per_s, self._limits.clock.monotonic()
        earned = 1 + self.requests + (now - self._spent_at) * per_s
        self.requests, self._spent_at = min(earned, per_s * BURST_S) - 1, now
        if self.requests >= 0:
            return True
        self.requests += 1  # what was refused was not taken
        return False


class _Unlimited(Account):
    """Of trusted proxies, which speak for many."""

    def __init__(self, limits: "AddressLimits", now: float) -> None:
        super().__init__(limits, now)
        self.requests = inf

    def open(self) -> bool:
        self.connections += 1
        return True


class AddressLimits:
    """Every address's account.

    Attributes:
        limits: in effect now; a new value reaches accounts as they earn.
        unlimited: the account of whoever is not limited.
    """

    def __init__(self, clock: Clock, limits: Limits | None = None, accounts_max: int = ACCOUNTS_MAX) -> None:
        self.clock = clock
        self.limits = limits or Limits()
        self.unlimited: Account = _Unlimited(self, clock.monotonic())
        self._accounts_max = accounts_max
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def account(self, address: str) -> Account:
        """The account that `address` spends from."""
        key = address
        account = self._accounts.get(key)
        if account is None:
            key = network_of(address)
            account = self._accounts.get(key) or self._new(key)
        else:
            self._accounts.move_to_end(key)
        return account

    def _new(self, key: str) -> Account:
        if len(self._accounts) >= self._accounts_max and not self._forget_one():
            key = SHARED
            if SHARED in self._accounts:
                return self._accounts[SHARED]
        account = self._accounts[key] = Account(self, self.clock.monotonic())
        return account

    def _forget_one(self) -> bool:
        for _ in range(ceil(self._accounts_max / 16)):
            key, account = next(iter(self._accounts.items()))
            if not account.connections:
                del self._accounts[key]
                return True
            self._accounts.move_to_end(key)
        return False
