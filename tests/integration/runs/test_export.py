"""A run as lines and as messages, for senders that take files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from email import message_from_bytes
from email.policy import SMTP
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from composer.runs.export import PAGE, Exported, pages
from composer.runs.export_files import ExportNotWritten, write_file, write_folder, write_lines
from composer.runs.service import UnknownRun
from store.database import Database
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio


async def exported(shop: PreparedShop, run: str, after: int = -1) -> list[dict[str, Any]]:
    file = BytesIO()
    await write_lines(pages(shop.database, shop.freshness, run, after=after), file, lambda done: None)
    return [orjson.loads(line) for line in file.getvalue().splitlines()]


async def prepared(database: Database, customers: int = 3, *, others: tuple[str, ...] = ()) -> tuple[PreparedShop, str]:
    shop = await PreparedShop.open(database, customers=customers)
    emails = [await shop.compose(customer=f"c-{number}") for number in range(1, customers + 1)]
    return shop, await shop.run(emails, others=others)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_everyone_in_the_run_has_one_line_with_what_became_of_them(database: Database) -> None:
    shop, run = await prepared(database, others=("skipped", "failed", "pending"))
    lines = await exported(shop, run)
    assert [line["position"] for line in lines] == list(range(6))
    assert [line["status"] for line in lines] == ["composed"] * 3 + ["skipped", "failed", "pending"]
    email = await shop.compose(customer="c-2")
    assert lines[1]["idempotency_key"] == email.id
    for name in ("subject", "preheader", "html", "text", "headers"):
        assert lines[1][name] == getattr(email, name)
    assert [pick["product_id"] for pick in lines[1]["picks"]] == [pick.product_id for pick in email.picks]
    assert lines[3]["reason"] == "too_few_picks"
    assert "html" not in lines[3]


async def test_an_export_goes_on_behind_the_last_line_that_arrived(sqlite_database: Database) -> None:
    shop, run = await prepared(sqlite_database)
    assert await exported(shop, run, after=0) == (await exported(shop, run))[1:]
    assert await exported(shop, run, after=2) == []


async def test_a_run_longer_than_a_page_is_whole(sqlite_database: Database) -> None:
    shop, run = await prepared(sqlite_database, 1, others=("skipped",) * (2 * PAGE + 1))
    positions = [line["position"] for line in await exported(shop, run)]
    assert positions == list(range(2 * PAGE + 2))


async def test_lines_are_of_this_moment(database: Database) -> None:
    shop, run = await prepared(database)
    before = await exported(shop, run)
    await shop.unsubscribe("c-1")
    shop.shelf.change("sencha", price=Decimal("13.75"))
    lines = await exported(shop, run)
    assert (lines[0]["status"], lines[0]["reason"]) == ("withdrawn", "unsubscribed")
    assert "html" not in lines[0]
    assert "£13.75" in lines[1]["html"]
    assert lines[1]["idempotency_key"] == before[1]["idempotency_key"]
    assert [line["revision"] for line in lines[1:]] == [1, 1]


async def test_messages_are_addressed_and_one_file_each(sqlite_database: Database, tmp_path: Path) -> None:
    shop, run = await prepared(sqlite_database, others=("skipped",))
    await shop.unsubscribe("c-3")
    folder = tmp_path / "out"
    found = pages(shop.database, shop.freshness, run)
    statuses = await write_folder(shop.database, found, folder, lambda done: None)
    assert statuses == {"composed": 2, "withdrawn": 1, "skipped": 1}
    email = await shop.compose(customer="c-2")
    assert len(names(folder)) == 2
    message = message_from_bytes((folder / f"{email.id}.eml").read_bytes(), policy=SMTP)
    assert message["To"] == "c-2@post.example"
    assert message["Subject"] == email.subject
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_a_file_is_put_in_place_when_it_is_whole(sqlite_database: Database, tmp_path: Path) -> None:
    shop, run = await prepared(sqlite_database)
    path = tmp_path / "run.ndjson"
    path.write_text("the export of before")

    async def killed() -> AsyncIterator[list[Exported]]:
        async for page in pages(shop.database, shop.freshness, run):
            yield page
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await write_file(killed(), path, lambda done: None)
    assert path.read_text() == "the export of before"
    counted: list[int] = []
    await write_file(pages(shop.database, shop.freshness, run), path, counted.append)
    assert [orjson.loads(line)["position"] for line in path.read_bytes().splitlines()] == [0, 1, 2]
    assert sum(counted) == 3
    assert names(tmp_path) == ["run.ndjson"]


async def test_a_place_that_cannot_be_written_is_said(sqlite_database: Database, tmp_path: Path) -> None:
    shop, run = await prepared(sqlite_database, 1)
    with pytest.raises(ExportNotWritten, match="--out"):
        await write_file(pages(shop.database, shop.freshness, run), tmp_path / "no" / "run.ndjson", lambda done: None)


async def test_an_unknown_run_is_an_error(sqlite_database: Database) -> None:
    shop = await PreparedShop.open(sqlite_database)
    with pytest.raises(UnknownRun):
        await exported(shop, "run_none")
