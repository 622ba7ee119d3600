"""Products are kept exactly, on both databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog import products
from catalog.products import ProductNotFound
from store.clock import frozen_at
from store.database import Database
from tests.kit.catalog import NOW, product, tea_shop

FULL = product(
    "full",
    "Everything",
    description="All of it",
    image_link="https://shop.example/full.png",
    price=Decimal("1.2345"),
    sale_price=Decimal("1.00"),
    sale_price_starts=NOW,
    sale_price_ends=NOW + timedelta(days=3),
    item_group_id="group",
    brand="Aoki",
    gtin="4006381333931",
    google_product_category="Food > Tea",
    product_type="Tea > Green tea",
    condition="new",
    color="Green",
    size="M",
    material="Leaf",
    attributes={"roast": "dark", "kg": 1.5, "vegan": True, "notes": ["plum", "cocoa"], "sizes": [{"eu": 40}]},
    stock=3,
    consumable_days=30,
)


async def test_every_field_comes_back_as_it_went_in(database: Database) -> None:
    async with database.session() as session:
        await products.upsert(session, [FULL])
    async with database.session(readonly=True) as session:
        assert await products.get(session, "full") == FULL


async def test_the_day_it_was_added_is_remembered(database: Database) -> None:
    undated = product("a").model_copy(update={"added_at": None})
    async with database.session() as session:
        with frozen_at(NOW):
            await products.upsert(session, [undated])
        with frozen_at(NOW + timedelta(days=9)):
            await products.upsert(session, [undated.model_copy(update={"title": "Renamed"})])
        found = await products.get(session, "a")
    assert (found.added_at, found.title) == (NOW, "Renamed")


async def test_a_deleted_product_is_gone(database: Database) -> None:
    async with database.session() as session:
        await products.upsert(session, [FULL, product("other")])
        assert await products.delete(session, "full")
        assert not await products.delete(session, "full")
        assert await products.count(session) == 1
        with pytest.raises(ProductNotFound, match="full"):
            await products.get(session, "full")
        assert await products.get_many(session, ["full", "nowhere", "other"]) == {"other": product("other")}


async def test_importing_a_deleted_product_again_brings_it_back(database: Database) -> None:
    async with database.session() as session:
        await products.upsert(session, [FULL])
        await products.delete(session, "full")
        assert await products.upsert(session, [FULL]) == (0, 1, 0)
        assert await products.count(session) == 1


async def test_pages_follow_each_other_without_gaps(database: Database) -> None:
    async with database.session() as session:
        await products.upsert(session, tea_shop())
        seen: list[str] = []
        while page := await products.page(session, after=seen[-1] if seen else "", limit=5):
            seen += [one.id for one in page]
    assert len(seen) == 12
    assert set(seen) == {one.id for one in tea_shop()}


async def test_many_ids_at_once_are_more_than_one_statement(sqlite_database: Database) -> None:
    many = [product(f"p{n}") for n in range(1_100)]
    async with sqlite_database.session() as session:
        assert await products.upsert(session, many) == (1_100, 0, 0)
        assert len(await products.get_many(session, (one.id for one in many))) == 1_100
