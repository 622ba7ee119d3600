"""Experiments, holdouts and groups as they are kept: what may be changed, and when no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from composer.campaigns import save_campaign
from composer.experiments import groups, holdouts, service
from composer.experiments.model import Experiment, Status
from composer.experiments.reading import changed_meanwhile, counts
from store import clock
from store.database import Database
from store.errors import Conflict, InvalidInput, NotFound
from tests.kit.experiments import CAMPAIGN, HALVES, benches_of, make_plan, started
from tests.kit.factories import LIBRARY, NOW, make_campaign
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio

BY = "user:maeve"
WEEK = timedelta(days=7)


async def drafted(database: Database, **changes: Any) -> Experiment:
    async with database.session() as session:
        return await service.create(session, make_plan(**changes), by=BY)


async def begin(database: Database, experiment: Experiment) -> Experiment:
    async with database.session() as session:
        return await service.start(session, experiment.id, benches_of(database), LIBRARY)


async def test_a_draft_may_be_changed_and_thrown_away_and_what_has_begun_may_not(database: Database) -> None:
    await PreparedShop.open(database)
    draft = await drafted(database)
    async with database.session() as session:
        changed = await service.change(session, draft.id, make_plan(name="Another"))
    assert changed.plan.name == "Another"
    running = await begin(database, draft)
    assert (running.status, running.plan.name) == (Status.RUNNING, "Another")
    async with database.session() as session:
        for act in (
            service.change(session, draft.id, make_plan()),
            service.discard(session, draft.id),
            service.start(session, draft.id, benches_of(database), LIBRARY),
        ):
            with pytest.raises(service.AlreadyStarted, match="has begun"):
                await act
        stopped = await service.stop(session, draft.id)
        assert stopped.status is Status.STOPPED
        with pytest.raises(service.NotRunning):
            await service.stop(session, draft.id)
    gone = await drafted(database)
    async with database.session() as session:
        await service.discard(session, gone.id)
        with pytest.raises(service.UnknownExperiment):
            await service.get_experiment(session, gone.id)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"arms": [HALVES[0], {"name": "b", "share": 0.5, "model": "gone"}]}, "/arms/1/model", id="model"),
        pytest.param(
            {"campaigns": ["cart"], "arms": [HALVES[0], {"name": "b", "share": 0.5, "versions": {"cart": 1}}]},
            "/arms/1/versions",
            id="a flow of other steps",
        ),
    ],
)
async def test_what_cannot_be_written_does_not_begin(database: Database, changes: dict[str, Any], pointer: str) -> None:
    await PreparedShop.open(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="cart"))
        await save_campaign(session, make_campaign("welcome", id="cart"))
    draft = await drafted(database, **changes)
    with pytest.raises(InvalidInput) as caught:
        await begin(database, draft)
    assert caught.value.pointer == pointer
    assert caught.value.fix


async def test_prompts_that_there_are_not_do_not_begin(sqlite_database: Database) -> None:
    await PreparedShop.open(sqlite_database)
    draft = await drafted(sqlite_database, arms=[HALVES[0], {"name": "b", "share": 0.5, "prompts": "../etc"}])
    with pytest.raises(NotFound, match="no such folder"):
        await begin(sqlite_database, draft)


async def test_unknown_campaigns_and_versions_are_refused_when_it_is_written_down(sqlite_database: Database) -> None:
    await PreparedShop.open(sqlite_database)
    with pytest.raises(NotFound):
        await drafted(sqlite_database, campaigns=["nowhere"])
    with pytest.raises(NotFound, match="no version 7"):
        await drafted(sqlite_database, arms=[HALVES[0], {"name": "b", "share": 0.5, "versions": {CAMPAIGN: 7}}])


async def test_two_experiments_on_one_campaign_need_a_group_that_keeps_them_apart(database: Database) -> None:
    await PreparedShop.open(database)
    one, other = await drafted(database), await drafted(database, name="Another")
    await begin(database, one)
    with pytest.raises(service.Overlapping, match="Even draws"):
        await begin(database, other)
    async with database.session() as session:
        await service.stop(session, one.id)
    third = await drafted(database, name="A third")
    async with database.session() as session:
        for experiment in (other, third):
            group = await groups.join(session, "letters", "experiment", experiment.id, 0.5)
    assert group.free == 0
    await begin(database, other)
    assert (await begin(database, third)).status is Status.RUNNING
    async with database.session() as session:
        with pytest.raises(groups.StillRunning):
            await groups.leave(session, "letters", "experiment", third.id)


async def test_a_group_gives_what_nobody_has_and_ends_with_its_last_member(database: Database) -> None:
    await PreparedShop.open(database)
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="other"))
        await groups.join(session, "autumn", "campaign", CAMPAIGN, 0.6)
        with pytest.raises(groups.WrongMember, match=r"40\.00%"):
            await groups.join(session, "autumn", "campaign", "other", 0.5)
        with pytest.raises(groups.WrongMember, match="already"):
            await groups.join(session, "autumn", "campaign", CAMPAIGN, 0.1)
        with pytest.raises(groups.WrongMember, match="small letters"):
            await groups.join(session, "Autumn!", "campaign", "other", 0.1)
        with pytest.raises(groups.WrongMember):
            await groups.join(session, "autumn", "campaign", "other", float("nan"))
        joined = await groups.join(session, "autumn", "campaign", "other", 0.4)
        assert [member.share for member in joined.members] == [0.6, 0.4]
        assert (await groups.leave(session, "autumn", "campaign", CAMPAIGN)) is not None
        assert (await groups.leave(session, "autumn", "campaign", "other")) is None
        assert await groups.groups(session) == []
        with pytest.raises(groups.UnknownGroup):
            await groups.leave(session, "autumn", "campaign", "other")


async def test_a_new_holdout_ends_the_one_before_and_draws_anew(database: Database) -> None:
    with clock.frozen_at(NOW):
        async with database.session() as session:
            first = await holdouts.set_holdout(session, 0.05, until=NOW + 4 * WEEK, by=BY)
    with clock.frozen_at(NOW + WEEK):
        async with database.session() as session:
            second = await holdouts.set_holdout(session, 0.1, until=NOW + 9 * WEEK, by=BY)
            assert second.salt != first.salt
            found = await holdouts.periods(session)
            assert [(one.share, one.starts_at, one.ends_at) for one in found] == [
                (0.1, NOW + WEEK, NOW + 9 * WEEK),
                (0.05, NOW, NOW + WEEK),
            ]
            assert await holdouts.end_holdout(session) is not None
            assert await holdouts.current(session) is None
            assert await holdouts.end_holdout(session) is None


@pytest.mark.parametrize(
    ("share", "days", "pointer"),
    [(0.0, 7, "/share"), (0.6, 7, "/share"), (0.1, -1, "/until"), (float("nan"), 7, "/share")],
)
async def test_a_holdout_that_cannot_be_says_what_is_wrong(
    sqlite_database: Database, share: float, days: int, pointer: str
) -> None:
    async with sqlite_database.session() as session:
        with pytest.raises(holdouts.WrongHoldout) as caught:
            await holdouts.set_holdout(session, share, until=clock.now() + timedelta(days=days), by=BY)
    assert caught.value.pointer == pointer


async def test_whoever_reads_results_finds_arms_periods_and_how_many_are_in_each(database: Database) -> None:
    shop = await PreparedShop.open(database, customers=6)
    experiment = await started(database, benches_of(database))
    results = [await shop.compose(customer=f"c-{number}") for number in range(1, 7)]
    async with database.session() as session:
        await save_campaign(session, make_campaign(brief={"message": "Changed meanwhile."}))
        await service.stop(session, experiment.id)
        [found] = await service.list_experiments(session)
        assert found.stopped_at is not None
        arms = [result.variant for result in results]
        assert await counts(session, found) == {name: arms.count(name) for name in set(arms)}
        assert await changed_meanwhile(session, found) == [CAMPAIGN]
    with pytest.raises(Conflict):
        await begin(database, found)
