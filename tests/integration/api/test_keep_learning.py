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
