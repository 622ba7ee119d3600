"""What came of arms: each against control, by the figure that was chosen before, with what may not worsen beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from composer.experiments.model import Experiment, Plan
from composer.experiments.outcomes import ArmOutcome, outcomes
from composer.experiments.reading import clicking
from composer.experiments.report import could_find, report, told
from composer.facts.forgetting import forget_episodes
from composer.facts.noting import count_only_since, counted_since
from composer.facts.tables import EpisodeRow
from composer.results.power import Spending
from composer.results.spending import NAME, VERSION
from memory.learned import Learned, save_learned
from memory.tables import Customer
from store import clock
from store.database import Database
from tests.kit.experiments import CAMPAIGN, make_experiment, make_plan
from tests.kit.factories import NOW

pytestmark = pytest.mark.anyio

EACH = 300
Figures = Callable[[int], dict[str, int]]


async def came_of(database: Database, control: Figures, other: Figures, **plan: Any) -> ArmOutcome:
    """Of as many customers in each of two arms, each reached twice."""
    now = clock.now()
    async with database.session() as session:
        for arm, figures in (("control", control), ("b", other)):
            for number in range(EACH):
                for times in (0, 1):
                    row = EpisodeRow(
                        campaign_id=CAMPAIGN,
                        customer_id=f"{arm}-{number}",
                        begins=now.replace(minute=times),
                        day=now.date(),
                        ends=now,
                        side="mailed",
                        experiment="exp_1",
                        variant=arm,
                        rules="1",
                        counted_at=now,
                    )
                    session.add(row.sqlmodel_update(figures(number)))
    async with database.session(readonly=True) as session:
        [found] = await outcomes(session, make_experiment(**plan))
    return found


def every(number: int, **figures: int) -> Figures:
    """Each of so many customers has these figures, the others nothing."""
    return lambda customer: figures if customer % number == 0 else {}


async def test_more_clicks_are_told_where_clicks_decide(database: Database) -> None:
    found = await came_of(database, every(20, clicked=1), every(2, clicked=1), metric="click")
    assert found.verdict == "more"
    assert found.click is not None
    assert found.click.value == pytest.approx(0.45)
    assert found.harmed == ()


async def test_more_unsubscribes_weigh_against_an_arm_whatever_else_it_does(database: Database) -> None:
    found = await came_of(
        database, every(20, unsubscribed=1, clicked=1), every(2, unsubscribed=1, clicked=1), metric="click"
    )
    assert (found.verdict, found.harmed) == ("more", ("unsubscribe",))


@pytest.mark.parametrize(
    ("control", "other", "verdict"),
    [
        pytest.param(every(4, **{}), every(4, **{}), "too_few", id="nobody bought"),
        pytest.param(
            every(3, orders=1, buyers=1, revenue=500_000),
            every(3, orders=1, buyers=1, revenue=500_000),
            "cannot_tell_yet",
            id="the same",
        ),
        pytest.param(
            every(3, orders=1, buyers=1, revenue=500_000),
            every(1, orders=1, buyers=1, revenue=500_000),
            "more",
            id="more",
        ),
        pytest.param(
            every(1, orders=1, buyers=1, revenue=500_000),
            every(3, orders=1, buyers=1, revenue=500_000),
            "less",
            id="less",
        ),
    ],
)
async def test_revenue_decides_where_nothing_else_was_said(
    sqlite_database: Database, control: Figures, other: Figures, verdict: str
) -> None:
    found = await came_of(sqlite_database, control, other)
    assert found.verdict == verdict
    assert told(found, make_experiment().plan)


async def test_who_was_in_no_experiment_counts_on_neither_side(sqlite_database: Database) -> None:
    await came_of(sqlite_database, every(3, clicked=1), every(3, clicked=1), metric="click")
    async with sqlite_database.session(readonly=True) as session:
        [found] = await outcomes(session, make_experiment(id="exp_2"))
        whole = await report(session, make_experiment(id="exp_2"))
    assert found.verdict == "nothing_yet"
    assert [arm.sentence for arm in whole.arms] == ["", "Nothing has been counted yet. That is done once an hour."]


async def test_an_experiment_whose_outcomes_retention_took_says_that_they_are_kept_no_more(database: Database) -> None:
    await came_of(database, every(20, clicked=1), every(2, clicked=1), metric="click")
    began = NOW.replace(year=clock.now().year - 2)
    async for _ in forget_episodes(database, clock.now() + timedelta(days=1)):
        pass
    plan = make_plan(metric="click")
    async with database.session(readonly=True) as session:
        old, since = await report(session, experiment(began, plan)), await counted_since(session)
        assert since is not None
        new = await report(session, experiment(since, plan))
    [gone] = [arm for arm in old.arms if arm.outcome]
    assert gone.outcome is not None
    assert gone.outcome.verdict == "kept_no_more"
    assert "is kept no more" in gone.sentence
    # One that began when the kept days did has lost nothing: it has only just begun.
    assert [arm.outcome.verdict for arm in new.arms if arm.outcome] == ["nothing_yet"]


async def test_an_experiment_of_which_a_part_is_kept_says_from_which_day_on_it_is(sqlite_database: Database) -> None:
    await came_of(sqlite_database, every(20, clicked=1), every(2, clicked=1), metric="click")
    async with sqlite_database.session() as session:
        await count_only_since(session, datetime(2026, 1, 5, tzinfo=UTC))
    plan = make_plan(metric="click")
    async with sqlite_database.session(readonly=True) as session:
        [arm] = [
            one
            for one in (await report(session, experiment(datetime(2025, 12, 1, tzinfo=UTC), plan))).arms
            if one.outcome
        ]
    assert arm.outcome is not None
    assert arm.outcome.verdict == "more"
    assert "reached from 05 January 2026 on" in arm.sentence


def experiment(began: datetime, plan: Plan) -> Experiment:
    return make_experiment().model_copy(update={"plan": plan, "started_at": began})


async def test_what_could_be_found_is_said_of_the_figure_that_decides(sqlite_database: Database) -> None:
    said = {}
    async with sqlite_database.session() as session:
        weekly = Spending(mean=6.0, variance=500.0, orders=0.1).model_dump(mode="json")
        await save_learned(session, Learned(NAME, VERSION, clock.now(), weekly))
        session.add_all(Customer(id=f"cus_{number}", external_id=f"u{number}", created_at=NOW) for number in range(999))
        for metric in ("revenue", "conversion", "click"):
            said[metric] = await could_find(session, make_plan(metric=metric))
    assert "% or more in revenue per customer" in said["revenue"]
    assert "% or more in the share of customers who buy" in said["conversion"]
    # Whether somebody buys varies less than what they spend.
    least = {metric: int(re.findall(r"of (\d+) %", said[metric])[0]) for metric in ("revenue", "conversion")}
    assert least["conversion"] < least["revenue"]
    assert "too few clicks" in said["click"]
    await came_of(sqlite_database, every(5, clicked=1), every(5, clicked=1))
    async with sqlite_database.session(readonly=True) as session:
        assert await clicking(session, [CAMPAIGN]) == pytest.approx(0.2)
        clicks = await could_find(session, make_plan(metric="click"))
    assert "% or more in the share of customers who click" in clicks
