"""What a run wrote behind a gate does not leave before somebody accepted its sample, whoever asks for it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import orjson
import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api.outcomes import Outcome, record
from composer.batch import Batch
from composer.campaigns import save_campaign
from composer.contract import ComposeResult, Path
from composer.emails import claim
from composer.finish import Finished
from composer.freshness import Withdrawn
from composer.handoff import service as handoffs
from composer.handoff.model import OverSmtp
from composer.reviews import gate, reading, releasing, sampling
from composer.reviews.gate import RunNotReleased
from composer.reviews.model import Decision, ReviewTerms
from composer.reviews.reading import Item, Sample
from composer.reviews.releasing import RunNotGated, SampleClosed, SampleNotAcceptable
from composer.reviews.tables import RunGateRow, SampleRow
from composer.runs import service
from composer.runs.export import pages
from composer.runs.export_files import write_lines
from composer.runs.model import Run, RunRequest, RunStatus
from composer.runs.tables import RunRow
from composer.stored import StoredEmail
from composer.tables import EmailRow
from composer.waiting import MOST, waiting
from composer.writing import WriteOutcome
from memory.tables import Contact
from store import clock
from store.database import Database
from tests.kit.factories import make_campaign, make_request
from tests.kit.prepared import PreparedShop
from tests.kit.reviews import Decide, add_run, approve, decided, read_all
from tests.kit.runs import completed, event_kinds, killed_later, open_shop, run_until, start_run, working
from tests.kit.scripted_composing import ScriptedComposing
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

GATED: dict[str, Any] = {"review": {"gate": True}}


async def begin(shop: PreparedShop, customers: int, **terms: Any) -> Run:
    names = [f"c-{number}" for number in range(1, customers + 1)]
    request = RunRequest.model_validate({"audience": {"kind": "list", "customers": names}, **terms})
    async with shop.database.session() as session:
        return await service.start(session, "autumn", request)


async def written(database: Database, customers: int = 3, **terms: Any) -> tuple[PreparedShop, Run]:
    """A shop whose run is written, and waits."""
    shop = await PreparedShop.open(database, customers=customers)
    run = await begin(shop, customers, **(terms or GATED))
    async with working(database, Batch(database, shop.composer.steps)):
        return shop, await completed(database, run.id)


async def sample_of(database: Database, run_id: str) -> Sample:
    """The newest of the run."""
    async with database.session(readonly=True) as session:
        return (await reading.samples(session, run=run_id))[0]


async def read_and_accept(database: Database, run_id: str, decide: Decide = approve) -> Sample:
    sample = await sample_of(database, run_id)
    async with database.session() as session:
        await read_all(session, sample.id, decide)
    async with database.session() as session:
        return await releasing.accept(session, sample.id, by="account:1")


async def emails_of(shop: PreparedShop, run_id: str) -> list[str]:
    async with shop.database.session(readonly=True) as session:
        return [one.email_id for one in await service.recipients(session, run_id)]


async def ways_out(shop: PreparedShop, run_id: str) -> list[str]:
    """What each way out says of the run's first e-mail: pull, hand-off, single read, export, composing."""
    first = (await emails_of(shop, run_id))[0]
    pulled = await shop.freshness.prepared(make_request(customer="c-1"))
    handed = (await shop.freshness.going_out([first]))[first]
    single = await shop.freshness.current(first)
    file = BytesIO()
    await write_lines(pages(shop.database, shop.freshness, run_id), file, lambda done: None)
    line = orjson.loads(file.getvalue().splitlines()[0])
    composed = await shop.compose(customer="c-1")
    return [
        _said(pulled),
        _said(handed),
        _said(single),
        line["reason"] if line["status"] == "withdrawn" else line["status"],
        "composed" if composed.path is not Path.SKIPPED and composed.html else composed.reason,
    ]


def _said(found: StoredEmail | ComposeResult | Withdrawn | None) -> str:
    return found.reason if isinstance(found, Withdrawn) else "composed" if found else "none"


async def decisions_in_ledger(database: Database) -> set[str]:
    async with database.session(readonly=True) as session:
        return {one for one in (await session.execute(select(Contact.decision))).scalars()}  # noqa: C416


async def test_that_an_e_mail_was_sent_is_believed_once_it_is_released(database: Database) -> None:
    shop, run = await written(database)
    first, second, _ = await emails_of(shop, run.id)
    told = [Outcome(type="sent", email_id=first), Outcome(type="opened", email_id=second)]
    async with database.session() as session:
        report = await record(session, told)
    assert [(one.pointer, one.reason) for one in report.rejected] == [("/outcomes/0", "not_released")]
    assert report.accepted == 1
    await read_and_accept(database, run.id)
    async with database.session() as session:
        report = await record(session, told)
    assert (report.accepted, report.duplicates, report.rejected) == (1, 1, [])


