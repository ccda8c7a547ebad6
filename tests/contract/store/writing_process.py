"""A process that writes until it is killed. Run as: python writing_process.py DSN ROUND

Prints `open`, then each name once its write was acknowledged.
"""

import asyncio
import sys

from sqlalchemy import insert

from tidegate.core.clock import SystemClock
from tidegate.store import create_store
from tidegate.store.tables import channels

WRITERS = 8


async def main(dsn: str, round_name: str) -> None:
    store = create_store(dsn, clock=SystemClock())
    await store.open()
    print("open", flush=True)

    async def write_for_ever(writer: int) -> None:
        for n in range(1_000_000):
            name = f"r{round_name}-{writer}-{n}"
            statement = insert(channels).values(
                home_region="local", name=name, title="x" * 200, version=1, created_at=0.0, updated_at=0.0
            )

            def work(transaction, statement=statement, name=name):
                transaction.execute(statement)
                transaction.emit("channel", name)

            await store.write(work)
            print(name, flush=True)

    await asyncio.gather(*(write_for_ever(writer) for writer in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
