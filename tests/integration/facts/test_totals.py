"""Sums over customers out of SQL are those of arithmetic, on both databases."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from composer.facts.tables import EpisodeRow
from composer.facts.totals import Which, samples
from composer.results.adjusting import adjust
from composer.results.clusters import Totals
from store.database import Database
from tests.kit.outcomes import NOW, SENT

pytestmark = pytest.mark.anyio


def rows(seed: int = 1) -> list[dict[str, Any]]:
    """Some customers, some of them reached often, by two campaigns."""
    draw, made = Random(seed), []
    for number in range(300):
        customer = draw.randrange(60)
        begins = SENT + timedelta(hours=number)
        orders = draw.choice([0, 0, 0, 1, 2])
        made.append(
            {
                "campaign_id": draw.choice(["autumn", "spring"]),
                "customer_id": f"cus_{customer}",
                "begins": begins,
                "day": begins.date(),
                "ends": begins + timedelta(days=7),
                "side": "holdout" if customer % 3 == 0 else "mailed",
                "variant": "a" if customer % 2 else "b",
                "lifecycle": draw.choice(["new", "active"]),
                "buyers": int(orders > 0),
                "orders": orders,
                "revenue": orders * draw.randrange(900_000),
                "orders_once": int(number % 2 and orders > 0),
                "revenue_once": 10_000 * int(number % 2 and orders > 0),
                "before": draw.randrange(5_000_000),
                "rules": "1",
                "counted_at": NOW,
            }
        )
    return made


async def store(database: Database) -> list[dict[str, Any]]:
    made = rows()
    async with database.session() as session:
        session.add_all(EpisodeRow(**row) for row in made)
    return made


def expected(made: list[dict[str, Any]], column: str, unit: float, drawn: list[dict[str, Any]] | None = None) -> Totals:
    """Of `made`; `drawn`: all episodes that these customers were drawn for, of which the first is looked before."""
    sums: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(4)]
    x, m, z, hits = sums
    for row in made:
        x[row["customer_id"]] += row[column] / unit
        m[row["customer_id"]] += 1
        hits[row["customer_id"]] += row["orders" if column == "revenue" else "buyers"]
    for row in sorted(drawn or made, key=lambda row: row["begins"], reverse=True):
        z[row["customer_id"]] = row["before"] / 10_000
    one, other, third = (np.array([values[name] for name in x]) for values in (x, m, z))
    return Totals.of(one, other, third, hits=int(sum(hits.values())))


def same(found: Totals, wanted: Totals) -> bool:
    return np.allclose([*found.model_dump().values()], [*wanted.model_dump().values()], rtol=1e-9)


async def test_each_customer_is_summed_up_before_anything_is_squared(database: Database) -> None:
    made = [row for row in await store(database) if row["campaign_id"] == "autumn"]
    async with database.session(readonly=True) as session:
        found = await samples(session, Which(campaign="autumn"))
    assert set(found) == {("mailed",), ("holdout",)}
    for (side,), sample in found.items():
        theirs = [row for row in made if row["side"] == side]
        assert same(sample.revenue, expected(theirs, "revenue", 10_000))
        assert same(sample.bought, expected(theirs, "buyers", 1))


async def test_groups_and_periods_are_told_apart(database: Database) -> None:
    made = await store(database)
    first, last = SENT.date() + timedelta(days=2), SENT.date() + timedelta(days=9)
    async with database.session(readonly=True) as session:
        found = await samples(session, Which(since=first, until=last), by=("campaign_id", "lifecycle"))
        arms = await samples(session, Which(campaign="spring", variant="a", lifecycle="new"), by=("variant",))
    assert len(found) == 8
    for (campaign, lifecycle, side), sample in found.items():
        key = {"campaign_id": campaign, "lifecycle": lifecycle, "side": side}
        theirs = [row for row in made if key.items() <= row.items() and first <= row["day"] < last]
        drawn = [row for row in made if row["campaign_id"] == campaign]
        assert same(sample.revenue, expected(theirs, "revenue", 10_000, drawn))
    assert {variant for variant, _ in arms} == {"a"}


async def test_of_the_whole_shop_each_order_counts_once(database: Database) -> None:
    made = await store(database)
    async with database.session(readonly=True) as session:
        found = await samples(session)
    for (side,), sample in found.items():
        theirs = [row for row in made if row["side"] == side]
        assert sample.revenue.x == sample.bought.x == sum(row["orders_once"] for row in theirs) > 0


async def test_of_nobody_there_are_no_sums(database: Database) -> None:
    async with database.session(readonly=True) as session:
        assert await samples(session) == {}


async def test_what_the_e_mails_sold_is_not_taken_for_what_was_spent_before(database: Database) -> None:
    """Before the second newsletter those who got the first have spent more: that is its doing, not a difference."""
    made: list[dict[str, Any]] = []
    for number in range(400):
        mailed = number % 2
        for week in range(2):
            begins = SENT + timedelta(days=7 * week, minutes=number)
            bought = mailed or number % 4 == 0
            made.append(
                {
                    "campaign_id": "autumn", "customer_id": f"cus_{number}", "begins": begins, "day": begins.date(),
                    "ends": begins + timedelta(days=7), "side": "mailed" if mailed else "holdout",
                    "buyers": int(bought), "orders": int(bought), "revenue": 100_000 * bought, "rules": "1",
                    "before": number // 4 % 8 * 10_000 + week * 100_000 * bought, "counted_at": NOW,
                }
            )  # fmt: skip
    async with database.session() as session:
        session.add_all(EpisodeRow(**row) for row in made)
    for since in (None, SENT.date() + timedelta(days=7)):
        async with database.session(readonly=True) as session:
            found = await samples(session, Which(campaign="autumn", since=since))
        pair = adjust(found["mailed",].revenue, found["holdout",].revenue, "episode")
        assert pair.difference == pytest.approx(5.0, abs=0.2)
