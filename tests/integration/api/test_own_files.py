"""No import, list or feed reads or overwrites the database it goes into, or any other file of the installation."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from api.commands import customer, lessons
from api.databases import open_database
from api.feeds import open_feeds
from api.settings import Settings
from catalog.costs import read_costs
from catalog.feeds.feed import Feed
from catalog.feeds.importer import import_feed
from catalog.feeds.mapping import load_mapping
from composer.documents import Brand, load_document
from composer.runs.export import Exported
from composer.runs.export_files import write_file
from memory.importers.importer import Wanted, import_file
from memory.importers.options import ImportOptions
from store.database import Database
from store.errors import InvalidInput
from store.files.own import OwnFile, refuse_own
from tests.kit.homes import new_home
from tests.kit.sqlite_files import left_to_sqlite

pytestmark = pytest.mark.anyio
OURS = (
    "penfriend.db", "penfriend.db-wal", "penfriend.db-shm", "penfriend.db-journal", "keys.json", "penfriend.toml",
    "erasures.ndjson", "index/any", "models/any",
)  # fmt: skip


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    new_home(tmp_path / "home")
    return Settings(home=tmp_path / "home")


@pytest.fixture
async def opened(settings: Settings) -> AsyncIterator[Database]:
    async with open_database(settings) as database:
        yield database


@pytest.mark.parametrize("name", OURS)
async def test_every_file_of_ours_is_refused_unopened(settings: Settings, opened: Database, name: str) -> None:
    file = settings.home / name
    with left_to_sqlite():
        with pytest.raises(OwnFile):
            await import_feed(opened, file)
        with pytest.raises(OwnFile):
            await import_file(opened, Wanted(file, "orders"))
        with pytest.raises(OwnFile):
            await open_feeds(settings, opened).save(Feed(id="own", source=str(file)))
        for read in (read_costs, load_mapping, lambda path: load_document(Brand, path)):
            with pytest.raises(OwnFile):
                read(file)


async def test_by_another_name_it_is_ours_all_the_same(settings: Settings, opened: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").symlink_to(settings.home / "penfriend.db")
    os.link(settings.home / "penfriend.db", tmp_path / "linked.csv")
    with left_to_sqlite():
        for name in ("feed.csv", "linked.csv", "home/../home/penfriend.db"):
            with pytest.raises(OwnFile):
                await import_feed(opened, tmp_path / name)


async def test_a_feed_that_was_there_before_is_refused_when_it_is_fetched(
    settings: Settings, opened: Database, tmp_path: Path
) -> None:
    feeds, shop = open_feeds(settings, opened), tmp_path / "shop.csv"
    shop.write_text("id,title,link,price\n1,Tea,https://x.example/1,3 EUR\n")
    await feeds.save(Feed(id="shop", source=str(shop), mode="delta"))
    assert (await feeds.run("shop")).status == "done"
    shop.unlink()
    shop.symlink_to(settings.home / "penfriend.db")
    with left_to_sqlite():
        report = await feeds.run("shop")
    assert report.failure is not None
    assert report.failure.reason == "own_file"


async def test_the_list_of_what_was_left_out_overwrites_neither_ours_nor_the_import(
    settings: Settings, opened: Database, tmp_path: Path
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("order,who\n1,ada\n")
    before = log.read_text()
    for place, error in ((settings.home / "penfriend.db", OwnFile), (log, InvalidInput)):
        wanted = Wanted(log, "orders", options=ImportOptions(), rejected_to=place)
        with left_to_sqlite(), pytest.raises(error):
            await import_file(opened, wanted)
    assert log.read_text() == before
    await opened.check()


async def test_no_export_is_written_over_ours(settings: Settings) -> None:
    ours = settings.home / "penfriend.db"
    for export in (partial(customer.export, "ada", ours), partial(lessons.export, ours)):
        with left_to_sqlite(), pytest.raises(OwnFile):
            # A command has a loop of its own.
            await asyncio.to_thread(export, home=settings.home)
    assert ours.read_bytes().startswith(b"SQLite format 3")


async def test_a_run_is_not_exported_over_ours(settings: Settings, opened: Database) -> None:
    async def nobody() -> AsyncIterator[list[Exported]]:
        return
        yield

    ours = settings.home / "penfriend.db"
    with left_to_sqlite(), pytest.raises(OwnFile):
        await write_file(nobody(), ours, lambda done: None)
    await opened.check()


async def test_what_a_shop_keeps_in_the_home_may_be_read(settings: Settings, opened: Database) -> None:
    file = settings.home / "feed.csv"
    file.write_text("id,title,link,price\n1,Tea,https://x.example/1,3 EUR\n")
    assert (await import_feed(opened, file)).imported == 1
    copy = settings.home / "copy.db"
    shutil.copy(file, copy)
    refuse_own(copy)
