"""While a process serves, its feeds are fetched when they are due, and its index follows every import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from api.background import Background, Refresher
from api.feeds import keep_feeds_fresh
from catalog.feeds.download import Downloader
from catalog.feeds.fetch import Fetcher
from catalog.feeds.importer import import_feed
from catalog.feeds.register import Claimed
from catalog.feeds.report import FeedFormat, ImportReport
from catalog.feeds.runner import Feeds, Progress
from store.database import Database
from tests.kit.feed_bench import FeedBench, csv, row
from tests.kit.patience import PATIENCE_S


@pytest.fixture
def bench(sqlite_database: Database, tmp_path: Path) -> FeedBench:
    """Feeds over an empty shop."""
    return FeedBench(sqlite_database, tmp_path)


class Index:
    """Counts how often it was brought up to date."""

    def __init__(self) -> None:
        self.refreshed = 0

    async def refresh(self) -> None:
        """Follow the products."""
        self.refreshed += 1


@pytest.fixture
async def index(bench: FeedBench) -> AsyncIterator[Index]:
    """The index of a process whose loop looks all the time."""
    followed, background = Index(), Background()
    refresher = Refresher(followed.refresh, background)
    background.start("feeds", keep_feeds_fresh(bench.feeds, bench.database, refresher, every_s=0.02))
    yield followed
    await background.close()


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if await reached():
                return
            await asyncio.sleep(0.02)


async def test_a_feed_is_fetched_when_it_is_due_and_the_index_follows(bench: FeedBench, index: Index) -> None:
    async def sold() -> bool:
        return await bench.shelf() == {"tea": "10.00"} and index.refreshed == 1

    bench.write("shop", [row("tea")])
    await bench.add("shop")
    await until(sold)
    assert await bench.history("shop") == ["done"]


async def test_the_index_follows_imports_of_other_processes_once_each(bench: FeedBench, index: Index) -> None:
    async def followed() -> bool:
        return index.refreshed == 1

    await import_feed(bench.database, csv([row("tea")]).splitlines(), FeedFormat.CSV)
    await until(followed)
    await asyncio.sleep(0.2)
    assert index.refreshed == 1


class BreaksOnce(FeedBench):
    """Feeds with a fault of our own in them, in the one that is due first."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self.feeds = BrokenFeeds(database, Fetcher(folder / "uploads", Downloader(private=True)))


class BrokenFeeds(Feeds):
    """Stumbles over the feed `first`."""

    async def _import(self, claimed: Claimed, report: ImportReport, progress: Progress) -> str | None:
        if claimed.feed.id == "first":
            raise ZeroDivisionError
        return await super()._import(claimed, report, progress)


async def test_a_fault_of_our_own_costs_one_feed_its_turn(sqlite_database: Database, tmp_path: Path) -> None:
    bench, background = BreaksOnce(sqlite_database, tmp_path), Background()

    async def sold() -> bool:
        return set(await bench.shelf()) == {"tea"}

    await bench.add("first", source=str(bench.write("shop", [row("tea")])))
    await bench.add("shop")
    refresher = Refresher(Index().refresh, background)
    background.start("feeds", keep_feeds_fresh(bench.feeds, bench.database, refresher, every_s=0.02))
    await until(sold)
    await background.close()
    status = await bench.status("first")
    assert status.last_import is not None
    assert status.last_import.failure is not None
    assert (status.state, status.failures, status.last_import.failure.reason) == ("failing", 1, "internal_error")


@pytest.mark.usefixtures("index")
async def test_a_feed_that_fails_does_not_stop_the_others(bench: FeedBench) -> None:
    async def sold() -> bool:
        return set(await bench.shelf()) == {"tea"}

    await bench.add("broken", source=str(bench.folder / "nowhere.csv"))
    bench.write("shop", [row("tea")])
    await bench.add("shop")
    await until(sold)
    assert await bench.history("broken") == ["failed"]
