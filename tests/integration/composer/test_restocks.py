"""Who waits for a product hears that it is back where it was seen gone, and of nothing that was there all along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.due import bring_up_to_date, rules_for
from catalog import picks
from catalog.merchandising import NOWHERE, Placement
from catalog.model import Limits, Pick, Taste
from catalog.products import upsert
from composer.campaigns import save_campaign
from composer.contract import ComposeResult
from composer.contract import Path as Way
from memory.due.rules import Thresholds
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.factories import LIBRARY, NOW, make_campaign, make_product, make_request
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf

pytestmark = pytest.mark.anyio

BACK, THERE = "gyokuro-tin", "kettle"
SOON = NOW + timedelta(hours=3)


class OpenShelf(TestShelf):
    """Picks as the catalog does."""

    def pick(self, taste: Taste, limits: Limits, *, now: Any, seed: int, placement: Placement = NOWHERE) -> list[Pick]:
        return picks.pick(self.view, taste, limits, now=now, seed=seed, placement=placement)


async def shop_of(database: Database) -> PreparedShop:
    """Somebody wished for two things; the campaign tells of what is back."""
    shelf = OpenShelf([make_product(BACK, title="Gyokuro Tin"), make_product(THERE, title="Copper Kettle")])
    with clock.frozen_at(NOW):
        shop = await PreparedShop.open(database, shelf=shelf)
        wishes = [
            {
                "type": "track", "event": "Product Added to Wishlist", "userId": "c-1", "messageId": f"w-{product}",
                "timestamp": (NOW - timedelta(days=days)).isoformat(),
                "properties": {"product_id": product, "name": shelf.products[product].title},
            }
            for product, days in ((BACK, 9), (THERE, 1))
        ]  # fmt: skip
        async with database.session() as session:
            await save_campaign(session, make_campaign("back_in_stock", id="back"))
            await ingest(session, wishes)
    return shop


async def stocked(shop: PreparedShop, **changes: Any) -> None:
    """The catalog is looked at."""
    shop.shelf.change(BACK, **changes)
    async with shop.database.session() as session:
        await upsert(session, shop.shelf.products.values())
    await bring_up_to_date(shop.database, rules_for(LIBRARY, Thresholds()))


async def comes_back(shop: PreparedShop) -> None:
    with clock.frozen_at(NOW):
        await stocked(shop)
        await stocked(shop, availability="out_of_stock")
    with clock.frozen_at(SOON):
        await stocked(shop, availability="in_stock")


async def told(shop: PreparedShop, at: Any = SOON) -> ComposeResult:
    with clock.frozen_at(at):
        return await shop.composer.compose(make_request(campaign="back", preview=True))


async def test_what_was_never_seen_gone_is_not_said_to_be_back(database: Database) -> None:
    shop = await shop_of(database)
    with clock.frozen_at(NOW):
        await stocked(shop)
    result = await told(shop)
    assert (result.path, result.reason) == (Way.SKIPPED, "no_restock")


async def test_what_came_back_leads_and_the_fact_that_it_did_licenses_the_words(database: Database) -> None:
    shop = await shop_of(database)
    await comes_back(shop)
    result = await told(shop)
    assert result.picks[0].product_id == BACK
    assert THERE not in [pick.product_id for pick in result.picks if pick.kind in ("wished", "viewed", "cart")]
    [fact] = [one for one in result.facts if one["kind"] == "restock"]
    assert (fact["text"], fact["value"]) == ("Gyokuro Tin was sold out and can be ordered again.", BACK)


async def test_what_is_gone_again_is_not_back(database: Database) -> None:
    shop = await shop_of(database)
    await comes_back(shop)
    with clock.frozen_at(SOON):
        await stocked(shop, availability="out_of_stock")
    assert (await told(shop)).reason == "no_restock"


async def test_after_a_week_it_is_no_news_any_more(database: Database) -> None:
    shop = await shop_of(database)
    await comes_back(shop)
    assert (await told(shop, SOON + timedelta(days=8))).reason == "no_restock"


async def test_a_customer_who_never_wanted_it_hears_nothing(database: Database) -> None:
    shop = await shop_of(database)
    await comes_back(shop)
    async with database.session() as session:
        await ingest(
            session, [{"type": "identify", "userId": "c-2", "messageId": "i-2", "traits": {"email_consent": True}}]
        )
    with clock.frozen_at(SOON):
        result = await shop.composer.compose(make_request(campaign="back", customer="c-2", preview=True))
    assert result.reason == "no_restock"
