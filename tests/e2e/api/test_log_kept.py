"""SQLite's write-ahead log stays where the server writes to it, whatever else opens and closes the database."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx2
from sqlmodel import select

from api.keys import create_key
from memory.ingest import ingest
from memory.tables import Event
from store.crypto import Keyring
from store.database import Database
from tests.kit.chaos import shop
from tests.kit.chaos.processes import started_api
from tests.kit.database import SqliteFactory
from tests.kit.erasing import eraser_of
from tests.kit.events import KETTLE, identify, track
from tests.kit.patience import LOOK_S, PATIENCE_S

LOOKS_IN = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM event').fetchone(); c.close()"
)
"""What any command of ours does to the database, and any tool of the operator's: a look, and gone."""


def looked_into(file: Path) -> None:
    """By another process."""
    subprocess.run([sys.executable, "-c", LOOKS_IN, str(file)], check=True)


async def to_be_erased(url: str, keyring: Keyring, home: Path) -> tuple[str, str]:
    """An erasure that a server will finish when it starts, and a key for it."""
    database = Database.open(url, keyring)
    try:
        async with database.session() as session:
            await ingest(session, [identify({"email": "ada.lovelace@post.example"}, user="ada-1815")])
            _, token = await create_key(session, "test", ["admin"])
        return (await (await eraser_of(database, url, home)).ask("ada-1815")).id, token
    finally:
        await database.close()


def proved(client: httpx2.Client, erasure_id: str) -> bool:
    """Whether it was, once its files are looked through."""
    status, until = "wiping", time.monotonic() + PATIENCE_S
    while status == "wiping" and time.monotonic() < until:
        time.sleep(LOOK_S)
        status = client.get(f"/erasures/{erasure_id}").raise_for_status().json()["status"]
    return bool(status == "proved")


def accepted(client: httpx2.Client, message_id: str) -> None:
    """An event, for which the server has answered."""
    message = track("Product Viewed", KETTLE, user="grace-1906", message_id=message_id)
    answer = client.post("/batch", json={"batch": [message]}).raise_for_status().json()
    assert answer["accepted"] == 1


async def kept(url: str, keyring: Keyring) -> set[str]:
    database = Database.open(url, keyring)
    try:
        async with database.session(readonly=True) as session:
            return set((await session.execute(select(Event.message_id))).scalars())
    finally:
        await database.close()


def test_an_event_that_was_accepted_after_an_erasure_outlives_a_visitor_and_a_kill(
    sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path
) -> None:
    url = asyncio.run(sqlite_factory.url())
    file = Path(url.removeprefix("sqlite:///"))
    shop.furnish(tmp_path, keyring, url, model="openai/none", api_base="http://127.0.0.1:1", concurrency=1)
    erasure_id, token = asyncio.run(to_be_erased(url, keyring, tmp_path))
    process, port = started_api(tmp_path)
    bearer = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}/v1", headers=bearer, timeout=PATIENCE_S) as client:
        assert proved(client, erasure_id)
        accepted(client, "before")
        looked_into(file)
        accepted(client, "after")
    assert file.with_name(f"{file.name}-wal").exists()
    process.kill()
    process.join()
    assert {"before", "after"} <= asyncio.run(kept(url, keyring))
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
