"""What a product's former price is by the shop's word: the EU asks for it (98/6/EC, article 6a)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_compare_at_basis"
down_revision = "0005_api"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Products that are there already have none."""
    op.add_column("product", sa.Column("compare_at_basis", sa.String(20)))


def downgrade() -> None:
    """Forgets what the shop said."""
    op.drop_column("product", "compare_at_basis")
