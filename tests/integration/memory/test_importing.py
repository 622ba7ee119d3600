"""Exports brought into memory: once, whatever is imported again, overlaps, changes or is cut short."""

from __future__ import annotations

import asyncio
import csv
import gzip
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from memory import consent
from memory.consent import Standing
from memory.guests import guest_id
from memory.importers import importer, runs
from memory.importers.formats import ImportFormat
from memory.importers.importer import Wanted, begin, carry_out, import_file
from memory.importers.options import DEFAULTS, ImportOptions, load_mapping
from memory.importers.report import ImportReport
from memory.importers.runs import ImportedElsewhere
from memory.importers.tables import ImportRow
from memory.ingest import ingest
from memory.lines import MAX_LINES
from memory.recall import customer_id_of
from memory.tables import ConsentChange, Customer
from memory.tables import Event as EventRow
from store import clock
from store.database import Database
from store.files.packed import FileDamaged, FileTooLarge
from tests.kit.consents import unsubscribe
from tests.kit.imports import FIXTURES, TILL, bodies, bring

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SENCHA = "TEA-SEN"
SELLER = {"brand": "Leaf & Kettle"}
PURCHASES = "order_id,customer_id,email,at,product_id,quantity,price,refunded"
PLAIN = DEFAULTS.mapped(
    load_mapping("currency: EUR\nfields:\n" + "".join(f"  {name}: {name}\n" for name in PURCHASES.split(",")))
)


@pytest.fixture(autouse=True)
def _today() -> Any:
    with clock.frozen_at(NOW):
        yield


def write(path: Path, header: str, *lines: str) -> Path:
    path.write_text("\n".join([header, *lines, ""]))
    return path


async def count(database: Database, model: Any = EventRow) -> int:
    async with database.session(readonly=True) as session:
        return int(await session.scalar(select(func.count()).select_from(model)) or 0)


async def owners(database: Database) -> set[str | None]:
    async with database.session(readonly=True) as session:
        return set((await session.execute(select(Customer.external_id))).scalars())  # type: ignore[call-overload]


async def standing(database: Database, user: str) -> Standing:
    async with database.session(readonly=True) as session:
        customer = await customer_id_of(session, user)
        assert customer is not None
        return await consent.status(session, customer)


async def test_importing_a_file_again_changes_nothing(database: Database) -> None:
    first = await bring(database, "shopify_orders.csv", "orders")
    before = await count(database)
    again = await bring(database, "shopify_orders.csv", "orders")
    assert (first.status, first.rejected, again.accepted) == ("done", 1, 0)
    assert before == await count(database) == first.accepted


@pytest.mark.parametrize(
    "names", [("shopify_orders.csv", "shopify_customers.csv"), ("shopify_customers.csv", "shopify_orders.csv")]
)
async def test_orders_by_address_belong_to_the_account_whichever_file_comes_first(
    database: Database, names: tuple[str, str]
) -> None:
    for name in names:
        await bring(database, name, "orders" if "orders" in name else "customers")
    assert await owners(database) == {"7001", "7002", "7003"}
    assert {body["userId"] for body in await bodies(database) if "userId" in body} == {"7001", "7002", "7003"}
    async with database.session(readonly=True) as session:
        ada = await customer_id_of(session, "7001")
        theirs = select(func.count()).where(EventRow.customer_id == ada, EventRow.name == "Order Completed")  # type: ignore[arg-type]
        assert await session.scalar(theirs) == 2


async def test_a_guest_has_an_id_that_says_nothing_and_can_be_found_again(database: Database) -> None:
    await bring(database, "woocommerce_orders.csv", "orders")
    guest = guest_id(database.keyring, "GAST@example.de ")
    assert await owners(database) == {"31", guest}
    assert "gast" not in guest
    async with database.session() as session:
        message = {"type": "identify", "userId": guest, "messageId": "m1", "traits": {}}
        account = {"type": "identify", "userId": "99", "anonymousId": guest, "messageId": "m2", "traits": {}}
        await ingest(session, [message])
        await ingest(session, [account])
        await ingest(session, [{**message, "messageId": "m3"}])
    assert await owners(database) == {"31", "99"}


