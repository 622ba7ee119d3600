"""A report, as programs read it. Money is in `Report.currency`, shares are of 1, intervals 95 %."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel

from composer.results.leaving_out import LeftOut
from composer.results.model import Comparison, Interval, OneLook

By = Literal["campaign", "flow", "arm", "lifecycle", "variant"]
"""What figures can be broken down by."""


Per = Literal["occasion", "customer"]


class Period(NamedTuple):
    """Days, in UTC."""

    since: date
    until: date
    """The first day that does not count."""

    @classmethod
    def last(cls, days: int, today: date) -> Period:
        """So many days, today among them."""
        return cls(today - timedelta(days=days - 1), today + timedelta(days=1))


class Compared(BaseModel):
    """Who was written to against who was held out: of the shop, a flow or a campaign.

    All of it is of the days since the comparison began, whatever period was asked for: what is claimed holds on
    whichever day one looks only of a sample with a fixed beginning. The days asked for alone are in `in_period`.
    """

    key: str
    """Of the flow or campaign; empty for the shop."""
    name: str
    per: Per = "occasion"
    """What the means and the difference are of: a customer and occasion, in the window after it; or a customer who was
    there on all of these days, and everything they bought on them."""
    mailed: int
    """Customers. With the shop's holdout: all who were not in it, whatever campaigns wrote to them."""
    held_out: int
    mailed_mean: float
    """Revenue, as `per` has it."""
    held_out_mean: float
    comparison: Comparison
    sentence: str
    compared_since: date
    """The first day of the comparison: where it began, or where what is kept begins."""
    compared_until: date
    """The first day that does not count: that of the period."""
    in_period: OneLook | None = None
    """The days asked for alone, for one look: no claim. None where they are all days of the comparison."""
    left_out: list[LeftOut] = []
    """What is not in the comparison, and why."""


class ArmTold(BaseModel):
    """One arm of an experiment against control."""

    arm: str
    customers: int
    verdict: str
    """Empty for control."""
    difference: Interval | None = None
    """In revenue per customer and occasion; always-valid."""
    sentence: str


class ExperimentTold(BaseModel):
    """An experiment that ran in the period, over all the time it ran."""

    id: str
    name: str
    metric: str
    running: bool
    mismatch: bool
    """Its arms do not have the customers they should: do not believe it."""
    arms: list[ArmTold]


class Line(BaseModel):
    """E-mails of one kind, and what is attributed to them."""

    key: str
    name: str
    emails: int = 0
    delivered: int = 0
    opened: int = 0
    """By people."""
    machine_opened: int = 0
    """By machines alone; not in `open_rate`."""
    clicked: int = 0
    converted: int = 0
    """E-mails that were given an order."""
    unsubscribed: int = 0
    complained: int = 0
    orders: int = 0
    revenue: float = 0.0
    """Of these orders, less what came back."""
    open_rate: Interval | None = None
    click_rate: Interval | None = None
    conversion: Interval | None = None
    unsubscribe_rate: Interval | None = None
    complaint_rate: Interval | None = None
    """All of e-mails, with Wilson's interval."""
    per_email: float | None = None
    """Revenue per e-mail (RPE)."""
    rpe: Interval | None = None
    """The same with its normal interval; None below 40 e-mails with an order, where that cannot be trusted."""
    aov: float | None = None
    """Average value of all orders that customers written to placed within the window."""
    margin_rate: float | None = None
    """Of their revenue after returns, what is left after the cost of the goods."""
    margin_known: float | None = None
    """Share of that revenue of which the costs are known."""


class ArmLine(BaseModel):
    """One arm of what varies between e-mails, as if all of these e-mails had been of it."""

    arm: str
    emails: int
    effective: float
    """E-mails drawn evenly that would tell as much (Kish 1965)."""
    click_rate: Interval | None
    conversion: Interval | None
    unsubscribe_rate: Interval | None
    rpe: Interval | None


class ArmGroup(BaseModel):
    """Arms that chance chose between, so that they differ in nothing else."""

    dimension: str
    flow: str
    """Of angles, which are a flow's own; empty for the rest."""
    emails: int
    left_out: list[LeftOut]
    """E-mails for which other arms were allowed: they cannot be compared with these."""
    arms: list[ArmLine]
    sentence: str


class CurvePoint(BaseModel):
    """What a customer had brought so many months of 30 days after the first."""

    month: int
    customers: int
    """Known for so long."""
    value: Interval
    """Revenue of each so far, less what came back."""


class Curve(BaseModel):
    """Customers who began alike."""

    key: str
    """A month, such as 2026-03, or a stage of life."""
    customers: int
    points: list[CurvePoint]
    """Months with too few customers are not told."""


class Values(BaseModel):
    """What customers are worth. Of all time that events are kept, whatever the period of the report."""

    as_of: datetime
    currency: str
    acquired: list[Curve]
    """By the month of their first order."""
    contacted: list[Curve]
    """By where they stood when a campaign first came to them, from then on."""


class Report(BaseModel):
    """Everything, in the order of how far it may be believed. `since` and `until` are what was asked for: comparisons
    with those held out begin where they began."""

    since: date
    until: date
    """The first day that does not count."""
    currency: str
    currencies: list[str]
    """That there are figures in; each has its own report."""
    window_days: int
    counted_at: datetime | None
    """When outcomes were counted last."""
    incremental_note: str
    shop: Compared | None
    """The headline: everything that customers bought, against the shop's holdout; None where it has none in these days,
    or was not counted yet."""
    shop_in_windows: Compared | None
    """The same customers, and only what was bought in the windows after a campaign came to them."""
    occasions_note: str
    """What the lines of flows and campaigns are of, beside the headline."""
    flows: list[Compared]
    campaigns: list[Compared]
    experiments: list[ExperimentTold]
    attributed_note: str
    left_out: list[LeftOut]
    """Of all of the shop: campaigns in other currencies, and e-mails too old to compare what was varied on."""
    rules: list[str]
    """Versions of the attribution rules that these figures were counted by."""
    total: Line
    lines: dict[By, list[Line]]
    """Without arms, which are in `arms`."""
    arms_note: str
    arms: list[ArmGroup]
    values: Values | None
    """None before they were learned, which is once a day."""
