"""Bringing a database's schema up to this release, or refusing one that is ahead of it.

Safe when several processes open the same database at once: all steps run in the one transaction that the caller has
begun. On SQLite that holds the write lock from its first moment; on PostgreSQL, where DDL is transactional, the loser
of a race fails on what the winner has made, and the caller runs this again.
"""

import threading
from pathlib import Path

from sqlalchemy import ColumnClause, Connection, column, inspect, select, table

from tidegate import __version__
from tidegate.store.errors import SchemaTooNewError

HEAD = "0007"
"""The newest step in `migrations/versions`. A database that is there already, as at nearly every start, is left alone
without Alembic, whose import takes longer than all the rest of opening."""

_ALEMBIC = threading.Lock()
"""Alembic keeps the connection it works on in module globals, so one thread at a time may use it."""

_FOLDER = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


def upgrade(connection: Connection) -> None:
    """Run the steps that are missing. Commit is the caller's. Blocks; call it on a thread of its own.

    Raises:
        SchemaTooNewError: the database has steps this release does not know.
    """
    current = _current(connection)
    if current == {HEAD}:
        return
    from alembic import command  # noqa: PLC0415  see HEAD
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))  # ConfigParser's escape
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if not current <= known:
        raise SchemaTooNewError(
            f"The database is at schema {', '.join(sorted(current - known))}, which Tidegate {__version__} does not"
            " know: a newer release has written it.",
            hint="Start that release, or restore a backup made before it.",
            schema=sorted(current - known),
        )
    with _ALEMBIC:
        command.upgrade(config, "head")


def _current(connection: Connection) -> set[str]:
    """The steps a database has; empty for a new one."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return set()
    version: ColumnClause[str] = column("version_num")
    return set(connection.scalars(select(version).select_from(table(_VERSION_TABLE, version))))
