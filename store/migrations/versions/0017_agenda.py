"""Who is due for which flow, and when; whose agenda is to be made again; who wants what, and what is news of it.

Everybody that memory knows is noted: their agendas are made when somebody first asks. Recipients of a run may each have
a step and an occasion of their own. `product_seen` is what the catalog compares with to see what became cheaper.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Amount, UtcDateTime

revision = "0017_agenda"
down_revision = "0016_predictions"
branch_labels = None
depends_on = None

TABLES = ("agenda_stale", "agenda", "wanted", "product_news", "product_seen")


def upgrade() -> None:
    """No foreign keys: what is derived from memory is swept out when it is made again."""
    op.create_table(
        "agenda_stale",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "agenda",
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("flow", sa.String, primary_key=True),
        sa.Column("occasion", sa.String, primary_key=True),
        sa.Column("step", sa.String, primary_key=True),
        sa.Column("since_at", UtcDateTime(), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=False),
        sa.Column("product_id", sa.String, nullable=False),
        sa.Column("consented", sa.Boolean, nullable=False),
    )
    op.create_index("ix_agenda_flow_from", "agenda", ["flow", "from_at", "customer_id"])
    op.create_index("ix_agenda_until", "agenda", ["until_at"])
    op.create_table(
        "wanted",
        sa.Column("product_id", sa.String, primary_key=True),
        sa.Column("customer_id", sa.String, primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_wanted_customer", "wanted", ["customer_id"])
    _create_news()
    for name in ("step", "occasion"):
        op.add_column("recipient", sa.Column(name, sa.String(128), nullable=False, server_default=""))
    op.execute("INSERT INTO agenda_stale (customer_id, at) SELECT customer_id, CURRENT_TIMESTAMP FROM memory_state")


def _create_news() -> None:
    op.create_table(
        "product_news",
        sa.Column("product_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("at", UtcDateTime(), primary_key=True),
        sa.Column("until_at", UtcDateTime(), nullable=False),
        sa.Column("before", Amount(), nullable=True),
        sa.Column("after", Amount(), nullable=True),
        sa.Column("currency", sa.String, nullable=True),
    )
    op.create_index("ix_product_news_until", "product_news", ["until_at"])
    op.create_table(
        "product_seen",
        sa.Column("product_id", sa.String(128), primary_key=True),
        sa.Column("price", Amount(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.Column("there", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """All of it is derived."""
    for name in ("occasion", "step"):
        op.drop_column("recipient", name)
    for table in TABLES:
        op.drop_table(table)
