"""What stops a run by itself: its budget, and too much going wrong."""

from __future__ import annotations

from typing import Any

import pytest

from composer.contract import Rung, Usage
from composer.runs import service
from composer.runs.composing import COMMIT
from composer.runs.model import NewLimits, Run, RunStatus, Tolerance
from composer.runs.service import RunNotChangeable
from composer.strangers import UnknownCustomer
from store.database import Database
from tests.kit.runs import completed, event_kinds, open_shop, read_run, run_until, start_run, working
from tests.kit.scripted_composing import ScriptedComposing

pytestmark = pytest.mark.anyio

A_DIME = Usage(model="scripted", calls=1, input_tokens=80, output_tokens=20, cost_usd=0.1)
TEMPLATED = {"rung": Rung.TEMPLATE_BLOCK, "reason": "length.too_long"}
UNANSWERED = {"rung": Rung.OTHER_MODEL, "reason": "model_timeout"}
HELD_BACK = {"rung": Rung.REASK, "reason": "price.wrong"}


@pytest.fixture
async def shop(sqlite_database: Database) -> Database:
    """A campaign to run. What is decided here is decided in the process, whatever the database."""
    await open_shop(sqlite_database)
    return sqlite_database


@pytest.fixture
async def either_shop(database: Database) -> Database:
    """The same, on SQLite and on PostgreSQL, where sums over JSON are another matter."""
    await open_shop(database)
    return database


async def paused(database: Database, run_id: str) -> Run:
    """The run once it stands still and nobody works on it."""
    return await run_until(database, run_id, lambda run: run.status is RunStatus.PAUSED and run.workers == 0)


@pytest.mark.parametrize(
    "budget", [pytest.param({"budget_usd": "3"}, id="money"), pytest.param({"budget_tokens": 3000}, id="tokens")]
)
async def test_a_run_stops_within_its_budget_and_goes_on_with_a_larger_one(
    shop: Database, budget: dict[str, Any]
) -> None:
    run = await start_run(shop, 60, **budget)
    composing = ScriptedComposing(usage=A_DIME, seconds=0.01)
    async with working(shop, composing, concurrency=20):
        run = await paused(shop, run.id)
        assert run.reason == "budget_reached"
        # Sums of tenths are not exact: the thirtieth may be one too many.
        assert run.tally.composed in {29, 30}
        for same in (None, NewLimits.model_validate(budget), NewLimits(tolerance=Tolerance(failed=0.3))):
            with pytest.raises(RunNotChangeable, match="used up") as refused:
                async with shop.session() as session:
                    await service.resume(session, run.id, limits=same)
            assert refused.value.reason == "budget_used_up"
            assert (await read_run(shop, run.id)).status is RunStatus.PAUSED
        async with shop.session() as session:
            await service.resume(session, run.id, limits=NewLimits(budget_usd=None, budget_tokens=None))
        run = await completed(shop, run.id)
    assert run.tally.composed == 60
    assert run.tally.usage.cost_usd == pytest.approx(6)
    assert run.request.budget_usd is None
    kinds = ["started", "budget_reached", "paused", "resumed", "completed"]
    assert await event_kinds(shop, run.id) == kinds


async def test_what_one_takes_is_found_out_with_a_few(shop: Database) -> None:
    run = await start_run(shop, 60, budget_usd="0.05")
    composing = ScriptedComposing(usage=A_DIME, seconds=0.05)
    async with working(shop, composing, concurrency=50):
        run = await paused(shop, run.id)
    assert 1 <= run.tally.composed <= 4


async def test_a_budget_of_no_tokens_begins_nobody(shop: Database) -> None:
    run = await start_run(shop, 5, budget_tokens=0)
    composing = ScriptedComposing(usage=A_DIME)
    async with working(shop, composing):
        run = await paused(shop, run.id)
    assert (run.reason, composing.asked.total()) == ("budget_reached", 0)


async def test_a_model_that_costs_nothing_needs_no_money(shop: Database) -> None:
    run = await start_run(shop, 60, budget_usd="0")
    async with working(shop, ScriptedComposing(usage=A_DIME.model_copy(update={"cost_usd": 0.0}))):
        assert (await completed(shop, run.id)).tally.composed == 60


