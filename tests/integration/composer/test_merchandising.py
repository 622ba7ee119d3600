"""An e-mail follows the merchandising that is current when it is written, and its record says which that was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from catalog.merchandising import Merchandising
from catalog.merchandising_store import save
from catalog.model import Pick
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeResult
from composer.record import ComposeRecord, load_record
from composer.service import Composer
from memory.ingest import ingest
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.integration.composer.test_compose import events
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_picks, make_request

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(database: Database) -> Database:
    """A brand, a campaign, a customer."""
    async with database.session() as session:
        await save_brand(session, make_brand(max_emails_per_week=21))
        await save_campaign(session, make_campaign())
        await ingest(session, events())
    return database


def made(shop: Database, keyring: Keyring, picks: list[Pick] | None = None) -> tuple[Composer, FixedPicker]:
    picker = FixedPicker(picks or make_picks())
    return Composer(database=shop, keyring=keyring, library=LIBRARY, picker=picker, writers=()), picker


async def saved(shop: Database, **rules: Any) -> None:
    async with shop.session() as session:
        await save(session, Merchandising.model_validate(rules))


async def record_of(shop: Database, result: ComposeResult) -> ComposeRecord:
    async with shop.session(readonly=True) as session:
        return (await load_record(session, result.record))[0]


async def compose_at(composer: Composer, at: datetime, **request: Any) -> ComposeResult:
    with clock.frozen_at(at):
        return await composer.compose(make_request(**request))


async def test_the_record_holds_the_version_and_every_picks_probability(shop: Database, keyring: Keyring) -> None:
    first, *others = make_picks()
    last = others[-1].model_copy(update={"probability": 0.05})
    await saved(shop, exploration=0.2)
    composer, picker = made(shop, keyring, [first, *others[:-1], last])
    result = await composer.compose(make_request())
    record = await record_of(shop, result)
    assert picker.placements[0].merchandising.exploration == 0.2
    assert record.merchandising == picker.placements[0].version == 1
    assert [(one.product_id, one.probability) for one in record.picks] == [("sencha", 1), ("kettle", 1), ("cup", 0.05)]
    assert [pick.probability for pick in result.picks] == [1, 1, 0.05]


async def test_a_later_version_changes_the_next_email_and_no_earlier_one(shop: Database, keyring: Keyring) -> None:
    composer, picker = made(shop, keyring)
    first = await composer.compose(make_request())
    await saved(shop, pins=[{"product": "kettle"}])
    again = await composer.compose(make_request())
    next_one = await composer.compose(make_request(occasion="next"))
    assert again == first
    assert [placement.version for placement in picker.placements] == [0, 1]
    assert ((await record_of(shop, first)).merchandising, (await record_of(shop, next_one)).merchandising) == (0, 1)
    assert (await composer.replay(first.id)).identical
    assert (await composer.replay(next_one.id)).identical


async def test_a_brief_narrows_what_the_shop_wants(shop: Database, keyring: Keyring) -> None:
    await saved(shop, pins=[{"product": "kettle"}], exploration=0.2)
    narrow = {"merchandising": {"pins": False, "exploration": 0.05}}
    async with shop.session() as session:
        await save_campaign(session, make_campaign(id="quiet", brief=narrow))
    composer, picker = made(shop, keyring)
    for campaign in ("quiet", "autumn", "quiet"):
        await composer.compose(make_request(campaign=campaign, preview=True))
    quiet, loud, again = (placement.merchandising for placement in picker.placements)
    assert (quiet.pins, quiet.exploration) == ((), 0.05)
    assert (len(loud.pins), loud.exploration) == (1, 0.2)
    assert again is quiet


async def test_the_cap_knows_everything_that_was_shown_within_its_days(shop: Database, keyring: Keyring) -> None:
    await saved(shop, show_cap={"times": 3, "days": 10})
    composer, picker = made(shop, keyring)
    for day in (0, 4, 6, 7, 8, 9):
        await compose_at(composer, NOW + timedelta(days=day), occasion=f"day {day}")
    await compose_at(composer, NOW + timedelta(days=11), occasion="now", preview=True)
    seen = [at for product_id, at in picker.placements[-1].shown if product_id == "sencha"]
    assert [(at - NOW).days for at in seen] == [9, 8, 7, 6, 4]


async def test_without_a_cap_nothing_is_read_that_nobody_asks_for(shop: Database, keyring: Keyring) -> None:
    composer, picker = made(shop, keyring)
    await composer.compose(make_request())
    await composer.compose(make_request(occasion="next"))
    assert picker.placements[-1].shown == ()


async def test_saving_a_campaign_again_after_an_upgrade_keeps_its_version(shop: Database) -> None:
    async with shop.session() as session:
        assert await save_campaign(session, make_campaign()) == 1
