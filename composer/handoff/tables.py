"""Rows of hand-offs: the hand-off, and one row an e-mail in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from store.types import EncryptedText, JsonDocument, UtcDateTime

ONCE = text("status IN ('pending', 'sent')")
NOT_SENT = text("status IN ('refused', 'failed', 'suppressed')")
"""Both for queries too: SQLite uses a partial index only where its condition stands in the query as it was written."""


class HandoffRow(SQLModel, table=True):
    """The composed e-mails of one run, going out through one channel."""

    __tablename__: ClassVar[Any] = "handoff"

    id: str = Field(primary_key=True, max_length=64)
    run_id: str = Field(max_length=64, foreign_key="run.id", index=True)
    campaign_id: str = Field(max_length=64)
    campaign_version: int
    request: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    status: str = Field(max_length=16)
    reason: str = Field(default="", max_length=64)
    detail: str = Field(default="", max_length=500)
    emails: int
    rests: int = 0
    """How often in a row the far side was away."""
    rests_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeliveryRow(SQLModel, table=True):
    """One e-mail in one hand-off: the truth. Moves from `pending` when the far side has answered, never before.

    An e-mail is on its way or delivered at most once, whatever the number of hand-offs: `ix_handoff_delivery_once`.
    """

    __tablename__: ClassVar[Any] = "handoff_delivery"
    __table_args__ = (
        Index("ix_handoff_delivery_due", "handoff_id", "status", "next_at", "position"),
        Index("ix_handoff_delivery_once", "email_id", unique=True, sqlite_where=ONCE, postgresql_where=ONCE),
        Index(
            "ix_handoff_delivery_not_sent", "handoff_id", "position", sqlite_where=NOT_SENT, postgresql_where=NOT_SENT
        ),
    )

    handoff_id: str = Field(primary_key=True, max_length=64, foreign_key="handoff.id")
    position: int = Field(primary_key=True)
    """The recipient's in the run."""
    email_id: str = Field(max_length=64)
    """Also the idempotency key."""
    customer: str = Field(max_length=255)
    """The shop's own customer id."""
    status: str = Field(default="pending", max_length=16)
    reason: str = Field(default="", max_length=64)
    code: str = Field(default="", max_length=16)
    answer: str | None = Field(default=None, sa_type=EncryptedText)
    """The far side's own words, which may name the address."""
    attempts: int = 0
    owner: str = Field(default="", max_length=64)
    """Who is delivering it now; empty when nobody is."""
    next_at: datetime = Field(sa_type=UtcDateTime)
    """When a pending row may be taken (again): at once, after a wait, or when its owner was silent for too long."""
    updated_at: datetime = Field(sa_type=UtcDateTime)
