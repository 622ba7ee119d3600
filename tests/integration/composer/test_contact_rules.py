"""Quiet hours and caps where one e-mail is composed or pulled: deferred to a moment, never dropped, never too many."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from composer.campaigns import get_brand, save_brand, save_campaign
from composer.contract import ComposeResult, Path
from composer.deadline import Deadline
from composer.finish import Finisher
from composer.freshness import Freshness, Withdrawn
from composer.links import Links
from composer.made import Made, Ready
from composer.service import Composer
from composer.stored import StoredEmail
from composer.tables import BrandRow
from composer.timing import Stopwatch
from memory.ingest import ingest
from memory.responses.model import Frequency, Responses
from prompts.library import Library
from store import clock
from store.database import Database
from store.errors import InvalidInput
from tests.kit.contacts import decisions, ledger, moves_to
from tests.kit.factories import LIBRARY, make_brand, make_campaign, make_request
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = NOON.replace(hour=23)
MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)
QUIET = make_brand(timezone="Europe/London", quiet_hours={"start": "21:00", "end": "08:00"})


def answer(result: ComposeResult) -> tuple[Path, str, datetime | None]:
    return result.path, result.reason, result.defer_until


async def test_at_night_the_answer_is_the_morning_and_in_the_morning_the_e_mail(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=QUIET)
    with clock.frozen_at(NIGHT):
        first = await shop.compose()
        assert answer(first) == (Path.SKIPPED, "quiet_hours", MORNING)
        assert "2026-11-24T08:00:00+00:00" in first.detail
        assert await shop.compose() == first
    [row] = await ledger(database)
    assert (row.decision, row.reason, row.until) == ("deferred", "quiet_hours", MORNING)
    assert (row.rule_version, row.kind) == (QUIET.contact_rules.version, "campaign")
    with clock.frozen_at(MORNING):
        assert (await shop.compose()).html
    assert await decisions(database) == [("deferred", "quiet_hours"), ("sent", "ok")]


async def test_the_night_is_that_of_the_customer(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=QUIET)
    await moves_to(database, "c-1", "America/Los_Angeles")
    with clock.frozen_at(NIGHT):
        assert (await shop.compose()).html
    with clock.frozen_at(MORNING):
        # Midnight there.
        night = await shop.compose(occasion="second")
    assert answer(night) == (Path.SKIPPED, "quiet_hours", MORNING + timedelta(hours=8))


async def test_an_e_mail_that_is_written_is_handed_to_who_asks_for_it_again(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=QUIET)
    with clock.frozen_at(NOON):
        email = await shop.compose()
    with clock.frozen_at(NIGHT):
        assert await shop.compose() == email


async def test_a_cap_says_when_there_is_room_and_then_there_is(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=make_brand(caps={"total": {"week": 2}, "min_gap_hours": 6}))
    with clock.frozen_at(NOON):
        assert (await shop.compose()).html
        soon = await shop.compose(occasion="second")
    assert answer(soon) == (Path.SKIPPED, "too_soon", NOON + timedelta(hours=6))
    with clock.frozen_at(NOON + timedelta(hours=6)):
        assert (await shop.compose(occasion="second")).html
    with clock.frozen_at(NOON + timedelta(days=3)):
        full = await shop.compose(occasion="third")
    assert answer(full) == (Path.SKIPPED, "capped", NOON + timedelta(days=7))
    assert "total.week" in full.detail
    with clock.frozen_at(NOON + timedelta(days=7)):
        assert (await shop.compose(occasion="third")).html


async def test_a_campaign_leaves_room_for_a_cart(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=make_brand(caps={"total": {"week": 2}, "reserved": 1}))
    line = {"product_id": "sencha", "name": "Sencha 100 g", "price": 12.5}
    event: dict[str, Any] = {"type": "track", "event": "Product Added", "userId": "c-1", "messageId": "cart"}
    async with database.session() as session:
        await save_campaign(session, make_campaign("win_back", id="back"))
        await ingest(session, [event | {"properties": line}])
    assert (await shop.compose()).html
    assert (await shop.compose(occasion="second")).reason == "capped"
    assert (await shop.compose(campaign="back")).html
    assert [(row.kind, row.flow) for row in await ledger(database) if row.decision == "sent"] == [
        ("campaign", "newsletter"),
        ("triggered", "win_back"),
    ]


async def written(shop: PreparedShop, campaign: str) -> Made:
    """An e-mail for `c-1` up to the moment before it is stored."""
    request, steps = make_request(campaign=campaign), shop.composer.steps
    async with shop.database.session(readonly=True) as session:
        [ready] = await steps.prepare(session, [request])
    assert isinstance(ready, Ready)
    return Made(ready, await steps.write(request, ready, Deadline(60), Stopwatch()))


async def test_of_two_e_mails_written_at_once_for_the_last_place_one_is_kept(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=make_brand(caps={"total": {"week": 1}}))
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="other"))
    both = [await written(shop, "autumn"), await written(shop, "other")]
    assert all(one.result.html for one in both)

    async def store(one: Made) -> ComposeResult:
        async with database.session() as session:
            [stored] = await shop.composer.steps.store(session, [one])
            # On PostgreSQL the other one reads before this one commits, unless it is made to wait.
            await asyncio.sleep(0.1)
            return stored

    results = await asyncio.gather(*map(store, both))
    assert sorted(result.reason for result in results) == ["capped", "ok"]
    assert sorted(await decisions(database)) == [("deferred", "capped"), ("sent", "ok")]
    late = next(result for result in results if result.reason == "capped")
    assert (late.id, late.html, late.defer_until is None) == ("", "", False)


async def test_who_asks_twice_at_once_for_the_last_place_gets_the_one_e_mail_twice(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=make_brand(caps={"total": {"week": 1}}))
    both = [await written(shop, "autumn"), await written(shop, "autumn")]
    results = []
    for one in both:
        async with database.session() as session:
            results += await shop.composer.steps.store(session, [one])
    assert results[0].id == results[1].id != ""


async def test_a_pull_at_night_waits_for_the_morning_and_keeps_its_e_mail(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=QUIET)
    with clock.frozen_at(NOON):
        email = await shop.compose()
    with clock.frozen_at(NIGHT):
        held = await shop.freshness.prepared(make_request())
    assert isinstance(held, Withdrawn)
    assert (held.reason, held.until) == ("quiet_hours", MORNING)
    with clock.frozen_at(MORNING):
        found = await shop.freshness.prepared(make_request())
    assert isinstance(found, StoredEmail)
    assert found.document["id"] == email.id
    assert sorted(await decisions(database)) == [("deferred", "quiet_hours"), ("sent", "ok")]


async def test_an_e_mail_that_is_withdrawn_gives_its_place_to_another(database: Database) -> None:
    shop = await PreparedShop.open(database, brand=make_brand(caps={"total": {"week": 1}}))
    kept = dict(shop.shelf.products)
    with clock.frozen_at(NOON):
        await shop.compose()
        for product in kept:
            shop.shelf.change(product, availability="out_of_stock")
        assert isinstance(await shop.freshness.prepared(make_request()), Withdrawn)
        for product, before in kept.items():
            shop.shelf.change(product, availability=before.availability)
        assert (await shop.compose(occasion="second")).html
        # Back in stock, but now the other one has its place.
        again = await shop.freshness.prepared(make_request())
    assert isinstance(again, Withdrawn)
    assert (again.reason, again.until) == ("capped", NOON + timedelta(days=7))
    with clock.frozen_at(NOON + timedelta(days=7)):
        assert isinstance(await shop.freshness.prepared(make_request()), StoredEmail)


async def test_a_transactional_e_mail_needs_no_consent_and_waits_for_nothing(database: Database) -> None:
    library = with_kind("post_purchase", "transactional")
    brand = make_brand(timezone="Europe/London", quiet_hours=QUIET.quiet_hours, caps={"total": {"week": 1}})
    shop = await PreparedShop.open(database, brand=brand)
    async with database.session() as session:
        await save_campaign(session, make_campaign("post_purchase", id="order"))
    composer = Composer(database=database, keyring=database.keyring, library=library, picker=shop.shelf, writers=())
    await shop.unsubscribe("c-1")
    with clock.frozen_at(NIGHT):
        email = await composer.compose(make_request(campaign="order"))
        assert email.html
        finisher = Finisher(library, Links(database.keyring))
        freshness = Freshness(database=database, library=library, shelf=shop.shelf, finisher=finisher)
        assert isinstance((await freshness.going_out([email.id]))[email.id], StoredEmail)
    [row] = await ledger(database)
    assert (row.decision, row.kind) == ("sent", "transactional")


def with_kind(flow: str, kind: str) -> Library:
    """The shipped library, but for the kind of one flow."""
    path = f"flows/{flow}.yaml"
    files = dict(LIBRARY._files)
    files[path] = files[path].replace("kind: triggered", f"kind: {kind}").replace("offers: [", "offers: [] #")
    return Library(files)


async def test_a_brand_of_before_means_the_cap_it_named(database: Database) -> None:
    document = make_brand().model_dump(mode="json", exclude={"caps", "quiet_hours"})
    async with database.session() as session:
        now = clock.now()
        session.add(BrandRow(id="harbour", document={**document, "max_emails_per_week": 5}, updated_at=now))
        await session.flush()
        found = await get_brand(session, "harbour")
    assert found.caps.total.week == 5
    assert found == make_brand(caps={"total": {"week": 5}})


async def test_a_brand_needs_a_time_zone_that_exists(sqlite_database: Database) -> None:
    with pytest.raises(InvalidInput, match="Europe/Londn"):
        async with sqlite_database.session() as session:
            await save_brand(session, make_brand(timezone="Europe/Londn"))


@pytest.mark.parametrize(("switch", "second"), [(False, ("sent", "ok")), (True, ("deferred", "capped"))])
async def test_who_is_better_written_to_less_waits_where_the_brand_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch, switch: bool, second: tuple[str, str]
) -> None:
    once_a_week = Responses(frequency=Frequency(recommended_per_week=1, reason="It was seen."))
    monkeypatch.setattr("memory.response_reading.responses", lambda *_: once_a_week)
    brand = make_brand(caps={"total": {"week": 3}, "learned_frequency": switch})
    shop = await PreparedShop.open(database, brand=brand)
    with clock.frozen_at(NOON):
        assert (await shop.compose()).html
        asked = await shop.compose(occasion="second")
    assert sorted(await decisions(database)) == sorted([("sent", "ok"), second])
    assert {row.rule_version for row in await ledger(database)} == {brand.contact_rules.version}
    if switch:
        assert answer(asked) == (Path.SKIPPED, "capped", NOON + timedelta(days=7))
        assert "learned.week" in asked.detail
