"""The contact ledger."""

from __future__ import annotations

from datetime import timedelta

from memory.ingest import ingest
from memory.ledger import Decided, Decision, contacts_of_many, contacts_since, record_contacts
from memory.recall import customer_id_of
from store.database import Database
from store.ids import CustomerId
from tests.kit.events import NOW, identify


async def _customer(database: Database) -> CustomerId:
    async with database.session() as session:
        await ingest(session, [identify()], received_at=NOW)
        customer = await customer_id_of(session, "u1")
    assert customer is not None
    return customer


async def _record(
    database: Database, customer: CustomerId, key: str, decision: Decision = "sent", days_ago: float = 1
) -> bool:
    async with database.session() as session:
        row = Decided(
            key=key,
            customer_id=customer,
            campaign="cmp_1",
            decision=decision,
            reason="ok" if decision == "sent" else "capped",
            rule_version="1",
            at=NOW - timedelta(days=days_ago),
        )
        return await record_contacts(session, [row]) == {key}


async def test_only_e_mails_that_were_sent_since_then_count(database: Database) -> None:
    customer = await _customer(database)
    await _record(database, customer, "k1")
    await _record(database, customer, "k2", days_ago=8)
    await _record(database, customer, "k3", decision="skipped")
    async with database.session(readonly=True) as session:
        assert await contacts_since(session, customer, NOW - timedelta(days=7)) == 1
        assert await contacts_since(session, customer, NOW - timedelta(days=8)) == 2
        counts = await contacts_of_many(session, [customer, CustomerId("cus_other")], NOW - timedelta(days=7))
    assert list(counts.values()) == [1, 0]


async def test_the_first_row_under_a_key_stays(database: Database) -> None:
    customer = await _customer(database)
    assert await _record(database, customer, "k1")
    assert not await _record(database, customer, "k1", decision="skipped")
    async with database.session(readonly=True) as session:
        assert await contacts_since(session, customer, NOW - timedelta(days=7)) == 1