async def test_two_processes_share_one_budget(either_shop: Database) -> None:
    run = await start_run(either_shop, 1_000, budget_usd="40")
    composing = ScriptedComposing(usage=A_DIME, seconds=0.05)
    at_once = {"concurrency": 10}
    async with working(either_shop, composing, **at_once), working(either_shop, composing, **at_once):
        run = await paused(either_shop, run.id)
    # When one looks, the database lacks what the other has in flight and what it has written and not committed. Each
    # may overlook so much of the other's, and what is stored while one looks counts twice: they stop early by as much.
    unseen = (at_once["concurrency"] + COMMIT) * A_DIME.cost_usd
    assert 40 - unseen <= run.tally.usage.cost_usd <= 40 + 2 * unseen


async def test_what_was_spent_before_a_restart_counts(either_shop: Database) -> None:
    run = await start_run(either_shop, 60, budget_usd="3")
    composing = ScriptedComposing(usage=A_DIME, seconds=0.02)
    async with working(either_shop, composing, concurrency=4):
        await run_until(either_shop, run.id, lambda run: run.tally.composed >= 12)
    async with working(either_shop, composing, concurrency=4):
        run = await paused(either_shop, run.id)
    assert run.tally.composed in {29, 30}


@pytest.mark.parametrize(
    ("block", "reason", "sentence"),
    [
        pytest.param(UNANSWERED, "model_failures", "The model gave no answer for 100%", id="no answer"),
        pytest.param(HELD_BACK, "check_failures", "Checks held back 100%", id="held back"),
        pytest.param(TEMPLATED, "check_failures", "Checks held back 100%", id="templated"),
    ],
)
async def test_a_run_whose_model_is_of_no_use_pauses_and_says_why(
    shop: Database, block: dict[str, Any], reason: str, sentence: str
) -> None:
    run = await start_run(shop, 300, tolerance={"window": 40})
    composing = ScriptedComposing(block=block, seconds=0.01)
    async with working(shop, composing, concurrency=10):
        run = await paused(shop, run.id)
    assert (run.reason, run.tally.done < 300) == (reason, True)
    assert run.detail.startswith(sentence)
    assert await event_kinds(shop, run.id) == ["started", "paused"]


async def test_failed_recipients_pause_a_run_which_then_goes_on_with_more_tolerance(either_shop: Database) -> None:
    composing = ScriptedComposing(
        lambda name, before: UnknownCustomer("Not known.") if name.endswith(("1", "2")) else None, seconds=0.01
    )
    run = await start_run(either_shop, 300, tolerance={"window": 50})
    async with working(either_shop, composing, concurrency=10):
        run = await paused(either_shop, run.id)
        assert run.reason == "failed_recipients"
        assert "20% of the last 50 recipients could not be written to (10% is tolerated)" in run.detail
        async with either_shop.session() as session:
            await service.resume(session, run.id, limits=NewLimits(tolerance=Tolerance(failed=0.3, window=50)))
        run = await completed(either_shop, run.id)
    assert (run.tally.failed, run.tally.composed) == (60, 240)


async def test_nothing_is_judged_before_enough_are_done(shop: Database) -> None:
    run = await start_run(shop, 49, tolerance={"window": 50})
    async with working(shop, ScriptedComposing(block=TEMPLATED)):
        assert (await completed(shop, run.id)).tally.composed == 49


@pytest.mark.parametrize("reason", ["no_writer", "not_offered"])
async def test_a_shop_without_a_model_is_content_with_templates(shop: Database, reason: str) -> None:
    run = await start_run(shop, 100, tolerance={"window": 20})
    async with working(shop, ScriptedComposing(block={"rung": Rung.TEMPLATE_BLOCK, "reason": reason})):
        assert (await completed(shop, run.id)).tally.paths == {"template": 100}


async def test_who_may_not_be_written_to_says_nothing_about_the_model(shop: Database) -> None:
    composing = ScriptedComposing(
        lambda name, before: "no_consent" if name > "c-00015" else UnknownCustomer("Not known.")
    )
    run = await start_run(shop, 200, tolerance={"window": 20})
    async with working(shop, composing):
        run = await completed(shop, run.id)
    assert (run.tally.failed, run.tally.skipped) == (16, 184)


async def test_limits_may_be_changed_while_a_run_goes_on(shop: Database) -> None:
    run = await start_run(shop, 300, budget_usd="1000")
    composing = ScriptedComposing(usage=A_DIME, seconds=0.05)
    async with working(shop, composing, concurrency=5):
        await run_until(shop, run.id, lambda run: run.tally.composed >= 5)
        async with shop.session() as session:
            await service.resume(session, run.id, limits=NewLimits(budget_usd=2))
        run = await paused(shop, run.id)
    assert run.tally.composed < 300
    assert run.request.tolerance == Tolerance()
