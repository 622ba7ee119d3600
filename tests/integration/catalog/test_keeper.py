"""The view follows the database: what changed is read and nothing else, whoever writes, whatever happened meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from sqlalchemy import text

from catalog import advance, ann, builder, index, neighbours, products
from catalog import view as view_module
from catalog.embedding import HashingEncoder
from catalog.model import Limits, Product, Taste
from catalog.picks import pick
from catalog.service import Catalog
from catalog.signals import learn_signals
from store.database import Database
from tests.kit.catalog import NOW, product, signal, tea_shop
from tests.kit.database import SqliteFactory

TWO_WRITERS = pytest.mark.parametrize("database_factory", ["postgresql"], indirect=True)
"""SQLite has one writer at a time."""


async def stock(database: Database, listed: Sequence[Product], gone: Sequence[str] = ()) -> None:
    async with database.session() as session:
        await products.upsert(session, listed)
        for product_id in gone:
            await products.delete(session, product_id)


async def filled(database: Database, folder: Path, listed: Sequence[Product]) -> Catalog:
    await stock(database, listed)
    catalog = await Catalog.open(database, folder, HashingEncoder(64))
    await catalog.refresh()
    return catalog


def generations(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("g-*")}


def many(count: int) -> list[Product]:
    return [
        product(f"p{n:04}", f"Thing {n} of {n % 7} and {n % 11}", product_type=f"Shelf {n % 5}") for n in range(count)
    ]


async def test_prices_and_stock_touch_neither_vectors_nor_the_index(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, tea_shop())
    before, on_disk = catalog.view, generations(tmp_path)
    await stock(database, [tea_shop()[0].model_copy(update={"price": Decimal("12.50"), "stock": 2})])
    assert (await catalog.refresh()).embedded == 0
    row = catalog.view.row_of["sencha"]
    assert (row, catalog.view.room is before.room) == (before.row_of["sencha"], True)
    assert (catalog.view.product(row).price, before.product(row).price) == (Decimal("12.50"), Decimal("10.00"))
    assert generations(tmp_path) == on_disk


async def test_a_restart_catches_up_with_what_changed_meanwhile(database: Database, tmp_path: Path) -> None:
    await filled(database, tmp_path, many(50))
    await stock(
        database, [product("new", "A new thing"), many(50)[3].model_copy(update={"price": Decimal(3)})], ["p0009"]
    )
    catalog = await Catalog.open(database, tmp_path, HashingEncoder(64))
    assert catalog.opened == (0, 50, None)
    assert "p0009" not in catalog.view.row_of
    assert catalog.view.product(catalog.view.row_of["p0003"]).price == Decimal(3)
    assert [catalog.view.ids[row] for row in catalog.view.waiting().tolist()] == ["new"]
    assert (await catalog.refresh()).embedded == 1


async def test_a_product_that_comes_back_brings_its_vector(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, many(30))
    before = catalog.view.vectors[catalog.view.row_of["p0004"]].copy()
    await stock(database, [], ["p0004"])
    await catalog.refresh()
    await stock(database, [many(30)[4]])
    assert (await catalog.refresh()).embedded == 0
    assert np.array_equal(catalog.view.vectors[catalog.view.row_of["p0004"]], before)


@TWO_WRITERS
async def test_who_began_earlier_and_ends_later_is_not_missed(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, many(30))
    async with database.session() as slow:
        await products.upsert(slow, [product("slow", "Slow thing")])
        await stock(database, [product("fast", "Fast thing")])
        await catalog.refresh()
        assert ("fast" in catalog.view.row_of, "slow" in catalog.view.row_of) == (True, False)
        await stock(database, [product("faster", "Faster thing")])
        await catalog.refresh()
    await catalog.refresh()
    assert {"slow", "fast", "faster"} <= set(catalog.view.row_of)
    assert not len(catalog.view.waiting())


@TWO_WRITERS
async def test_what_was_seen_is_not_read_again_while_an_older_writer_is_still_busy(
    database: Database, tmp_path: Path
) -> None:
    catalog = await filled(database, tmp_path, many(30))
    async with database.session() as slow:
        await products.upsert(slow, [product("slow", "Slow thing")])
        await stock(database, [one.model_copy(update={"stock": 4}) for one in many(30)])
        await catalog.refresh()
        seen, on_disk = catalog.view, generations(tmp_path)
        await catalog.refresh()
        # Neither the rebuild that so many changes would ask for, nor another view.
        assert (catalog.view is seen, generations(tmp_path)) == (True, on_disk)
    await catalog.refresh()
    assert "slow" in catalog.view.row_of


async def test_a_change_no_matter_how_it_was_written_is_seen(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, many(30))
    async with database.session() as session:
        await session.execute(text("UPDATE product SET stock = 0 WHERE id = 'p0001'"))
        await session.execute(text("DELETE FROM product WHERE id = 'p0002'"))
    await catalog.refresh()
    assert catalog.view.product(catalog.view.row_of["p0001"]).stock == 0
    assert "p0002" not in catalog.view.row_of


async def test_an_index_of_another_database_is_made_anew(sqlite_factory: SqliteFactory, tmp_path: Path) -> None:
    for listed in (many(30), many(31), [one.model_copy(update={"title": "Other"}) for one in many(30)]):
        database = Database.open(await sqlite_factory.url(), sqlite_factory._keyring)
        await filled(database, tmp_path / "own", listed)
        catalog = await Catalog.open(database, tmp_path / "shared", HashingEncoder(64))
        assert catalog.opened.rebuilt in ("index_missing", "index_stale")
        assert set(catalog.view.row_of) == {one.id for one in listed}
        await database.close()


async def test_many_changes_make_a_new_generation(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, many(60))
    on_disk = generations(tmp_path)
    for start in (0, 6):
        few = many(60)[start : start + 6]
        await stock(database, [one.model_copy(update={"title": f"Renamed {one.id}"}) for one in few])
        await catalog.refresh()
    assert generations(tmp_path) - on_disk
    assert len(catalog.view) == catalog.view.live == 60
    assert (await Catalog.open(database, tmp_path, HashingEncoder(64))).opened == (0, 60, None)


async def test_while_another_process_writes_the_index_it_is_served_from_memory(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "LOCK_SECONDS", 0.05)
    await stock(sqlite_database, many(20))
    with FileLock(tmp_path / index.LOCK):
        catalog = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))
        assert (await catalog.refresh()).embedded == 20
        assert catalog.pick(Taste(signals=(signal("p0003", "viewed"),)), Limits(count=1), now=NOW)
    assert not generations(tmp_path)
    assert (await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))).opened == (0, 20, "index_missing")


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few hundred products get what a hundred thousand get."""
    monkeypatch.setattr(ann, "INDEX_FROM", 100)
    monkeypatch.setattr(ann, "SCANS", (50, 100, 200, 400))
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 10)
    monkeypatch.setattr(index, "MAP_FROM", 1)
    monkeypatch.setattr(advance, "TAIL_ROWS", 10)


