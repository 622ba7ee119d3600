"""Rows of comparisons: what is compared, each customer's two e-mails, who preferred which, who knows which is which."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from store.types import EncryptedBytes, JsonDocument, UtcDateTime


class ComparisonRow(SQLModel, table=True):
    """One comparison."""

    __tablename__: ClassVar[Any] = "comparison"

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    sides: list[dict[str, Any]] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """A and B (`model.Side`)."""
    wanted: int
    """Pairs."""
    status: str = Field(default="writing", max_length=16)
    """`writing`, `ready` or `stopped`."""
    detail: str = Field(default="", max_length=500)
    """Why it stopped, or why there are fewer pairs than wanted."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=100)
    moved_at: datetime = Field(sa_type=UtcDateTime)
    """The sign of life of whoever writes pairs, and their claim to it: it moves with each customer."""


class ComparedRow(SQLModel, table=True):
    """One customer's e-mail of either side."""

    __tablename__: ClassVar[Any] = "compared"

    comparison_id: str = Field(primary_key=True, max_length=64, foreign_key="comparison.id")
    position: int = Field(primary_key=True)
    customer: str = Field(max_length=255, index=True)
    """The shop's own customer id."""
    lifecycle: str = Field(default="", max_length=16)
    same: bool = False
    """Both say the same."""
    votable: bool = True
    """There is something to prefer: both wrote, and not the same."""
    a: bytes = Field(sa_column=Column(EncryptedBytes(), nullable=False))
    """A `ComposeResult`, deflated; a skip says why there is no e-mail."""
    b: bytes = Field(sa_column=Column(EncryptedBytes(), nullable=False))


class VoteRow(SQLModel, table=True):
    """What one reviewer preferred of one pair. Never changed, but that it was undone."""

    __tablename__: ClassVar[Any] = "vote"

    id: str = Field(primary_key=True, max_length=64)
    comparison_id: str = Field(max_length=64, index=True)
    position: int
    reviewer: str = Field(max_length=100)
    left: str = Field(max_length=1)
    """Which side stood on the left: `a` or `b`."""
    choice: str = Field(max_length=8)
    """`a`, `b`, `tie` or `neither`."""
    at: datetime = Field(sa_type=UtcDateTime)
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ShownRow(SQLModel, table=True):
    """That somebody was shown which side is which: from then on they vote no more."""

    __tablename__: ClassVar[Any] = "comparison_shown"

    comparison_id: str = Field(primary_key=True, max_length=64)
    reviewer: str = Field(primary_key=True, max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)