async def test_before_its_sample_is_accepted_nothing_of_the_run_leaves_by_any_way(database: Database) -> None:
    shop, run = await written(database)
    ledger = await decisions_in_ledger(database)
    assert await ways_out(shop, run.id) == ["not_released"] * 5
    async with database.session() as session:
        with pytest.raises(RunNotReleased, match="sample smp_") as caught:
            await handoffs.start(session, run.id, OverSmtp(channel="smtp"))
    assert "accept" in str(caught.value.fix)
    # Nobody loses their place under the caps by it.
    assert await decisions_in_ledger(database) == ledger


async def test_once_it_is_accepted_everything_leaves(sqlite_database: Database) -> None:
    shop, run = await written(sqlite_database)
    accepted = await read_and_accept(sqlite_database, run.id)
    assert (accepted.status, accepted.closed_by) == ("accepted", "account:1")
    assert await ways_out(shop, run.id) == ["composed"] * 5
    async with sqlite_database.session() as session:
        handoff = await handoffs.start(session, run.id, OverSmtp(channel="smtp"))
    assert handoff.emails == 3
    assert await event_kinds(sqlite_database, run.id) == ["started", "completed", "released", "handoff_started"]


async def test_a_rejected_e_mail_stays_held_and_comes_back_when_that_is_undone(database: Database) -> None:
    shop, run = await written(database)
    await read_and_accept(database, run.id)
    first = (await emails_of(shop, run.id))[0]
    here = update(EmailRow).where(col(EmailRow.id) == first)
    async with database.session() as session:
        await session.execute(here.values(held=gate.REJECTED))
    assert await ways_out(shop, run.id) == ["rejected"] * 5
    async with database.session(readonly=True) as session:
        reasons = select(Contact.reason).where(Contact.email_id == first, Contact.decision == "withdrawn")
        assert list((await session.execute(reasons)).scalars()) == ["rejected"]
    async with database.session() as session:
        await session.execute(here.values(held=""))
    assert await ways_out(shop, run.id) == ["composed"] * 5


async def test_a_run_without_a_gate_leaves_as_it_is_and_has_no_sample(sqlite_database: Database) -> None:
    shop, run = await written(sqlite_database, occasion="")
    assert await ways_out(shop, run.id) == ["composed"] * 5
    async with sqlite_database.session(readonly=True) as session:
        assert await reading.samples(session, run=run.id) == []


async def test_a_run_to_be_reviewed_without_a_gate_gets_a_sample_and_leaves(sqlite_database: Database) -> None:
    shop, run = await written(sqlite_database, review={"defect_rate": 0.1})
    assert await ways_out(shop, run.id) == ["composed"] * 5
    sample = await sample_of(sqlite_database, run.id)
    assert (sample.terms.defect_rate, sample.terms.gate, sample.created_by) == (0.1, False, "penfriend")


async def test_who_composes_alone_cannot_come_before_a_run_behind_a_gate(sqlite_database: Database) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=2)
    await begin(shop, 1, **GATED)
    early = await shop.compose(customer="c-1")
    assert (early.path, early.reason, early.html) == (Path.SKIPPED, "not_released", "")
    # Another e-mail of the campaign, or to somebody else, is none of the run's business; a preview leaves nothing.
    assert (await shop.compose(customer="c-1", occasion="basket-7")).html
    assert (await shop.compose(customer="c-2")).html
    assert (await shop.compose(customer="c-1", preview=True)).html


async def test_who_saves_the_campaign_again_does_not_get_past_the_gate(database: Database) -> None:
    shop, run = await written(database)
    async with database.session() as session:
        assert await save_campaign(session, make_campaign(name="Said otherwise")) == 2
    assert await shop.freshness.prepared(make_request(customer="c-1")) is None
    answer = await shop.compose(customer="c-1")
    assert (answer.path, answer.reason, answer.html) == (Path.SKIPPED, "not_released", "")
    await read_and_accept(database, run.id)
    later = await shop.compose(customer="c-1")
    assert (later.campaign_version, bool(later.html)) == (2, True)


class Waiting(ScriptedWriter):
    """Says nothing, and not before it is told to go on."""

    def __init__(self) -> None:
        super().__init__(lambda key, round_: None)
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def write(self, *arguments: Any, **named: Any) -> WriteOutcome:
        """See `ScriptedWriter.write`."""
        self.begun.set()
        await self.go_on.wait()
        return await super().write(*arguments, **named)


