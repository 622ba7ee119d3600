"""What jobs learn from all customers together, and what each contact was about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_learned"
down_revision = "0014_revisions"
branch_labels = None
depends_on = None

ABOUT = ("flow", "step", "occasion")


def upgrade() -> None:
    """Create the table and the columns."""
    op.create_table(
        "learned",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    for name in ABOUT:
        op.add_column("contact", sa.Column(name, sa.String, nullable=False, server_default=""))


def downgrade() -> None:
    """It can be learned again."""
    for name in ABOUT:
        op.drop_column("contact", name)
    op.drop_table("learned")
