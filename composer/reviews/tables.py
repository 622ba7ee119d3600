"""Rows of reviews: samples, what is in them, every decision, and which runs wait for one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from store.types import EncryptedText, JsonDocument, UtcDateTime


class SampleRow(SQLModel, table=True):
    """One sample of e-mails to review: of a run, or of what was composed one by one."""

    __tablename__: ClassVar[Any] = "review_sample"

    id: str = Field(primary_key=True, max_length=64)
    run_id: str = Field(default="", max_length=64, index=True)
    """Empty for e-mails that belong to no run."""
    campaign_id: str = Field(default="", max_length=64)
    """Empty for e-mails of several campaigns."""
    population: int
    """E-mails it was drawn from."""
    strata: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Kinds of e-mails among them."""
    seed: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})
    """Of the random part: drawn again with it, it comes out the same."""
    terms: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """The `ReviewTerms` it was drawn for."""
    status: str = Field(default="open", max_length=16)
    """`open`, `accepted` or `refused`."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=100)
    """As the audit log names who acts."""
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str = Field(default="", max_length=100)


class SampleItemRow(SQLModel, table=True):
    """One e-mail in a sample, in the order of review."""

    __tablename__: ClassVar[Any] = "review_item"
    __table_args__ = (Index("ix_review_item_email", "email_id"),)

    sample_id: str = Field(primary_key=True, max_length=64, foreign_key="review_sample.id")
    position: int = Field(primary_key=True)
    email_id: str = Field(max_length=64)
    customer: str = Field(max_length=255, index=True)
    """The shop's own customer id."""
    part: str = Field(max_length=16)
    stratum: str = Field(default="", max_length=200)
    risk: float = 0.0
    why: list[str] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """Codes of what makes it worth a look."""
    decision: str = Field(default="", max_length=16)
    """The `Decision` that stands; empty: not reviewed yet."""
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ReviewRow(SQLModel, table=True):
    """One decision about one e-mail. Never changed, but that it was undone."""

    __tablename__: ClassVar[Any] = "review"
    __table_args__ = (Index("ix_review_email", "email_id", "at"), Index("ix_review_campaign", "campaign_id", "at"))

    id: str = Field(primary_key=True, max_length=64)
    email_id: str = Field(max_length=64)
    customer: str = Field(max_length=255, index=True)
    campaign_id: str = Field(max_length=64)
    campaign_version: int
    sample_id: str = Field(default="", max_length=64)
    decision: str = Field(max_length=16)
    reasons: list[str] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """`RejectReason`s."""
    words: str | None = Field(default=None, sa_type=EncryptedText)
    """What the reviewer wrote."""
    block: str = Field(default="", max_length=255)
    """For an edit: the key of the block."""
    before: str | None = Field(default=None, sa_type=EncryptedText)
    after: str | None = Field(default=None, sa_type=EncryptedText)
    revision: int = 0
    """The e-mail's revision that was judged; of an edit, the one it made."""
    reviewer: str = Field(max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    undone_by: str = Field(default="", max_length=100)


class RunGateRow(SQLModel, table=True):
    """That nothing that a run writes leaves before somebody released it."""

    __tablename__: ClassVar[Any] = "run_gate"

    run_id: str = Field(primary_key=True, max_length=64)
    campaign_id: str = Field(max_length=64, index=True)
    sample_id: str = Field(default="", max_length=64)
    """The newest drawn of it."""
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    released_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """What was written up to then may leave: what is retried after a sample was drawn waits for another one."""
    released_by: str = Field(default="", max_length=100)
