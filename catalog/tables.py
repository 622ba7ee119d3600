"""Tables of this room: products, their vectors, what is learned from baskets, feeds and what their imports reported."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Index, PrimaryKeyConstraint, String, Text
from sqlmodel import Field, SQLModel

from store.types import Amount, EncryptedJson, JsonDocument, UtcDateTime


class ProductColumns(SQLModel):
    """One product, field by field as `catalog.model.Product`, and what only the store knows of it."""

    id: str = Field(primary_key=True, max_length=128)
    title: str = Field(max_length=300)
    description: str = Field(sa_type=Text)
    link: str = Field(max_length=2000)
    image_link: str | None = Field(default=None, max_length=2000)
    availability: str = Field(max_length=16)
    price: Decimal | None = Field(default=None, sa_type=Amount)
    currency: str | None = Field(default=None, max_length=3)
    sale_price: Decimal | None = Field(default=None, sa_type=Amount)
    sale_price_starts: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sale_price_ends: datetime | None = Field(default=None, sa_type=UtcDateTime)
    compare_at_basis: str | None = Field(default=None, max_length=20)
    item_group_id: str | None = Field(default=None, max_length=128)
    brand: str | None = Field(default=None, max_length=100)
    gtin: str | None = Field(default=None, max_length=50)
    google_product_category: str | None = Field(default=None, max_length=750)
    product_type: str | None = Field(default=None, max_length=750)
    condition: str | None = Field(default=None, max_length=30)
    color: str | None = Field(default=None, max_length=100)
    size: str | None = Field(default=None, max_length=100)
    material: str | None = Field(default=None, max_length=200)
    attributes: dict[str, Any] = Field(sa_type=JsonDocument)
    stock: int | None = Field(default=None, sa_type=BigInteger)
    consumable_days: int | None = None
    added_at: datetime = Field(sa_type=UtcDateTime)
    content_hash: str = Field(max_length=64)
    """SHA-256 of the product as it came in: an unchanged row of a feed writes nothing."""
    active: bool = True
    """False after `delete`, or once its feed no longer has it: kept so that a past order can still be named, never
    picked or found."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
    feed_id: str | None = Field(default=None, max_length=64)
    """The full feed that owns it and whose silence takes it off the shelf; None for all other ways in."""


class ProductRow(ProductColumns, table=True):
    """The shop's products, sold now or once."""

    __tablename__: ClassVar[Any] = "product"
    __table_args__: ClassVar[Any] = (Index("ix_product_feed_id", "feed_id"),)


class EmbeddingRow(SQLModel, table=True):
    """The vector of one product's text. Stale once its text hash or the model is another."""

    __tablename__: ClassVar[Any] = "product_embedding"

    product_id: str = Field(
        sa_column=Column(ForeignKey("product.id", ondelete="CASCADE"), primary_key=True), max_length=128
    )
    text_hash: str = Field(max_length=64)
    model_id: str = Field(max_length=100)
    vector: bytes
    """Little-endian float32, unit length."""
    changed: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0", index=True))
    """As `ProductChangeRow.changed`."""


class ProductChangeRow(SQLModel, table=True):
    """When a product last changed, in the order of transactions. Written by triggers (migration 0009)."""

    __tablename__: ClassVar[Any] = "product_change"
    __table_args__: ClassVar[Any] = (Index("ix_product_change_changed", "changed", "active"),)

    product_id: str = Field(primary_key=True, max_length=128)
    changed: int = Field(sa_type=BigInteger)
    active: bool


class SignalRow(SQLModel, table=True):
    """What baskets say about one product. Its id may be of a product the catalog does not hold (yet)."""

    __tablename__: ClassVar[Any] = "product_signal"

    product_id: str = Field(primary_key=True, max_length=128)
    neighbours: str = Field(sa_column=Column(Text, nullable=False))
    """JSON text `[[product id, score 0..1, baskets], …]`, best first. Text, since it is parsed only for
    the few products a pick starts from, never for the whole catalog."""
    popularity: float
    """Recency-weighted baskets, 0..1 of the most popular product's."""
    baskets: int
    learned_at: datetime = Field(sa_type=UtcDateTime)


class FeedRow(SQLModel, table=True):
    """A feed that is fetched again and again (`catalog.feeds.feed.Feed`), and where it stands."""

    __tablename__: ClassVar[Any] = "feed"

    id: str = Field(primary_key=True, max_length=64)
    document: dict[str, Any] = Field(sa_type=JsonDocument)
    """`catalog.feeds.feed.Feed` but for its id and secrets."""
    secrets: dict[str, Any] = Field(sa_type=EncryptedJson)
    """Source and headers: the address of a feed is often its only password."""
    paused: bool = False
    failures: int = 0
    """Fetches that failed since the last that did not."""
    validators: dict[str, Any] = Field(sa_type=JsonDocument)
    """What the last feed that was judged is known by (`catalog.feeds.fetch.Validators`)."""
    held_import_id: str | None = Field(default=None, max_length=64)
    """The import that waits for a person's word."""
    next_at: datetime = Field(sa_type=UtcDateTime, index=True)
    lease: str | None = Field(default=None, max_length=64)
    """The import that works on this feed now; nobody else may until `leased_until`."""
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


