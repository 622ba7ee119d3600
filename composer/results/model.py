"""Figures of one side of a campaign, and what comparing the two sides comes to."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

UNITS = 10_000
"""Of money: `memory.lines.units`."""


class Side(StrEnum):
    """Who was written to, and who was held out to compare them with."""

    MAILED = "mailed"
    HOLDOUT = "holdout"


class Figures(BaseModel):
    """What came of one side. Everything is summed over customers within their windows."""

    customers: int = 0
    emails: int = 0
    delivered: int = 0
    opened: int = 0
    machine_opened: int = 0
    clicked: int = 0
    unsubscribed: int = 0
    complained: int = 0
    buyers: int = 0
    orders: int = 0
    other_currency: int = 0
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
    """Mailed against holdout, per customer. What cannot be told is None."""

    revenue: Interval | None = None
    """Difference of revenue per customer."""
    lift: Interval | None = None
    """The same as a share of the holdout's; None where the holdout's mean is not clearly above 0."""
    conversion: Interval | None = None
    """Difference of the shares who bought."""
    detectable: float | None = None
    """The smallest lift that would be seen four times in five."""
    verdict: str = "no_holdout"
    """`more`, `less`, `cannot_tell_yet`, `too_few_orders`, `no_holdout` or `nothing_yet`."""
