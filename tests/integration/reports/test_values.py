"""What customers are worth by month, out of real orders and the ledger, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from composer.reports.model import Period, Values
from composer.reports.reading import learn_values, read_report
from memory.recall import customer_id_of
from store.database import Database
from tests.kit.outcomes import Shop
from tests.kit.reports import episode, keep
from tests.kit.runs import open_shop

pytestmark = pytest.mark.anyio

FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOW = FIRST + timedelta(days=70)
CUSTOMERS = 24


async def values(database: Database) -> Values:
    await learn_values(database, NOW, unless_within=timedelta(0))
    async with database.session(readonly=True) as session:
        found = (await read_report(session, Period(date(2026, 3, 1), date(2026, 6, 1)))).values
    assert found is not None
    return found


async def order(shop: Shop, number: int, order_id: str, total: float, at: datetime, currency: str = "GBP") -> None:
    about: dict[str, Any] = {"order_id": f"{order_id}-{number}", "total": total, "currency": currency, "products": []}
    await shop.did(f"c{number}", "Order Completed", at=at, **about)


async def test_each_month_adds_what_was_kept_and_tells_only_of_who_is_known_for_all_of_it(database: Database) -> None:
    await open_shop(database)
    shop = Shop(database)
    for number in range(CUSTOMERS):
        # The last four began three weeks later: they are not known for a second month yet.
        began = FIRST + timedelta(days=21 * (number >= 20))
        await order(shop, number, "first", 40.0, began)
        if number < 10:
            await order(shop, number, "second", 20.0, began + timedelta(days=35))
            await order(shop, number, "abroad", 500.0, began + timedelta(days=36), "USD")
        if number == 0:
            await shop.did("c0", "Order Refunded", at=began + timedelta(days=2), order_id="first-0", total=40.0)
    [march] = (await values(database)).acquired
    assert (march.key, march.customers) == ("2026-03", CUSTOMERS)
    assert [(point.month, point.customers) for point in march.points] == [(1, 24), (2, 20)]
    first, second = (point.value for point in march.points)
    assert first.value == pytest.approx(40 * 23 / 24)
    assert second.value == pytest.approx((40 * 19 + 20 * 10) / 20)
    assert second.low < second.value < second.high


async def test_too_few_customers_are_not_told(database: Database) -> None:
    await open_shop(database)
    shop = Shop(database)
    for number in range(19):
        await order(shop, number, "first", 40.0, FIRST)
    assert (await values(database)).acquired == []


async def test_who_was_contacted_counts_from_then_on_whether_they_bought_or_not(database: Database) -> None:
    await open_shop(database)
    shop = Shop(database)
    ids = []
    for number in range(20):
        await order(shop, number, "before", 90.0, FIRST - timedelta(days=3))
        if number < 5:
            await order(shop, number, "after", 30.0, FIRST + timedelta(days=3))
        ids.append(await shop_id(database, f"c{number}"))
    reached = [episode(n, begins=FIRST, customer_id=customer, lifecycle="new") for n, customer in enumerate(ids)]
    again = episode(99, begins=FIRST + timedelta(days=9), customer_id=ids[0], lifecycle="lapsed")
    await keep(database, [*reached, again])
    [new] = (await values(database)).contacted
    assert (new.key, new.customers) == ("new", 20)
    assert new.points[0].value.value == pytest.approx(30 * 5 / 20)


async def shop_id(database: Database, customer: str) -> str:
    async with database.session(readonly=True) as session:
        found = await customer_id_of(session, customer)
    assert found is not None
    return found