async def test_who_loses_the_race_to_a_run_behind_a_gate_gets_nothing_of_it(database: Database) -> None:
    shop = await PreparedShop.open(database)
    writer = Waiting()
    asking = asyncio.create_task(PreparedShop(database, shop.shelf, [writer]).compose())
    await writer.begun.wait()
    run = await begin(shop, 1, **GATED)
    async with working(database, Batch(database, shop.composer.steps)):
        await completed(database, run.id)
    writer.go_on.set()
    answer = await asking
    assert (answer.path, answer.reason, answer.html) == (Path.SKIPPED, "not_released", "")


async def test_nothing_is_accepted_that_was_not_read(sqlite_database: Database) -> None:
    _, run = await written(sqlite_database)
    sample = await sample_of(sqlite_database, run.id)
    async with sqlite_database.session() as session:
        with pytest.raises(SampleNotAcceptable) as caught:
            await releasing.accept(session, sample.id, by="account:1")
    assert caught.value.fix == "Read the 3 e-mails of its random part that are left."


@pytest.mark.parametrize("decision", [Decision.REJECTED, Decision.EDITED])
async def test_with_more_bad_ones_than_accepted_the_run_stays_closed(
    sqlite_database: Database, decision: Decision
) -> None:
    shop, run = await written(sqlite_database)

    def first_is_bad(item: Item) -> Decision:
        return decision if item.position == 0 else Decision.APPROVED

    with pytest.raises(SampleNotAcceptable, match="the run stays closed") as caught:
        await read_and_accept(sqlite_database, run.id, first_is_bad)
    assert "draw another" in str(caught.value.fix)
    assert await ways_out(shop, run.id) == ["not_released"] * 5


async def test_after_a_refusal_another_sample_of_what_was_not_read_releases_the_run(
    sqlite_database: Database,
) -> None:
    _, run = await written_by_script(sqlite_database, 300)
    first = await sample_of(sqlite_database, run.id)
    async with sqlite_database.session() as session:
        items = await reading.items(session, first.id)
        for item in items[:5]:
            await decided(session, item, Decision.REJECTED)
        await releasing.refuse(session, first.id, by="account:1")
        with pytest.raises(SampleClosed):
            await releasing.accept(session, first.id, by="account:1")
        await sampling.draw_of_run(session, run.id, by="account:1")
    second = await sample_of(sqlite_database, run.id)
    assert (second.population, second.terms.gate) == (295, True)
    await read_and_accept(sqlite_database, run.id)
    async with sqlite_database.session(readonly=True) as session:
        assert not await gate.shut_for(session, run.id)


async def written_by_script(
    database: Database, count: int, composing: ScriptedComposing | None = None
) -> tuple[ScriptedComposing, Run]:
    """A run behind a gate whose e-mails are rows."""
    await open_shop(database)
    run = await start_run(database, count, chunk_size=50, **GATED)
    composing = composing or ScriptedComposing()
    async with working(database, composing):
        return composing, await completed(database, run.id)


def one_fails_at_first(customer: str, before: int) -> Exception | None:
    """In a way that is not tried again by itself."""
    return ZeroDivisionError() if customer == "c-00003" and not before else None


async def test_what_is_retried_after_the_release_waits_for_a_sample_of_its_own(database: Database) -> None:
    composing, run = await written_by_script(database, 6, ScriptedComposing(one_fails_at_first))
    await read_and_accept(database, run.id)
    async with database.session() as session:
        await service.retry_failed(session, run.id)
    async with working(database, composing):
        await completed(database, run.id)
    late = (await emails_at(database, run.id))["c-00003"]
    async with database.session(readonly=True) as session:
        held = {email: await gate.held(session, email) for email in (await emails_at(database, run.id)).values()}
        assert {email for email, why in held.items() if why} == {late}
        assert await gate.shut_for(session, run.id)
    sample = await sample_of(database, run.id)
    assert (sample.population, sample.status) == (1, "open")
    await read_and_accept(database, run.id)
    async with database.session(readonly=True) as session:
        assert await gate.held(session, late) == ""


