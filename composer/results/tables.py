"""Rows of results: figures by campaign, side and day. They name no person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Date
from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class ResultDayRow(SQLModel, table=True):
    """What came of those whom a campaign came to on one day (UTC), on one side."""

    __tablename__: ClassVar[Any] = "result_day"

    campaign_id: str = Field(primary_key=True, max_length=64)
    side: str = Field(primary_key=True, max_length=16)
    """`mailed` or `holdout`."""
    day: date = Field(sa_column=Column(Date(), primary_key=True))
    customers: int = 0
    emails: int = 0
    delivered: int = 0
    opened: int = 0
    """E-mails opened by a person."""
    machine_opened: int = 0
    """E-mails that only machines opened, as far as that can be told."""
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    buyers: int = 0
    orders: int = 0
    other_currency: int = 0
    """Orders in another currency than the brand's: counted, their money is not."""
    revenue: int = Field(default=0, sa_column=Column(BigInteger(), nullable=False))
    """In 1/10000 of the brand's currency, refunds subtracted."""
    revenue_squared: float = 0.0
    """Sum over customers of the square of each one's revenue, in the currency itself."""


class ResultCountRow(SQLModel, table=True):
    """When a campaign's results were counted last."""

    __tablename__: ClassVar[Any] = "result_count"

    campaign_id: str = Field(primary_key=True, max_length=64)
    counted_at: datetime = Field(sa_type=UtcDateTime)
