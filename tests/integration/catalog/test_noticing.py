"""What became of products since they were last looked at, whoever changed them and however."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog import products
from catalog.noticing import notice
from store.database import Database
from tests.kit.catalog import product
from tests.kit.events import NOW

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


class Shelf:
    """One product, changed and looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, **changes: Any) -> None:
        async with self._database.session() as session:
            await products.upsert(session, [product("p1", "Kettle", **{"price": "100", **changes})])

    async def seen(self, days: float = 0) -> list[str]:
        """What there is to notice so many days later."""
        async with self._database.session() as session:
            return [one.kind for one in await notice(session, NOW + days * DAY)]


@pytest.fixture
async def shelf(database: Database) -> Shelf:
    """A kettle for 100 that has been looked at."""
    made = Shelf(database)
    await made.put()
    assert await made.seen() == []
    return made


@pytest.mark.parametrize(
    ("price", "kinds"),
    [
        pytest.param("100", [], id="the same"),
        pytest.param("95.01", [], id="less than a twentieth off"),
        pytest.param("95", ["cheaper"], id="a twentieth off"),
        pytest.param("101", ["dearer"], id="dearer"),
    ],
)
async def test_a_price_has_fallen_when_a_twentieth_of_it_is_gone(shelf: Shelf, price: str, kinds: list[str]) -> None:
    await shelf.put(price=price)
    assert await shelf.seen() == kinds
    assert await shelf.seen() == []


async def test_small_steps_down_add_up(shelf: Shelf) -> None:
    seen = []
    for price in ("97", "94", "91", "89"):
        await shelf.put(price=price)
        seen.append(await shelf.seen())
    assert seen == [[], ["cheaper"], [], ["cheaper"]]


async def test_a_sale_that_was_entered_before_begins_and_ends_by_the_clock(shelf: Shelf) -> None:
    await shelf.put(sale_price=Decimal(80), sale_price_starts=NOW + DAY, sale_price_ends=NOW + 3 * DAY)
    assert [await shelf.seen(days) for days in (0, 1, 2, 3)] == [[], ["cheaper"], [], ["dearer"]]


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param({"availability": "out_of_stock"}, id="by its feed"),
        pytest.param({"stock": 0}, id="by its stock"),
    ],
)
async def test_what_is_gone_and_comes_back_is_noticed(shelf: Shelf, gone: dict[str, Any]) -> None:
    await shelf.put(**gone)
    assert await shelf.seen() == ["gone"]
    await shelf.put()
    assert await shelf.seen() == ["back"]


async def test_a_product_taken_off_the_shelf_is_gone(shelf: Shelf, database: Database) -> None:
    async with database.session() as session:
        await products.delete(session, "p1")
    assert await shelf.seen() == ["gone"]


async def test_another_currency_is_no_other_price(shelf: Shelf) -> None:
    await shelf.put(price="50", currency="USD")
    assert await shelf.seen() == []
    await shelf.put(price="40", currency="USD")
    assert await shelf.seen() == ["cheaper"]
