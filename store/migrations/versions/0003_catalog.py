"""Products, vectors, basket signals, import reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Amount, JsonDocument, UtcDateTime

revision = "0003_catalog"
down_revision = "0002_memory"
branch_labels = None
depends_on = None


def _create_product() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("link", sa.String(2000), nullable=False),
        sa.Column("image_link", sa.String(2000)),
        sa.Column("availability", sa.String(16), nullable=False),
        sa.Column("price", Amount),
        sa.Column("currency", sa.String(3)),
        sa.Column("sale_price", Amount),
        sa.Column("sale_price_starts", UtcDateTime),
        sa.Column("sale_price_ends", UtcDateTime),
        sa.Column("item_group_id", sa.String(128)),
        sa.Column("brand", sa.String(100)),
        sa.Column("gtin", sa.String(50)),
        sa.Column("google_product_category", sa.String(750)),
        sa.Column("product_type", sa.String(750)),
        sa.Column("condition", sa.String(30)),
        sa.Column("color", sa.String(100)),
        sa.Column("size", sa.String(100)),
        sa.Column("material", sa.String(200)),
        sa.Column("attributes", JsonDocument, nullable=False),
        sa.Column("stock", sa.BigInteger),
        sa.Column("consumable_days", sa.Integer),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
    )


def _product_id() -> sa.Column[str]:
    owner = sa.ForeignKey("product.id", ondelete="CASCADE")
    return sa.Column("product_id", sa.String(128), owner, primary_key=True)


def _create_derived() -> None:
    op.create_table(
        "product_embedding",
        _product_id(),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("model_id", sa.String(100), nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "product_signal",
        sa.Column("product_id", sa.String(128), primary_key=True),
        sa.Column("neighbours", sa.Text, nullable=False),
        sa.Column("popularity", sa.Float, nullable=False),
        sa.Column("baskets", sa.Integer, nullable=False),
        sa.Column("learned_at", UtcDateTime, nullable=False),
    )


def _create_reports() -> None:
    op.create_table(
        "import_report",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("format", sa.String(16), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("imported", "changed", "unchanged", "rejected_count", "mended_count")
        ),
    )
    op.create_table(
        "rejected_row",
        sa.Column(
            "report_id",
            sa.String(64),
            sa.ForeignKey("import_report.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rejected", sa.Boolean, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("product_id", sa.String(128)),
        sa.Column("field", sa.String(64)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("fix", sa.Text, nullable=False),
    )


def upgrade() -> None:
    """Create the catalog's tables."""
    _create_product()
    _create_derived()
    _create_reports()
