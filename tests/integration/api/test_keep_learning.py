"""What is done every hour: one failure ends neither the hours nor the look for harm."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from api import learning
from api.learning import keep_learning
from catalog.embedding import HashingEncoder
from catalog.service import Catalog
from composer.harm.model import Limits
from store.database import Database
from store.errors import Unavailable
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("failure", [OverflowError("too much"), Unavailable("The database is away.")])
async def test_where_counting_fails_it_is_looked_for_harm_and_tried_again(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    done: list[str] = []
    enough = asyncio.Event()

    async def counting(*_: Any, **__: Any) -> None:
        done.append("counting")
        raise failure

    async def looking(*_: Any) -> None:
        done.append("guard")
        if done.count("guard") == 2:
            enough.set()

    monkeypatch.setattr(learning, "LEARN_EVERY_S", 0.0)
    monkeypatch.setattr(learning, "update_facts", counting)
    monkeypatch.setattr(learning, "guard", looking)
    catalog = await Catalog.open(sqlite_database, tmp_path, HashingEncoder())
    hours = asyncio.create_task(keep_learning(sqlite_database, catalog, Limits()))
    await asyncio.wait_for(enough.wait(), PATIENCE_S)
    hours.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hours
    # Once as the first step of the hour, once again before anything is learned from it.
    assert done[:4] == ["counting", "guard", "counting", "counting"]


async def _learned_within_looks(
    database: Database, tmp_path: Path, patch: pytest.MonkeyPatch, orders: list[int]
) -> int:
    """At which look it was learned first, where each look finds so many orders; 0 for at none."""
    looks, learned_at = iter(orders), [0]
    over, looked = asyncio.Event(), [0]

    async def count(_: Any) -> int:
        found = next(looks, None)
        if found is None:
            over.set()
            return 0
        looked[0] += 1
        return found

    async def learn(*_: Any) -> None:
        learned_at[0] = learned_at[0] or looked[0]
        over.set()

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    for name, value in {"LOOK_EVERY_S": 0.0, "LOOKING_SHARE": 1e6, "count_orders": count, "guard": nothing}.items():
        patch.setattr(learning, name, value)
    patch.setattr(learning, "update_facts", nothing)
    patch.setattr(learning, "learn_what_is_new", learn)
    catalog = await Catalog.open(database, tmp_path, HashingEncoder())
    hours = asyncio.create_task(keep_learning(database, catalog, Limits()))
    await asyncio.wait_for(over.wait(), PATIENCE_S)
    hours.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hours
    return learned_at[0]


@pytest.mark.parametrize(
    ("orders", "learned_at"),
    [([0, 0, 0], 0), ([18], 1), ([0, 18, 18], 3), ([0, 100, 5_000, 20_000, 20_100], 5)],
    ids=["no orders", "there at the start", "come while it serves", "while an import pours in"],
)
async def test_a_new_shop_is_learned_before_its_hour_once_its_orders_have_come(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orders: list[int], learned_at: int
) -> None:
    assert await _learned_within_looks(sqlite_database, tmp_path, monkeypatch, orders) == learned_at
