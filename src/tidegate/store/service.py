"""Which engine keeps the record: chosen by the store's address."""

from tidegate.core.clock import Clock
from tidegate.core.ids import DEFAULT_REGION
from tidegate.store.contract import Store
from tidegate.store.errors import BadDsnError


def create_store(dsn: str, *, clock: Clock, region: str = DEFAULT_REGION) -> Store:
    """Make the store at `dsn`; it connects when opened.

    Args:
        dsn: `sqlite:////absolute/path.db`, `sqlite:///relative.db`, or `postgresql://user@host/database`.
        region: home region of what this node creates.

    Raises:
        BadDsnError: it is neither, or the driver for it is not installed.
    """
    raise BadDsnError(dsn)
