"""Typed columns against real databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.types import (
    Amount,
    BadAmount,
    EncryptedBytes,
    EncryptedJson,
    EncryptedText,
    JsonDocument,
    NoKeyring,
    UtcDateTime,
    keyring_of,
)

THING = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("price", Amount),
    Column("document", JsonDocument),
    Column("name", EncryptedText),
    Column("blob", EncryptedBytes),
    Column("profile", EncryptedJson),
)


async def _store_and_read(database: Database, values: dict[str, Any]) -> dict[str, Any]:
    async with database.session() as session:
        await (await session.connection()).run_sync(THING.create)
        await session.execute(insert(THING).values(id=1, **values))
    async with database.session(readonly=True) as session:
        return dict((await session.execute(select(THING))).mappings().one())


async def test_everything_comes_back_as_it_was(database: Database) -> None:
    values = {
        "at": datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
        "price": Decimal("922337203685477.5807"),
        "document": {"tags": ["a", None, 1.5, True], "ü": "ß", "deep": {"list": []}},
        "name": "Zoë Ångström",
        "blob": bytes(range(256)),
        "profile": {"email": "zoe@example.org", "n": [1, 2]},
    }
    row = await _store_and_read(database, values)
    assert row == {"id": 1, **values}
    assert row["at"].tzinfo is UTC


async def test_nothing_stays_nothing(database: Database) -> None:
    empty = dict.fromkeys(("at", "price", "document", "name", "blob", "profile"))
    assert await _store_and_read(database, empty) == {"id": 1, **empty}


async def test_personal_data_is_not_readable_in_the_database(database: Database) -> None:
    await _store_and_read(database, {"name": "Ada Lovelace", "profile": {"email": "ada@example.org"}})
    async with database.session(readonly=True) as session:
        raw = (await session.execute(text("SELECT name, profile FROM thing"))).one()
    assert b"Ada" not in bytes(raw[0])
    assert b"example" not in bytes(raw[1])


async def test_an_amount_that_would_be_rounded_is_refused_as_our_own_error(database: Database) -> None:
    with pytest.raises(BadAmount, match="four decimals"):
        await _store_and_read(database, {"price": Decimal("0.00001")})


async def test_a_session_knows_its_keyring(database: Database) -> None:
    async with database.session() as session:
        assert keyring_of(session) is database.keyring


def test_an_engine_without_keyring_refuses_to_store_anything_in_the_clear() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        THING.create(connection)
        with pytest.raises(NoKeyring, match=r"Database\.open"):
            connection.execute(insert(THING).values(id=1, name="Ada"))
    engine.dispose()


async def test_a_constraint_stays_the_callers_business(database: Database) -> None:
    await _store_and_read(database, {})
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        await _insert_again(database)


async def _insert_again(database: Database) -> None:
    async with database.session() as session:
        await session.execute(insert(THING).values(id=1))
