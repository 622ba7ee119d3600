"""A report as rows, one a figure, for spreadsheets.

A cell of text that begins like a formula is led by an apostrophe, as OWASP ("CSV Injection") has it: names come from
whoever may write a campaign, and a spreadsheet would run them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from composer.reports.model import By, Compared, Curve, ExperimentTold, Line, Period, Report
from composer.results.leaving_out import LeftOut
from composer.results.model import Interval, OneLook

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_COUNTS = (
    "emails", "delivered", "opened", "machine_opened", "clicked", "converted", "unsubscribed", "complained", "orders"
)  # fmt: skip
_RATES = ("open_rate", "click_rate", "conversion", "unsubscribe_rate", "complaint_rate")


class Figure(NamedTuple):
    """One row. `value`, `low` and `high` are numbers, or nothing."""

    section: str
    """`incremental`, `experiment`, `attributed`, `arm` or `value`: how far it may be believed."""
    by: str
    key: str
    name: str
    metric: str
    value: float | int | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    verdict: str = ""
    note: str = ""
    """In words, what a number alone does not say."""
    days: Period | None = None
    """What it is of, where that is not the period asked for."""


def figures(report: Report, by: By) -> Iterator[Figure]:
    """In the order of how far they may be believed; attributed ones by one breakdown."""
    shop = (("shop", report.shop), ("shop_in_windows", report.shop_in_windows))
    levels = [
        *((level, one) for level, one in shop if one),
        *(("flow", one) for one in report.flows),
        *(("campaign", one) for one in report.campaigns),
    ]
    for level, one in levels:
        yield from _compared(level, one, report.currency)
    yield from _left_out(("incremental", "all", "", ""), report.left_out)
    for experiment in report.experiments:
        yield from _experiment(experiment, report.currency)
    yield from _line("attributed", "all", report.total, report.currency)
    for line in report.lines.get(by, ()):
        yield from _line("attributed", by, line, report.currency)
    if by == "arm":
        yield from _arms(report)
    if report.values is not None:
        for kind, curves in (("acquired", report.values.acquired), ("contacted", report.values.contacted)):
            for curve in curves:
                yield from _curve(kind, curve, report.currency)


def as_csv(report: Report, by: By) -> str:
    """RFC 4180."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("since", "until", *Figure._fields[:-1]))
    for *cells, days in figures(report, by):
        since, until = days or (report.since, report.until)
        writer.writerow((since, until, *(_cell(value) for value in cells)))
    return text.getvalue()


def _cell(value: object) -> object:
    """Numbers of ours may be negative; text may not begin like a formula."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def _compared(level: str, one: Compared, currency: str) -> Iterator[Figure]:
    """What is claimed, with the days that it is of, and then the period asked for alone."""
    about = "incremental", level, one.key, one.name
    found, days = one.comparison, Period(one.compared_since, one.compared_until)
    yield Figure(*about, "mailed", one.mailed, unit="customers", days=days)
    yield Figure(*about, "held_out", one.held_out, unit="customers", days=days)
    for metric, interval, unit in (
        ("revenue_per_customer", found.revenue, currency),
        ("lift", found.lift, "share"),
        ("conversion", found.conversion, "share"),
    ):
        yield Figure(*about, metric, *_ends(interval), unit, found.verdict, days=days)
    yield from (figure._replace(days=days) for figure in _left_out(about, one.left_out))
    if one.in_period is not None:
        yield from _in_period(about, one.in_period, currency)


def _in_period(about: tuple[str, str, str, str], look: OneLook, currency: str) -> Iterator[Figure]:
    days = Period(look.since, look.until)
    yield Figure(*about, "in_period_mailed", look.mailed, unit="customers", days=days)
    yield Figure(*about, "in_period_held_out", look.held_out, unit="customers", days=days)
    ends = _ends(look.one_look_difference)
    yield Figure(*about, "in_period_one_look_revenue_per_customer", *ends, currency, note=look.sentence, days=days)


def _left_out(about: tuple[str, str, str, str], found: Iterable[LeftOut]) -> Iterator[Figure]:
    for one in found:
        yield Figure(*about, f"left_out_{one.why}", one.count, unit=one.of, note=one.sentence)


def _experiment(one: ExperimentTold, currency: str) -> Iterator[Figure]:
    for arm in one.arms:
        name = f"{one.name}: {arm.arm}"
        about = "experiment", "variant", f"{one.id}/{arm.arm}", name
        yield Figure(*about, "customers", arm.customers, unit="customers")
        if arm.verdict:
            yield Figure(*about, "revenue_per_customer", *_ends(arm.difference), currency, arm.verdict)


def _line(section: str, by: str, line: Line, currency: str) -> Iterator[Figure]:
    about = section, by, line.key, line.name
    for name in _COUNTS:
        yield Figure(*about, name, getattr(line, name), unit="count")
    for name in _RATES:
        yield Figure(*about, name, *_ends(getattr(line, name)), "share")
    low, high = (line.rpe.low, line.rpe.high) if line.rpe else (None, None)
    yield Figure(*about, "revenue", line.revenue, unit=currency)
    yield Figure(*about, "rpe", line.per_email, low, high, currency)
    yield Figure(*about, "aov", line.aov, unit=currency)
    yield Figure(*about, "margin_rate", line.margin_rate, unit="share")


def _arms(report: Report) -> Iterator[Figure]:
    for group in report.arms:
        for arm in group.arms:
            by = f"{group.dimension} {group.flow}".strip()
            about = "arm", by, arm.arm, arm.arm
            yield Figure(*about, "emails", arm.emails, unit="count")
            for name in ("click_rate", "conversion", "unsubscribe_rate"):
                yield Figure(*about, name, *_ends(getattr(arm, name)), "share")
            yield Figure(*about, "rpe", *_ends(arm.rpe), report.currency)
        yield from _left_out(("arm", f"{group.dimension} {group.flow}".strip(), "", ""), group.left_out)


def _curve(kind: str, curve: Curve, currency: str) -> Iterator[Figure]:
    for point in curve.points:
        yield Figure("value", kind, curve.key, curve.key, f"month_{point.month}", *_ends(point.value), currency)


def _ends(interval: Interval | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if interval is None else (interval.value, interval.low, interval.high)
