"""Versions of the merchandising are never changed, and costs are kept apart from products."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from catalog import merchandising_store as store
from catalog import products
from catalog.costs import in_price_currency, read_costs
from catalog.embedding import HashingEncoder
from catalog.merchandising import Merchandising, Placement
from catalog.model import Limits, Taste
from catalog.service import Catalog
from store.database import Database
from store.errors import InvalidInput
from tests.kit.catalog import NOW, product


def document(**rules: Any) -> Merchandising:
    return Merchandising.model_validate(rules)


FULL = document(
    pins=[{"product": "sencha", "place": 2, "starts": "2026-12-01", "flows": ["newsletter"], "category": "Tea"}],
    boosts=[
        {"name": "winter", "select": {"attributes": {"roast": "dark", "grade": 2}, "min_price": "1.25"}, "factor": 2}
    ],
    buries=[{"select": {"on_sale": False, "brands": ["Lin"]}, "factor": 0.5}],
    excludes=[{"select": {"new_days": 3}, "ends": "2026-12-24"}],
    margin_weight=0.4,
    show_cap={"times": 2, "days": 14},
    new_arrivals={"share": 0.1},
    exploration=0.05,
)


async def test_a_shop_without_merchandising_has_the_empty_document(database: Database) -> None:
    async with database.session(readonly=True) as session:
        assert await store.load(session) == (0, Merchandising(), None)
        assert await store.history(session) == []


async def test_every_rule_comes_back_as_it_was_saved(database: Database) -> None:
    async with database.session() as session:
        await store.save(session, FULL)
    async with database.session(readonly=True) as session:
        assert (await store.load(session)).document == FULL


async def test_a_changed_document_is_a_new_version_and_the_old_ones_stay(database: Database) -> None:
    async with database.session() as session:
        first = await store.save(session, FULL)
        again = await store.save(session, FULL)
        second = await store.save(session, Merchandising())
    async with database.session(readonly=True) as session:
        assert [first.version, again.version, second.version] == [1, 1, 2]
        assert (await store.load(session, 1)).document == FULL
        assert [found.version for found in await store.history(session)] == [2, 1]
        assert [found.version for found in await store.history(session, before=2)] == [1]
        assert await store.latest(session) == 2


async def test_a_version_that_never_was_is_an_error_that_says_which_there_are(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(store.UnknownVersion, match="None was saved yet"):
            await store.load(session, 1)
        await store.save(session, FULL)
        with pytest.raises(store.UnknownVersion, match="Versions are 1 to 1"):
            await store.load(session, 7)


async def test_of_many_who_save_at_once_each_is_kept_or_told(database: Database) -> None:
    async def one(number: int) -> int | None:
        async with database.session() as session:
            try:
                return (await store.save(session, document(exploration=number / 100))).version
            except store.SavedMeanwhile:
                return None

    versions = await asyncio.gather(*(one(number) for number in range(6)))
    kept = sorted(version for version in versions if version is not None)
    assert kept
    assert kept == list(range(1, len(kept) + 1))
    async with database.session(readonly=True) as session:
        assert len(await store.history(session)) == len(kept)


async def test_ids_that_the_catalog_does_not_have_are_named(database: Database) -> None:
    rules = document(
        pins=[{"product": "sencha"}, {"product": "nowhere"}],
        excludes=[{"select": {"ids": ["sencha", "never", "nowhere"]}}],
    )
    async with database.session() as session:
        await products.upsert(session, [product("sencha")])
        assert await store.unknown_products(session, rules) == ["nowhere", "never"]


async def test_costs_are_added_and_replaced_exactly(database: Database) -> None:
    async with database.session() as session:
        assert await store.save_costs(session, {"a": Decimal("3.1"), "b": Decimal(2)}) == 2
        assert await store.save_costs(session, {"b": Decimal("2.0525"), "c": Decimal(0)}) == 3
        assert await store.save_costs(session, {}) == 3
    async with database.session(readonly=True) as session:
        assert await store.costs(session) == {"a": Decimal("3.1"), "b": Decimal("2.0525"), "c": Decimal(0)}


async def test_the_catalog_weighs_by_costs_from_its_next_refresh_on(database: Database, tmp_path: Path) -> None:
    async with database.session() as session:
        await products.upsert(session, [product("dear", "Aaaaaa"), product("cheap", "Bbbbbb")])
        await store.save_costs(session, {"dear": Decimal(9), "cheap": Decimal(8)})
    catalog = await Catalog.open(database, tmp_path, HashingEncoder())
    await catalog.refresh()
    wanted = Placement(merchandising=document(margin_weight=1))

    def first() -> str:
        limits = Limits(only_ids=("dear", "cheap"))
        return catalog.pick(Taste(), limits, now=NOW, placement=wanted)[0].product.id

    assert first() == "cheap"
    async with database.session() as session:
        await store.save_costs(session, {"dear": Decimal(1)})
    await catalog.refresh()
    assert first() == "dear"


async def test_a_cost_below_zero_is_refused(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(InvalidInput, match="below zero"):
            await store.save_costs(session, {"a": Decimal(-1)})


async def test_a_cost_in_another_currency_than_the_price_is_left_out_with_its_reason(
    database: Database, tmp_path: Path
) -> None:
    rows = ["sencha,3.10,eur", "chai,2,USD", "gone,1,EUR", "mug,4,", "chai,2.50,GBP"]
    (tmp_path / "costs.csv").write_text("\n".join(["id,cost,currency", *rows]))
    async with database.session() as session:
        for name in ("sencha", "chai", "mug"):
            await products.upsert(session, [product(name)])
        found = await in_price_currency(session, read_costs(tmp_path / "costs.csv"))
    assert found.amounts == {"sencha": Decimal("3.10"), "mug": Decimal(4)}
    told = [(one.line, one.product_id, one.field, one.reason) for one in found.issues]
    assert told == [
        (4, "gone", "currency", "It is in EUR, and the catalog has no price that says whether that is the product's."),
        (6, "chai", "currency", "It is in GBP, and the price in EUR."),
    ]
    assert found.left_out == 2
