"""A lease: what one process of the whole installation does at a time, whichever it is, with another taking over when it stops.

A row says who holds it until when. Nodes' wall clocks must agree to within a fraction of `ttl_s`; where they do not, two may hold it
for a moment, so whatever is done under a lease is also guarded by the rows' own versions.
"""

from typing import Final

from sqlalchemy import delete, insert, select

from tidegate.store.contract import Store, Transaction
from tidegate.store.errors import DuplicateRowError, VersionConflictError
from tidegate.store.tables import leases

EVERYWHERE: Final = "all"
"""Home region of leases: one row for all regions."""


class Lease:
    """One process's hold of one lease.

    Args:
        name: what is done under it.
        holder: this process, unlike any other.
    """

    def __init__(self, store: Store, name: str, holder: str) -> None:
        self._store = store
        self._key = {"home_region": EVERYWHERE, "name": name}
        self._holder = holder

    async def hold(self, ttl_s: float) -> bool:
        """Take it, or keep it, for `ttl_s` from now; False while another has it.

        Raises:
            StoreUnavailableError: it is not known.
        """
        try:
            return await self._store.write(lambda transaction: self._take(transaction, ttl_s))
        except (DuplicateRowError, VersionConflictError):  # another was quicker
            return False

    async def holder(self) -> str:
        """Who holds it, or held it last; empty where nobody ever did."""
        rows = await self._store.read(select(leases).where(leases.c.name == self._key["name"]))
        return str(rows[0].holder) if rows else ""

    async def release(self) -> None:
        """Let the next one have it at once."""
        mine = delete(leases).where(leases.c.name == self._key["name"], leases.c.holder == self._holder)
        await self._store.write(lambda transaction: transaction.execute(mine).rowcount)

    def _take(self, transaction: Transaction, ttl_s: float) -> bool:
        values = {"holder": self._holder, "expires_at": transaction.now + ttl_s}
        row = transaction.execute(select(leases).where(leases.c.name == self._key["name"])).first()
        if row is None:
            stamps = {"version": 1, "created_at": transaction.now, "updated_at": transaction.now}
            transaction.execute(insert(leases).values({**self._key, **values, **stamps}))
            return True
        if row.holder != self._holder and row.expires_at > transaction.now:
            return False
        transaction.swap(leases, self._key, row.version, values)
        return True
