"""The log of decisions: what was drawn for each e-mail, how likely it was, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import EncryptedJson, JsonDocument, UtcDateTime

revision = "0033_decisions"
down_revision = "0032_hooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table. E-mails of before have no row: how likely their arms were stands in their records."""
    op.create_table(
        "decision",
        sa.Column("email_id", sa.String(64), primary_key=True),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("campaign_id", sa.String(64), nullable=False),
        sa.Column("campaign_version", sa.Integer, nullable=False),
        sa.Column("flow", sa.String(32), nullable=False),
        sa.Column("lifecycle", sa.String(16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("policy", sa.String(32), nullable=False),
        sa.Column("learned", sa.String(32), nullable=False),
        sa.Column("experiment", sa.String(64), nullable=False),
        sa.Column("variant", sa.String(64), nullable=False),
        sa.Column("situation", EncryptedJson(), nullable=False),
        sa.Column("choices", JsonDocument(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        *(
            sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
            for name in (
                "delivered", "bounced", "opened", "machine_opened", "clicked", "unsubscribed", "complained", "final",
            )
        ),
        sa.Column("orders", sa.Integer, nullable=False, server_default="0"),
        sa.Column("unpriced", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revenue", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("kept", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("rules", sa.String(32), nullable=False, server_default=""),
        sa.Column("counted_at", UtcDateTime(), nullable=True),
    )  # fmt: skip
    op.create_index("ix_decision_at", "decision", ["at", "counted_at"])
    op.create_index("ix_decision_customer_at", "decision", ["customer", "at"])
    op.create_index("ix_decision_campaign_at", "decision", ["campaign_id", "at"])
    with_money = sa.text("revenue > 0")
    op.create_index(
        "ix_decision_money",
        "decision",
        ["campaign_id", "revenue", "orders", "unpriced"],
        sqlite_where=with_money,
        postgresql_where=with_money,
    )


def downgrade() -> None:
    """What was learned from can no longer be judged."""
    op.drop_table("decision")
