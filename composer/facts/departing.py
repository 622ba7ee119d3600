"""Drawn customers who are erased: their rows go, and what they came to stays in sums that name nobody.

More of the mailed than of those held out may ask to be forgotten, and they buy less or more than others: were they to
drop out, the sides would differ by who is left. So they go on counting, as customers who have bought nothing since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.tables import DepartedRow, DrawnRow, SpentRow, UncountedRow
from composer.facts.writing import take_turns
from composer.results.model import UNITS
from store.upsert import insert_into, table_of

TABLES = frozenset({"drawn_customer", "drawn_spending", "uncounted_customer"})
"""Those that name a person."""
_DRAWN, _SPENT, _UNCOUNTED = table_of(DrawnRow), table_of(SpentRow), table_of(UncountedRow)
_KEY = ("holdout_id", "side", "day", "currency")
_PAUSES = {"after_7": 7, "after_14": 14, "after_28": 28, "after_56": 56, "after_90": 90}
"""Columns of who had not bought for so many days."""


class _Key(NamedTuple):
    holdout_id: str
    side: str
    day: date
    currency: str


Sums = dict[_Key, dict[str, Any]]
_Row = Mapping[Any, Any]


async def depart(session: AsyncSession, customer_id: str | None, names: Sequence[str]) -> dict[str, int]:
    """One person's rows into the sums; rows by table. `names`: every id that the shop has, or had, for them."""
    await take_turns(session)
    named = _DRAWN.c.customer.in_(names)
    whose: ColumnElement[bool] = named if customer_id is None else or_(named, _DRAWN.c.customer_id == customer_id)
    lines = (await session.execute(select(_DRAWN).where(whose))).mappings().all()
    ids = {line["customer_id"] for line in lines}
    theirs = select(_SPENT).where(_SPENT.c.customer_id.in_(ids)).order_by(_SPENT.c.day, _SPENT.c.currency)
    bought = (await session.execute(theirs)).mappings().all()
    await _add(session, _sums(lines, bought))
    await session.execute(delete(_SPENT).where(_SPENT.c.customer_id.in_(ids)))
    await session.execute(delete(_DRAWN).where(whose))
    waiting = select(_UNCOUNTED.c.customer_id).where(_UNCOUNTED.c.customer_id.in_(ids | {customer_id}))
    uncounted = (await session.execute(waiting)).scalars().all()
    await session.execute(delete(_UNCOUNTED).where(_UNCOUNTED.c.customer_id.in_(uncounted)))
    return {"drawn_customer": len(lines), "drawn_spending": len(bought), "uncounted_customer": len(uncounted)}


def _sums(lines: Sequence[_Row], bought: Sequence[_Row]) -> Sums:
    """`bought` by day."""
    found: Sums = defaultdict(lambda: defaultdict(int))
    for line in lines:
        of = found[_Key(*(line[name] for name in _KEY))]
        of["customers"] += 1
        of["before"] += line["before"]
        of["before_squared"] += (line["before"] / UNITS) ** 2
        who = line["customer_id"], line["holdout_id"]
        _add_days(found, line, [row for row in bought if (row["customer_id"], row["holdout_id"]) == who])
    return found


def _add_days(found: Sums, line: _Row, bought: Iterable[_Row]) -> None:
    """One customer's days in one period of the holdout."""
    last: date | None = None
    for day, together in groupby(bought, key=lambda row: row["day"]):
        rows = list(together)
        for row in rows:
            of = found[_Key(line["holdout_id"], line["side"], day, row["currency"])]
            for name, amount in _spent(line, row).items():
                of[name] += amount
        of = found[_Key(line["holdout_id"], line["side"], day, rows[0]["currency"])]
        of["buyers"] += 1
        of["after_all"] += last is None
        for name, days in _PAUSES.items():
            of[name] += last is None or (day - last).days >= days
        of["before_of_buyers"] += _before(line, rows[0]["currency"])
        last = day


def _spent(line: _Row, row: _Row) -> Mapping[str, float]:
    revenue = row["revenue"] / UNITS
    return {
        "orders": row["orders"],
        "paying": row["revenue"] > 0,
        "revenue": row["revenue"],
        "revenue_squared": revenue**2,
        "revenue_cubed": revenue**3,
        "revenue_days": revenue * (row["day"] - line["day"]).days,
        "revenue_before": revenue * _before(line, row["currency"]),
    }


def _before(line: _Row, currency: str) -> float:
    """In the currency itself; an order that names none may be in any."""
    return line["before"] / UNITS if line["currency"] == currency or not (line["currency"] and currency) else 0.0


async def _add(session: AsyncSession, sums: Sums) -> None:
    if not sums:
        return
    table = table_of(DepartedRow)
    names = [column.name for column in table.columns if column.name not in _KEY]
    rows = [{**key._asdict(), **{name: of.get(name, 0) for name in names}} for key, of in sums.items()]
    statement = insert_into(session, DepartedRow)
    more = {name: table.c[name] + statement.excluded[name] for name in names}
    await session.execute(statement.on_conflict_do_update(index_elements=list(_KEY), set_=more), rows)
