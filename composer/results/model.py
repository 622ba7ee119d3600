"""Figures of one side of a campaign, and what comparing the two sides comes to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlmodel import SQLModel

UNITS = 10_000
"""Of money: `memory.lines.units`."""


class Side(StrEnum):
    """Who was written to, and who was held out to compare them with."""

    MAILED = "mailed"
    HOLDOUT = "holdout"
    GLOBAL_HOLDOUT = "global_holdout"
    """Held out by the whole shop: no campaign writes to them, so no campaign alone is compared with them."""


class Happened(SQLModel):
    """What is counted of customers within their windows."""

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
    """Who ordered something that stands."""
    orders: int = 0
    other_currency: int = 0
    """Orders in another currency than the brand's: counted, their money is not."""


class Figures(Happened):
    """What came of one side, summed over customers."""

    customers: int = 0
    revenue: int = 0
    revenue_squared: float = 0.0

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{name: getattr(self, name) + getattr(other, name) for name in Figures.model_fields})

    @property
    def money(self) -> float:
        """Revenue in the currency."""
        return self.revenue / UNITS

    @property
    def mean(self) -> float:
        """Revenue per customer."""
        return self.money / self.customers if self.customers else 0.0

    @property
    def variance(self) -> float:
        """Of revenue between customers, unbiased; 0 below two."""
        if self.customers < 2:
            return 0.0
        return max(0.0, (self.revenue_squared - self.money**2 / self.customers) / (self.customers - 1))


class Interval(BaseModel):
    """A figure with what it may as well be, 95 % sure."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float

    @property
    def tells(self) -> bool:
        """Is it all on one side of nothing?"""
        return self.low > 0 or self.high < 0


class Comparison(BaseModel):
    """Mailed against holdout, per customer and occasion. What cannot be told is None.

    Intervals are always-valid: 95 % sure at all looks together, however often one looks.
    """

    revenue: Interval | None = None
    """Difference of revenue per customer and occasion."""
    lift: Interval | None = None
    """The same as a share of the holdout's; None where the holdout's mean is not clearly above 0."""
    conversion: Interval | None = None
    """Difference of the shares who bought."""
    detectable: float | None = None
    """The smallest lift that would be seen four times in five."""
    p_value: float | None = None
    """Always-valid, of no difference in revenue: below 0.05 where the interval leaves out 0."""
    explained: float = 0.0
    """Share of the variance that what customers spent before explained and was taken out (CUPED)."""
    arms: int = 1
    """How many are compared with the same holdout; the intervals of all of them are true at once."""
    customers: int = 0
    """Of both sides, that were compared."""
    since: datetime | None = None
    """Only what began from then on is compared: before, another share was held out. None: everything is."""
    until: datetime | None = None
    """Only what began before then is compared: since then another share is held out."""
    verdict: str = "no_holdout"
    """`more`, `less`, `cannot_tell_yet`, `too_few_orders`, `no_holdout`, `nothing_yet` or `kept_no_more`."""


class OneLook(BaseModel):
    """What two sides came to in days that somebody chose, beside a comparison of all days since it began.

    It is no claim: its interval is 95 % sure for one look at one figure. Who looks at four weeks that move on with the
    calendar every day will often see a difference in the course of a year, there or not.
    """

    since: date
    until: date
    """The first day that does not count."""
    mailed: int
    """Customers."""
    held_out: int
    mailed_mean: float
    """Revenue, per what the comparison is per."""
    held_out_mean: float
    one_look_difference: Interval | None
    """Of revenue; None where too few have bought to tell its error."""
    sentence: str
