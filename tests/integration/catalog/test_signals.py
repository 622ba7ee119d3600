"""Baskets teach what goes together and what sells, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import orjson
import pytest

from catalog import signals
from catalog.signals import Basket
from store.database import Database
from tests.kit.catalog import NOW

BASKETS: list[Basket] = [
    *((("tea", "pot"), NOW - timedelta(days=day)) for day in range(6)),
    *((("tea", "cup"), NOW - timedelta(days=day)) for day in range(2)),
    (("tea", "spoon"), NOW),
    *((("hat",), NOW - timedelta(days=300)) for _ in range(20)),
]


async def learn(database: Database, baskets: list[Basket]) -> dict[str, signals.Popular]:
    async with database.session() as session:
        await signals.learn_signals(session, baskets)
    async with database.session(readonly=True) as session:
        return await signals.load(session)


async def test_what_is_bought_together_often_comes_first_and_coincidence_does_not_count(
    database: Database,
) -> None:
    found = orjson.loads((await learn(database, BASKETS))["tea"].neighbours)
    assert [(other, baskets) for other, _, baskets in found] == [("pot", 6), ("cup", 2)]
    # cosine 6 / sqrt(9 · 6), shrunk by 6 / (6 + 5)
    assert found[0][1] == pytest.approx(6 / 54**0.5 * 6 / 11, abs=1e-4)


async def test_popular_is_what_sells_now_not_what_sold_once(database: Database) -> None:
    found = await learn(database, BASKETS)
    assert found["tea"].popularity == 1.0
    assert found["hat"].popularity < found["spoon"].popularity


async def test_learning_again_forgets_what_was_learned_before(database: Database) -> None:
    await learn(database, BASKETS)
    assert (await learn(database, BASKETS[:6])).keys() == {"tea", "pot"}
    assert await learn(database, []) == {}


async def test_baskets_may_come_as_a_stream(sqlite_database: Database) -> None:
    async def stream() -> AsyncIterator[Basket]:
        for basket in BASKETS:
            yield basket

    async with sqlite_database.session() as session:
        learned = await signals.learn_signals(session, stream())
    assert (learned.baskets, learned.products) == (len(BASKETS), 5)


async def test_the_order_of_baskets_does_not_matter(sqlite_database: Database) -> None:
    forwards, backwards = await learn(sqlite_database, BASKETS), await learn(sqlite_database, BASKETS[::-1])
    for product_id, one in forwards.items():
        assert backwards[product_id].popularity == pytest.approx(one.popularity)
        assert backwards[product_id].neighbours == one.neighbours
