"""Rotating keys while the service runs."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from store.crypto import Keyring, WrongKey
from store.database import Database
from store.errors import Conflict
from store.rotation import BATCH, RotationProgress, rotate
from store.tables import Canary
from tests.kit.database import DatabaseFactory

ROWS = BATCH + 20


async def _fill(database: Database) -> None:
    async with database.session() as session:
        session.add_all([Canary(id=n, text=f"secret {n}") for n in range(2, ROWS + 1)])


async def _texts(database: Database) -> list[str]:
    async with database.session(readonly=True) as session:
        rows = (await session.execute(select(Canary).order_by("id"))).scalars()
        return [row.text for row in rows]


async def _run(database: Database, old: Keyring, new: Keyring) -> list[RotationProgress]:
    return [step async for step in rotate(database, old, new) if step.table == "store_canary"]


async def test_after_rotation_the_newest_key_alone_opens_everything(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    url = await database_factory.url()
    new = keyring.rotated()
    database = Database.open(url, new)
    await _fill(database)
    before = await _texts(database)
    await _run(database, keyring, new)
    await database.close()

    database = Database.open(url, new.newest_only())
    await database.check()
    assert await _texts(database) == before
    await database.close()


async def test_a_stopped_rotation_is_resumed_and_a_finished_one_does_nothing(database: Database) -> None:
    await _fill(database)
    new = database.keyring.rotated()
    steps = rotate(database, database.keyring, new)
    async for step in steps:
        if step.table == "store_canary":
            break
    await steps.aclose()

    resumed = await _run(database, database.keyring, new)
    assert resumed[-1] == RotationProgress("store_canary", rows=ROWS, rewritten=ROWS - BATCH)
    again = await _run(database, database.keyring, new)
    assert again[-1] == RotationProgress("store_canary", rows=ROWS, rewritten=0)


async def test_a_ring_with_another_secret_is_refused(database: Database) -> None:
    with pytest.raises(Conflict, match="secret"):
        await _run(database, database.keyring, Keyring.generate())


async def test_a_value_nobody_can_open_stops_the_rotation_and_is_left_as_it_is(database: Database) -> None:
    async with database.session() as session:
        await session.execute(
            text("INSERT INTO store_canary (id, text) VALUES (9, :token)"),
            {"token": Keyring.generate().encrypt(b"not ours")},
        )
    with pytest.raises(WrongKey):
        await _run(database, database.keyring, database.keyring.rotated())
    async with database.session(readonly=True) as session:
        assert (await session.execute(text("SELECT count(*) FROM store_canary"))).scalar_one() == 2
