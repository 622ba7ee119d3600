"""On PostgreSQL a folded memory is kept in its row, and rewritten in its page."""

from __future__ import annotations

from alembic import op

revision = "0043_memory_inline"
down_revision = "0042_not_sent"
branch_labels = None
depends_on = None

INLINE_BYTES = 8_160
"""The most PostgreSQL allows: a whole page."""
FILLED_PERCENT = 60


def upgrade() -> None:
    """What is encrypted does not compress, so it is not tried; rows above 2 KB no longer go to a table beside with an
    index of its own. Free space in each page lets a new version of a row lie beside the old, without new index entries.

    It holds for rows as they are written next; nothing is rewritten now. SQLite keeps rows in their pages anyway.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE memory_state ALTER COLUMN state SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE event ALTER COLUMN payload SET STORAGE EXTERNAL")
        op.execute(f"ALTER TABLE memory_state SET (toast_tuple_target = {INLINE_BYTES}, fillfactor = {FILLED_PERCENT})")


def downgrade() -> None:
    """PostgreSQL's own rules."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE memory_state RESET (toast_tuple_target, fillfactor)")
        op.execute("ALTER TABLE event ALTER COLUMN payload SET STORAGE EXTENDED")
        op.execute("ALTER TABLE memory_state ALTER COLUMN state SET STORAGE EXTENDED")
