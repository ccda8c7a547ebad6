"""Bringing a database's schema up to this release, or refusing one that is ahead of it.

Safe when several processes open the same database at once: all steps run in the one transaction that the caller has
begun. On SQLite that holds the write lock from its first moment; on PostgreSQL, where DDL is transactional, the loser
of a race fails on what the winner has made, and the caller runs this again.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tidegate import __version__
from tidegate.store.errors import SchemaTooNewError

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the steps that are missing. Commit is the caller's.

    Raises:
        SchemaTooNewError: the database has steps this release does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))  # ConfigParser's escape
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = set(MigrationContext.configure(connection).get_current_heads())
    unknown = current - {step.revision for step in scripts.walk_revisions()}
    if unknown:
        raise SchemaTooNewError(
            f"The database is at schema {', '.join(sorted(unknown))}, which Tidegate {__version__} does not know:"
            " a newer release has written it.",
            hint="Start that release, or restore a backup made before it.",
            schema=sorted(unknown),
        )
    if current != set(scripts.get_heads()):
        command.upgrade(config, "head")
