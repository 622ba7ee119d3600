"""Memory whose events are gone, folded under older rules: brought over where we know how, refused where not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from memory.ingest import ingest
from memory.parts.mails import Mailed, mails
from memory.privacy.bases import OutdatedBase
from memory.privacy.retention import fold_away
from memory.privacy.tables import BaseRow
from memory.rebuild import rebuild
from memory.recall import customer_id_of
from store.database import Database
from tests.kit.events import NOW, track
from tests.kit.mails import CLICKED, DELIVERED, email_id, hints, knows

pytestmark = pytest.mark.anyio

EMAIL = email_id(1, NOW - timedelta(days=60))


def _told(name: str, days_ago: float, **more: Any) -> dict[str, Any]:
    return track(name, {"email_id": EMAIL, **more}, days_ago=days_ago, message_id=f"{name}-{days_ago}")


async def _folded_away(database: Database) -> None:
    told = [_told(DELIVERED, 60), _told(CLICKED, 59, link_url="https://shop.example/1"), _told(CLICKED, 58)]
    async with database.session() as session:
        await ingest(session, told, received_at=NOW, emails=knows((EMAIL, hints())))
    assert [removed async for removed in fold_away(database, NOW - timedelta(days=50), "events")]


async def _older(database: Database, version: int) -> None:
    """As the base stood when no clicks were kept with their links."""
    async with database.session() as session:
        state = orjson.loads((await session.execute(select(col(BaseRow.state)))).scalar_one())
        for entry in state["mails"].values():
            entry.pop()
        await session.execute(update(BaseRow).values(fold_version=version, state=orjson.dumps(state)))


async def _rebuilt(database: Database) -> list[Mailed]:
    async with database.session(readonly=True) as session:
        customer = await customer_id_of(session, "u1")
        assert customer is not None
        state, _ = await rebuild(session, customer)
        return list(mails(state))


async def test_a_base_of_before_links_were_kept_tells_the_same(database: Database) -> None:
    await _folded_away(database)
    before = await _rebuilt(database)
    await _older(database, version=2)
    assert await _rebuilt(database) == before
    async with database.session() as session:
        await ingest(session, [_told(CLICKED, 2)], received_at=NOW, emails=knows((EMAIL, hints())))
    assert await _rebuilt(database) == before


async def test_a_base_of_rules_nobody_brings_over_is_refused_in_words(sqlite_database: Database) -> None:
    await _folded_away(sqlite_database)
    await _older(sqlite_database, version=1)
    with pytest.raises(OutdatedBase, match="changelog"):
        await _rebuilt(sqlite_database)
