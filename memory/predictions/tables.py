"""What was predicted of each customer who has ordered.

Readable, as `locale` is: an audience filters by these numbers in the database, and beside an id of ours they tell less
of a person than the times of their events, which are readable too. What they were learned from is encrypted.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from store.types import UtcDateTime


class PredictionRow(SQLModel, table=True):
    """One customer. NULL: too little data."""

    __tablename__ = "prediction"

    customer_id: str = Field(primary_key=True)
    as_of: datetime = Field(sa_type=UtcDateTime)
    """What was known then was looked at."""
    buy_30d: float | None = None
    """Probability of an order within 30 days."""
    buy_60d: float | None = None
    buy_90d: float | None = None
    value_12m: float | None = None
    """Expected to be spent, in `currency`."""
    currency: str | None = None
    next_order_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    basis_30d: str
    """`memory.predictions.report.Basis` of each."""
    basis_60d: str
    basis_90d: str
    basis_12m: str
