"""Rows of lessons: what each review taught."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.types import EncryptedJson, UtcDateTime


class LessonRow(SQLModel, table=True):
    """One lesson. It goes with its review when that is undone, and with its customer when they are erased."""

    __tablename__: ClassVar[Any] = "lesson"
    __table_args__ = (Index("ix_lesson_kind_at", "kind", "at", "id"),)

    id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=16)
    """`composer.lessons.model.Kind`."""
    review_id: str = Field(max_length=64, index=True)
    email_id: str = Field(max_length=64, index=True)
    customer: str = Field(max_length=255, index=True)
    """The shop's own customer id; empty once the e-mail is kept no more."""
    campaign_id: str = Field(max_length=64)
    flow: str = Field(max_length=32)
    language: str = Field(default="", max_length=35)
    """Of the text: the first part of its BCP 47 tag."""
    block: str = Field(default="", max_length=16)
    """Of an example: `subject`, `opening`, `pitch` …"""
    dimension: str = Field(default="", max_length=16)
    """Of a preference: `angle`, `tone` or `length`."""
    arm: str = Field(default="", max_length=64)
    """Of a preference: what the vote is about; of an example: the tone it was written in."""
    good: bool = False
    """Of a preference: a vote for; of an example: it was edited by hand."""
    unfit: str = Field(default="", max_length=16)
    body: dict[str, Any] | None = Field(default=None, sa_type=EncryptedJson)
    """Texts; None for a preference."""
    reviewer: str = Field(max_length=100)
    at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    removed_by: str = Field(default="", max_length=100)
    changed_at: datetime = Field(sa_type=UtcDateTime, index=True)
    """What composing holds in memory is read anew when this moves."""
