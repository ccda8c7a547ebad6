"""System of record: SQLite on one machine, PostgreSQL where a team outgrows it, behind one contract."""

from tidegate.store.contract import Handler, OutboxEvent, Store, Transaction, Work
from tidegate.store.errors import (
    BadDsnError,
    SchemaTooNewError,
    StorageFullError,
    StoreUnavailableError,
    VersionConflictError,
)
from tidegate.store.service import create_store

__all__ = [
    "BadDsnError",
    "Handler",
    "OutboxEvent",
    "SchemaTooNewError",
    "StorageFullError",
    "Store",
    "StoreUnavailableError",
    "Transaction",
    "VersionConflictError",
    "Work",
    "create_store",
]