async def test_a_refund_made_since_is_the_news_of_a_later_export(database: Database, tmp_path: Path) -> None:
    row = "1,k,,2026-01-01 10:00,A,1,30,{}"
    for refunded in ("0", "10", "25", "10", "25"):
        file = write(tmp_path / "log.csv", PURCHASES, row.format(refunded))
        await bring(database, file, "orders", PLAIN)
    assert sorted(body["properties"]["total"] for body in await bodies(database, "Order Refunded")) == [10, 15]
    assert len(await bodies(database, "Order Completed")) == 1
    assert await bodies(database, "Order Updated") == []


async def test_two_formats_of_one_shop_give_a_refund_back_once(database: Database) -> None:
    await bring(database, "shopify_orders.csv", "orders")
    await bring(database, "shopify_orders.jsonl", "orders")
    refunds = [body for body in await bodies(database, "Order Refunded") if body["properties"]["order_id"] == "5501002"]
    assert [body["properties"]["total"] for body in refunds] == [20]
    assert len(await bodies(database, "Order Completed")) == 3


async def test_an_order_that_changed_is_updated_once(database: Database, tmp_path: Path) -> None:
    first, second = "1,k,,2026-01-01 10:00,A,1,30,", "1,k,,2026-01-01 10:00,B,2,5,"
    for lines in ((first,), (first, second), (first, second)):
        await bring(database, write(tmp_path / "log.csv", PURCHASES, *lines), "orders", PLAIN)
    updates = await bodies(database, "Order Updated")
    assert [len(body["properties"]["products"]) for body in updates] == [2]
    assert updates[0]["properties"]["total"] == 40


async def test_a_later_export_brings_only_what_is_new(database: Database, tmp_path: Path) -> None:
    lines = [f"{number},k,,2026-01-{number:02} 10:00,A,1,30," for number in range(1, 10)]
    await bring(database, write(tmp_path / "a.csv", PURCHASES, *lines[:6]), "orders", PLAIN)
    report = await bring(database, write(tmp_path / "b.csv", PURCHASES, *lines[3:]), "orders", PLAIN)
    assert (report.accepted, report.duplicates) == (3, 3)


class TestConsent:
    async def test_an_export_declares_what_it_says(self, database: Database) -> None:
        await bring(database, "shopify_customers.csv", "customers")
        assert (await standing(database, "7001")).allowed
        assert not (await standing(database, "7002")).allowed
        assert not (await standing(database, "7003")).allowed

    async def test_a_yes_of_an_export_does_not_undo_a_withdrawal(self, database: Database) -> None:
        await bring(database, "klaviyo_profiles.json", "customers")
        async with database.session() as session:
            ada = await customer_id_of(session, "7001")
            assert ada is not None
            await unsubscribe(session, ada, at=NOW - timedelta(days=1))
        await bring(database, "shopify_customers.csv", "customers")
        assert (await standing(database, "7001")).reason == "unsubscribed"

    async def test_suppressed_profiles_are_not_written_to(self, database: Database) -> None:
        await bring(database, "klaviyo_profiles.json", "customers")
        cy, di = (guest_id(database.keyring, f"{name}@example.com") for name in ("cy", "di"))
        assert (await standing(database, cy)).reason == "bounced"
        assert (await standing(database, di)).reason == "unsubscribed"

    async def test_a_yes_keeps_its_date_and_what_proves_it(self, database: Database) -> None:
        await bring(database, "klaviyo_profiles.json", "customers")
        assert (await standing(database, "7001")).since == datetime(2025, 11, 2, 8, 30, tzinfo=UTC)
        async with database.session(readonly=True) as session:
            proofs = (await session.execute(select(ConsentChange.proof))).scalars().all()
        shown = [proof for proof in proofs if proof.get("method") == "FORM"]
        assert shown
        assert all(proof["source"] == "klaviyo" and proof["message_id"] for proof in shown)

    async def test_an_undated_no_counts_again_after_an_undated_yes(self, database: Database, tmp_path: Path) -> None:
        for day, said in enumerate(("no", "yes", "no", "no")):
            file = write(tmp_path / "c.csv", "customer id,email,accepts email marketing", f"c,c@d.example,{said}")
            with clock.frozen_at(NOW + timedelta(days=day)):
                await bring(database, file, "customers")
            assert (await standing(database, "c")).allowed == (said == "yes")


