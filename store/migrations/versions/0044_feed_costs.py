"""What products cost the shop comes with their feed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Amount

revision = "0044_feed_costs"
down_revision = "0043_memory_inline"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Costs wait with the rows of their import, as it may be held back; a report counts them."""
    op.create_table(
        "feed_staged_cost",
        sa.Column("import_id", sa.String(64), sa.ForeignKey("feed_import.id", ondelete="CASCADE"), nullable=False),
        sa.Column("product_id", sa.String(128), nullable=False),
        sa.Column("amount", Amount(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "product_id"),
    )
    op.add_column("feed_import", sa.Column("costs", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Costs come by their own file alone."""
    op.drop_column("feed_import", "costs")
    op.drop_table("feed_staged_cost")
