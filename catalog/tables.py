"""Tables of this room: products, their vectors, what is learned from baskets, and what imports reported."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, ForeignKey, Text
from sqlmodel import Field, SQLModel

from store.types import Amount, JsonDocument, UtcDateTime


class ProductRow(SQLModel, table=True):
    """One product, field by field as `catalog.model.Product`."""

    __tablename__: ClassVar[Any] = "product"

    id: str = Field(primary_key=True, max_length=128)
    title: str = Field(max_length=300)
    description: str = Field(sa_column=Column(Text, nullable=False))
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
    attributes: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    stock: int | None = Field(default=None, sa_type=BigInteger)
    consumable_days: int | None = None
    added_at: datetime = Field(sa_type=UtcDateTime)
    content_hash: str = Field(max_length=64)
    """SHA-256 of the product as it came in: an unchanged row of a feed writes nothing."""
    active: bool = True
    """False after `delete`: kept so that a past order can still be named, never picked or found."""
    updated_at: datetime = Field(sa_type=UtcDateTime)


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


class ImportReportRow(SQLModel, table=True):
    """One feed import, counted."""

    __tablename__: ClassVar[Any] = "import_report"

    id: str = Field(primary_key=True, max_length=64)
    format: str = Field(max_length=16)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime = Field(sa_type=UtcDateTime)
    imported: int
    changed: int
    unchanged: int
    rejected_count: int
    mended_count: int


class RowIssueRow(SQLModel, table=True):
    """One row of a feed that was left out or mended, with its reason and the fix."""

    __tablename__: ClassVar[Any] = "rejected_row"

    report_id: str = Field(
        sa_column=Column(ForeignKey("import_report.id", ondelete="CASCADE"), primary_key=True), max_length=64
    )
    number: int = Field(primary_key=True)
    """Order of appearance within the report."""
    rejected: bool
    """False where the row came in with a field mended."""
    line: int
    product_id: str | None = Field(default=None, max_length=128)
    field: str | None = Field(default=None, max_length=64)
    reason: str = Field(sa_column=Column(Text, nullable=False))
    fix: str = Field(sa_column=Column(Text, nullable=False))
