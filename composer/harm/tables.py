"""The alarms, standing and closed. They name nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class AlarmRow(SQLModel, table=True):
    """As `composer.harm.model.Alarm`. It stands while `closed_at` is empty."""

    __tablename__: ClassVar[Any] = "harm_alarm"
    __table_args__ = (Index("ix_harm_alarm_closed_at", "closed_at"),)

    id: str = Field(primary_key=True, max_length=64)
    """Of its key and how many it had before: two who raise it at once raise one."""
    level: str = Field(max_length=16)
    name: str = Field(max_length=64)
    measure: str = Field(max_length=16)
    rule: str = Field(max_length=16)
    rules: str = Field(max_length=32)
    since: datetime = Field(sa_type=UtcDateTime)
    emails: int
    happened: int
    against_emails: int
    against_happened: int
    bar: float
    raised_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str = Field(default="", max_length=100)
    reason: str = Field(default="", max_length=500)
