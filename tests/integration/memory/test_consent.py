"""Consent: who may be written to, whatever the order in which we hear of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import select

from memory import consent
from memory.consent import Change, Standing
from memory.ingest import ingest
from memory.recall import customer_id_of
from memory.tables import Consent, ConsentChange
from store import clock
from store.database import Database
from store.ids import CustomerId
from tests.kit.consents import grant, unsubscribe
from tests.kit.events import NOW, identify, track


def _ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def _customer(database: Database, *messages: Any) -> CustomerId:
    async with database.session() as session:
        await ingest(session, messages or [identify()], received_at=NOW)
        customer = await customer_id_of(session, "u1")
    assert customer is not None
    return customer


async def _status(database: Database, customer: CustomerId) -> Standing:
    async with database.session(readonly=True) as session:
        return await consent.status(session, customer)


async def test_nothing_said_is_no(database: Database) -> None:
    customer = await _customer(database)
    assert await _status(database, customer) == Standing(allowed=False, reason="no_consent")


async def test_a_grant_counts_and_keeps_its_proof(database: Database) -> None:
    customer = await _customer(database)
    proof = {"form": "https://shop.example/newsletter", "ip": "203.0.113.7"}
    async with database.session() as session:
        await grant(session, customer, at=_ago(1), proof=proof)
    assert await _status(database, customer) == Standing(allowed=True, reason="consented", since=_ago(1))
    async with database.session(readonly=True) as session:
        row = (await session.execute(select(ConsentChange))).scalar_one()
    assert (row.kind, row.source, row.proof) == ("granted", "form", proof)


@pytest.mark.parametrize("yes", [True, "true", "yes", "subscribed"])
async def test_a_trait_of_the_shop_counts(sqlite_database: Database, yes: Any) -> None:
    customer = await _customer(sqlite_database, identify({"marketing_opt_in": yes}, days_ago=1))
    assert (await _status(sqlite_database, customer)).allowed


async def test_a_trait_turned_false_withdraws_and_true_again_restores(database: Database) -> None:
    customer = await _customer(
        database, identify({"email_consent": True}, days_ago=3), identify({"email_consent": False}, days_ago=2)
    )
    assert not (await _status(database, customer)).allowed
    await _customer(database, identify({"email_consent": True}, days_ago=1))
    assert (await _status(database, customer)).allowed


@pytest.mark.parametrize(
    ("event", "properties", "reason"),
    [
        ("Unsubscribed", {}, "unsubscribed"),
        ("Email Marked as Spam", {}, "complained"),
        ("Email Bounced", {"bounce_type": "hard"}, "bounced"),
        ("Email Bounced", {"type": "Permanent"}, "bounced"),
    ],
)
async def test_events_that_say_no_are_obeyed_at_ingest(
    database: Database, event: str, properties: dict[str, Any], reason: str
) -> None:
    customer = await _customer(
        database, identify({"email_consent": True}, days_ago=3), track(event, properties, days_ago=2)
    )
    assert await _status(database, customer) == Standing(allowed=False, reason=reason, since=_ago(2))  # type: ignore[arg-type]


async def test_a_full_mailbox_is_no_withdrawal(database: Database) -> None:
    bounce = track("Email Bounced", {"bounce_type": "soft"}, days_ago=1)
    customer = await _customer(database, identify({"email_consent": True}, days_ago=3), bounce)
    assert (await _status(database, customer)).allowed


async def test_a_nightly_export_does_not_bring_back_who_unsubscribed(database: Database) -> None:
    customer = await _customer(database, identify({"email_consent": True}, days_ago=9))
    async with database.session() as session:
        await unsubscribe(session, customer, at=_ago(5))
    await _customer(database, identify({"email_consent": True}, days_ago=1))
    assert (await _status(database, customer)).reason == "unsubscribed"
    async with database.session() as session:
        await grant(session, customer, at=_ago(0.5), proof={})
    assert (await _status(database, customer)).allowed


async def test_unsubscribing_twice_is_unsubscribing_once(database: Database) -> None:
    customer = await _customer(database)
    with clock.frozen_at(NOW):
        for _ in range(2):
            async with database.session() as session:
                await unsubscribe(session, customer)
    async with database.session(readonly=True) as session:
        assert len((await session.execute(select(ConsentChange))).scalars().all()) == 1


async def test_many_standings_in_one_read(database: Database) -> None:
    customer = await _customer(database, identify({"email_consent": True}, days_ago=1))
    async with database.session(readonly=True) as session:
        found = await consent.statuses(session, [customer, CustomerId("cus_stranger")])
    assert [standing.allowed for standing in found.values()] == [True, False]


def test_the_order_in_which_statements_arrive_does_not_matter() -> None:
    changes = [
        Change("c", "granted", _ago(9), "form"),
        Change("c", "withdrawn", _ago(5), "event", "unsubscribed"),
        Change("c", "withdrawn", _ago(5), "event", "bounced"),
        Change("c", "declared", _ago(3), "identify"),
        Change("c", "undeclared", _ago(4), "identify"),
    ]
    outcomes = set()
    for arrival in permutations(changes):
        row = Consent(customer_id="c")
        for change in arrival:
            consent.apply(row, change)
        outcomes.add(consent.standing(row))
    assert outcomes == {Standing(allowed=False, reason="unsubscribed", since=_ago(5))}


def test_at_the_same_moment_no_wins() -> None:
    row = Consent(customer_id="c", granted_at=NOW, withdrawn_at=NOW, withdrawn_reason="unsubscribed")
    assert not consent.standing(row).allowed


async def test_what_a_visitor_said_comes_along_when_they_log_in(database: Database) -> None:
    async with database.session() as session:
        visitor = [
            identify({"email_consent": True}, user=None, anonymous="a1", days_ago=8),
            track("Unsubscribed", user=None, anonymous="a1", days_ago=5),
        ]
        await ingest(session, visitor, received_at=NOW)
    customer = await _customer(database, identify({"email_consent": True}, anonymous="a1", days_ago=1))
    assert await _status(database, customer) == Standing(False, "unsubscribed", _ago(5))
