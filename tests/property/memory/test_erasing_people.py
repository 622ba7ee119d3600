"""Whatever two people did, when one is erased nothing of theirs is left and nothing of the other's has changed."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from api.databases import EVERY_ROOMS_TABLES
from api.erasing import Eraser
from api.settings import Settings
from memory.ingest import ingest
from memory.privacy.erasures import ErasureStatus
from memory.recall import recall
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import SqliteFactory
from tests.kit.erasing import rows_of
from tests.kit.events import histories

HER, THEM = "her-own-customer-id", "somebody-elses-id"
OWN = ("erasure", "erased_id", "suppressed_address", "audit")


def told_by(user: str, history: list[dict[str, Any]], secret: str) -> list[dict[str, Any]]:
    """A history as this user's, every message with an id of its own; in one they say something of themselves."""
    for message in history:
        if "email" in message.get("traits", {}):
            # Two accounts may share an address; then the proof finds it with the other one, as it should.
            message["traits"]["email"] = f"{user}@post.example"
    theirs = [message | {"userId": user, "messageId": f"{user}-{message['messageId']}"} for message in history]
    said = {"type": "identify", "userId": user, "messageId": f"{user}-said", "traits": {"note": secret}}
    return [*theirs, said]


async def _erased(
    factory: SqliteFactory, keyring: Keyring, hers: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> None:
    url = await factory.url()
    database = Database.open(url, keyring)
    async with database.session() as session:
        await ingest(session, told_by(THEM, theirs, "their secret"))
    before = await rows_of(database, but=OWN)
    async with database.session() as session:
        await ingest(session, told_by(HER, hers, "her own secret"))
    with tempfile.TemporaryDirectory() as home:
        eraser = Eraser(Settings(home=Path(home), database_url=url), database)
        erasure = await eraser.finish((await eraser.ask(HER)).id)
        assert erasure.status is ErasureStatus.PROVED
        assert await eraser.prove(HER, ["her own secret"]) == []
    assert await rows_of(database, but=OWN) == before
    async with database.session(readonly=True) as session:
        assert await recall(session, HER) is None
        assert await recall(session, THEM) is not None
    await database.close()


# Each example takes a database of its own: a smaller failing one is not worth the minutes.
@settings(max_examples=8, phases=(Phase.generate,))
@given(two=st.tuples(histories(max_size=12), histories(max_size=12)))
def test_the_erased_are_gone_and_the_others_are_as_they_were(
    sqlite_factory: SqliteFactory, keyring: Keyring, two: tuple[list[Any], list[Any]]
) -> None:
    assert EVERY_ROOMS_TABLES
    asyncio.run(_erased(sqlite_factory, keyring, *two))