async def test_an_order_longer_than_memory_keeps_its_total_and_says_what_was_cut(
    database: Database, tmp_path: Path
) -> None:
    lines = [f"1,k,,2026-01-01 10:00,product-{number},1,2," for number in range(MAX_LINES + 20)]
    report = await bring(database, write(tmp_path / "log.csv", PURCHASES, *lines), "orders", PLAIN)
    order = (await bodies(database, "Order Completed"))[0]["properties"]
    assert (len(order["products"]), order["total"]) == (MAX_LINES, 2 * (MAX_LINES + 20))
    assert (report.rejected, report.noted) == (0, 1)


async def test_an_order_of_the_future_is_left_out_and_named(database: Database, tmp_path: Path) -> None:
    lines = ["1,k,,9999-01-01 10:00,A,1,30,", "2,k,,2026-01-01 10:00,A,1,30,"]
    report = await bring(database, write(tmp_path / "log.csv", PURCHASES, *lines), "orders", PLAIN)
    assert [(issue.line, issue.field) for issue in report.issues] == [(2, "timestamp")]
    assert report.accepted == 1


async def test_a_dry_run_tells_and_keeps_nothing(database: Database) -> None:
    report = await bring(database, "purchases.csv", "orders", TILL, dry_run=True)
    assert report.accepted == 3
    assert (await count(database), await count(database, ImportRow)) == (0, 0)


async def test_every_rejected_row_is_listed_in_the_file(database: Database, tmp_path: Path) -> None:
    lines = [f"{number},,,2026-01-01 10:00,A,1,30," for number in range(1_200)]
    file = write(tmp_path / "log.csv", PURCHASES, *lines)
    report = await bring(database, file, "orders", PLAIN, rejected_to=tmp_path / "rejected.csv")
    with (tmp_path / "rejected.csv").open(newline="") as listed:
        rows = list(csv.DictReader(listed))
    assert (report.rejected, len(report.issues), len(rows)) == (1_200, 1_000, 1_200)
    assert (rows[0]["line"], rows[0]["order_id"]) == ("2", "0")
    assert (report.issues[7].line, report.issues[7].order_id) == (9, "7")


SHOPIFY = "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Currency"
WOOCOMMERCE = "order_id,order_date,billing_email,order_total,status,item_name,item_quantity,item_price"


@pytest.mark.parametrize(
    ("header", "rows", "issue"),
    [
        (PURCHASES, ["7,ada,,2026-01-01 10:00,A,1,30,", "7,ada,,2026-01-01 10:00,B,lots,30,"], (3, "7", "quantity")),
        (PURCHASES, ["8,,,2026-01-01 10:00,A,1,30,"], (2, "8", "customer")),
        (PURCHASES, ["9,ada,,9999-01-01 10:00,A,1,30,"], (2, "9", "timestamp")),
        (PURCHASES, ["10,ada,,2026-01-01 10:00,A"], (2, "10", "")),
        (PURCHASES, [",ada,,2026-01-01 10:00,A,1,30,"], (2, "", "order_id")),
        (SHOPIFY, ["#1001,a@b.example,2026-01-01 10:00,1,Tea,3,EUR", "#1001,,,1,Cup,x,"],
         (3, "#1001", "Lineitem price")),
        (WOOCOMMERCE, ["501,2026-01-01 10:00,a@b.example,9,completed,Tea,1,9",
                       "501,2026-01-01 10:00,a@b.example,9,completed,Cup,none,9"], (3, "501", "item_quantity")),
    ],
)  # fmt: skip
async def test_a_row_left_out_is_found_by_its_order_and_its_line(
    database: Database, tmp_path: Path, header: str, rows: list[str], issue: tuple[int, str, str]
) -> None:
    file, listed = write(tmp_path / "orders.csv", header, *rows), tmp_path / "left_out.csv"
    options = PLAIN if header == PURCHASES else ImportOptions(currency="EUR")
    report = await bring(database, file, "orders", options, rejected_to=listed)
    with listed.open(newline="") as opened:
        [row] = list(csv.DictReader(opened))
    assert (int(row["line"]), row["order_id"], row["field"]) == issue
    assert [(one.line, one.order_id or "") for one in report.issues] == [issue[:2]]


