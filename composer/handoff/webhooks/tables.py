"""Rows of outgoing webhooks: who wants to know what, and one row for each thing told to each of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import EncryptedText, JsonDocument, UtcDateTime


class EndpointRow(SQLModel, table=True):
    """An address of somebody else's that wants to know. Its URL may hold a secret of theirs, so it is encrypted."""

    __tablename__: ClassVar[Any] = "webhook_endpoint"

    id: str = Field(primary_key=True, max_length=64)
    url: str = Field(sa_type=EncryptedText)
    description: str = Field(default="", max_length=300)
    types: list[str] = Field(sa_column=Column(JsonDocument(), nullable=False))
    secret: str = Field(sa_type=EncryptedText)
    """`whsec_…`: shown once, when the endpoint is added."""
    disabled: str = Field(default="", max_length=64)
    """Why nothing is sent there any more; empty while it is."""
    seen: int = Field(sa_column=Column(BigInteger(), nullable=False))
    """All events of runs up to this one have been looked at."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class NoticeRow(SQLModel, table=True):
    """One message to one endpoint: kept until it was answered, and a while longer to be looked at."""

    __tablename__: ClassVar[Any] = "webhook_notice"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_notice_due", "status", "next_at"),
    )

    id: str = Field(primary_key=True, max_length=64)
    """The `webhook-id`: the same in every attempt."""
    endpoint_id: str = Field(max_length=64, foreign_key="webhook_endpoint.id")
    event_id: int | None = Field(default=None, sa_column=Column(BigInteger(), nullable=True))
    """The run's event it tells of; None for a test."""
    type: str = Field(max_length=64)
    body: str
    """The JSON that is signed and sent, byte for byte."""
    status: str = Field(default="pending", max_length=16)
    reason: str = Field(default="", max_length=64)
    code: int = 0
    """The HTTP status of the last answer; 0 where there was none."""
    attempts: int = 0
    owner: str = Field(default="", max_length=64)
    next_at: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
