"""A whole feed comes in, on both databases: what is new, what changed, what was wrong."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel, col

from catalog import products
from catalog.feeds import reports
from catalog.feeds.guard import Guard
from catalog.feeds.importer import import_feed
from catalog.feeds.mapping import load_mapping
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import ISSUE_LIMIT, FeedFormat, ImportReport
from catalog.feeds.source import FeedUnreadable
from catalog.feeds.unpack import FeedDamaged, FeedTooLarge
from catalog.merchandising_store import cost_stamp, costs
from catalog.tables import ImportRow, StagedCostRow, StagedRow
from store.database import Database
from store.files.source import FileMissing, Source

HEADER = "id\ttitle\tlink\tprice\tavailability"
TEA = "tea\tGreen tea\thttps://s.example/tea\t15.00 EUR\tin stock"
CUP = "cup\tCup\thttps://s.example/cup\t1.299,00 EUR\tin stock"


async def bring(database: Database, source: Source, form: FeedFormat = FeedFormat.GOOGLE_TSV) -> ImportReport:
    return await import_feed(database, source, form)


async def titles(database: Database) -> dict[str, str]:
    async with database.session(readonly=True) as session:
        return {one.id: one.title for one in await products.page(session)}


async def test_a_second_import_writes_only_what_changed(database: Database) -> None:
    first = await bring(database, [HEADER, TEA, CUP])
    again = await bring(database, [HEADER, TEA, CUP])
    changed = await bring(database, [HEADER, TEA.replace("15.00", "14.00"), CUP])
    assert (first.imported, first.changed, first.unchanged) == (2, 0, 0)
    assert (again.imported, again.changed, again.unchanged) == (0, 0, 2)
    assert (changed.imported, changed.changed, changed.unchanged) == (0, 1, 1)


async def test_a_mapping_says_what_columns_are_whichever_system_wrote_the_table(
    database: Database, tmp_path: Path
) -> None:
    """The export of a German shop, as it had to be mapped before its headers were known: its ids must stay."""
    feed = tmp_path / "export.csv"
    feed.write_text(
        "ID,Typ,Artikelnummer,Name,Regulärer Preis,Vorrätig?\n1,simple,cup-1,Tasse,12.90,1\n", encoding="utf-8"
    )
    given = load_mapping(
        "{currency: EUR, shop_url: 'https://s.example', fields: {id: Artikelnummer, title: Name, "
        "price: Regulärer Preis, link: {template: 'https://s.example/{Artikelnummer}'}}}"
    )
    mapped = await import_feed(database, feed, options=FeedOptions().mapped(given))
    assert (mapped.format, await titles(database)) == (FeedFormat.CSV, {"cup-1": "Tasse"})
    plain = FeedOptions(currency="EUR", shop_url="https://s.example")
    assert (await import_feed(database, feed, options=plain, dry_run=True)).format == FeedFormat.WOOCOMMERCE_CSV


async def test_a_bad_row_costs_only_itself_and_is_kept_in_the_report(database: Database) -> None:
    bad = "bad\t\thttps://s.example/bad\t1 EUR\tin stock"
    report = await bring(database, [HEADER, TEA, bad, TEA, CUP])
    assert set(await titles(database)) == {"tea", "cup"}
    assert [(issue.line, issue.product_id, issue.field) for issue in report.rejected] == [
        (3, "bad", "title"), (4, "tea", "id")
    ]  # fmt: skip
    async with database.session(readonly=True) as session:
        kept = await reports.get(session, report.id)
    assert kept == report
    assert (kept.status, kept.rows, kept.imported, kept.rejected_count) == ("done", 4, 2, 2)


async def test_a_dry_run_says_what_it_would_do_and_leaves_nothing(database: Database) -> None:
    report = await import_feed(database, [HEADER, TEA], FeedFormat.CSV, dry_run=True)
    assert report.imported == 1
    assert await titles(database) == {}
    async with database.session(readonly=True) as session:
        for table in (ImportRow, StagedRow):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_an_import_that_breaks_leaves_the_shop_as_it_was_and_says_so(database: Database) -> None:
    def lines() -> Iterator[str]:
        yield HEADER
        yield from (TEA.replace("tea", f"tea{n}") for n in range(1_200))
        raise KeyboardInterrupt

    await bring(database, [HEADER, CUP])
    with pytest.raises(KeyboardInterrupt):
        await bring(database, lines())
    assert set(await titles(database)) == {"cup"}
    async with database.session(readonly=True) as session:
        broken = (await session.scalars(select(ImportRow).where(col(ImportRow.status) == "interrupted"))).one()
        assert await session.scalar(select(func.count()).select_from(StagedRow)) == 0
        assert (await reports.get(session, broken.id)).failure == reports.CUT_SHORT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_the_encoding_of_a_file_is_found(sqlite_database: Database, tmp_path: Path, encoding: str) -> None:
    feed = tmp_path / "feed.tsv"
    feed.write_bytes("\n".join([HEADER, TEA.replace("Green tea", "Thé vert – 5 €")]).encode(encoding))
    await bring(sqlite_database, feed)
    assert await titles(sqlite_database) == {"tea": "Thé vert – 5 €"}


async def test_xml_is_read_in_the_encoding_it_declares(sqlite_database: Database, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    item = "<item><id>1</id><title>Thé</title><link>https://s.example/1</link></item>"
    text = f'<?xml version="1.0" encoding="iso-8859-1"?><rss><channel>{item}</channel></rss>'
    feed.write_bytes(text.encode("latin-1"))
    await bring(sqlite_database, feed, FeedFormat.GOOGLE_XML)
    assert await titles(sqlite_database) == {"1": "Thé"}


async def test_a_line_without_end_is_cut_and_the_next_is_read(sqlite_database: Database, tmp_path: Path) -> None:
    feed = tmp_path / "feed.ndjson"
    good = json.dumps({"id": "1", "title": "Tea", "link": "https://s.example/1", "price": "5 EUR"})
    feed.write_text(f'{{"id": "{"x" * 3_000_000}"}}\n{good}\n')
    report = await bring(sqlite_database, feed, FeedFormat.NDJSON)
    assert (report.imported, report.rejected[0].line) == (1, 1)


async def test_a_feed_that_is_wrong_throughout_is_counted_but_not_hoarded(sqlite_database: Database) -> None:
    lines = [HEADER, *(f"{n}\tTea\tnowhere\t1 EUR\tin stock" for n in range(ISSUE_LIMIT + 200))]
    report = await bring(sqlite_database, lines)
    assert (report.rejected_count, len(report.rejected)) == (ISSUE_LIMIT + 200, ISSUE_LIMIT)


async def test_progress_is_told_as_rows_are_read(sqlite_database: Database) -> None:
    told: list[int] = []
    lines = [HEADER, *(TEA.replace("tea", f"tea{n}") for n in range(1_200))]
    await import_feed(sqlite_database, lines, FeedFormat.CSV, progress=lambda done, _: told.append(done))
    assert told == [500, 1_000, 1_200]


async def test_a_missing_file_is_named(sqlite_database: Database, tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match=r"nowhere\.tsv"):
        await bring(sqlite_database, tmp_path / "nowhere.tsv")


async def count(database: Database, table: type[SQLModel]) -> int:
    async with database.session(readonly=True) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


COSTED = "id,title,link,price,availability,cost"


def costed(*rows: str) -> list[str]:
    """`tea,4.20`: a product at 15 EUR that costs so much."""
    made = (one.split(",") for one in rows)
    return [COSTED, *(f"{name},Tea {name},https://s.example/{name},15.00 EUR,in stock,{cost}" for name, cost in made)]


async def known_costs(database: Database) -> dict[str, str]:
    async with database.session(readonly=True) as session:
        return {name: f"{amount:.2f}" for name, amount in (await costs(session)).items()}


async def test_costs_come_with_their_feed_and_are_counted_not_told(database: Database) -> None:
    first = await bring(database, costed("tea,4.20", "cup,"), FeedFormat.CSV)
    assert (first.costs, await known_costs(database)) == (1, {"tea": "4.20"})
    async with database.session(readonly=True) as session:
        before = await cost_stamp(session)
    again = await bring(database, costed("tea,4.20", "cup,"), FeedFormat.CSV)
    async with database.session(readonly=True) as session:
        assert await cost_stamp(session) == before, "what is known is not written again"
    assert (again.costs, again.unchanged) == (1, 2)
    later = await bring(database, costed("tea,5.00", "cup,2"), FeedFormat.CSV)
    assert (later.costs, later.changed, later.unchanged) == (2, 0, 2)
    assert await known_costs(database) == {"tea": "5.00", "cup": "2.00"}
    await bring(database, costed("tea,", "cup,1.50 USD"), FeedFormat.CSV)
    assert await known_costs(database) == {"tea": "5.00", "cup": "2.00"}
    async with database.session(readonly=True) as session:
        kept = await reports.get(session, later.id)
    assert kept.costs == 2
    assert "5.00" not in kept.model_dump_json()


async def test_a_dry_run_or_an_import_that_is_held_brings_no_costs(database: Database) -> None:
    await bring(database, costed(*(f"p{number},1" for number in range(30))), FeedFormat.CSV)
    await import_feed(database, costed("p0,9"), FeedFormat.CSV, dry_run=True)
    held = await import_feed(database, costed("p0,9"), FeedFormat.CSV, mode="full", guard=Guard(max_drop=1))
    assert held.status == "held"
    assert set((await known_costs(database)).values()) == {"1.00"}
    assert await count(database, StagedCostRow) == 0


@pytest.mark.parametrize("packing", ["gz", "zip", "gz in zip"])
async def test_a_packed_file_is_unpacked(sqlite_database: Database, tmp_path: Path, packing: str) -> None:
    plain = "\n".join([HEADER, TEA, CUP]).encode("utf-8-sig")
    packed = gzip.compress(plain) if packing.startswith("gz") else plain
    path = tmp_path / "feed.bin"
    path.write_bytes(packed)
    if packing.endswith("zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("feed.tsv", packed)
    report = await import_feed(sqlite_database, path)
    assert (report.format, report.imported) == (FeedFormat.GOOGLE_TSV, 2)


async def test_what_unpacks_into_too_much_or_nothing_is_refused(sqlite_database: Database, tmp_path: Path) -> None:
    bomb, torn = tmp_path / "bomb.gz", tmp_path / "torn.gz"
    with gzip.open(bomb, "wb") as file:
        for _ in range(80):
            file.write(b"a" * (1 << 20))
    torn.write_bytes(gzip.compress(b"id,title,link\n" * 1000)[:60])
    with pytest.raises(FeedTooLarge):
        await import_feed(sqlite_database, bomb)
    with pytest.raises(FeedDamaged):
        await import_feed(sqlite_database, torn)


async def test_an_excel_workbook_is_called_one(sqlite_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "products.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            archive.writestr(name, "<x/>")
    with pytest.raises(FeedUnreadable, match="Excel workbook") as raised:
        await import_feed(sqlite_database, path)
    assert raised.value.fix == "Save it as CSV in UTF-8, and import that."
