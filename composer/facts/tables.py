"""Rows of facts: one an episode; sums by campaign, side and day; who the shop's holdout drew and what they spent; the
attribution rules that were ever in force."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Date, Index
from sqlmodel import Field, SQLModel

from composer.results.model import Happened
from store.types import JsonDocument, UtcDateTime


def _money() -> Any:
    return Field(default=0, sa_column=Column(BigInteger(), nullable=False))


class EpisodeRow(Happened, table=True):
    """What came of a campaign's coming to a customer about one occasion. All money in 1/10000 of the brand's currency.

    Counted anew while it is open. On SQLite kept in the order of its key, which is the order it is summed up in.
    """

    __tablename__: ClassVar[Any] = "episode"
    __table_args__ = (
        Index("ix_episode_customer_begins", "customer_id", "begins"),
        Index("ix_episode_day", "day"),
        {"sqlite_with_rowid": False},
    )

    campaign_id: str = Field(primary_key=True, max_length=64)
    customer_id: str = Field(primary_key=True)
    """Ours. No foreign key: who was merged into another is found and counted anew (`composer.facts.updating`)."""
    begins: datetime = Field(sa_column=Column(UtcDateTime(), primary_key=True))
    day: date = Field(sa_column=Column(Date(), nullable=False))
    """Of `begins`, in UTC."""
    ends: datetime = Field(sa_type=UtcDateTime)
    """The end of the window, which is not in it."""
    side: str = Field(max_length=16)
    """`composer.results.model.Side`."""
    experiment: str = Field(default="", max_length=64)
    variant: str = Field(default="", max_length=64)
    flow: str = Field(default="", max_length=32)
    lifecycle: str = Field(default="", max_length=16)
    """Where the customer stood when it began."""
    email_id: str = Field(default="", max_length=64)
    """The first e-mail about it; empty where none was sent."""
    revenue: int = _money()
    """Of orders within the window, what came back subtracted."""
    returned: int = _money()
    """What came back."""
    margin: int | None = Field(default=0, sa_column=Column(BigInteger(), nullable=True))
    """Revenue less what the goods that were kept cost the shop; null where the cost of one of them is unknown."""
    orders_once: int = 0
    """Orders that were placed in no window that began later, of whichever campaign: over all campaigns of the shop
    each order counts once in these."""
    revenue_once: int = _money()
    """Of these orders."""
    before: int = _money()
    """Revenue of the 90 days before it began. Before a customer's first episode nothing that the campaign did can have
    changed it, before a later one it may have (`composer.facts.totals`)."""
    rules: str = Field(max_length=32)
    """Version of the attribution rules it was counted by."""
    counted_at: datetime = Field(sa_type=UtcDateTime)
    """Since when the figures are what they are."""
    final: bool = False
    """Its window is over and so are returns: only a late report changes it still."""


class ResultDayRow(Happened, table=True):
    """Episodes of one campaign, side and day (UTC), summed up. They name no person."""

    __tablename__: ClassVar[Any] = "result_day"

    campaign_id: str = Field(primary_key=True, max_length=64)
    side: str = Field(primary_key=True, max_length=16)
    """`mailed` or `holdout`."""
    day: date = Field(sa_column=Column(Date(), primary_key=True))
    customers: int = 0
    revenue: int = _money()
    revenue_squared: float = 0.0
    """Sum over episodes of the square of each one's revenue, in the currency itself."""


class DrawnRow(SQLModel, table=True):
    """Somebody whom one period of the shop's holdout drew, on either side. Who is in stays in, whatever they do."""

    __tablename__: ClassVar[Any] = "drawn_customer"
    __table_args__ = (Index("ix_drawn_customer_customer", "customer"), {"sqlite_with_rowid": False})

    customer_id: str = Field(primary_key=True)
    """Ours. No foreign key: who was merged into another is found and moved (`composer.facts.inheriting`)."""
    holdout_id: str = Field(primary_key=True, max_length=64)
    customer: str
    """The shop's id that they were drawn by."""
    side: str = Field(max_length=16)
    """`mailed` (they may be written to) or `global_holdout`."""
    since: datetime = Field(sa_type=UtcDateTime)
    """From when on they might have been written to, but for the holdout (`composer.facts.drawing`)."""
    day: date = Field(sa_column=Column(Date(), nullable=False))
    """Of `since`, in UTC."""
    before: int = _money()
    """Revenue of the 90 days before `since`, by what was known then, in 1/10000 of `currency`."""
    currency: str = Field(default="", max_length=16)
    """Of `before`; empty where no order said."""
    guests: list[str] | None = Field(default=None, sa_column=Column(JsonDocument(), nullable=True))
    """Other ids of the shop's that turned out to be them and had been drawn, later than they (`inheriting`): what was
    ordered under these is theirs, too. Null: none."""


