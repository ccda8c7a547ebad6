"""How the schema came to be (Alembic). `upgrade` runs at every open; both engines take the same steps."""
