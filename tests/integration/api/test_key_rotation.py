"""Encryption keys are changed while everything goes on; then the old ones are not needed any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select, type_coerce
from sqlmodel import SQLModel

from api.databases import EVERY_ROOMS_TABLES, StillWritingOldKeys, add_encryption_key, reencrypt
from api.settings import Settings
from composer.batch import Batch
from memory.ingest import ingest
from memory.privacy.retention import fold_away
from store import clock
from store.crypto import Keyring, load_keyring, save_keyring
from store.database import Database
from store.rotation import encrypted_columns
from tests.kit.database import DatabaseFactory, SqliteFactory
from tests.kit.events import NOW, identify, order, track
from tests.kit.factories import make_request
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf

pytestmark = pytest.mark.anyio


async def installation(factory: DatabaseFactory, keyring: Keyring, home: Path) -> Settings:
    """A shop whose data lies under the first key."""
    settings = Settings(home=home, database_url=await factory.url())
    save_keyring(settings.keys_file, keyring)
    database = Database.open(settings.database, keyring)
    await PreparedShop.open(database, customers=3)
    async with database.session() as session:
        await ingest(session, [order(f"o{number}", days_ago=90, user=f"u{number}") for number in range(10)])
    assert sum([count async for count in fold_away(database, clock.now(), "events")])
    await database.close()
    return settings


async def finish(settings: Settings) -> dict[str, int]:
    return {str(step.table): step.rewritten async for step in reencrypt(settings)}


async def tokens(database: Database) -> list[tuple[str, bytes]]:
    """Every encrypted value of every table, as it lies there."""
    assert EVERY_ROOMS_TABLES
    found: list[tuple[str, bytes]] = []
    async with database.session(readonly=True) as session:
        for table in SQLModel.metadata.sorted_tables:
            for name in encrypted_columns(table):
                raw = type_coerce(table.c[name], LargeBinary)
                values = (await session.execute(select(raw).where(raw.is_not(None)))).scalars()
                found += [(str(table.name), bytes(value)) for value in values]
    return found


@asynccontextmanager
async def busy(settings: Settings, keyring: Keyring) -> AsyncIterator[None]:
    """A process with this keyring that takes events and writes e-mails, until the block ends."""
    database = Database.open(settings.database, keyring, pool_size=5)
    shop = PreparedShop(database, TestShelf())
    batch = Batch(database, shop.composer.steps)

    async def events() -> None:
        for number in range(10_000):
            async with database.session() as session:
                said = identify({"firstName": f"Ada {number}"}, user=f"u{number % 10}", days_ago=-number / 86400)
                await ingest(session, [said, track("Cart Viewed", user=f"new{number}")])
            # Without a breath the one who rotates hardly ever gets SQLite's one writer.
            await asyncio.sleep(0.01)

    async def emails() -> None:
        for number in range(1, 4):
            [prepared] = await batch.prepare([make_request(customer=f"c-{number}")], campaign_version=1, began=NOW)
            written = await batch.write(prepared)
            async with database.session() as session:
                await batch.store(session, [written])

    tasks = [asyncio.create_task(work()) for work in (events, emails)]
    try:
        yield
        await tasks[1]
    finally:
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()


async def test_keys_are_rotated_while_events_come_in_and_emails_are_written(
    database_factory: DatabaseFactory, keyring: Keyring, tmp_path: Path
) -> None:
    settings = await installation(database_factory, keyring, tmp_path)
    new = add_encryption_key(settings)
    async with busy(settings, new):
        rewritten = await finish(settings)
    assert {"event", "memory_state", "memory_base", "customer"} <= rewritten.keys()

    ring = load_keyring(settings.keys_file)
    assert len(ring.to_strings()) == len(new.to_strings()) - 1
    database = Database.open(settings.database, ring)
    await database.check()
    kept = await tokens(database)
    await database.close()
    assert {"email", "compose_record", "memory_base", "event"} <= {name for name, _ in kept}
    assert [name for name, token in kept if not ring.is_current(token) or not ring.decrypt(token)] == []


async def test_the_old_keys_stay_while_a_process_still_writes_with_them(
    sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path
) -> None:
    settings = await installation(sqlite_factory, keyring, tmp_path)
    add_encryption_key(settings)
    with pytest.raises(StillWritingOldKeys, match="older key"):
        await _finish_beside_an_old_process(settings, keyring)
    assert len(load_keyring(settings.keys_file).to_strings()) == len(keyring.to_strings()) + 1
    assert await finish(settings)
    assert len(load_keyring(settings.keys_file).to_strings()) == len(keyring.to_strings())


async def _finish_beside_an_old_process(settings: Settings, keyring: Keyring) -> None:
    """It writes to a table when that has been looked through already."""
    database = Database.open(settings.database, keyring)
    try:
        async for step in reencrypt(settings):
            if step.table == "memory_state":
                async with database.session() as session:
                    await ingest(session, [track("Cart Viewed", user="late")])
    finally:
        await database.close()
