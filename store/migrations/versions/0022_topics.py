"""Consent per purpose and topic: what each person chose, and what a change of consent was about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_topics"
down_revision = "0021_customer_imports"
branch_labels = None
depends_on = None

OBJECTIONS = ("personalisation_off", "predictions_off")


def upgrade() -> None:
    """Add the columns; what was said before was about marketing e-mail."""
    op.add_column("consent", sa.Column("choices", sa.LargeBinary, nullable=True))
    for name in OBJECTIONS:
        op.add_column("consent", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("consent_change", sa.Column("about", sa.LargeBinary, nullable=True))


def downgrade() -> None:
    """What was chosen is lost: nobody of that version would follow it."""
    op.drop_column("consent_change", "about")
    for name in (*OBJECTIONS, "choices"):
        op.drop_column("consent", name)