@pytest.mark.usefixtures("small_is_large")
async def test_a_large_catalog_comes_back_with_its_index_and_what_was_measured(
    sqlite_database: Database, tmp_path: Path
) -> None:
    built = await filled(sqlite_database, tmp_path, many(400))
    plan = built.view.plan
    assert (plan.kind, min(plan.recall.values()) >= ann.MIN_RECALL) == ("ivf_sq8", True)
    assert plan.sentence.startswith(f"{plan.cells:,} cells, ")
    opened = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))
    assert (opened.opened.rebuilt, opened.view.plan) == (None, plan)
    query = built.view.vectors[:3]
    mask = np.arange(400) % 3 > 0
    ours, theirs = (neighbours.nearest(one.view, mask, query, 10) for one in (built, opened))
    assert [near.rows.tolist() for near in ours] == [near.rows.tolist() for near in theirs]


@pytest.mark.usefixtures("small_is_large")
async def test_what_comes_after_the_index_gets_one_of_its_own(sqlite_database: Database, tmp_path: Path) -> None:
    await filled(sqlite_database, tmp_path, many(400))
    catalog = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))
    await stock(sqlite_database, [product(f"q{n:03}", f"Thing {n} of {n % 7} and {n % 11}") for n in range(12)])
    await catalog.refresh()
    view = catalog.view
    assert [(segment.start, segment.end) for segment in view.segments] == [(0, 400), (400, len(view))]
    seeds = [view.row_of[f"q{n:03}"] for n in range(12)]
    cosines = np.where(view.alive, view.vectors[seeds] @ view.vectors.T, -1.0)
    cosines[np.arange(12), seeds] = -1.0
    found = neighbours.nearest_to(view, view.alive, seeds, 1)
    assert sum(near.cosine[0] >= best - 1e-5 for near, best in zip(found, cosines.max(axis=1), strict=True)) >= 11


