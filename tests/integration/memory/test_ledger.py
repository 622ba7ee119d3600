"""The contact ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

from memory.ingest import ingest
from memory.ledger import Decided, Decision, contacts_of_many, move_contacts, record_contacts, withdraw_contacts
from memory.recall import customer_id_of
from store.database import Database
from store.ids import CustomerId, EmailId
from tests.kit.events import NOW, identify


async def _customer(database: Database) -> CustomerId:
    async with database.session() as session:
        await ingest(session, [identify()], received_at=NOW)
        customer = await customer_id_of(session, "u1")
    assert customer is not None
    return customer


async def _record(
    database: Database,
    customer: CustomerId,
    key: str,
    decision: Decision = "sent",
    days_ago: float = 1,
    email_id: str = "",
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
            email_id=EmailId(email_id) if email_id else None,
        )
        return await record_contacts(session, [row]) == {key}


async def _counting(database: Database, customer: CustomerId, days: float = 7) -> list[str]:
    """Keys of what was sent in the last `days`, newest first."""
    async with database.session(readonly=True) as session:
        found = await contacts_of_many(session, [customer, CustomerId("cus_other")], NOW - timedelta(days=days))
    assert set(found) <= {customer}
    return [one.key for one in sorted(found.get(customer, []), key=lambda one: one.contacted.at, reverse=True)]


async def test_only_e_mails_that_were_sent_since_then_count(database: Database) -> None:
    customer = await _customer(database)
    await _record(database, customer, "k1")
    await _record(database, customer, "k2", days_ago=7.5)
    for number, decision in enumerate(get_args(Decision)):
        if decision != "sent":
            await _record(database, customer, f"other-{number}", decision=decision)
    assert await _counting(database, customer) == ["k1"]
    assert await _counting(database, customer, days=8) == ["k1", "k2"]


async def test_the_first_row_under_a_key_stays(database: Database) -> None:
    customer = await _customer(database)
    assert await _record(database, customer, "k1")
    assert not await _record(database, customer, "k1", decision="skipped")
    assert await _counting(database, customer) == ["k1"]


async def test_what_is_withdrawn_counts_no_more_until_it_goes_out_after_all(database: Database) -> None:
    customer = await _customer(database)
    await _record(database, customer, "k1", email_id="msg_1", days_ago=3)
    await _record(database, customer, "k2", email_id="msg_2", days_ago=2)
    async with database.session() as session:
        await withdraw_contacts(session, ["msg_1"], "not_sent")
    assert await _counting(database, customer) == ["k2"]
    async with database.session() as session:
        await move_contacts(session, ["k1"], NOW, "2")
    assert await _counting(database, customer) == ["k1", "k2"]


async def test_a_decision_against_an_e_mail_never_becomes_one_for_it(database: Database) -> None:
    customer = await _customer(database)
    await _record(database, customer, "k1", decision="skipped")
    async with database.session() as session:
        await move_contacts(session, ["k1"], NOW, "2")
    assert await _counting(database, customer) == []
