"""Reviews: samples, their items, decisions; what an e-mail is sampled by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0024_reviews"
down_revision = "0023_accounts"
branch_labels = None
depends_on = None


TABLES = ("run_gate", "review", "review_item", "review_sample")
COLUMNS = ("run_id", "held", "stratum", "risk", "why")


def upgrade() -> None:
    """Create the tables; e-mails of before belong to no run and no stratum."""
    op.add_column("email", sa.Column("run_id", sa.String(64), nullable=False, server_default=""))
    op.add_column("email", sa.Column("held", sa.String(16), nullable=False, server_default=""))
    op.add_column("email", sa.Column("stratum", sa.String(200), nullable=False, server_default=""))
    op.add_column("email", sa.Column("risk", sa.Float, nullable=False, server_default="0"))
    op.add_column("email", sa.Column("why", sa.String(200), nullable=False, server_default=""))
    op.create_index("ix_email_review", "email", ["run_id", "created_at", "campaign_id", "stratum", "risk", "id"])
    op.create_table(
        "review_sample",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("population", sa.Integer, nullable=False),
        sa.Column("strata", sa.Integer, nullable=False, server_default="0"),
        sa.Column("seed", sa.String(64), nullable=False, server_default=""),
        sa.Column("terms", JsonDocument(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(100), nullable=False),
    )
    op.create_index("ix_review_sample_run_id", "review_sample", ["run_id"])
    op.create_table(
        "review_item",
        sa.Column("sample_id", sa.String(64), sa.ForeignKey("review_sample.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("email_id", sa.String(64), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("stratum", sa.String(200), nullable=False),
        sa.Column("risk", sa.Float, nullable=False),
        sa.Column("why", JsonDocument(), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_review_item_email", "review_item", ["email_id"])
    op.create_index("ix_review_item_customer", "review_item", ["customer"])
    op.create_table(
        "review",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("email_id", sa.String(64), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("sample_id", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("reasons", JsonDocument(), nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=True),
        sa.Column("block", sa.String(255), nullable=False),
        sa.Column("before", sa.LargeBinary, nullable=True),
        sa.Column("after", sa.LargeBinary, nullable=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("reviewer", sa.String(100), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.String(100), nullable=False),
    )
    op.create_index("ix_review_email", "review", ["email_id", "at"])
    op.create_index("ix_review_campaign", "review", ["campaign_id", "at"])
    op.create_index("ix_review_customer", "review", ["customer"])
    op.create_table(
        "run_gate",
        sa.Column("run_id", sa.String(64), primary_key=True),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("sample_id", sa.String(64), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("released_until", UtcDateTime(), nullable=True),
        sa.Column("released_by", sa.String(100), nullable=False),
    )
    op.create_index("ix_run_gate_campaign_id", "run_gate", ["campaign_id"])


def downgrade() -> None:
    """Decisions are lost; runs that waited no longer do."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_email_review", "email")
    for column in COLUMNS:
        op.drop_column("email", column)