@pytest.mark.usefixtures("small_is_large")
async def test_readers_are_served_while_the_catalog_changes_under_them(
    sqlite_database: Database, tmp_path: Path
) -> None:
    catalog = await filled(sqlite_database, tmp_path, many(200))
    stop, wrong, served = threading.Event(), list[str](), list[int]()

    def read() -> None:
        # A breath between two, or they would wait for one another and for the writer all the time.
        while not stop.wait(0.001):
            view = catalog.view
            taste = Taste(signals=(signal("p0003", "viewed"), signal("p0007", "carted")))
            picked = pick(view, taste, Limits(categories=("shelf 3",)), now=NOW, seed=1)
            served.append(len(picked))
            wrong.extend(one.product.id for one in picked if one.product.product_type != "Shelf 3")
            wrong.extend(one.product.id for one in picked if view.product(view.row_of[one.product.id]) != one.product)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(12):
            changed = [
                one.model_copy(update={"price": Decimal(5 + turn), "product_type": f"Shelf {turn % 5}"})
                for one in many(200)[turn:100:12]
            ]
            await stock(sqlite_database, changed, [f"p{100 + turn:04}"])
            await catalog.refresh()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert served
    assert wrong == []
    assert catalog.view.live == 188


async def test_what_baskets_teach_later_reaches_the_view(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, many(30))
    async with database.session() as session:
        await learn_signals(session, [(("p0001", "p0002"), NOW)] * 3)
    await catalog.reload()
    view = catalog.view
    assert [view.ids[one.row] for one in view.bought_with("p0001", 5)] == ["p0002"]
    assert view.columns.popularity[view.row_of["p0001"]] == 1.0
    assert view.ids[int(view.columns.popular[0])] in ("p0001", "p0002")


async def test_rebuilding_on_request_says_what_it_does(sqlite_database: Database, tmp_path: Path) -> None:
    catalog = await filled(sqlite_database, tmp_path, many(30))
    on_disk, heard = generations(tmp_path), list[str]()
    done = await catalog.rebuild(lambda what, _, __: heard.append(what))
    assert (done.products, done.rebuilt) == (30, "rebuild")
    assert generations(tmp_path) - on_disk
    assert dict.fromkeys(heard).keys() == {"reading products", "writing the index"}


async def test_another_way_to_compose_texts_makes_the_index_anew(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(sqlite_database, tmp_path, many(10))
    for module in (builder, view_module):
        monkeypatch.setattr(module, "product_text", lambda one: f"{one.title} by another rule")
    catalog = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))
    assert catalog.opened.rebuilt == "index_old_format"
    assert (await catalog.refresh()).embedded == 10


async def test_where_the_disk_refuses_the_index_the_shop_is_served_from_memory_and_it_is_told(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await filled(sqlite_database, tmp_path / "index", many(30))
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder should be")
    catalog = await Catalog.open(sqlite_database, taken, HashingEncoder(64))
    assert catalog.unwritten == "disk_failed"
    written = await Catalog.open(sqlite_database, tmp_path / "index", HashingEncoder(64))
    taste = Taste(signals=(signal("p0001", "carted"),))
    picked, wanted = (pick(one.view, taste, Limits(), now=NOW, seed=0) for one in (catalog, written))
    assert picked
    assert picked == wanted
    with pytest.raises(index.IndexNotWritten, match="could not be written"):
        await catalog.rebuild(lambda what, done, total: None)
    taken.unlink()
    await stock(sqlite_database, many(60))
    await catalog.refresh()
    assert catalog.unwritten is None
