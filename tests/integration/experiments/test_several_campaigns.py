"""Experiments over several campaigns: money of two currencies is not added up, and an order counts once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from composer.campaigns import save_brand, save_campaign
from composer.experiments.outcomes import outcomes
from composer.experiments.service import WrongExperiment, create
from composer.facts.tables import EpisodeRow
from composer.facts.totals import Which, samples
from store.database import Database
from tests.kit.experiments import make_experiment, make_plan
from tests.kit.factories import make_brand, make_campaign
from tests.kit.reports import SENT, episode

pytestmark = pytest.mark.anyio


async def test_campaigns_of_different_currencies_are_not_in_one_experiment(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        for brand, currency in (("tea", "GBP"), ("kaffee", "EUR")):
            await save_brand(session, make_brand(id=brand, currency=currency))
            await save_campaign(session, make_campaign(id=f"news-{brand}", brand=brand))
        with pytest.raises(WrongExperiment, match="different currencies: EUR, GBP") as caught:
            await create(session, make_plan(campaigns=["news-tea", "news-kaffee"]), by="maeve")
        assert caught.value.pointer == "/campaigns"
        assert await create(session, make_plan(campaigns=["news-tea"]), by="maeve")


async def test_an_order_that_followed_two_of_its_campaigns_counts_once(database: Database) -> None:
    rows: list[EpisodeRow] = []
    for number in range(600):
        variant, spent = ("b", "control")[number % 2], 40.0 if number < 200 else 0.0
        tried: dict[str, Any] = {"experiment": "exp_1", "variant": variant}
        later: dict[str, Any] = {"campaign_id": "spring", "begins": SENT + timedelta(days=1)}
        rows.append(episode(number, spent=spent, **tried, orders_once=0, revenue_once=0))
        rows.append(episode(number, spent=spent, **tried, **later))
    async with database.session() as session:
        session.add_all(rows)
    async with database.session(readonly=True) as session:
        [found] = await outcomes(session, make_experiment(campaigns=["autumn", "spring"]))
        sides = await samples(session, Which(experiment="exp_1", once=True), ("variant",))
    assert {name: (one.revenue.hits, one.revenue.x) for (name, _), one in sides.items()} == {
        "b": (100, 4_000.0),
        "control": (100, 4_000.0),
    }
    assert found.verdict == "cannot_tell_yet"
    # Twice as much, had each order counted for both.
    assert found.comparison.revenue is not None
    assert found.comparison.revenue.high < 4.0