async def test_what_is_retried_in_the_second_of_the_release_is_held(sqlite_database: Database) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=2)
    second = clock.now().replace(microsecond=0) + timedelta(seconds=1)
    with clock.frozen_at(second + timedelta(milliseconds=200)):
        await put_away(shop, "c-1")
    with clock.frozen_at(second + timedelta(milliseconds=400)):
        async with sqlite_database.session() as session:
            row = await sampling.draw_of_run(session, "run_1", by="account:1")
            await read_all(session, row.id)
            await releasing.accept(session, row.id, by="account:1")
    with clock.frozen_at(second + timedelta(milliseconds=800)):
        late = await put_away(shop, "c-2")
    async with sqlite_database.session(readonly=True) as session:
        assert await gate.held(session, late) == "not_released"
        early = select(EmailRow.id).where(EmailRow.customer == "c-1")
        assert await gate.held(session, (await session.execute(early)).scalar_one()) == ""


async def put_away(shop: PreparedShop, customer: str) -> str:
    """What the run `run_1`, which is behind a gate, writes to them at this moment; the e-mail's id."""
    draft = await shop.composer.draft(make_request(customer=customer))
    assert isinstance(draft, Finished)
    async with shop.database.session() as session:
        if await gate.gate_of(session, "run_1") is None:
            await add_run(session, "run_1")
            await gate.put_up(session, "run_1", "autumn")
        await claim(session, [draft.result], run_id="run_1")
    return draft.result.id


async def emails_at(database: Database, run_id: str) -> dict[str, str]:
    async with database.session(readonly=True) as session:
        return {one.customer: one.email_id for one in await service.recipients(session, run_id)}


async def test_what_was_written_while_the_first_sample_was_open_is_drawn_from_when_that_is_accepted(
    sqlite_database: Database,
) -> None:
    composing, run = await written_by_script(sqlite_database, 6, ScriptedComposing(one_fails_at_first))
    async with sqlite_database.session() as session:
        await service.retry_failed(session, run.id)
    async with working(sqlite_database, composing):
        await completed(sqlite_database, run.id)
    async with sqlite_database.session(readonly=True) as session:
        [first] = await reading.samples(session, run=run.id)
    await read_and_accept(sqlite_database, run.id)
    second = await sample_of(sqlite_database, run.id)
    assert (first.population, second.population, second.id != first.id) == (5, 1, True)


async def test_a_cancelled_run_has_its_sample_too_and_what_it_wrote_can_be_released(sqlite_database: Database) -> None:
    await open_shop(sqlite_database)
    run = await start_run(sqlite_database, 100, chunk_size=50, **GATED)
    composing = ScriptedComposing(lambda customer, before: "hang" if customer >= "c-00050" else None)
    async with working(sqlite_database, composing):
        await run_until(sqlite_database, run.id, lambda now: now.tally.composed == 50)
        async with sqlite_database.session() as session:
            await service.cancel(session, run.id)
    assert (await sample_of(sqlite_database, run.id)).population == 50
    await read_and_accept(sqlite_database, run.id)
    async with sqlite_database.session(readonly=True) as session:
        assert not await gate.shut_for(session, run.id)


async def test_a_run_that_wrote_nothing_has_nothing_to_wait_for(sqlite_database: Database) -> None:
    composing = ScriptedComposing(lambda customer, before: "no_consent")
    _, run = await written_by_script(sqlite_database, 3, composing)
    async with sqlite_database.session(readonly=True) as session:
        assert await reading.samples(session, run=run.id) == []
        assert not await gate.shut_for(session, run.id)


async def test_a_refused_run_of_which_all_was_read_stays_closed_when_a_retry_writes_nothing(
    sqlite_database: Database,
) -> None:
    composing = ScriptedComposing(lambda customer, before: ZeroDivisionError() if customer == "c-00003" else None)
    _, run = await written_by_script(sqlite_database, 6, composing)
    sample = await sample_of(sqlite_database, run.id)
    async with sqlite_database.session() as session:
        await read_all(session, sample.id, lambda item: Decision.REJECTED if item.position == 0 else Decision.APPROVED)
        await releasing.refuse(session, sample.id, by="account:1")
        await service.retry_failed(session, run.id)
    async with working(sqlite_database, composing):
        await completed(sqlite_database, run.id)
    async with sqlite_database.session(readonly=True) as session:
        assert await gate.shut_for(session, run.id)


async def test_without_a_review_a_run_is_released_once(sqlite_database: Database) -> None:
    shop, run = await written(sqlite_database)
    async with sqlite_database.session() as session:
        row = await releasing.release(session, run.id, by="account:admin")
    assert (row.released_by, row.released_at is not None) == ("account:admin", True)
    assert await ways_out(shop, run.id) == ["composed"] * 5
    async with sqlite_database.session() as session:
        with pytest.raises(RunNotGated):
            await releasing.release(session, run.id, by="account:admin")
        with pytest.raises(RunNotGated):
            await releasing.release(session, "run_nobody", by="account:admin")


