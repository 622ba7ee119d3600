"""Alembic's entry point. `store.schema` hands in an open connection: no offline mode, no ini file."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # Both databases roll DDL back with the transaction; alembic assumes SQLite does not. An upgrade that
    # fails half-way leaves the schema as it was.
    transactional_ddl=True,
)

with context.begin_transaction():
    context.run_migrations()
