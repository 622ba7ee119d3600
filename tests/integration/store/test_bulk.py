"""Rows in bulk are the rows that SQLAlchemy itself would write and read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from memory.tables import Customer, LearnedRow, MemoryState
from store.bulk import insert_rows, lock_rows, read_rows
from store.crypto import Keyring
from store.database import Database
from store.failures import NulCharacter, UnstorableValue
from store.tables import Canary
from tests.kit.database import PostgresFactory

NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
COLUMNS = ("id", "external_id", "profile", "created_at")


def _row(number: int, **other: Any) -> tuple[Any, ...]:
    fields = {"id": f"cus_{number}", "external_id": f"ü'{number}%", "profile": b"\x00\xff{", "created_at": NOW}
    return tuple((fields | other).values())


async def test_what_is_written_in_bulk_reads_as_written_one_by_one(database: Database) -> None:
    rows = [_row(1), _row(2, profile=None, external_id=None), _row(3, created_at=NOW + timedelta(microseconds=1))]
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, rows)
    async with database.session(readonly=True) as session:
        found = (await session.execute(select(Customer).order_by(col(Customer.id)))).scalars().all()
        read = await read_rows(session, Customer, COLUMNS, "id", ["cus_1", "cus_2", "cus_3", "nobody"])
    assert [(one.id, one.external_id, one.profile, one.created_at) for one in found] == rows
    assert sorted(read) == rows


async def test_a_key_that_is_there_already_fails_stays_or_is_overwritten(database: Database) -> None:
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1)])
        await insert_rows(session, Customer, COLUMNS, [_row(1, profile=b"new")], on_conflict="ignore")
        assert await read_rows(session, Customer, ("profile",), "id", ["cus_1"]) == [(b"\x00\xff{",)]
        await insert_rows(session, Customer, COLUMNS, [_row(1, profile=b"new"), _row(2)], on_conflict="replace")
        read = await read_rows(session, Customer, ("id", "profile"), "id", ["cus_1", "cus_2"])
        assert sorted(read) == [("cus_1", b"new"), ("cus_2", b"\x00\xff{")]
    with pytest.raises(IntegrityError):
        async with database.session() as session:
            await insert_rows(session, Customer, COLUMNS, [_row(1)])


async def test_a_foreign_key_is_held_to(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.session() as session:
            await insert_rows(session, MemoryState, ("customer_id", "fold_version", "state"), [("nobody", 1, b"{}")])


async def test_secrets_are_encrypted_on_their_way(database: Database) -> None:
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1, profile=b"Ada Lovelace")])
        connection = await session.connection()
        stored = (await connection.exec_driver_sql("SELECT profile FROM customer")).scalar_one()
    assert b"Ada" not in bytes(stored)


async def test_every_kind_of_secret_goes_in_bulk(database: Database) -> None:
    async with database.session() as session:
        await insert_rows(session, Canary, ("id", "text"), [(2, "Ada"), (3, "grüßt")])
        found = (await session.execute(select(Canary.id, Canary.text).where(Canary.id > 1).order_by("id"))).all()
    assert [tuple(row) for row in found] == [(2, "Ada"), (3, "grüßt")]


async def test_nothing_asked_is_nothing_found_and_nothing_given_nothing_written(database: Database) -> None:
    async with database.session() as session:
        await insert_rows(session, LearnedRow, ("name", "version", "as_of", "document"), [])
        assert await read_rows(session, LearnedRow, ("name",), "name", []) == []
        assert await read_rows(session, LearnedRow, ("name",), "name", ["unknown"]) == []


async def test_of_rows_to_be_locked_those_that_are_there_are_told(database: Database) -> None:
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1), _row(2)])
        assert {"cus_1", "cus_2"} <= await lock_rows(session, Customer, "id", ["cus_2", "cus_1", "gone"])
        assert await lock_rows(session, Customer, "id", []) == set()


async def test_a_memory_of_some_kilobytes_lies_in_its_row(database: Database) -> None:
    state = bytes(range(256)) * 24
    columns = ("customer_id", "fold_version", "state")
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1)])
        await insert_rows(session, MemoryState, columns, [("cus_1", 1, state)])
        assert await read_rows(session, MemoryState, columns, "customer_id", ["cus_1"]) == [("cus_1", 1, state)]
        assert await _bytes_beside(session) == 0


async def _bytes_beside(session: AsyncSession) -> int:
    """What PostgreSQL keeps of memories in a table beside theirs; SQLite has none."""
    if session.get_bind().dialect.name == "sqlite":
        return 0
    query = text("SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = 'memory_state'")
    return int(await session.scalar(query) or 0)


@pytest.mark.parametrize("external_id", ["", "𝒜\U0010ffff", "\ufeffé", '{NULL,"a"}', "NULL", "\\x00 %s %b"], ids=repr)
async def test_a_text_is_kept_to_the_letter(database: Database, external_id: str) -> None:
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1, external_id=external_id, profile=b"")])
        found = (await session.execute(select(Customer.external_id, Customer.profile))).one()
        read = await read_rows(session, Customer, ("external_id", "profile"), "external_id", [external_id])
    assert tuple(found) == read[0] == (external_id, b"")


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 10, 25, 2, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    ],
    ids=str,
)
async def test_a_moment_is_kept_to_the_microsecond(database: Database, at: datetime) -> None:
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1, created_at=at), _row(2)])
        found = (await session.execute(select(Customer.created_at).order_by(col(Customer.id)))).scalars().all()
        read = await read_rows(session, Customer, ("created_at",), "id", ["cus_1"])
    assert found[0] == read[0][0] == at
    assert found[0].utcoffset() == timedelta(0)


async def test_a_hundred_thousand_keys_are_one_question(database: Database) -> None:
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1), _row(99_999)])
        read = await read_rows(session, Customer, ("id",), "id", [f"cus_{number}" for number in range(100_000)])
    assert sorted(read) == [("cus_1",), ("cus_99999",)]


async def test_one_secret_in_two_rows_is_sealed_twice(database: Database) -> None:
    """Else who sees the file sees which rows say the same."""
    async with database.session() as session:
        await insert_rows(session, Canary, ("id", "text"), [(2, "Ada"), (3, "Ada")])
        connection = await session.connection()
        stored = (await connection.exec_driver_sql("SELECT text FROM store_canary WHERE id > 1")).scalars().all()
    assert len({bytes(token) for token in stored}) == 2


async def test_a_nul_in_bulk_is_no_fault_of_the_database(postgres_factory: PostgresFactory) -> None:
    async with postgres_factory.opened() as database:
        with pytest.raises(NulCharacter):
            async with database.session(readonly=True) as session:
                await read_rows(session, Customer, ("id",), "id", ["cus\0"])
        with pytest.raises(NulCharacter):
            async with database.session() as session:
                await insert_rows(session, Customer, COLUMNS, [_row(1, external_id="a\0b")])


async def test_half_a_character_and_a_number_of_too_many_bits_are_faults_of_the_value(database: Database) -> None:
    half = "cus\ud800"
    with pytest.raises(UnstorableValue):
        async with database.session(readonly=True) as session:
            await read_rows(session, Customer, ("id",), "id", ["cus_ü", half])
    for model, columns, row in (
        (Customer, COLUMNS, _row(1, external_id=half)),
        (MemoryState, ("customer_id", "fold_version", "state"), ("cus_1", 2**63, b"{}")),
    ):
        with pytest.raises(UnstorableValue):
            async with database.session() as session:
                await insert_rows(session, model, columns, [row])


async def test_half_a_character_is_no_lock_either(postgres_factory: PostgresFactory) -> None:
    async with postgres_factory.opened() as database:
        with pytest.raises(UnstorableValue):
            async with database.session() as session:
                await lock_rows(session, Customer, "id", ["cus\ud800"])


async def test_the_encoding_of_the_terminal_changes_no_text(
    postgres_factory: PostgresFactory, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client library would follow it, and read arrays of ours as another encoding than they are in."""
    monkeypatch.setenv("PGCLIENTENCODING", "latin1")
    database = Database.open(await postgres_factory.url(), keyring)
    async with database.session() as session:
        await insert_rows(session, Customer, COLUMNS, [_row(1, external_id="Zoë")])
        found = (await session.execute(select(Customer.external_id))).scalar_one()
        read = await read_rows(session, Customer, ("external_id",), "external_id", ["Zoë"])
    await database.close()
    assert found == "Zoë"
    assert read == [("Zoë",)]