class SpentRow(SQLModel, table=True):
    """What a drawn customer bought on a day (UTC) since they were drawn: orders that stand, what came back subtracted.

    Days on which they bought nothing have no row. The index holds all that a report of some days sums up, and leads
    retention to what is old.
    """

    __tablename__: ClassVar[Any] = "drawn_spending"
    __table_args__ = (
        Index("ix_drawn_spending_day", "day", "customer_id", "holdout_id", "currency", "orders", "revenue"),
        {"sqlite_with_rowid": False},
    )

    customer_id: str = Field(primary_key=True)
    holdout_id: str = Field(primary_key=True, max_length=64)
    day: date = Field(sa_column=Column(Date(), primary_key=True))
    currency: str = Field(primary_key=True, max_length=16)
    """Empty where the order names none: the shop's own."""
    orders: int = 0
    revenue: int = _money()


class UncountedRow(SQLModel, table=True):
    """Somebody whose orders could not be counted: the next pass tries again."""

    __tablename__: ClassVar[Any] = "uncounted_customer"

    customer_id: str = Field(primary_key=True)
    """Ours. No foreign key: of who is merged into another everything is counted anew."""
    since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The first moment that something was said about which is not counted yet; null: nothing about orders."""


class DepartedRow(SQLModel, table=True):
    """Sums over drawn customers who were erased, so that nobody drops out of one side more than out of the other.

    They name no person, and hold together neither the days on which somebody bought nor these and the day they were
    drawn: so the history of one of them cannot be read out of them. Counted under the day they were drawn (`customers`,
    `before`) and, all others, under the days on which they bought.
    """

    __tablename__: ClassVar[Any] = "drawn_departed"

    holdout_id: str = Field(primary_key=True, max_length=64)
    side: str = Field(primary_key=True, max_length=16)
    day: date = Field(sa_column=Column(Date(), primary_key=True))
    currency: str = Field(primary_key=True, max_length=16)
    customers: int = 0
    buyers: int = 0
    """Who bought on the day, under one of the currencies they bought in."""
    after_7: int = 0
    """Of `buyers`, who had not bought on the six days before."""
    after_14: int = 0
    after_28: int = 0
    after_56: int = 0
    after_90: int = 0
    after_all: int = 0
    """Who had not bought before since they were drawn."""
    paying: int = 0
    """Who paid for more than came back, of whomever bought on the day in this currency."""
    before: int = _money()
    before_squared: float = 0.0
    """Sum over customers, in the currency itself."""
    orders: int = 0
    revenue: int = _money()
    revenue_squared: float = 0.0
    """Sum over customers and days, in the currency itself: those of one customer are not held together any more."""
    revenue_cubed: float = 0.0
    """Likewise."""
    revenue_days: float = 0.0
    """Sum of revenue times the days since its customer was drawn."""
    revenue_before: float = 0.0
    """Sum of revenue times what its customer had spent before they were drawn, where both are in one currency."""
    before_of_buyers: float = 0.0
    """What `buyers` had spent before they were drawn, where it is in the currency they bought in."""


class AttributionRulesRow(SQLModel, table=True):
    """Rules that were in force at some time; those set last are in force now."""

    __tablename__: ClassVar[Any] = "attribution_rules"

    version: str = Field(primary_key=True, max_length=32)
    document: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """`composer.facts.rules.AttributionRules`."""
    set_at: datetime = Field(sa_type=UtcDateTime)
    """The last time they were put in force."""
    set_by: str = Field(max_length=100)
