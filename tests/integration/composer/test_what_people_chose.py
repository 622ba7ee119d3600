"""What a person chose, where one e-mail is composed or pulled: refused, deferred, or written as for a stranger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from catalog.model import Taste
from composer.campaigns import save_campaign
from composer.contract import ComposeResult, Path
from composer.freshness import Withdrawn
from composer.made import Ready
from composer.stored import StoredEmail
from composer.taste import taste_of
from memory.ingest import ingest
from memory.model import CustomerMemory
from store import clock
from store.database import Database
from tests.kit.contacts import ledger
from tests.kit.factories import make_campaign, make_request
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def _chose(database: Database, **said: Any) -> None:
    event = {"type": "track", "event": "Consent Changed", "userId": "c-1", "messageId": f"chose-{said}"}
    properties = {"method": "form", **said}
    async with database.session() as session:
        report = await ingest(session, [event | {"properties": properties}])
    assert not report.rejected


def _answer(result: ComposeResult) -> tuple[Path, str, datetime | None]:
    return result.path, result.reason, result.defer_until


async def test_an_e_mail_about_a_topic_that_is_off_is_refused_and_the_ledger_says_why(database: Database) -> None:
    shop = await PreparedShop.open(database)
    await _chose(database, topics={"newsletter": False})
    assert _answer(await shop.compose()) == (Path.SKIPPED, "topic_off", None)
    assert [(row.decision, row.reason) for row in await ledger(database)] == [("skipped", "topic_off")]


async def test_other_topics_are_written_about_and_a_campaign_may_name_its_own(database: Database) -> None:
    shop = await PreparedShop.open(database)
    await _chose(database, topics={"newsletter": False, "new_arrivals": False})
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="offers", topic="offers"))
        await save_campaign(session, make_campaign(id="arrivals", topic="new_arrivals"))
    assert (await shop.compose(campaign="offers")).html
    assert (await shop.compose(campaign="arrivals")).reason == "topic_off"


async def test_a_topic_turned_off_after_writing_keeps_the_e_mail_back(database: Database) -> None:
    shop = await PreparedShop.open(database)
    email = await shop.compose()
    await _chose(database, topics={"newsletter": False})
    assert await shop.why_not(email) == "topic_off"


async def test_who_wants_one_a_month_gets_one_a_month_without_any_cap_of_the_brand(database: Database) -> None:
    shop = await PreparedShop.open(database)
    await _chose(database, email_frequency="monthly")
    with clock.frozen_at(NOON):
        assert (await shop.compose()).html
    with clock.frozen_at(NOON + timedelta(days=20)):
        second = await shop.compose(occasion="second")
    assert _answer(second) == (Path.SKIPPED, "personal_cap", NOON + timedelta(days=30))
    with clock.frozen_at(NOON + timedelta(days=30)):
        assert (await shop.compose(occasion="second")).html


async def test_a_pause_defers_to_its_end(database: Database) -> None:
    shop = await PreparedShop.open(database)
    await _chose(database, email_paused_until="2027-01-01")
    with clock.frozen_at(NOON):
        waiting = await shop.compose()
    assert _answer(waiting) == (Path.SKIPPED, "paused", datetime(2027, 1, 1, tzinfo=UTC))
    with clock.frozen_at(datetime(2027, 1, 1, tzinfo=UTC)):
        assert (await shop.compose()).html


async def _used(shop: PreparedShop) -> CustomerMemory:
    """What an e-mail for `c-1` is written out of."""
    async with shop.database.session(readonly=True) as session:
        [ready] = await shop.composer.steps.prepare(session, [make_request()])
    assert isinstance(ready, Ready)
    return ready.memory


async def test_who_objects_to_personalisation_is_written_to_as_a_stranger(database: Database) -> None:
    shop = await PreparedShop.open(database)
    before = await _used(shop)
    assert before.facts
    assert taste_of(before).signals
    await _chose(database, purposes={"personalisation": False})
    after = await _used(shop)
    assert taste_of(after) == Taste()
    assert (after.facts, after.orders, after.responses, after.lifecycle) == ((), (), None, "prospect")
    assert (after.profile.email, after.profile.first_name) == (before.profile.email, before.profile.first_name)
    assert (await shop.compose()).html


async def test_what_needs_their_memory_has_nothing_to_say_to_who_objects(database: Database) -> None:
    shop = await PreparedShop.open(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign("win_back", id="back"))
    assert (await shop.compose(campaign="back", preview=True)).html
    await _chose(database, purposes={"personalisation": False})
    assert (await shop.compose(campaign="back", preview=True)).path is Path.SKIPPED


async def test_a_pause_after_writing_holds_the_e_mail_back_until_its_end(database: Database) -> None:
    shop = await PreparedShop.open(database)
    with clock.frozen_at(NOON):
        email = await shop.compose()
        assert isinstance(await shop.freshness.prepared(make_request()), StoredEmail)
    end = datetime(2027, 1, 1, tzinfo=UTC)
    await _chose(database, email_paused_until=end.isoformat())
    with clock.frozen_at(NOON):
        for held in (
            await shop.freshness.prepared(make_request()),
            (await shop.freshness.going_out([email.id]))[email.id],
        ):
            assert isinstance(held, Withdrawn)
            assert (held.reason, held.until) == ("paused", end)
    with clock.frozen_at(end):
        assert isinstance(await shop.freshness.prepared(make_request()), StoredEmail)
