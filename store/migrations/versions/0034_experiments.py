"""Experiments, the shop's holdout, groups whose members share nobody; who is in which arm, in the contact ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0034_experiments"
down_revision = "0033_decisions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. Whoever was written to before is in no experiment."""
    for name in ("experiment", "variant"):
        op.add_column("contact", sa.Column(name, sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "experiment",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "global_holdout",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("share", sa.Float, nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.String(100), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "exclusion_group",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("members", JsonDocument(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "experiment_revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.create_table(
        "experiment_fallback",
        sa.Column("experiment", sa.String(64), primary_key=True),
        sa.Column("variant", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(32), primary_key=True),
        sa.Column("first_at", UtcDateTime(), nullable=False),
    )


def downgrade() -> None:
    """Experiments are lost, and who was in which arm."""
    for table in ("experiment_fallback", "experiment_revision", "exclusion_group", "global_holdout", "experiment"):
        op.drop_table(table)
    for name in ("variant", "experiment"):
        op.drop_column("contact", name)
