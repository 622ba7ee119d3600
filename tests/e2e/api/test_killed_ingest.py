"""Kill -9 while events come in: what was acknowledged is in the memory after the restart, once."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx2
import orjson
import pytest
from sqlmodel import col, select

from api.keys import create_key
from memory.rebuild import rebuild
from memory.tables import Customer, Event, MemoryState
from store.crypto import Keyring
from store.database import Database
from tests.kit.chaos import shop
from tests.kit.chaos.processes import end, started_api
from tests.kit.database import PostgresFactory, SqliteFactory
from tests.kit.events import KETTLE, TEA, order, track
from tests.kit.patience import PATIENCE_S

SENDERS = 4
BATCH = 20
CUSTOMERS = 12
KILLS = 2


class Sender:
    """A source of events that sends on until its server is gone, and knows what was acknowledged."""

    def __init__(self, port: int, token: str) -> None:
        self._client = httpx2.Client(
            base_url=f"http://127.0.0.1:{port}/v1", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_S
        )
        self.acknowledged: list[dict[str, Any]] = []
        self.unanswered: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, batch: list[dict[str, Any]]) -> bool:
        """Whether there was an answer."""
        try:
            answer = self._client.post("/batch", json={"batch": batch}).raise_for_status().json()
        except httpx2.TransportError:
            self.unanswered += batch
            return False
        assert answer["accepted"] + answer["duplicates"] == len(batch), answer
        self.acknowledged += batch
        return True

    def send_until_killed(self, chance: random.Random) -> None:
        """Batches without a pause."""
        with self:
            while self.send([_message(chance) for _ in range(BATCH)]):
                pass


def _message(chance: random.Random) -> dict[str, Any]:
    user, days_ago = f"u{chance.randrange(CUSTOMERS)}", chance.random() * 100
    message_id = f"m{chance.getrandbits(64):x}"
    if chance.random() < 0.3:
        bought = order(f"o{message_id}", KETTLE, TEA, days_ago=days_ago, user=user)
        return bought | {"messageId": message_id}
    return track("Product Viewed", TEA, days_ago=days_ago, user=user, message_id=message_id)


async def _token(url: str, keyring: Keyring) -> str:
    database = Database.open(url, keyring)
    try:
        async with database.session() as session:
            _, token = await create_key(session, "test", ["admin"])
            return token
    finally:
        await database.close()


def _killed_while_sending(home: Path, token: str, seed: int) -> list[Sender]:
    """A server that dies by SIGKILL in the middle of everybody's batches."""
    process, port = started_api(home)
    senders = [Sender(port, token) for _ in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as threads:
        sending = [
            threads.submit(sender.send_until_killed, random.Random(seed * 100 + number))
            for number, sender in enumerate(senders)
        ]
        until = time.monotonic() + PATIENCE_S
        while sum(len(sender.acknowledged) for sender in senders) < 10 * BATCH and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
        for one in sending:
            one.result()
    process.join()
    return senders


async def _remembered(url: str, keyring: Keyring) -> tuple[set[str], list[str]]:
    """Ids of the events kept, and customers whose folded memory is not that of their events."""
    database = Database.open(url, keyring)
    try:
        async with database.session(readonly=True) as session:
            kept = set((await session.execute(select(Event.message_id))).scalars())
            wrong = []
            for customer, stored in (await session.execute(select(MemoryState.customer_id, MemoryState.state))).all():
                again, _ = await rebuild(session, customer)
                if orjson.loads(stored) != orjson.loads(orjson.dumps(again)):
                    wrong.append(customer)
            named = select(Customer.id).where(col(Customer.external_id).is_not(None))
            assert len((await session.execute(named)).all()) <= CUSTOMERS
            return kept, wrong
    finally:
        await database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_acknowledged_event_is_remembered_once(
    kind: str, request: pytest.FixtureRequest, keyring: Keyring, tmp_path: Path
) -> None:
    factory: SqliteFactory | PostgresFactory = request.getfixturevalue(
        "sqlite_factory" if kind == "sqlite" else "postgres_factory"
    )
    url = asyncio.run(factory.url())
    token = asyncio.run(_token(url, keyring))
    shop.furnish(tmp_path, keyring, url, model="openai/none", api_base="http://127.0.0.1:1", concurrency=1)
    senders = [sender for kill in range(KILLS) for sender in _killed_while_sending(tmp_path, token, kill)]
    acknowledged = {one["messageId"] for sender in senders for one in sender.acknowledged}
    kept, wrong = asyncio.run(_remembered(url, keyring))
    assert acknowledged <= kept
    assert not wrong
    # Whoever got no answer sends again, and so does one who got it and forgot: nothing is lost, nothing counts twice.
    process, port = started_api(tmp_path)
    unanswered = [one for sender in senders for one in sender.unanswered]
    with Sender(port, token) as again:
        assert again.send(unanswered)
        assert again.send(senders[0].acknowledged[:BATCH])
    end(process, -signal.SIGTERM)
    kept, wrong = asyncio.run(_remembered(url, keyring))
    assert kept == acknowledged | {one["messageId"] for one in unanswered}
    assert not wrong
    _check_orders(url, keyring, [one for sender in senders for one in sender.acknowledged + sender.unanswered])


def _check_orders(url: str, keyring: Keyring, messages: list[dict[str, Any]]) -> None:
    """Each customer's orders are those that were sent in their name."""
    sent: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        if message["event"] == "Order Completed":
            sent[message["userId"]].add(message["properties"]["order_id"])
    found = asyncio.run(_orders(url, keyring))
    assert {user: len(orders) for user, orders in sent.items()} == {user: found[user] for user in sent}


async def _orders(url: str, keyring: Keyring) -> dict[str, int]:
    database = Database.open(url, keyring)
    try:
        async with database.session(readonly=True) as session:
            query = select(Customer.external_id, MemoryState.state).join(MemoryState)
            rows = (await session.execute(query)).all()
            return {str(user): len(orjson.loads(state)["orders"]) for user, state in rows}
    finally:
        await database.close()