@pytest.mark.parametrize(
    ("name", "body", "order"),
    [
        ("w.json", '[{"id": 77, "status": "completed", "date_created_gmt": "soon", "total": "1", "line_items": []}]',
         "77"),
        ("s.jsonl", '{"id": "gid://shopify/Order/5", "name": "#1005", "createdAt": "soon"}', "#1005"),
    ],
)  # fmt: skip
async def test_so_are_orders_of_interfaces(
    database: Database, tmp_path: Path, name: str, body: str, order: str
) -> None:
    (tmp_path / name).write_text(body + "\n")
    given = ImportFormat.SHOPIFY_JSONL if name == "s.jsonl" else ImportFormat.WOOCOMMERCE_JSON
    wanted = Wanted(tmp_path / name, "orders", given, rejected_to=tmp_path / "left_out.csv")
    report = await import_file(database, wanted)
    assert [one.order_id for one in report.issues] == [order]


async def test_of_customers_no_order_is_listed(database: Database, tmp_path: Path) -> None:
    file = write(tmp_path / "customers.csv", "Email,Accepts Email Marketing", "not an address,yes")
    await bring(database, file, "customers", rejected_to=tmp_path / "left_out.csv")
    assert (tmp_path / "left_out.csv").read_text().splitlines()[0] == "line,field,reason,fix"


class Stopped(Exception):
    """The process was to be killed here."""


async def test_an_import_cut_short_goes_on_where_it_was(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 10)
    lines = [f"{number},{'k' if number % 7 else ''},,2026-01-01 10:00,A,1,30," for number in range(35)]
    wanted = Wanted(write(tmp_path / "log.csv", PURCHASES, *lines), "orders", options=PLAIN)

    def stop(stage: str, rows: int) -> None:
        if rows == 20:
            raise Stopped

    with pytest.raises(Stopped):
        await import_file(database, wanted, progress=stop)
    seen: list[int] = []
    report = await import_file(database, wanted, progress=lambda stage, rows: seen.append(rows))
    assert seen == [20, 30, 35]
    assert (report.resumed_from, report.position, report.accepted, report.rejected) == (20, 35, 30, 5)
    assert await count(database) == 30
    assert await count(database, ImportRow) == 1


async def test_a_batch_that_fails_leaves_neither_events_nor_a_position(
    sqlite_database: Database, tmp_path: Path
) -> None:
    file = write(tmp_path / "log.csv", PURCHASES, "1,k,,2026-01-01 10:00,A,1,30,")
    engine = sqlite_database._writer.sync_engine

    def refuse(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("UPDATE customer_import"):
            raise Stopped

    event.listen(engine, "before_cursor_execute", refuse)
    with pytest.raises(Stopped):
        await bring(sqlite_database, file, "orders", PLAIN)
    event.remove(engine, "before_cursor_execute", refuse)
    assert await count(sqlite_database) == 0
    report = await bring(sqlite_database, file, "orders", PLAIN)
    assert (report.resumed_from, report.accepted) == (0, 1)


async def test_two_processes_with_one_file_do_not_both_go_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "BATCH", 1)
    lines = [f"{number},k,,2026-01-01 10:00,A,1,30," for number in range(3)]
    wanted = Wanted(write(tmp_path / "log.csv", PURCHASES, *lines), "orders", options=PLAIN)
    first = asyncio.create_task(import_file(database, wanted))
    second = asyncio.create_task(import_file(database, wanted))
    ended = await asyncio.gather(first, second, return_exceptions=True)
    refused = [one for one in ended if isinstance(one, ImportedElsewhere)]
    assert len(refused) <= 1
    assert await count(database) == 3
    assert all(isinstance(one, ImportReport | ImportedElsewhere) for one in ended)


async def test_of_one_file_sent_several_times_at_once_one_import_begins(database: Database) -> None:
    wanted = Wanted(FIXTURES / "purchases.csv", "orders", options=TILL)
    begun = await asyncio.gather(*(begin(database, wanted) for _ in range(3)))
    assert len({one.report.id for one in begun}) == 1


async def test_one_at_work_is_not_forgotten_for_those_that_begin_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "KEPT", 2)
    begun = await begin(database, Wanted(FIXTURES / "purchases.csv", "orders", options=TILL))
    others = [(await bring(database, f"{name}.csv", "customers")).id for name in ("shopify_customers",) * 3]
    assert (await carry_out(database, begun)).status == "done"
    await bring(database, "shopify_customers.csv", "customers")
    async with database.session(readonly=True) as session:
        kept = {one.id for one in await runs.newest(session)}
    assert others[-1] in kept
    assert not kept & {begun.report.id, *others[:-1]}


