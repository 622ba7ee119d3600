"""Sums over the customers whom the shop's holdout drew, to compare its sides by: all they bought, per customer.

A customer counts for as much of the days as they were in: somebody who was there on all of them counts as one, somebody
who came half-way as a half. So means are those of a customer who was there all the time, and periods of the holdout
with other shares, each compared within itself, add up by how many customers were there for how long
(`composer.results.strata`). Each period draws anew, whoever was held out before: their errors are independent.

Whoever came on the same day was there for as long, so that one row a day they came on holds all that is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Float, Select, Subquery, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.departed import departed
from composer.facts.tables import DrawnRow, SpentRow
from composer.results.clusters import NOBODY, Sample, Totals
from composer.results.model import UNITS, Side
from composer.results.strata import Sides
from store.upsert import table_of

_DRAWN, _SPENT = table_of(DrawnRow).c, table_of(SpentRow).c


class Days(NamedTuple):
    """Days (UTC) on which a period of the holdout is looked at."""

    holdout_id: str
    since: date
    until: date
    """Not in it."""


class Money(NamedTuple):
    """Which orders' money counts."""

    currency: str
    unnamed: bool
    """Those that name no currency are in this one."""

    def counts(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """Is it that of a row?"""
        named = column == self.currency
        return or_(named, column == "") if self.unnamed else named

    def is_in(self, currency: str) -> bool:
        """The same of a row that was read."""
        return currency == self.currency or (self.unnamed and not currency)


class Came(NamedTuple):
    """Customers of one side who came on the same day, with what each bought (x), and had spent before (z). Money in the
    currency itself."""

    day: date
    """The first that counts of them."""
    n: int = 0
    z: float = 0.0
    zz: float = 0.0
    buyers: int = 0
    positive: int = 0
    """Who bought for more than came back."""
    orders: int = 0
    x: float = 0.0
    xx: float = 0.0
    xxx: float = 0.0
    xz: float = 0.0
    z_of_buyers: float = 0.0


async def sides(session: AsyncSession, looked_at: Sequence[Days], money: Money) -> list[Sides]:
    """One of each period, in their order. All of them are of the same days, as far as they were in force on them."""
    if not looked_at:
        return []
    since, until = min(one.since for one in looked_at), max(one.until for one in looked_at)
    span = Days("", since, until)
    ids = [one.holdout_id for one in looked_at]
    came: dict[tuple[str, str], list[Came]] = defaultdict(list)
    for query in (_members(ids, span, money), _bought(ids, span, money)):
        for row in (await session.execute(query)).mappings():
            figures = {name: row[name] or 0 for name in Came._fields if name in row and name != "day"}
            came[row["holdout_id"], row["side"]].append(Came(_day(row["day"]), **figures))
    for side, found in (await departed(session, ids, since, until, money.is_in)).items():
        came[side] += [Came(**one) for one in found]
    whole = sum((one.until - one.since).days for one in looked_at)
    return [
        Sides(
            *(sample(came[one.holdout_id, side.value], one.until, whole) for side in (Side.MAILED, Side.GLOBAL_HOLDOUT))
        )
        for one in looked_at
    ]


def sample(came: Iterable[Came], until: date, whole: int) -> Sample:
    """What is compared of one side. `until`: the first day that does not count; `whole`: the days of which somebody
    who was there all the time counts as one."""
    revenue, bought = Totals(), Totals()
    for one in came:
        there = max(0, (until - one.day).days) / whole
        common = {"n": one.n, "z": one.z, "zz": one.zz}
        revenue += Totals(
            **common,
            positive=one.positive,
            hits=one.orders,
            m=there * one.n,
            mm=there**2 * one.n,
            zm=there * one.z,
            x=one.x,
            xx=one.xx,
            xxx=one.xxx,
            xm=there * one.x,
            xz=one.xz,
        )
        buyers = float(one.buyers)
        bought += Totals(
            **common,
            positive=one.buyers,
            hits=one.buyers,
            m=float(one.n),
            mm=float(one.n),
            zm=one.z,
            x=buyers,
            xx=buyers,
            xxx=buyers,
            xm=buyers,
            xz=one.z_of_buyers,
        )
    return Sample(revenue, bought) if revenue.n else NOBODY


def _day(said: Any) -> date:
    """SQLite has no type of its own for what an expression comes to."""
    return date.fromisoformat(said) if isinstance(said, str) else said


def _first(column: ColumnElement[date], span: Days) -> ColumnElement[date]:
    return case((column < span.since, span.since), else_=column)


def _before(money: Money) -> ColumnElement[float]:
    return case((money.counts(_DRAWN.currency), cast(_DRAWN.before, Float) / UNITS), else_=0.0)


def _members(ids: Sequence[str], span: Days, money: Money) -> Select[Any]:
    """Who is there."""
    first, z = _first(_DRAWN.day, span).label("day"), _before(money)
    return (
        select(
            _DRAWN.holdout_id,
            _DRAWN.side,
            first,
            func.count().label("n"),
            func.sum(z).label("z"),
            func.sum(z * z).label("zz"),
        )
        .where(_DRAWN.holdout_id.in_(ids), _DRAWN.day < span.until)
        .group_by(_DRAWN.holdout_id, _DRAWN.side, first)
    )


def _each(ids: Sequence[str], span: Days, money: Money) -> Subquery:
    """One row a customer who bought."""
    amount = case((money.counts(_SPENT.currency), cast(_SPENT.revenue, Float) / UNITS), else_=0.0)
    return (
        select(
            _SPENT.customer_id, _SPENT.holdout_id, func.sum(amount).label("x"), func.sum(_SPENT.orders).label("orders")
        )
        .where(_SPENT.holdout_id.in_(ids), _SPENT.day >= span.since, _SPENT.day < span.until)
        .group_by(_SPENT.customer_id, _SPENT.holdout_id)
        .subquery()
    )


def _bought(ids: Sequence[str], span: Days, money: Money) -> Select[Any]:
    """What they bought."""
    each = _each(ids, span, money)
    first, z, x = _first(_DRAWN.day, span).label("day"), _before(money), each.c.x
    return (
        select(
            _DRAWN.holdout_id,
            _DRAWN.side,
            first,
            func.count().label("buyers"),
            func.sum(case((x > 0, 1), else_=0)).label("positive"),
            func.sum(each.c.orders).label("orders"),
            func.sum(x).label("x"),
            func.sum(x * x).label("xx"),
            func.sum(x * x * x).label("xxx"),
            func.sum(x * z).label("xz"),
            func.sum(z).label("z_of_buyers"),
        )
        .where(_DRAWN.customer_id == each.c.customer_id, _DRAWN.holdout_id == each.c.holdout_id)
        .group_by(_DRAWN.holdout_id, _DRAWN.side, first)
    )
