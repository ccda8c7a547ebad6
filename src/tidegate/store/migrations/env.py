"""Alembic's entry: runs the steps on the connection it is handed, inside the transaction that its owner began."""

from alembic import context

from tidegate.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
