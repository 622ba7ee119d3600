"""From everybody's orders to one customer's picks: what is bought again is learned, recalled, and runs low."""

from __future__ import annotations

from datetime import timedelta

from catalog.model import Limits
from catalog.picks import pick
from composer.taste import taste_of
from memory.habit_learning import learn_habits
from memory.ingest import ingest
from memory.lines import ProductHints
from memory.model import CustomerMemory
from memory.recall import recall
from store.database import Database
from tests.kit.catalog import product, view
from tests.kit.events import KETTLE, NOW, TEA, order

SHELF = [product("p1", "Copper Drip Kettle", product_type="Kettles"), product("p2", "Sencha", product_type="Tea")]


def _unheard(_job: str, _customers: int) -> None:
    """Nobody watches."""


def _candle(number: int) -> dict[str, object]:
    return {"product_id": f"c{number}", "name": f"Candle {number}", "category": "Home", "quantity": 1, "price": 5}


async def _recalled(database: Database, customer: str) -> CustomerMemory:
    async with database.session(readonly=True) as session:
        memory = await recall(session, customer, as_of=NOW)
    assert memory is not None
    return memory


async def test_a_shop_whose_feed_says_nothing_of_it_gets_replenishment_once_it_learned(database: Database) -> None:
    buyers = [order(f"o{n}-{day}", TEA, user=f"b{n}", days_ago=day + n) for n in range(6) for day in (30, 60)]
    once = order("o-ada", TEA, KETTLE, user="ada", days_ago=28)
    async with database.session() as session:
        await ingest(session, [*buyers, once], received_at=NOW)
    before = pick(view(SHELF), taste_of(await _recalled(database, "ada")), Limits(), now=NOW, seed=1)
    await learn_habits(database, NOW, _unheard)
    ada = await _recalled(database, "ada")
    after = pick(view(SHELF), taste_of(ada), Limits(), now=NOW, seed=1)
    assert [(one.product_id, one.basis) for one in ada.cycles] == [("p2", "shop")]
    assert abs(ada.cycles[0].runs_out_at - (NOW + timedelta(days=2))) < timedelta(days=3)
    assert [one.kind for one in before if one.product.id == "p2"] == []
    assert [(one.product.id, one.kind) for one in after] == [("p2", "running_low")]


async def test_a_clock_beside_candles_comes_earlier_and_is_not_said_to_run_low(database: Database) -> None:
    """Three candles that people come back for make a guess at the whole shelf, of which a clock is one thing."""
    clock = {"product_id": "clock", "name": "Clock", "category": "Home", "quantity": 1, "price": 30}
    candles = [
        order(f"o{buyer}-{kind}-{day}", _candle(kind), user=f"b{buyer}-{kind}", days_ago=day + buyer)
        for buyer in range(3)
        for kind in range(3)
        for day in (70, 100)
    ]
    bought = order("o-ada", clock, user="ada", days_ago=28)
    async with database.session() as session:
        await ingest(session, [*candles, bought], received_at=NOW)
    shelf = view([product("clock", "Wall Clock", product_type="Home"), *SHELF])
    await learn_habits(database, NOW, _unheard)
    ada = await _recalled(database, "ada")
    assert [(one.product_id, one.basis) for one in ada.cycles] == [("clock", "category")]
    [shown] = [one for one in pick(shelf, taste_of(ada), Limits(), now=NOW, seed=1) if one.product.id == "clock"]
    assert (shown.kind, shown.reason) == ("buy_again", "One you have bought before")


async def test_what_the_catalog_knows_of_a_unit_comes_with_the_event(database: Database) -> None:
    catalog = {"p2": ProductHints(consumable_days=40, attributes={"Leaf": "Whole"})}
    async with database.session() as session:
        await ingest(session, [order("o1", TEA, days_ago=5)], received_at=NOW, enrich=catalog.get)
    memory = await _recalled(database, "u1")
    assert [(one.basis, one.every_days) for one in memory.cycles] == [("product", 40)]
    assert [one.value for one in memory.interests if one.kind == "attribute"] == ["leaf=whole"]
