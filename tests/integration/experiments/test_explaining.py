"""Whoever asks why these picks hears of those that the customer's own arm would show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from catalog.explain import Explanation
from catalog.merchandising import NOWHERE, Placement
from catalog.model import Limits, Pick, Taste
from composer.campaigns import save_campaign
from composer.explaining import PicksRequest, explain_picks
from store import clock
from store.database import Database
from tests.kit.experiments import CAMPAIGN, benches_of, started
from tests.kit.factories import NOW, make_campaign
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf

pytestmark = pytest.mark.anyio

CUSTOMERS = [f"c-{number}" for number in range(1, 5)]
BRIEF: dict[str, Any] = {"limits": {"max_price": "10", "count": 2}}


class Listening(TestShelf):
    """Remembers what it was asked for."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Limits, int, float]] = []

    def pick(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE
    ) -> list[Pick]:
        self.asked.append((limits, seed, placement.exploring))
        return super().pick(taste, limits, now=now, seed=seed, placement=placement)

    def explain(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE, show: int
    ) -> Explanation:
        picks = self.pick(taste, limits, now=now, seed=seed, placement=placement)
        return Explanation(picks=tuple(picks), considered=len(picks), candidates=(), excluded=(), products=len(picks))


async def test_picks_are_explained_as_the_customers_arm_asks_for_them(sqlite_database: Database) -> None:
    database, shelf = sqlite_database, Listening()
    with clock.frozen_at(NOW):
        await PreparedShop.open(database, customers=len(CUSTOMERS))
        async with database.session() as session:
            await save_campaign(session, make_campaign(brief=BRIEF))
        old = {"name": "old", "share": 0.5, "versions": {CAMPAIGN: 1}, "policy": "even"}
        await started(database, benches_of(database), arms=[{"name": "control", "share": 0.5}, old])
        shop = PreparedShop(database, shelf, benches=benches_of(database))
        explained = {}
        for customer in CUSTOMERS:
            request = PicksRequest(customer=customer, campaign=CAMPAIGN)
            async with database.session(readonly=True) as session:
                explained[customer] = await explain_picks(session, benches_of(database), shelf, request)
        told, shelf.asked = shelf.asked, []
        written = [await shop.compose(customer=customer) for customer in CUSTOMERS]
    assert told == shelf.asked
    assert [one.variant for one in explained.values()] == [one.variant for one in written]
    assert {one.campaign_version for one in written} == {1, 2}