def _import_id() -> Column[str]:
    return Column(ForeignKey("feed_import.id", ondelete="CASCADE"), primary_key=True)


class ImportRow(SQLModel, table=True):
    """One feed import, counted: `catalog.feeds.report.ImportReport`."""

    __tablename__: ClassVar[Any] = "feed_import"
    __table_args__: ClassVar[Any] = (Index("ix_feed_import_feed_id", "feed_id", "id"),)

    id: str = Field(primary_key=True, max_length=64)
    feed_id: str | None = Field(
        default=None, sa_column=Column(String(64), ForeignKey("feed.id", ondelete="CASCADE"), nullable=True)
    )
    mode: str = Field(max_length=8)
    status: str = Field(max_length=16)
    format: str | None = Field(default=None, max_length=32)
    started_at: datetime = Field(sa_type=UtcDateTime)
    alive_at: datetime = Field(sa_type=UtcDateTime)
    """When the process that runs it last said so: one that has been silent for long has died."""
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rows: int = 0
    imported: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    price_changes: int = 0
    stock_changes: int = 0
    costs: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    rejected_count: int = 0
    mended_count: int = 0
    sellable_before: int = 0
    sellable_after: int = 0
    warnings: list[dict[str, Any]] = Field(sa_type=JsonDocument)
    failure: dict[str, Any] | None = Field(default=None, sa_type=JsonDocument)


class RowIssueRow(SQLModel, table=True):
    """One row of a feed that was left out or mended, with its reason and the fix."""

    __tablename__: ClassVar[Any] = "feed_import_issue"

    import_id: str = Field(sa_column=_import_id())
    number: int = Field(primary_key=True)
    """Order of appearance within the import, rejected rows first."""
    rejected: bool
    """False where the row came in with a field mended."""
    line: int
    product_id: str | None = Field(default=None, max_length=128)
    field: str | None = Field(default=None, max_length=64)
    reason: str = Field(sa_type=Text)
    fix: str = Field(sa_type=Text)


class StagedRow(ProductColumns, table=True):
    """A product as an import would write it. It waits here until the whole feed was read and judged."""

    __tablename__: ClassVar[Any] = "feed_staged_product"
    __table_args__: ClassVar[Any] = (PrimaryKeyConstraint("import_id", "id"),)

    import_id: str = Field(sa_column=_import_id())


class StagedCostRow(SQLModel, table=True):
    """What a product costs the shop, as an import would write it; see `CostRow`."""

    __tablename__: ClassVar[Any] = "feed_staged_cost"

    import_id: str = Field(sa_column=_import_id())
    product_id: str = Field(primary_key=True, max_length=128)
    amount: Decimal = Field(sa_type=Amount)


class MissingRow(SQLModel, table=True):
    """A product that a full feed no longer has, and that its import would take off the shelf."""

    __tablename__: ClassVar[Any] = "feed_missing_product"

    import_id: str = Field(sa_column=_import_id())
    product_id: str = Field(primary_key=True, max_length=128)


class MerchandisingRow(SQLModel, table=True):
    """One version of what a merchandiser wants (`catalog.merchandising.Merchandising`). Never updated."""

    __tablename__: ClassVar[Any] = "merchandising"

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: dict[str, Any] = Field(sa_type=JsonDocument)
    created_at: datetime = Field(sa_type=UtcDateTime)


class CostRow(SQLModel, table=True):
    """What a unit of a product costs the shop. Apart from the product on purpose: nothing that reads products, shows
    them or writes about them can come upon it.
    """

    __tablename__: ClassVar[Any] = "product_cost"

    product_id: str = Field(primary_key=True, max_length=128)
    """Its product may not be in the catalog (yet)."""
    amount: Decimal = Field(sa_type=Amount)
    """In the currency of the product's price."""
    updated_at: datetime = Field(sa_type=UtcDateTime)


class SeenRow(SQLModel, table=True):
    """What a product cost and whether it could be had, when changes of it were last looked for (`catalog.noticing`)."""

    __tablename__: ClassVar[Any] = "product_seen"

    product_id: str = Field(primary_key=True, max_length=128)
    price: Decimal | None = Field(default=None, sa_type=Amount)
    """The highest since it was last noticed to be cheaper: small steps down add up. None: had no price."""
    currency: str | None = Field(default=None, max_length=3)
    there: bool
