"""What was drawn under different shares is not put together: it would differ by the season, or by the campaign."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from composer.campaigns import get_campaign, save_brand, save_campaign
from composer.experiments.board import in_holdout
from composer.experiments.tables import ExperimentRow
from composer.facts.tables import EpisodeRow
from composer.facts.totals import Which
from composer.facts.writing import days_to_sum, sum_up
from composer.reports.incremental import by_flow
from composer.reports.model import Period
from composer.results.reading import counted, results_of
from composer.results.wording import told
from composer.tables import CampaignVersionRow
from store.database import Database
from tests.kit.experiments import make_plan
from tests.kit.factories import make_brand, make_campaign
from tests.kit.outcomes import NOW, SENT

pytestmark = pytest.mark.anyio

CUSTOMERS = 1_000
WEEK = timedelta(days=7)


async def hold_out(database: Database, share: float, since: datetime, campaign: str = "news") -> None:
    """From then on."""
    async with database.session() as session:
        await save_brand(session, make_brand())
        saved = make_campaign(id=campaign, name=campaign, brief={"holdout": share})
        version = await save_campaign(session, saved)
        of = col(CampaignVersionRow.campaign_id) == campaign, col(CampaignVersionRow.version) == version
        await session.execute(update(CampaignVersionRow).where(*of).values(created_at=since))


async def mail(
    database: Database, weeks: range, buy: float, *, campaign: str = "news", held: int = 0, seed: int = 1
) -> None:
    """Everybody each week; who is held out buys as often as who is not. `held`: of ten others are held out too."""
    draw = Random(seed)
    async with database.session() as session:
        version = await get_campaign(session, campaign)
        rows = []
        for week in weeks:
            begins = SENT + week * WEEK
            for number in range(CUSTOMERS):
                customer = f"{campaign}-{number}"
                bought = draw.random() < buy
                out = in_holdout(version, customer) or number % 10 < held
                rows.append(values(campaign, customer, begins, "holdout" if out else "mailed", int(bought)))
        await (await session.connection()).execute(insert(EpisodeRow), rows)


def values(campaign: str, customer: str, begins: datetime, side: str, orders: int) -> dict[str, Any]:
    """Of an episode."""
    revenue = orders * 400_000
    return {
        **{column.name: 0 for column in EpisodeRow.__table__.columns},  # type: ignore[attr-defined]
        **dict.fromkeys(("experiment", "variant", "lifecycle", "email_id"), ""),
        "campaign_id": campaign, "customer_id": customer, "begins": begins, "day": begins.date(),
        "ends": begins + WEEK, "side": side, "flow": "newsletter", "buyers": orders, "orders": orders,
        "revenue": revenue, "orders_once": orders, "revenue_once": revenue, "emails": 1, "rules": "1",
        "counted_at": begins, "final": False,
    }  # fmt: skip


async def test_a_share_that_was_changed_makes_no_lift(database: Database) -> None:
    """A tenth is held out while everybody buys much, half of them while nobody does."""
    changed = SENT + 4 * WEEK
    await hold_out(database, 0.1, SENT - WEEK)
    await mail(database, range(4), 0.5)
    await hold_out(database, 0.5, changed)
    await mail(database, range(4, 8), 0.15, seed=2)
    async with database.session(readonly=True) as session:
        found = await results_of(session, "news")
        before = await results_of(session, "news", since=(SENT + 5 * WEEK).date())
    assert found.comparison.verdict == "cannot_tell_yet"
    assert found.comparison.since == changed
    assert f"from {changed:%d %B %Y} on" in told(found)
    assert found.comparison.lift is not None
    assert found.comparison.lift.low < 0 < found.comparison.lift.high
    assert found.comparison.customers == before.comparison.customers == CUSTOMERS


async def test_where_nobody_is_held_out_any_more_the_time_in_which_somebody_was_is_told(
    sqlite_database: Database,
) -> None:
    await hold_out(sqlite_database, 0.4, SENT - WEEK)
    await mail(sqlite_database, range(2), 0.5)
    await hold_out(sqlite_database, 0.0, SENT + 2 * WEEK)
    await mail(sqlite_database, range(2, 4), 0.1)
    async with sqlite_database.session(readonly=True) as session:
        found = await results_of(session, "news")
    assert (found.comparison.since, found.comparison.until) == (None, SENT + 2 * WEEK)
    assert found.comparison.verdict == "cannot_tell_yet"


async def test_an_arm_that_gets_nothing_is_not_compared_with_the_time_before_it_began(
    sqlite_database: Database,
) -> None:
    await hold_out(sqlite_database, 0.1, SENT - WEEK)
    await mail(sqlite_database, range(3), 0.5)
    await mail(sqlite_database, range(3, 6), 0.1, held=5)
    plan = make_plan(
        campaigns=["news"], arms=[{"name": "control", "share": 0.5}, {"name": "b", "share": 0.5, "nothing": True}]
    )
    async with sqlite_database.session() as session:
        begun = SENT + 3 * WEEK - timedelta(hours=1)
        session.add(
            ExperimentRow(
                id="exp_1",
                document=plan.model_dump(mode="json"),
                status="running",
                salt="s",
                created_at=begun,
                created_by="maeve",
                started_at=begun,
                changed_at=begun,
            )
        )
    async with sqlite_database.session(readonly=True) as session:
        found = await results_of(session, "news")
    assert found.comparison.since == begun
    assert found.comparison.verdict == "cannot_tell_yet"


async def test_of_a_flow_each_campaign_is_compared_with_its_own_holdout(sqlite_database: Database) -> None:
    """Those who buy most are in a campaign that holds nobody out: beside a holdout of others that is no lift."""
    await hold_out(sqlite_database, 0.0, SENT - WEEK, "vip")
    await hold_out(sqlite_database, 0.2, SENT - WEEK, "mass")
    await hold_out(sqlite_database, 0.5, SENT - WEEK, "late")
    await mail(sqlite_database, range(4), 0.6, campaign="vip")
    await mail(sqlite_database, range(4), 0.1, campaign="mass", seed=2)
    await mail(sqlite_database, range(4), 0.3, campaign="late", seed=3)
    async with sqlite_database.session() as session:
        for day in await days_to_sum(session, everything=True):
            await sum_up(session, day)
    period = Period(SENT.date(), NOW.date() + 9 * WEEK)
    async with sqlite_database.session(readonly=True) as session:
        [flow] = by_flow(await counted(session, Which(since=period.since, until=period.until)), period)
        alone = await results_of(session, "mass")
    assert flow.comparison.verdict == "cannot_tell_yet"
    assert flow.comparison.revenue is not None
    assert abs(flow.mailed_mean - flow.held_out_mean) < 1.5
    assert flow.mailed + flow.held_out == 2 * CUSTOMERS
    assert [(one.why, one.count) for one in flow.left_out] == [("no_holdout", 1)]
    assert alone.comparison.revenue is not None
    of_flow, of_one = (one.high - one.low for one in (flow.comparison.revenue, alone.comparison.revenue))
    assert of_flow < 3 * of_one