async def test_a_run_that_still_writes_is_not_released(sqlite_database: Database) -> None:
    await open_shop(sqlite_database)
    run = await start_run(sqlite_database, 3, **GATED)
    async with sqlite_database.session() as session:
        with pytest.raises(RunNotGated, match="still writes"):
            await releasing.release(session, run.id, by="account:admin")


async def test_a_sample_read_after_an_early_release_closes_nothing_again(sqlite_database: Database) -> None:
    shop, run = await written(sqlite_database)
    async with sqlite_database.session() as session:
        before = (await releasing.release(session, run.id, by="account:admin")).released_until
    await read_and_accept(sqlite_database, run.id)
    async with sqlite_database.session(readonly=True) as session:
        row = await session.get_one(RunGateRow, run.id)
        assert row.released_until == before
    assert await ways_out(shop, run.id) == ["composed"] * 5


async def ended(session: AsyncSession, number: int, *, read: bool) -> None:
    """A run that is done and may not leave; with a sample that is `read` now, or without."""
    run_id, now = f"run_{number}", clock.now()
    row = RunRow(
        id=run_id, campaign_id="autumn", campaign_version=1, request={}, status="completed", recipients=1,
        created_at=now, updated_at=now, ended_at=now,
    )  # fmt: skip
    session.add_all([row, RunGateRow(run_id=run_id, campaign_id="autumn")])
    if read:
        terms = ReviewTerms().model_dump()
        session.add(
            SampleRow(id=f"smp_{number}", run_id=run_id, population=1, terms=terms, created_at=now, created_by="a")
        )
    await session.flush()


async def test_a_run_that_nobody_reads_is_seen_behind_many_that_are_being_read(database: Database) -> None:
    async with database.session() as session:
        for number in range(1, MOST + 4):
            await ended(session, number, read=number > 2)
    async with database.session(readonly=True) as session:
        found = await waiting(session)
    assert found.gated == ["run_2", "run_1"]
    assert [one.run for one in found.samples] == [f"run_{number}" for number in range(MOST + 3, 3, -1)]


async def test_two_processes_that_finish_a_run_together_draw_one_sample(database: Database) -> None:
    await open_shop(database)
    runs = [await start_run(database, 40, chunk_size=10, occasion=f"day {day}", **GATED) for day in range(3)]
    async with working(database, ScriptedComposing()), working(database, ScriptedComposing()):
        for run in runs:
            await completed(database, run.id)
    async with database.session(readonly=True) as session:
        count = select(SampleRow.run_id, func.count()).group_by(col(SampleRow.run_id))
        assert dict((await session.execute(count)).all()) == {run.id: 1 for run in runs}


async def test_whoever_is_killed_at_the_end_a_completed_run_has_its_sample(database: Database) -> None:
    await open_shop(database)
    run = await start_run(database, 60, chunk_size=10, **GATED)
    for _ in range(3):
        async with killed_later(database, ScriptedComposing(), lease_s=0.5):
            await asyncio.sleep(0.05)
        async with database.session(readonly=True) as session:
            done = (await service.get(session, run.id)).status is RunStatus.COMPLETED
            assert len(await reading.samples(session, run=run.id)) == int(done)
    async with working(database, ScriptedComposing()):
        await completed(database, run.id)
    async with database.session(readonly=True) as session:
        assert len(await reading.samples(session, run=run.id)) == 1


async def test_the_e_mail_carries_its_run_and_what_it_is_sampled_by(sqlite_database: Database) -> None:
    shop, run = await written(sqlite_database)
    alone = await shop.compose(customer="c-1", occasion="alone")
    async with sqlite_database.session(readonly=True) as session:
        rows = {row.id: row for row in (await session.execute(select(EmailRow))).scalars()}
    assert {row.run_id for row in rows.values()} == {run.id, ""}
    assert rows[alone.id].run_id == ""
    assert rows[alone.id].stratum.startswith(f"{alone.flow} · new · {alone.locale} · template_block · ")


async def test_asked_twice_at_once_one_acceptance_counts(database: Database) -> None:
    _, run = await written(database)
    sample = await sample_of(database, run.id)
    async with database.session() as session:
        await read_all(session, sample.id)

    async def accept() -> bool:
        try:
            async with database.session() as session:
                await releasing.accept(session, sample.id, by="account:1")
        except SampleClosed:
            return False
        return True

    assert sorted(await asyncio.gather(accept(), accept())) == [False, True]
    assert (await event_kinds(database, run.id)).count("released") == 1
