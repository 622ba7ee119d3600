"""The queue of chunks: procrastinate's own tables and functions. PostgreSQL only; SQLite's runs need no queue."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0011_queue"
down_revision = "0010_runs"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parents[1] / "sql" / "procrastinate_3_10.sql"

DROP = """
DO $$
DECLARE
    named text;
BEGIN
    FOR named IN SELECT tablename FROM pg_tables
        WHERE schemaname = current_schema() AND starts_with(tablename, 'procrastinate_')
    LOOP
        EXECUTE format('DROP TABLE %I CASCADE', named);
    END LOOP;
    FOR named IN SELECT oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'procrastinate_')
    LOOP
        EXECUTE 'DROP FUNCTION ' || named || ' CASCADE';
    END LOOP;
    FOR named IN SELECT typname FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace
        AND starts_with(typname, 'procrastinate_') AND typtype IN ('e', 'c')
    LOOP
        EXECUTE format('DROP TYPE %I CASCADE', named);
    END LOOP;
END;
$$
"""
"""Everything of procrastinate's, by its prefix: tables, then functions, then types."""


def upgrade() -> None:
    """Create what is the queue's."""
    _script(SCHEMA.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Nothing is lost with a queue: what is to be done stands in the chunks' own rows."""
    _script(DROP)


def _script(text: str) -> None:
    """Run several statements as they stand: a % in them is no placeholder."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})
