"""What is known of drawn customers who were erased, on some of the days: out of sums that name nobody.

Exact are how many there were, what they had spent before (z), orders, revenue (x) and xz. The rest is not in sums by
day, and is told as follows.

- Who bought on several days counts once, on the first of these days within those looked at. Whether a day is the first
  is known by how long they had not bought: for 7, 14, 28, 56 or 90 days. Who bought shortly before the days looked at,
  and again within them, is missed where that does not tell: there are never more buyers than there were, and of those
  of four weeks about a tenth fewer.
- Who paid for more than came back: as if it were chance on which of the days somebody did.
- Sums of squares and third powers: as if each buyer had bought on as many days, for as much more as the mean of a day.
- How long who bought had been there (xm): as long as the mean of that day's revenue; exact where all had been there
  since before the days looked at, or nobody had.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.tables import DepartedRow
from composer.results.model import UNITS
from store.upsert import table_of

Figures = dict[str, Any]
"""Fields of `composer.facts.line_totals.Came`."""
InMoney = Callable[[str], bool]
"""Is it the currency that is told?"""
_DEPARTED = table_of(DepartedRow)
_FIRSTS = ((0, "buyers"), (6, "after_7"), (13, "after_14"), (27, "after_28"), (55, "after_56"), (89, "after_90"))
"""Up to so many days after the first one looked at, who of a day's buyers are certain not to have bought since it."""


async def departed(
    session: AsyncSession, holdouts: Sequence[str], since: date, until: date, ours: InMoney
) -> Mapping[tuple[str, str], list[Figures]]:
    """(holdout, side) -> what is to be counted; `until` is not in it."""
    c = _DEPARTED.c
    query = (
        select(_DEPARTED)
        .where(c.holdout_id.in_(holdouts), c.day < until)
        .order_by(c.holdout_id, c.side, c.day, c.currency)
    )
    rows = (await session.execute(query)).mappings().all()
    found: dict[tuple[str, str], list[Figures]] = {}
    for side, theirs in groupby(rows, key=lambda row: (row["holdout_id"], row["side"])):
        there = list(theirs)
        bought = [row for row in there if row["day"] >= since and row["buyers"] + row["orders"]]
        found[side] = [*_members(there, since, ours), *_spent(bought, since, ours), _buyers(bought, since, ours)]
    return found


def _members(rows: Sequence[Mapping[Any, Any]], since: date, ours: InMoney) -> Iterator[Figures]:
    for row in rows:
        if row["customers"]:
            z, zz = (row["before"] / UNITS, row["before_squared"]) if ours(row["currency"]) else (0.0, 0.0)
            yield {"day": max(row["day"], since), "n": row["customers"], "z": z, "zz": zz}


def _spent(rows: Sequence[Mapping[Any, Any]], since: date, ours: InMoney) -> Iterator[Figures]:
    """What adds up over days."""
    for row in rows:
        money: Figures = {}
        came = row["day"]
        if ours(row["currency"]):
            x = row["revenue"] / UNITS
            came -= timedelta(days=round(row["revenue_days"] / x) if x > 0 else 0)
            money = {"x": x, "xz": row["revenue_before"]}
        yield {"day": max(came, since), "orders": row["orders"], **money}


def _buyers(rows: Sequence[Mapping[Any, Any]], since: date, ours: InMoney) -> Figures:
    """What does not."""
    days: dict[date, int] = defaultdict(int)
    firsts = 0
    for row in rows:
        days[row["day"]] += row["buyers"]
        firsts += row[_first(row["day"], since)]
    in_money = [row for row in rows if ours(row["currency"])]
    times = sum(days.values())
    buyers = max(firsts, *days.values(), 0)
    # On so many days each of them bought.
    each = max(1.0, times / max(1, buyers))
    x, xx, xxx, paying, z = (
        float(sum(row[name] for row in in_money))
        for name in ("revenue", "revenue_squared", "revenue_cubed", "paying", "before_of_buyers")
    )
    mean = x / UNITS / paying if paying else 0.0
    return {
        "day": since,
        "buyers": buyers,
        "positive": round(buyers * (1 - max(0.0, 1 - paying / max(1, times)) ** each)),
        "xx": xx + paying * (each - 1) * mean**2,
        "xxx": xxx + 3 * (each - 1) * xx * mean + paying * max(0.0, (each - 1) * (each - 2)) * mean**3,
        "z_of_buyers": z / each,
    }


def _first(day: date, since: date) -> str:
    """The column that holds who has not bought since `since`, for certain."""
    return next((name for days, name in _FIRSTS if (day - since).days <= days), "after_all")
