"""A report as a page shows it: intervals on one scale, periods and breakdowns to choose, curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from api.reporting import DAYS, period_of
from api.studio import charts
from api.studio.arm_words import arm_words, dimension_words
from api.studio.wording import percent, title
from composer.reports.model import ArmGroup, By, Compared, Curve, Line, Period, Report
from composer.reports.reading import USUAL
from composer.results.model import Interval

BREAKDOWNS: dict[By, str] = {
    "campaign": "Campaign",
    "flow": "Flow",
    "arm": "What was varied",
    "lifecycle": "Stage of life",
    "variant": "Arm of an experiment",
}
DRAWN = 6
"""Curves that can be told apart by their colours: the newest ones."""
AFTER = (1, 3, 6, 12)
"""Months that the table of curves names."""


class Address(NamedTuple):
    """What stands in the page's address, as it stands there."""

    since: str = ""
    until: str = ""
    """The last day that counts."""
    days: int = DAYS
    by: By = "campaign"
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for, as it stands in its address."""

    period: Period
    days: int | None
    """Up to today; None for days that were chosen."""
    by: By
    currency: str

    @property
    def last(self) -> date:
        """The last day that counts."""
        return self.period.until - timedelta(days=1)

    def to(self, **changes: str) -> str:
        """The same with something else."""
        days = {"days": str(self.days)} if self.days else {"since": f"{self.period.since}", "until": f"{self.last}"}
        if {"days", "since"} & changes.keys():
            days = {}
        said = {**days, "by": self.by, "currency": self.currency, **changes}
        return urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class Rows:
    """Comparisons with their intervals, on one scale."""

    rows: tuple[tuple[Compared, charts.Span | None], ...]
    zero: float | None
    alone: tuple[Compared, ...]
    """Those that hold nobody out, so that there is nothing to compare them with."""

    @property
    def looked_once(self) -> bool:
        """Are the days that were chosen only some of those that are compared?"""
        return any(one.in_period for one, _ in self.rows)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """(name, what is left out of its comparison and why)."""
        return [(one.name, it.sentence) for one, _ in self.rows for it in one.left_out]


@dataclass(frozen=True, slots=True)
class Share:
    """A rate in words, and its interval."""

    text: str
    between: str


@dataclass(frozen=True, slots=True)
class ArmTable:
    """Arms of one dimension: (name, e-mails, span of the click rate, rate, bought, unsubscribed)."""

    title: str
    group: ArmGroup
    rows: tuple[tuple[str, int, charts.Span | None, Share, Share, Share], ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class CurveTable:
    """Curves, drawn and as a table."""

    drawn: charts.Lines | None
    rows: tuple[tuple[str, int, tuple[str, ...]], ...]
    """(name, customers, what each had brought after `AFTER` months)."""


def asked(address: Address) -> Asked:
    """Out of an address. A day that is none is not asked for. Raises InvalidInput (`period_of`)."""
    first, last = _day(address.since), _day(address.until)
    if first is None and last is None:
        chosen = address.days if address.days in USUAL else DAYS
        return Asked(period_of(None, None, chosen), chosen, address.by, address.currency)
    after = None if last is None else min(last, date.max - timedelta(days=1)) + timedelta(days=1)
    return Asked(period_of(first, after), None, address.by, address.currency)


def compared(rows: Sequence[Compared]) -> Rows:
    """On one scale."""
    alone = tuple(one for one in rows if one.comparison.verdict == "no_holdout")
    rows = [one for one in rows if one not in alone]
    known = [(one.key, one.comparison.revenue) for one in rows if one.comparison.revenue is not None]
    drawn = charts.spans([(key, it.value, it.low, it.high) for key, it in known], text=_money)
    by_key = {span.label: span for span in drawn.spans}
    return Rows(tuple((one, by_key.get(one.key)) for one in rows), drawn.zero if known else None, alone)


def last_day(one: Compared) -> date:
    """The last day that is compared."""
    return one.compared_until - timedelta(days=1)


def last_day_alone(one: Compared) -> date | None:
    """Of the days that were chosen."""
    return None if one.in_period is None else one.in_period.until - timedelta(days=1)


def share(rate: Interval | None) -> Share:
    """`8.1 %`, and `7.9–8.3 %`."""
    if rate is None:
        return Share("–", "")
    digits = 1 if rate.high >= 0.01 or rate.high == 0 else 2
    return Share(percent(rate.value, digits), f"{rate.low * 100:.{digits}f}–{percent(rate.high, digits)}")


def arm_tables(report: Report) -> list[ArmTable]:
    """Of each dimension."""
    return [_arm_table(group) for group in report.arms]


def curve_table(curves: Sequence[Curve]) -> CurveTable:
    """The newest of those that can be told."""
    kept = curves[-DRAWN:]
    steps = max((one.points[-1].month for one in kept), default=0)
    lines = [(name_of(one), _line(one, steps)) for one in kept]
    return CurveTable(
        drawn=charts.lines(lines, text=lambda value: f"{value:,.2f}") if steps > 1 else None,
        rows=tuple((name_of(one), one.customers, tuple(_after(one, month) for month in AFTER)) for one in curves),
    )


def name_of(curve: Curve) -> str:
    """`2026-03` as `Mar 2026`; a stage of life in words."""
    try:
        return f"{date.fromisoformat(f'{curve.key}-01'):%b %Y}"
    except ValueError:
        return title(curve.key) or "Not known"


def per_email(line: Line) -> Share:
    """Revenue per e-mail."""
    if line.per_email is None:
        return Share("–", "")
    between = f"{line.rpe.low:,.3f}–{line.rpe.high:,.3f}" if line.rpe else "too few orders"
    return Share(f"{line.per_email:,.3f}", between)


def _arm_table(group: ArmGroup) -> ArmTable:
    known = [(one.arm, one.click_rate) for one in group.arms if one.click_rate]
    drawn = charts.spans([(arm, it.value, it.low, it.high) for arm, it in known], text=_percent)
    by_arm = {span.label: span for span in drawn.spans}
    about = f", in {group.flow.replace('_', ' ')} e-mails" if group.flow else ""
    return ArmTable(
        title=f"{dimension_words(group.dimension)}{about}",
        group=group,
        rows=tuple(
            (
                arm_words(group.dimension, one.arm),
                one.emails,
                by_arm.get(one.arm),
                share(one.click_rate),
                share(one.conversion),
                share(one.unsubscribe_rate),
            )
            for one in group.arms
        ),
        sentence=group.sentence,
    )


def _line(curve: Curve, steps: int) -> list[tuple[str, float | None]]:
    values = {point.month: point.value.value for point in curve.points}
    return [(_month(month), values.get(month)) for month in range(1, steps + 1)]


def _month(month: int) -> str:
    return f"after {month} month{'' if month == 1 else 's'}"


def _after(curve: Curve, month: int) -> str:
    found = next((point.value for point in curve.points if point.month == month), None)
    return "–" if found is None else f"{found.value:,.2f}"


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _money(value: float) -> str:
    return f"{value:+,.2f}"


_percent: Callable[[float], str] = percent
