"""Which products changed since: what a refresh reads.

Kept by triggers, so that no way of writing a product can forget it. `changed` only has to grow from transaction to
transaction. SQLite has one writer at a time, so a number above all others does; how far above is drawn, so that two
databases, or one and its backup, do not come to the same numbers for other products. PostgreSQL has many writers, and a
number drawn early may be seen late: there it is the transaction's own, and a reader asks again for all that could still
have been under way (`catalog.changes`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_catalog_changes"
down_revision = "0008_merchandising"
branch_labels = None
depends_on = None

_SQLITE_NOTE = """
INSERT INTO product_change (product_id, changed, active)
VALUES ({row}.id, 1 + abs(random() % 1000000) + max(
    coalesce((SELECT max(changed) FROM product_change), 0), coalesce((SELECT max(changed) FROM product_embedding), 0)
), {active})
ON CONFLICT (product_id) DO UPDATE SET changed = excluded.changed, active = excluded.active;
"""
_POSTGRES_NOTE = """
CREATE FUNCTION penfriend_note_product_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_change (product_id, changed, active)
    SELECT id, pg_current_xact_id()::text::bigint, TG_OP <> 'DELETE' AND active FROM touched
    ON CONFLICT (product_id) DO UPDATE SET changed = excluded.changed, active = excluded.active;
    RETURN NULL;
END $$
"""
_EVENTS = {"insert": ("NEW", "NEW.active"), "update": ("NEW", "NEW.active"), "delete": ("OLD", "0")}


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _create_triggers() -> None:
    if not _is_sqlite():
        op.execute(_POSTGRES_NOTE)
    for event, (row, active) in _EVENTS.items():
        if _is_sqlite():
            note = _SQLITE_NOTE.format(row=row, active=active)
            op.execute(f"CREATE TRIGGER product_noted_{event} AFTER {event} ON product BEGIN {note} END")
        else:
            # Once a statement, not once a row: an import applies a hundred thousand products in one.
            op.execute(
                f"CREATE TRIGGER product_noted_{event} AFTER {event} ON product REFERENCING {row} TABLE AS touched "
                "FOR EACH STATEMENT EXECUTE FUNCTION penfriend_note_product_change()"
            )


def upgrade() -> None:
    """Products that are there already count as changed before all others."""
    op.create_table(
        "product_change",
        sa.Column("product_id", sa.String(128), primary_key=True),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
    )
    op.create_index("ix_product_change_changed", "product_change", ["changed", "active"])
    op.execute("INSERT INTO product_change (product_id, changed, active) SELECT id, 0, active FROM product")
    op.add_column("product_embedding", sa.Column("changed", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("ix_product_embedding_changed", "product_embedding", ["changed"])
    _create_triggers()


def downgrade() -> None:
    """The index on disk is rebuilt by whatever version comes."""
    for event in _EVENTS:
        op.execute(f"DROP TRIGGER product_noted_{event}" + ("" if _is_sqlite() else " ON product"))
    if not _is_sqlite():
        op.execute("DROP FUNCTION penfriend_note_product_change")
    op.drop_index("ix_product_embedding_changed", "product_embedding")
    op.drop_column("product_embedding", "changed")
    op.drop_table("product_change")
