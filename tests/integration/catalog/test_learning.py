"""A shop learns from its own events, on both databases: from memory to picks, and what can go wrong on the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.learning import gather, learn_ranking, learn_what_is_new
from catalog import products
from catalog.embedding import HashingEncoder
from catalog.learning import artefact
from catalog.learning.artefact import NAME, LearnedNotWritten, LearnedState
from catalog.learning.features import NAMES as FEATURES
from catalog.learning.interactions import seconds
from catalog.learning.model import Learned, Report
from catalog.learning.ranker import train
from catalog.learning.shop import learn_shop
from catalog.model import Limits, Signal, Taste
from catalog.service import LESSONS, Catalog
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.histories import END, Event, fashion, grocery, interactions, shelf

PRODUCTS = 40
EVENTS = sorted(grocery(120, 100, PRODUCTS), key=lambda event: (event[0], event[2]))
NAMES = {"bought": "Order Completed", "viewed": "Product Viewed", "carted": "Product Added"}


def messages(events: list[Event]) -> Iterator[dict[str, Any]]:
    """Segment messages: what one customer bought at one moment is one order, whatever else is an event of its own."""
    orders = groupby((event for event in events if event[3] == "bought"), key=lambda event: (event[0], event[2]))
    for number, ((customer, at), lines) in enumerate(orders):
        bought = [{"product_id": product, "price": 5} for _, product, _, _ in lines]
        yield message(f"o{number}", customer, at, "bought", {"order_id": f"o{number}", "products": bought})
    for number, (customer, product, at, kind) in enumerate(event for event in events if event[3] != "bought"):
        yield message(f"m{number}", customer, at, kind, {"product_id": product})


def message(message_id: str, customer: str, at: int, kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": message_id,
        "userId": customer,
        "event": NAMES[kind],
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(),
        "properties": properties,
    }


async def remember(database: Database, events: list[Event]) -> None:
    async with database.session() as session:
        await ingest(session, list(messages(events)), received_at=END)


async def opened(database: Database, folder: Path) -> Catalog:
    async with database.session() as session:
        await products.upsert(session, shelf(PRODUCTS))
    catalog = await Catalog.open(database, folder, HashingEncoder(64))
    await catalog.refresh()
    return catalog


def picked(catalog: Catalog, *product_ids: str) -> list[str]:
    signals = tuple(
        Signal(product_id=name, kind="bought", at=datetime(2026, 5, 20, tzinfo=UTC)) for name in product_ids
    )
    return [one.product.id for one in catalog.pick(Taste(signals=signals), Limits(), now=END, seed=1)]


async def test_memory_hands_out_what_happened_and_nobody_s_name(database: Database) -> None:
    events = sorted(fashion(6, 60, 30), key=lambda event: (event[0], event[2], event[3]))
    await remember(database, events)
    given, expected = await gather(database), interactions(events)
    for name in ("product", "at", "kind"):
        assert sorted(getattr(given, name).tolist()) == sorted(getattr(expected, name).tolist())
    assert given.products == expected.products
    assert len(set(given.customer.tolist())) == 6


async def test_learning_ranks_picks_now_and_after_a_restart(sqlite_database: Database, tmp_path: Path) -> None:
    await remember(sqlite_database, EVENTS)
    catalog = await opened(sqlite_database, tmp_path)
    assert catalog.ranking.state is LearnedState.MISSING
    told: list[tuple[int, int | None]] = []
    with clock.frozen_at(END):
        report = await learn_ranking(sqlite_database, catalog, lambda done, total: told.append((done, total)))
    assert report.standing == "in_use"
    assert (catalog.ranking.state, catalog.ranking.detail) == ("in_use", report.sentence)
    assert told[-1][0] == told[-1][1]
    assert "in use" in catalog.ranking.detail
    again = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))
    assert again.ranking == catalog.ranking
    assert picked(again, "p1", "p2") == picked(catalog, "p1", "p2")


async def test_what_the_disk_refuses_is_told_and_leaves_nothing_half_written(
    sqlite_database: Database, tmp_path: Path
) -> None:
    catalog = await opened(sqlite_database, tmp_path)
    await remember(sqlite_database, EVENTS[:400])
    (tmp_path / LESSONS / NAME).mkdir(parents=True)
    with clock.frozen_at(END), pytest.raises(LearnedNotWritten, match="cannot be written"):
        await learn_ranking(sqlite_database, catalog)
    assert [path.name for path in (tmp_path / LESSONS).iterdir()] == [NAME]


NO_OPENMP = """
import sys
from importlib.abc import MetaPathFinder

class Broken(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")

sys.meta_path.insert(0, Broken())
from pathlib import Path
from catalog.learning.artefact import LearnedUnusable, load
try:
    load(Path(sys.argv[1]))
except LearnedUnusable as error:
    print(error.state, error.message)
"""


def test_a_machine_without_openmp_is_told_what_to_install(tmp_path: Path) -> None:
    draw = np.random.default_rng(0).random((400, len(FEATURES)), dtype=np.float32)
    report = Report(standing="in_use", orders=1, customers=1, trained_at=END)
    shop = learn_shop(interactions(EVENTS[:100]), seconds(END))
    artefact.save(tmp_path, Learned.of(shop, train(draw, draw[:, 0] > 0.5, FEATURES, 0.25), report))
    command = [sys.executable, "-c", NO_OPENMP, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith("lightgbm_unusable")
    assert "apt-get install libgomp1" in said


async def test_a_damaged_file_leaves_the_default_weights_until_the_next_learning(
    sqlite_database: Database, tmp_path: Path
) -> None:
    catalog = await opened(sqlite_database, tmp_path)
    by_default = picked(catalog, "p1")
    await remember(sqlite_database, EVENTS[:400])
    with clock.frozen_at(END):
        await learn_ranking(sqlite_database, catalog)
    path = tmp_path / LESSONS / NAME
    path.write_bytes(path.read_bytes()[:-9])
    again = await Catalog.open(sqlite_database, tmp_path, HashingEncoder(64))
    assert again.ranking.state is LearnedState.DAMAGED
    assert "default weights" in again.ranking.detail
    assert set(picked(again, "p1")) & set(by_default) or not by_default
    with clock.frozen_at(END):
        await learn_ranking(sqlite_database, again)
    assert again.ranking.detail.endswith("the default weights rank")


async def test_every_hour_the_signals_are_fresh_and_once_a_day_the_ranker(
    sqlite_database: Database, tmp_path: Path
) -> None:
    await remember(sqlite_database, EVENTS[:400])
    catalog = await opened(sqlite_database, tmp_path)
    trained, as_of = [], []
    for hours in (0, 1, 25):
        with clock.frozen_at(END.replace(day=END.day + hours // 24, hour=hours % 24)):
            await learn_what_is_new(sqlite_database, catalog)
        assert catalog.view.learned is not None
        trained.append(catalog.view.learned.learned.report.trained_at)
        as_of.append(catalog.view.learned.shop.as_of)
    assert trained[0] == trained[1] < trained[2]
    assert as_of[0] < as_of[1] < as_of[2]


@pytest.mark.parametrize("events", [[], EVENTS[:3]])
async def test_a_shop_without_a_history_keeps_the_default_weights(
    sqlite_database: Database, tmp_path: Path, events: list[Event]
) -> None:
    await remember(sqlite_database, events)
    catalog = await opened(sqlite_database, tmp_path)
    with clock.frozen_at(END):
        report = await learn_ranking(sqlite_database, catalog)
    assert report.standing == "too_little_history"
    assert "too few" in catalog.ranking.detail
