"""A run from its start to its end, on both databases: everyone gets what they get, once, whatever the owner does."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import col, update

from composer.campaigns import UnknownCampaign, save_campaign
from composer.contract import ComposeRequest
from composer.runs import service
from composer.runs.audiences.resolving import EmptyAudience
from composer.runs.model import CHUNK_SIZE, RecipientStatus, RunRequest, RunStatus, Tally
from composer.runs.service import RunNotChangeable, UnknownRun
from composer.runs.tables import ChunkRow, RecipientRow
from composer.strangers import UnknownCustomer
from store.database import Database
from store.errors import Unavailable
from tests.kit.factories import make_campaign
from tests.kit.patience import PATIENCE_S
from tests.kit.runs import (
    completed,
    customer,
    event_kinds,
    open_shop,
    read_run,
    rows_by_status,
    run_until,
    start_run,
    tally_and_pending,
    working,
)
from tests.kit.scripted_composing import ScriptedComposing, stored_emails

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(database: Database) -> Database:
    """A campaign to run."""
    await open_shop(database)
    return database


@pytest.fixture
async def one_shop(sqlite_database: Database) -> Database:
    """The same on SQLite alone, for what does not depend on the database."""
    await open_shop(sqlite_database)
    return sqlite_database


async def test_everyone_gets_one_e_mail_and_the_last_chunk_completes_the_run(shop: Database) -> None:
    run = await start_run(shop, 2 * CHUNK_SIZE + 1)
    composing = ScriptedComposing()
    async with working(shop, composing):
        run = await completed(shop, run.id)
    assert (run.tally.composed, run.tally.done, run.recipients) == (501, 501, 501)
    assert set(composing.asked.values()) == {1}
    async with shop.session(readonly=True) as session:
        assert [name for name, _ in await stored_emails(session)] == [customer(number) for number in range(501)]
    assert await event_kinds(shop, run.id) == ["started", "completed"]
    assert run.ended_at is not None


async def test_a_run_counts_what_a_worker_wrote_that_knew_no_posting(shop: Database) -> None:
    run = await start_run(shop, 2 * CHUNK_SIZE)
    async with shop.session() as session:
        # As the version before this one left a chunk: counted there, and never posted.
        theirs = col(RecipientRow.run_id) == run.id, col(RecipientRow.chunk) == 0
        await session.execute(update(RecipientRow).where(*theirs).values(status=RecipientStatus.COMPOSED))
        chunk = await session.get_one(ChunkRow, (run.id, 0))
        chunk.tally, chunk.done = Tally(composed=CHUNK_SIZE).model_dump(mode="json"), True
    async with working(shop, ScriptedComposing()):
        run = await completed(shop, run.id)
    assert (run.tally.composed, run.recipients) == (2 * CHUNK_SIZE, 2 * CHUNK_SIZE)
    async with shop.session(readonly=True) as session:
        [ended] = [event for event in await service.events(session, run.id) if event.kind == "completed"]
    assert ended.data["composed"] == 2 * CHUNK_SIZE


async def test_each_recipient_tells_what_became_of_them(shop: Database) -> None:
    said: dict[str, str | Exception] = {
        "c-00001": "no_consent",
        "c-00002": UnknownCustomer("There is no customer 'c-00002'."),
        "c-00003": ZeroDivisionError("Maeve Quillfeather"),
        "c-00004": Unavailable("The judge is away.", reason="judge_away"),
    }
    composing = ScriptedComposing(lambda customer, before: said.get(customer))
    run = await start_run(shop, 5)
    async with working(shop, composing):
        run = await completed(shop, run.id)
    async with shop.session(readonly=True) as session:
        found = await service.recipients(session, run.id)
    assert [(one.status.value, one.reason, one.attempts) for one in found] == [
        ("composed", "", 1),
        ("skipped", "no_consent", 1),
        ("failed", "unknown_customer", 1),
        ("failed", "internal_error", 1),
        ("failed", "judge_away", 3),
    ]
    assert [bool(one.email_id) for one in found] == [True, False, False, False, False]
    assert "Quillfeather" not in found[3].detail
    assert run.tally.reasons == {"no_consent": 1, "unknown_customer": 1, "internal_error": 1, "judge_away": 1}


async def test_a_failure_that_passes_costs_another_attempt_and_no_e_mail(one_shop: Database) -> None:
    composing = ScriptedComposing(lambda customer, before: Unavailable("Busy.") if before == 0 else None)
    run = await start_run(one_shop, 3)
    async with working(one_shop, composing):
        run = await completed(one_shop, run.id)
    assert run.tally.composed == 3
    async with one_shop.session(readonly=True) as session:
        assert {one.attempts for one in await service.recipients(session, run.id)} == {2}


async def test_an_e_mail_that_cannot_be_stored_fails_alone(shop: Database) -> None:
    run = await start_run(shop, 30)
    async with working(shop, ScriptedComposing(refused=frozenset({customer(7)}))):
        run = await completed(shop, run.id)
    assert (run.tally.composed, run.tally.failed, run.tally.reasons) == (29, 1, {"internal_error": 1})


async def test_a_recipient_that_breaks_the_reading_of_their_group_fails_alone(one_shop: Database) -> None:
    run = await start_run(one_shop, 30)
    async with working(one_shop, ScriptedComposing(unreadable=frozenset({customer(7)}))):
        run = await completed(one_shop, run.id)
    assert (run.tally.composed, run.tally.failed, run.tally.reasons) == (29, 1, {"internal_error": 1})


async def test_a_paused_run_begins_nobody_and_goes_on_where_it_was(shop: Database) -> None:
    run = await start_run(shop, 150)
    composing = ScriptedComposing(seconds=1)
    async with working(shop, composing, concurrency=10):
        await run_until(shop, run.id, lambda run: run.tally.composed >= 20)
        async with shop.session() as session:
            paused = await service.pause(session, run.id)
        assert (paused.status, paused.reason) == (RunStatus.PAUSED, "requested")
        await run_until(shop, run.id, lambda run: run.workers == 0)
        begun = sum(composing.asked.values())
        await asyncio.sleep(0.25)
        assert sum(composing.asked.values()) == begun < 150
        assert (await read_run(shop, run.id)).tally.composed == begun
        composing.seconds = 0.05
        async with shop.session() as session:
            await service.resume(session, run.id)
        run = await completed(shop, run.id)
    assert set(composing.asked.values()) == {1}
    assert await event_kinds(shop, run.id) == ["started", "paused", "resumed", "completed"]


async def test_a_cancelled_run_drops_what_is_in_flight_and_keeps_what_is_stored(shop: Database) -> None:
    composing = ScriptedComposing(lambda name, before: "hang" if name >= customer(100) else None)
    run = await start_run(shop, 600)
    async with working(shop, composing, concurrency=50):
        await run_until(shop, run.id, lambda run: run.tally.composed == 100)
        async with shop.session() as session:
            cancelled = await service.cancel(session, run.id)
        async with asyncio.timeout(PATIENCE_S):
            while composing.writing:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert (cancelled.status, cancelled.tally.composed, cancelled.tally.cancelled) == (RunStatus.CANCELLED, 100, 500)
    assert await rows_by_status(shop, run.id) == {"composed": 100, "cancelled": 500}
    assert (await read_run(shop, run.id)).tally == cancelled.tally
    assert await event_kinds(shop, run.id) == ["started", "cancelled"]


async def test_who_failed_is_written_to_again_and_nobody_else(shop: Database) -> None:
    composing = ScriptedComposing(
        lambda name, before: UnknownCustomer("Not known yet.") if name < customer(5) and before == 0 else None
    )
    run = await start_run(shop, 300)
    async with working(shop, composing):
        run = await completed(shop, run.id)
        assert run.tally.failed == 5
        async with shop.session() as session:
            again = await service.retry_failed(session, run.id)
        assert (again.status, again.tally.failed, again.tally.reasons) == (RunStatus.RUNNING, 0, {})
        run = await completed(shop, run.id)
    assert run.tally.composed == 300
    assert sum(composing.asked.values()) == 305
    async with shop.session() as session:
        assert [one.attempts for one in await service.recipients(session, run.id, limit=6)] == [2] * 5 + [1]
        with pytest.raises(RunNotChangeable, match="Nobody failed"):
            await service.retry_failed(session, run.id)
    assert await event_kinds(shop, run.id) == ["started", "completed", "retried", "completed"]


async def test_a_run_is_written_under_the_campaign_version_it_was_started_with(one_shop: Database) -> None:
    run = await start_run(one_shop, 3)
    async with one_shop.session() as session:
        assert await save_campaign(session, make_campaign(brief={"message": "The new harvest is in."})) == 2
    composing = ScriptedComposing()
    async with working(one_shop, composing):
        run = await completed(one_shop, run.id)
    assert (composing.versions, run.campaign_version) == ({1}, 1)


async def test_everyone_is_asked_for_as_the_run_says(one_shop: Database) -> None:
    composing = ScriptedComposing()
    run = await start_run(one_shop, 1, occasion="2026-11-27", deadline_ms=9_000)
    async with working(one_shop, composing):
        await completed(one_shop, run.id)
    expected = {"campaign": "autumn", "customer": customer(0), "occasion": "2026-11-27", "deadline_ms": 9_000}
    assert composing.requests == [ComposeRequest.model_validate(expected)]


async def test_what_cannot_be_done_says_why(shop: Database) -> None:
    run = await start_run(shop, 1)
    async with working(shop, ScriptedComposing()):
        await completed(shop, run.id)
    async with shop.session() as session:
        for change in (service.pause, service.resume, service.cancel):
            with pytest.raises(RunNotChangeable, match="is completed and cannot be"):
                await change(session, run.id)
        for read in (service.get, service.recipients, service.events):
            with pytest.raises(UnknownRun, match="run_nope"):
                await read(session, "run_nope")


async def test_nothing_is_left_of_a_run_that_cannot_start(shop: Database) -> None:
    everyone = RunRequest.model_validate({"audience": {"kind": "everyone"}})
    with pytest.raises(EmptyAudience):
        async with shop.session() as session:
            await service.start(session, "autumn", everyone)
    with pytest.raises(UnknownCampaign, match="autumn"):
        async with shop.session() as session:
            await service.start(session, "autum", everyone)
    async with shop.session(readonly=True) as session:
        assert await service.list_runs(session) == []


async def test_runs_are_listed_newest_first_and_recipients_by_position(shop: Database) -> None:
    runs = [await start_run(shop, 4, occasion=str(number)) for number in range(3)]
    newest_first = [run.id for run in reversed(runs)]
    async with shop.session(readonly=True) as session:
        assert [run.id for run in await service.list_runs(session)] == newest_first
        assert [run.id for run in await service.list_runs(session, after=newest_first[0], limit=1)] == newest_first[1:2]
        assert await service.list_runs(session, campaign="spring") == []
        page = await service.recipients(session, runs[0].id, after=0, limit=2)
        assert [one.customer for one in page] == [customer(1), customer(2)]
        assert await service.recipients(session, runs[0].id, status=RecipientStatus.FAILED) == []


async def test_counts_and_rows_agree_while_a_run_is_under_way(shop: Database) -> None:
    run = await start_run(shop, 300)
    async with working(shop, ScriptedComposing(seconds=0.01), concurrency=20):
        while (await read_run(shop, run.id)).status is not RunStatus.COMPLETED:
            tally, pending = await tally_and_pending(shop, run.id)
            assert (tally.composed, tally.done) == (300 - pending, 300 - pending)


async def test_progress_tells_how_fast_and_how_long(one_shop: Database) -> None:
    run = await start_run(one_shop, 300)
    assert (run.rate, run.seconds_left, run.workers) == (0, None, 0)
    composing = ScriptedComposing(seconds=0.05, most_begun=100)
    async with working(one_shop, composing, concurrency=20):
        moving = await run_until(one_shop, run.id, lambda run: run.tally.composed >= 60)
        assert moving.rate > 0
        # Both are rounded: the slower it goes, the more of it is lost.
        left = (300 - moving.tally.done) / moving.rate
        assert moving.seconds_left == pytest.approx(left, abs=0.1 + left * 0.005 / moving.rate)
        assert moving.workers == 1
        composing.most_begun = None
        done = await completed(one_shop, run.id)
    assert (done.rate, done.seconds_left, done.workers) == (0, None, 0)
