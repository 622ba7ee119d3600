"""An import that is killed with SIGKILL leaves the shop as it was or as it should be, and can be run again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from catalog.feeds import reports
from store import clock
from store.crypto import Keyring, save_keyring
from store.database import Database
from tests.kit import forks
from tests.kit.database import DatabaseFactory
from tests.kit.feed_bench import FeedBench, numbered
from tests.kit.killed_import import MOMENTS, die_importing
from tests.kit.patience import PATIENCE_S

BEFORE = {f"p{number}": "10.00" for number in range(1_200)}
AFTER = {f"p{number}": "11.00" for number in range(1_150)}


@pytest.fixture
async def url(database_factory: DatabaseFactory) -> str:
    """A database of each kind."""
    return await database_factory.url()


@pytest.fixture
async def bench(url: str, keyring: Keyring, tmp_path: Path) -> AsyncIterator[FeedBench]:
    """A shop of 1,200 products, whose feed now has 50 fewer, all at another price."""
    save_keyring(tmp_path / "keys.json", keyring)
    database = Database.open(url, keyring)
    made = FeedBench(database, tmp_path)
    await made.add("shop")
    await made.bring("shop", numbered(1_200))
    made.write("shop", numbered(1_150, "11.00 EUR"))
    yield made
    await database.close()


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_killed_import_leaves_one_shop_or_the_other_and_the_next_run_ends_it(
    bench: FeedBench, url: str, moment: str
) -> None:
    process = forks.start(die_importing, url, bench.folder, moment)
    assert await asyncio.to_thread(forks.ended, process, PATIENCE_S) == -signal.SIGKILL
    applied = moment == "tidying"
    assert await bench.shelf() == (AFTER if applied else BEFORE)
    with clock.frozen_at(clock.now() + reports.LEASE + timedelta(seconds=5)):
        again = await bench.feeds.run("shop")
    assert again.status == ("unchanged" if applied else "done")
    assert await bench.shelf() == AFTER
    assert (await bench.history("shop"))[1] == ("done" if applied else "interrupted")
