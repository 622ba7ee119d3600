"""Versions of brands: what each was, when and by whom it was saved; which one a campaign's version was saved under."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import JsonDocument, UtcDateTime

revision = "0039_brand_versions"
down_revision = "0038_shop_line"
branch_labels = None
depends_on = None

BRAND = sa.table("brand", sa.column("id"), sa.column("document", JsonDocument()), sa.column("updated_at"))
CAMPAIGN = sa.table(
    "campaign_version",
    sa.column("campaign_id"),
    sa.column("version"),
    sa.column("brand", JsonDocument()),
    sa.column("brand_version"),
)


def upgrade() -> None:
    """Add the table; each brand as it is now becomes its first version.

    Campaigns that froze just that were saved under it; which version others rest on is not known any more (0).
    """
    op.create_table(
        "brand_version",
        sa.Column("brand_id", sa.String(64), sa.ForeignKey("brand.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("saved_by", sa.String(100), nullable=False, server_default=""),
    )
    op.add_column("brand", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("campaign_version", sa.Column("brand_version", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "INSERT INTO brand_version (brand_id, version, document, created_at) "
        "SELECT id, 1, document, updated_at FROM brand"
    )
    _name_the_first()


def _name_the_first() -> None:
    """By the documents: databases differ in how they compare JSON."""
    bind = op.get_bind()
    now = {row.id: row.document for row in bind.execute(sa.select(BRAND.c.id, BRAND.c.document))}
    rows = bind.execute(sa.select(CAMPAIGN.c.campaign_id, CAMPAIGN.c.version, CAMPAIGN.c.brand)).all()
    for campaign, version, frozen in rows:
        if frozen == now.get(frozen.get("id")):
            which = (CAMPAIGN.c.campaign_id == campaign) & (CAMPAIGN.c.version == version)
            bind.execute(CAMPAIGN.update().where(which).values(brand_version=1))


def downgrade() -> None:
    """Drop all but what brands are now."""
    op.drop_column("campaign_version", "brand_version")
    op.drop_column("brand", "version")
    op.drop_table("brand_version")
