"""Customers who were erased go on counting in every part of the time: as what they were, as far as sums can say."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import select

from composer.facts.departing import depart
from composer.facts.line_totals import Days, Money, sides
from composer.facts.tables import DepartedRow, DrawnRow, SpentRow
from composer.results.clusters import Sample, Totals
from composer.results.model import UNITS, Side
from store.database import Database
from store.upsert import table_of

pytestmark = pytest.mark.anyio

FIRST = date(2026, 1, 1)
DAYS = 200
EXACT = ("n", "hits", "m", "mm", "z", "zz", "zm", "x", "xz")
GBP = Money("GBP", unnamed=True)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def drawn(who: int, came: int, before: float = 0.0) -> DrawnRow:
    since = datetime.combine(day(came), time(8), UTC)
    return DrawnRow(
        customer_id=f"i{who}", holdout_id="h", customer=f"c{who}", side=Side.MAILED.value, since=since, day=day(came),
        before=round(before * UNITS), currency="GBP",
    )  # fmt: skip


def spent(who: int, on: int, revenue: float, currency: str = "GBP") -> SpentRow:
    return SpentRow(
        customer_id=f"i{who}", holdout_id="h", day=day(on), currency=currency, orders=1, revenue=round(revenue * UNITS)
    )


async def kept(database: Database, *rows: DrawnRow | SpentRow) -> None:
    async with database.session() as session:
        session.add_all(rows)


async def erased(database: Database, who: int) -> None:
    async with database.session() as session:
        await depart(session, f"i{who}", [f"c{who}"])


async def mailed(database: Database, since: int, until: int) -> Sample:
    async with database.session(readonly=True) as session:
        [found] = await sides(session, [Days("h", day(since), day(until))], GBP)
    return found.mailed


def a_shop(draw: Random) -> list[DrawnRow | SpentRow]:
    """Two in three were there from the beginning, and each tenth pays nothing, as all came back."""
    rows: list[DrawnRow | SpentRow] = []
    for who in range(60):
        came = draw.choice([0, 0, draw.randrange(DAYS)])
        rows.append(drawn(who, came, draw.choice([0.0, 20.0, 75.5])))
        days = {draw.randrange(came, DAYS) for _ in range(draw.choice([0, 1, 3, 9]))}
        rows += [spent(who, on, draw.choice([0.0] + [draw.randrange(5, 90) for _ in range(9)])) for on in days]
    return rows


@pytest.mark.parametrize("seed", range(2))
async def test_they_count_in_every_part_of_the_time_as_what_they_were(database: Database, seed: int) -> None:
    draw = Random(seed)
    await kept(database, *a_shop(draw))
    parts = [(0, DAYS), *((since, since + length) for length in (1, 7, 28, 90) for since in (3, 50, 107))]
    before = {part: await mailed(database, *part) for part in parts}
    for who in range(60):
        await erased(database, who)
    for part, there in before.items():
        gone = await mailed(database, *part)
        for name in EXACT:
            assert getattr(gone.revenue, name) == pytest.approx(getattr(there.revenue, name)), (part, name)
        assert gone.bought.x <= there.bought.x
        assert gone.bought.x >= 0.8 * there.bought.x - 2
        assert gone.bought.x - 6 <= gone.revenue.positive <= gone.bought.x
        assert gone.revenue.xm == pytest.approx(there.revenue.xm, rel=0.1)
        assert gone.revenue.xx == pytest.approx(there.revenue.xx, rel=0.5)
        if part == (0, DAYS):
            assert gone.bought.x == there.bought.x


async def test_of_one_day_all_is_known(database: Database) -> None:
    await kept(database, drawn(1, 0, 20.0), spent(1, 4, 30.0), spent(1, 9, 12.0), drawn(2, 2), spent(2, 9, 0.0))
    before = await mailed(database, 9, 10)
    assert (before.revenue.positive, before.bought.x, before.revenue.xx) == (1, 2.0, 144.0)
    for who in (1, 2):
        await erased(database, who)
    assert await mailed(database, 9, 10) == before


async def test_who_bought_long_ago_is_no_buyer_of_last_week(database: Database) -> None:
    await kept(database, *(drawn(who, 0) for who in range(10)), *(spent(who, 2, 60.0) for who in range(10)))
    before = await mailed(database, 50, 57)
    for who in range(8):
        await erased(database, who)
    gone = await mailed(database, 50, 57)
    assert gone == before
    assert (gone.bought.x, gone.revenue.positive, gone.revenue.n) == (0.0, 0, 10)
    assert await mailed(database, 0, 57) == before_all(10, 60.0)


def before_all(buyers: int, revenue: float) -> Sample:
    """Of so many who were there all the time and each spent this once."""
    n = float(buyers)
    common = {"n": buyers, "positive": buyers, "m": n, "mm": n}
    money = Totals(hits=buyers, x=n * revenue, xm=n * revenue, xx=n * revenue**2, xxx=n * revenue**3, **common)
    return Sample(money, Totals(hits=buyers, x=n, xm=n, xx=n, xxx=n, **common))


@pytest.mark.parametrize("pause", [7, 14, 28, 56, 90])
async def test_who_had_not_bought_for_so_long_is_a_buyer_of_the_days_after_the_last_time(
    database: Database, pause: int
) -> None:
    await kept(database, drawn(1, 0), spent(1, 3, 30.0), spent(1, 3 + pause, 12.0))
    await kept(database, drawn(2, 0), spent(2, 4 + pause, 9.0))
    for who in (1, 2):
        await erased(database, who)
    assert (await mailed(database, 4, 5 + pause)).bought.x == 2.0
    assert (await mailed(database, 3, 5 + pause)).bought.x == 2.0


async def test_an_order_in_two_currencies_on_a_day_is_one_buyers(database: Database) -> None:
    await kept(database, drawn(1, 0), spent(1, 3, 40.0), spent(1, 3, 70.0, "EUR"), spent(1, 5, 10.0, "EUR"))
    before = await mailed(database, 0, 10)
    await erased(database, 1)
    gone = await mailed(database, 0, 10)
    assert (gone.bought.x, gone.revenue.positive, gone.revenue.x, gone.revenue.hits) == (1.0, 1, 40.0, 3)
    assert (gone.bought.x, gone.revenue.x, gone.revenue.hits) == (
        before.bought.x, before.revenue.x, before.revenue.hits
    )  # fmt: skip


async def test_the_sums_do_not_say_on_which_days_one_of_them_bought(database: Database) -> None:
    """Two who bought on the same days as two others, the other way round, leave the same rows."""
    await kept(database, *(drawn(who, 0) for who in range(4)))
    crossed = [(0, 2, 10.0), (0, 60, 30.0), (1, 3, 20.0), (1, 61, 40.0)]
    straight = [(2, 2, 10.0), (2, 61, 40.0), (3, 3, 20.0), (3, 60, 30.0)]
    await kept(database, *(spent(*row) for row in crossed + straight))
    found = []
    for two in ((0, 1), (2, 3)):
        for who in two:
            await erased(database, who)
        async with database.session() as session:
            table = table_of(DepartedRow)
            found.append((await session.execute(select(table).order_by(table.c.day))).all())
            await session.execute(table.delete())
    assert found[0] == found[1]
