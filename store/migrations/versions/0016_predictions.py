"""What was predicted of each customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import UtcDateTime

revision = "0016_predictions"
down_revision = "0015_learned"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No foreign key: it is derived, and erasure finds it by its column."""
    op.create_table(
        "prediction",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("buy_30d", sa.Float),
        sa.Column("buy_60d", sa.Float),
        sa.Column("buy_90d", sa.Float),
        sa.Column("value_12m", sa.Float),
        sa.Column("currency", sa.String),
        sa.Column("next_order_at", UtcDateTime()),
        sa.Column("basis_30d", sa.String, nullable=False),
        sa.Column("basis_60d", sa.String, nullable=False),
        sa.Column("basis_90d", sa.String, nullable=False),
        sa.Column("basis_12m", sa.String, nullable=False),
    )


def downgrade() -> None:
    """It can be predicted again."""
    op.drop_table("prediction")