async def test_no_address_stands_readable_in_the_database(sqlite_database: Database) -> None:
    for name, kind in (("shopify_orders.csv", "orders"), ("klaviyo_profiles.json", "customers")):
        await bring(sqlite_database, name, kind)  # type: ignore[arg-type]
    path = Path(str(sqlite_database._writer.url.database))
    raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert b"example.com" not in raw
    assert b"Byron" not in raw


async def test_amounts_and_products_are_segments(database: Database) -> None:
    await bring(database, "shopify_orders.csv", "orders", ImportOptions())
    order = next(
        body for body in await bodies(database, "Order Completed") if body["properties"]["order_id"] == "5501001"
    )
    assert order["timestamp"] == "2026-01-15T10:22:33+00:00"
    assert order["properties"] == {
        "order_id": "5501001",
        "currency": "GBP",
        "total": 38.5,
        "revenue": 35.0,
        "shipping": 3.5,
        "tax": 2.0,
        "discount": 5.0,
        "coupon": "WELCOME10",
        "products": [
            {"product_id": SENCHA, "sku": SENCHA, "name": "Sencha - 100 g", **SELLER, "quantity": 2, "price": 12.5},
            {"product_id": "APR-LIN", "sku": "APR-LIN", "name": "Linen Apron", "quantity": 1, "price": 15.0, **SELLER},
        ],
    }  # fmt: skip


def bomb(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        for _ in range(80):
            file.write(b"a" * (1 << 20))


@pytest.mark.parametrize("packing", ["gz", "zip"])
@pytest.mark.parametrize(("name", "kind"), [("shopify_orders.csv", "orders"), ("klaviyo_profiles.json", "customers")])
async def test_a_packed_export_is_the_same_as_the_plain_one(
    database: Database, tmp_path: Path, packing: str, name: str, kind: Any
) -> None:
    plain, packed = (FIXTURES / name).read_bytes(), tmp_path / f"export.{packing}"
    if packing == "gz":
        packed.write_bytes(gzip.compress(plain))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, plain)
    first = await bring(database, packed, kind)
    again = await bring(database, name, kind)
    assert (first.status, first.accepted > 0, again.accepted) == ("done", True, 0)
    assert (again.position, again.rejected, again.format) == (first.position, first.rejected, first.format)


async def test_what_unpacks_into_too_much_or_nothing_is_refused(database: Database, tmp_path: Path) -> None:
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress(b"Name,Email\n" * 1000)[:40])
    bomb(tmp_path / "bomb.gz")
    with pytest.raises(FileTooLarge):
        await bring(database, tmp_path / "bomb.gz", "orders")
    with pytest.raises(FileDamaged, match="export"):
        await bring(database, torn, "orders")
    assert await count(database, ImportRow) == 0


@pytest.mark.parametrize(
    ("begun", "columns"),
    [
        ("line,field,reason,fix\n3,x,y,z\n", "line,field,reason,fix"),
        ("line,order_id,field,reason,fix\n3,7,x,y,z\n", "line,order_id,field,reason,fix"),
        (None, "line,order_id,field,reason,fix"),
        ("", "line,order_id,field,reason,fix"),
    ],
)
async def test_a_list_that_is_gone_on_with_keeps_its_shape(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: str | None, columns: str
) -> None:
    monkeypatch.setattr(importer, "BATCH", 2)
    lines = [f"{number},,,2026-01-01 10:00,A,1,30," for number in range(6)]
    listed = tmp_path / "left_out.csv"
    wanted = Wanted(write(tmp_path / "log.csv", PURCHASES, *lines), "orders", options=PLAIN, rejected_to=listed)

    def stop(stage: str, rows: int) -> None:
        if rows == 2:
            raise Stopped

    with pytest.raises(Stopped):
        await import_file(database, wanted, progress=stop)
    # What an older version had written until then, or nothing.
    listed.unlink()
    if begun is not None:
        listed.write_text(begun)
    await import_file(database, wanted)
    with listed.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert ",".join(header) == columns
    assert {len(row) for row in rows} == {len(header)}
    assert [row[0] for row in rows][-4:] == ["4", "5", "6", "7"]
