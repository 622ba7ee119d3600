"""The catalog as the house opens it: refresh, restart, damage, on both databases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from catalog import products
from catalog.embedding import HashingEncoder, Vectors
from catalog.encoders.opening import open_encoder
from catalog.encoders.settings import EmbeddingSettings
from catalog.model import Limits, Product, Taste
from catalog.service import Catalog
from store.database import Database
from tests.kit.catalog import NOW, product, signal, tea_shop


class CountingEncoder(HashingEncoder):
    """Remembers what it was asked to encode."""

    def __init__(self) -> None:
        super().__init__(64)
        self.texts: list[str] = []

    def encode(self, texts: list[str]) -> Vectors:
        self.texts += texts
        return super().encode(texts)


class NoEncoder(HashingEncoder):
    """Stands for a model that must not be needed."""

    def __init__(self) -> None:
        super().__init__(64)

    def encode(self, texts: list[str]) -> Vectors:
        raise AssertionError(f"asked to encode {texts}")


async def stock(database: Database, listed: list[Product]) -> None:
    async with database.session() as session:
        await products.upsert(session, listed)


async def filled(database: Database, folder: Path, listed: list[Product] | None = None) -> Catalog:
    await stock(database, tea_shop() if listed is None else listed)
    catalog = await Catalog.open(database, folder, HashingEncoder(64))
    await catalog.refresh()
    return catalog


def spoil(folder: Path, damage: str) -> None:
    """Do one kind of damage to the vectors, or change a bit of every file."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    for path in files if damage == "everything" else [one for one in files if one.name == "vectors.bin"]:
        data = path.read_bytes()
        if damage == "remove":
            path.unlink()
        else:
            path.write_bytes(data[:-1] if damage == "cut" else bytes([data[0] ^ 1]) + data[1:])


async def test_a_refreshed_catalog_picks_and_finds(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path)
    picked = catalog.pick(Taste(signals=(signal("sencha", "viewed"),)), Limits(count=2), now=NOW, seed=1)
    assert picked[0].product.id == "sencha"
    assert (await catalog.search("earl grey")).hits[0].product.id == "earlgrey"


async def test_only_what_changed_is_encoded_again(database: Database, tmp_path: Path) -> None:
    await stock(database, tea_shop())
    encoder = CountingEncoder()
    catalog = await Catalog.open(database, tmp_path, encoder)
    told: list[tuple[int, int | None]] = []
    assert (await catalog.refresh(lambda done, total: told.append((done, total)))).embedded == 12
    assert told == [(12, 12)]
    encoder.texts.clear()
    await stock(database, [tea_shop()[0].model_copy(update={"title": "Sencha renamed"})])
    await stock(database, [tea_shop()[1].model_copy(update={"stock": 5})])
    assert (await catalog.refresh()).embedded == 1
    assert encoder.texts[0].startswith("Sencha renamed")
    assert catalog.view.product(catalog.view.row_of["gyokuro"]).stock == 5


async def test_a_restart_needs_no_encoder_and_rebuilds_nothing(database: Database, tmp_path: Path) -> None:
    before = await filled(database, tmp_path)
    after = await Catalog.open(database, tmp_path, NoEncoder())
    assert after.opened == (0, 12, None)
    assert np.array_equal(after.view.vectors, before.view.vectors)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "everything"])
async def test_a_damaged_index_is_rebuilt_from_the_database_without_the_encoder(
    sqlite_database: Database, tmp_path: Path, damage: str
) -> None:
    before = await filled(sqlite_database, tmp_path)
    spoil(tmp_path, damage)
    after = await Catalog.open(sqlite_database, tmp_path, NoEncoder())
    assert after.opened.rebuilt == "index_damaged"
    assert np.array_equal(after.view.vectors, before.view.vectors)
    assert (await Catalog.open(sqlite_database, tmp_path, NoEncoder())).opened.rebuilt is None


async def test_another_model_means_other_vectors(sqlite_database: Database, tmp_path: Path) -> None:
    await filled(sqlite_database, tmp_path)
    catalog = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(32))
    assert catalog.opened.rebuilt == "index_other_model"
    assert (await catalog.refresh()).embedded == 12
    assert catalog.view.vectors.shape == (12, 32)


async def test_a_product_without_a_vector_yet_is_in_the_view_all_the_same(
    sqlite_database: Database, tmp_path: Path
) -> None:
    catalog = await filled(sqlite_database, tmp_path)
    await stock(sqlite_database, [product("a-new-one", "Oolong")])
    await catalog.reload()
    row = catalog.view.row_of["a-new-one"]
    assert not catalog.view.vectors[row].any()
    assert catalog.view.vectors[catalog.view.row_of["sencha"]].any()
    picked = catalog.pick(Taste(signals=(signal("a-new-one", "carted"),)), Limits(), now=NOW)
    assert picked[0].product.id == "a-new-one"


async def test_a_deleted_product_leaves_the_view(sqlite_database: Database, tmp_path: Path) -> None:
    catalog = await filled(sqlite_database, tmp_path)
    async with sqlite_database.session() as session:
        await products.delete(session, "sencha")
    assert (await catalog.refresh()).products == 11
    assert "sencha" not in catalog.view.row_of


async def test_an_empty_catalog_opens_and_answers_nothing(database: Database, tmp_path: Path) -> None:
    catalog = await filled(database, tmp_path, [])
    assert catalog.pick(Taste(), Limits(), now=NOW) == []
    assert (await catalog.search("tea")).hits == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
async def test_the_packaged_model_knows_that_a_mug_is_nearer_to_a_cup_than_to_a_saw(
    tmp_path: Path,
) -> None:
    encoder = open_encoder(EmbeddingSettings(), tmp_path)
    cup, mug, saw = encoder.encode(["coffee cup", "mug for hot drinks", "circular saw"])
    assert cup.shape == (encoder.dimension,)
    assert np.linalg.norm(cup) == pytest.approx(1.0, abs=1e-5)
    assert cup @ mug > 0.4 > cup @ saw
