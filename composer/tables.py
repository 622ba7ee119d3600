"""Tables of this room: brands, campaigns with their immutable versions, finished e-mails, records, artifacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import EncryptedBytes, JsonDocument, UtcDateTime


class BrandRow(SQLModel, table=True):
    """The current document of one brand, and its version; campaigns freeze the one they were saved under."""

    __tablename__: ClassVar[Any] = "brand"

    id: str = Field(primary_key=True, max_length=64)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    document: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    updated_at: datetime = Field(sa_type=UtcDateTime)


class BrandVersionRow(SQLModel, table=True):
    """One immutable version of a brand. Never updated."""

    __tablename__: ClassVar[Any] = "brand_version"

    brand_id: str = Field(primary_key=True, max_length=64, foreign_key="brand.id")
    version: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    saved_by: str = Field(default="", max_length=100, sa_column_kwargs={"server_default": ""})
    """As `CampaignVersionRow.saved_by`."""


class CampaignRow(SQLModel, table=True):
    """A campaign and which of its versions is current."""

    __tablename__: ClassVar[Any] = "campaign"

    id: str = Field(primary_key=True, max_length=64)
    version: int
    flow: str = Field(max_length=32)
    name: str = Field(max_length=300)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class CampaignVersionRow(SQLModel, table=True):
    """One immutable version: the campaign's document and the brand's as they stood. Never updated."""

    __tablename__: ClassVar[Any] = "campaign_version"

    campaign_id: str = Field(primary_key=True, max_length=64, foreign_key="campaign.id")
    version: int = Field(primary_key=True)
    document: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    brand: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    brand_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Which version of the brand that is; 0: one from before brands had versions."""
    saved_by: str = Field(default="", max_length=100, sa_column_kwargs={"server_default": ""})
    """Who made it: an account, an API key, a user of the command line; empty where that was not noted."""


class EmailRow(SQLModel, table=True):
    """One finished e-mail. The unique constraint is the idempotency key: whoever inserts first has written it."""

    __tablename__: ClassVar[Any] = "email"
    __table_args__ = (
        UniqueConstraint("campaign_id", "campaign_version", "customer", "step", "occasion"),
        Index("ix_email_customer_created", "customer", "created_at"),
        # Holds all that drawing a sample asks: the rows themselves are long, and a run has many.
        Index("ix_email_review", "run_id", "created_at", "campaign_id", "stratum", "risk", "id"),
    )

    id: str = Field(primary_key=True, max_length=64)
    campaign_id: str = Field(max_length=64)
    campaign_version: int
    customer: str = Field(max_length=255)
    """The shop's own customer id."""
    step: str = Field(max_length=64)
    occasion: str = Field(max_length=128)
    path: str = Field(max_length=16)
    products: list[str] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """Ids of the picks shown, so that the next e-mail does not show them again."""
    result: bytes = Field(sa_column=Column(EncryptedBytes(), nullable=False))
    """The whole `ComposeResult` (`composer.record.deflated`): it holds the rendered first name, so it is encrypted."""
    record: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    run_id: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """The run that composed it; empty for one that was asked for alone."""
    held: str = Field(default="", max_length=16, sa_column_kwargs={"server_default": ""})
    """Why it may not go out: `rejected` by a reviewer; empty where nothing stands against it."""
    stratum: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """What samples are stratified by (`composer.reviews`)."""
    risk: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    """How much there is to look at, from 0 to 1."""
    why: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    """Codes of what makes it worth a look, with spaces between (`composer.reviews.strata.WHY`)."""


class EmailRevisionRow(SQLModel, table=True):
    """That an e-mail was rebuilt because what it shows had changed, and what it was before. Append-only."""

    __tablename__: ClassVar[Any] = "email_revision"

    email_id: str = Field(primary_key=True, max_length=64, foreign_key="email.id")
    number: int = Field(primary_key=True)
    """Counted from 1; `ComposeResult.revision` of what it became."""
    why: list[str] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """Reason codes (`composer.shown.Change`), sorted."""
    record_before: str = Field(max_length=64)
    record_after: str = Field(max_length=64)
    result_before: bytes = Field(sa_column=Column(EncryptedBytes(), nullable=False))
    """As `EmailRow.result`."""
    at: datetime = Field(sa_type=UtcDateTime)


class RecordRow(SQLModel, table=True):
    """A compose record under the SHA-256 of its canonical JSON."""

    __tablename__: ClassVar[Any] = "compose_record"

    hash: str = Field(primary_key=True, max_length=64)
    body: bytes = Field(sa_column=Column(EncryptedBytes(), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class ArtifactRow(SQLModel, table=True):
    """A template as it was used, under its content hash, so that replay never depends on today's files."""

    __tablename__: ClassVar[Any] = "artifact"

    hash: str = Field(primary_key=True, max_length=64)
    text: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)


class PreviewRow(SQLModel, table=True):
    """An e-mail that is looked at and not sent; kept for an hour (`composer.previews`)."""

    __tablename__: ClassVar[Any] = "preview"

    id: str = Field(primary_key=True, max_length=64)
    customer: str = Field(max_length=255, index=True)
    """The shop's own customer id."""
    body: bytes = Field(sa_column=Column(EncryptedBytes(), nullable=False))
    """Result and record, deflated."""
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
