"""Which engine keeps the record: chosen by the store's address."""

import importlib.util
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from tidegate.core.clock import Clock
from tidegate.core.ids import DEFAULT_REGION
from tidegate.store.contract import Store
from tidegate.store.errors import BadDsnError
from tidegate.store.sqlite import SqliteStore

_EXAMPLES = "Give sqlite:////var/lib/tidegate/tidegate.db or postgresql://user:password@host/database."


def create_store(dsn: str, *, clock: Clock, region: str = DEFAULT_REGION) -> Store:
    """Make the store at `dsn`; it connects when opened.

    Args:
        dsn: `sqlite:////absolute/path.db`, `sqlite:///relative.db`, or `postgresql://user@host/database`.
        clock: source of the rows' timestamps.
        region: home region of what this node creates.

    Raises:
        BadDsnError: it is neither, or the driver for it is not installed.
    """
    try:
        url = make_url(dsn)
    except ArgumentError:
        raise BadDsnError("The store's address cannot be read.", hint=_EXAMPLES) from None
    if url.drivername == "sqlite":
        if not url.database or url.database == ":memory:":
            raise BadDsnError("The store's address names no file.", hint=_EXAMPLES)
        return SqliteStore(Path(url.database), clock=clock, region=region)
    if url.drivername in {"postgresql", "postgres"}:
        if importlib.util.find_spec("asyncpg") is None:
            raise BadDsnError(
                "PostgreSQL needs the driver asyncpg, which is not installed.",
                hint="Run: pip install tidegate[postgres]",
            )
        from tidegate.store.postgres import PostgresStore  # noqa: PLC0415  needs the optional driver

        return PostgresStore(url, clock=clock, region=region)
    raise BadDsnError(f"There is no store engine {url.drivername!r}.", hint=_EXAMPLES)
