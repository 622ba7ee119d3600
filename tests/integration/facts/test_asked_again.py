"""What came of an e-mail that has left stays what came of it, however often the e-mail is asked for afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from composer.bandit.tables import DecisionRow
from composer.contract import ComposeResult
from composer.facts.tables import EpisodeRow
from composer.facts.updating import update_facts
from composer.freshness import Withdrawn
from composer.responses import emails_known
from memory.ingest import ingest
from memory.ledger import withdraw_contacts
from store import clock
from store.database import Database
from tests.kit.contacts import ledger
from tests.kit.factories import NOW
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


async def report(shop: PreparedShop, name: str, emails: Sequence[ComposeResult], at: datetime) -> None:
    messages = [
        {
            "type": "track",
            "userId": email.customer,
            "event": name,
            "timestamp": at.isoformat(),
            "messageId": f"{name} {email.id}",
            "properties": {"email_id": email.id},
        }
        for email in emails
    ]
    async with shop.database.session() as session:
        await ingest(session, messages, received_at=at, emails=emails_known)


async def unsubscribes(database: Database, at: datetime) -> tuple[int, int, int]:
    """As decisions have them, as episodes have them, and how many episodes there are."""
    await update_facts(database, at)
    async with database.session(readonly=True) as session:
        decisions = list((await session.execute(select(DecisionRow))).scalars())
        episodes = list((await session.execute(select(EpisodeRow))).scalars())
    return sum(one.unsubscribed for one in decisions), sum(one.unsubscribed for one in episodes), len(episodes)


async def test_who_unsubscribes_by_an_e_mail_is_counted_after_it_was_asked_for_again(database: Database) -> None:
    with clock.frozen_at(NOW):
        shop = await PreparedShop.open(database, customers=4)
        emails = [await shop.compose(customer=f"c-{number}") for number in range(1, 5)]
    await report(shop, "Email Delivered", emails, NOW + HOUR)
    await report(shop, "Unsubscribed", emails[:2], NOW + 2 * HOUR)
    with clock.frozen_at(NOW + 3 * HOUR):
        found = await shop.freshness.current_many([email.id for email in emails])
        assert sum(isinstance(one, Withdrawn) for one in found.values()) == 2
    assert {row.decision for row in await ledger(database) if row.reason == "ok"} == {"sent"}
    assert await unsubscribes(database, NOW + 4 * HOUR) == (2, 2, 4)
    assert await unsubscribes(database, NOW + timedelta(days=60)) == (2, 2, 4)


async def test_an_e_mail_that_nothing_was_reported_of_gives_its_place_up_and_its_customer_still_counts(
    sqlite_database: Database,
) -> None:
    with clock.frozen_at(NOW):
        shop = await PreparedShop.open(sqlite_database)
        email = await shop.compose()
        await shop.unsubscribe(email.customer)
        assert await shop.why_not(email) == "unsubscribed"
    assert {row.decision for row in await ledger(sqlite_database)} == {"withdrawn", "skipped"}
    assert await unsubscribes(sqlite_database, NOW + HOUR) == (0, 0, 1)


@pytest.mark.parametrize("reason", ["unsubscribed", "complained", "bounced", "other_experiment"])
async def test_whoever_was_written_to_is_reached_whatever_became_of_them(
    sqlite_database: Database, reason: str
) -> None:
    with clock.frozen_at(NOW):
        shop = await PreparedShop.open(sqlite_database)
        email = await shop.compose()
    async with sqlite_database.session() as session:
        await withdraw_contacts(session, [email.id], reason)
    assert (await unsubscribes(sqlite_database, NOW + HOUR))[2] == 1
