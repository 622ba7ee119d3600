"""Samples as they are drawn and read, on both databases."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import String, cast, update
from sqlmodel import col, select

from composer.reviews import gate, reading, releasing, sampling
from composer.reviews.acceptance import Standing, TooMuchToRead
from composer.reviews.model import Decision, Part, ReviewTerms
from composer.reviews.releasing import SampleNotAcceptable
from composer.reviews.sampling import LooserTerms, NothingToReview, RunStillWriting, SampleStillOpen, Source
from composer.reviews.tables import SampleItemRow, SampleRow
from composer.runs.service import UnknownRun
from composer.runs.tables import RunRow
from memory.privacy.tombstones import alone
from store import clock
from store.database import Database
from tests.kit.reviews import BEGAN, add_emails, add_run, decided, read_all

pytestmark = pytest.mark.anyio
USUAL = ReviewTerms()
MANY = 12_000


async def test_a_long_run_gives_the_riskiest_of_each_kind_and_as_many_at_random_as_it_takes(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, MANY, run_id="run_1", risk=lambda number: number / MANY * 0.4)
        await add_emails(session, 50, run_id="run_2", first=MANY)
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
    async with database.session(readonly=True) as session:
        found = await reading.sample(session, row.id)
        items = await reading.items(session, row.id)
    assert (found.population, found.strata, found.left_out, found.status) == (MANY, 20, 0, "open")
    assert (found.random.size, found.risk.size) == (59, 20)
    assert found.emails == len(items) == len({item.email_id for item in items})
    risk_part = [item for item in items if item.part is not Part.RANDOM]
    assert {item.stratum for item in risk_part} == {f"kind {number:03}" for number in range(20)}
    assert {item.email_id for item in risk_part} == {f"msg_autumn_run_1_{MANY - 1 - back:07}" for back in range(20)}
    assert [item.risk for item in risk_part] == sorted((item.risk for item in risk_part), reverse=True)
    # The riskiest first; those drawn at random behind them, in the order in which they were drawn.
    assert [item.part for item in items[len(risk_part) :]] == [Part.RANDOM] * (len(items) - len(risk_part))
    assert items[0].why == ["warned", "held_back"]
    assert items[0].why_words[0] == "A warning stands against it"
    assert items[0].customer == f"c-{MANY - 1:07}"


async def test_of_two_who_draw_at_once_from_what_belongs_to_no_run_one_gets_a_sample(database: Database) -> None:
    async with database.session() as session:
        await add_emails(session, 20)

    async def drawn() -> bool:
        try:
            async with database.session() as session:
                await sampling.draw(session, Source(), USUAL, by="key:k")
        except SampleStillOpen:
            return False
        return True

    assert sorted(await asyncio.gather(drawn(), drawn())) == [False, True]


async def test_who_draws_waits_for_an_erasure_before_they_hold_the_run(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 20, run_id="run_1")

    async def drawn() -> str:
        async with database.session() as session:
            return (await sampling.draw_of_run(session, "run_1", by="key:k")).id

    async with database.session() as session:
        await alone(session)
        drawing = asyncio.create_task(drawn())
        await asyncio.sleep(0.1)
        # An erasure may move recipients of the run; it would wait for ever if who draws held it.
        await session.execute(select(RunRow.id).where(col(RunRow.id) == "run_1").with_for_update(nowait=True))
        if session.get_bind().dialect.name == "postgresql":
            assert not drawing.done()
    assert await drawing


async def test_the_random_part_is_what_its_seed_says(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        ids = await add_emails(session, 3_000, run_id="run_1")
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        items = await reading.items(session, row.id)
    expected = [ids[place] for place in random.Random(row.seed).sample(range(3_000), 59)]
    drawn = {item.email_id for item in items if item.part is not Part.RISK}
    assert drawn == set(expected)
    behind = [item.email_id for item in items if item.part is Part.RANDOM]
    assert behind == [email_id for email_id in expected if email_id in behind]


async def test_with_more_kinds_than_places_the_riskiest_are_shown_and_the_others_counted(
    sqlite_database: Database,
) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 500, run_id="run_1", kinds=100, risk=lambda number: (number % 100) / 200)
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        found = await reading.sample(session, row.id)
        items = await reading.items(session, row.id)
    assert (found.strata, found.risk.size, found.left_out) == (100, 40, 60)
    shown = {item.stratum for item in items if item.part is not Part.RANDOM}
    assert shown == {f"kind {number:03}" for number in range(60, 100)}


async def test_what_is_risky_is_shown_though_another_one_of_its_kind_is(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 400, run_id="run_1", kinds=2, risk=lambda number: 0.9 if number < 10 else 0.1)
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        items = await reading.items(session, row.id)
    assert sum(item.risk == 0.9 for item in items if item.part is not Part.RANDOM) == 10


async def test_each_e_mail_is_as_likely_to_be_drawn_as_any_other(sqlite_database: Database) -> None:
    met: Counter[str] = Counter()
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        ids = await add_emails(session, 40, run_id="run_1", kinds=1, risk=lambda number: number / 100)
        emails = sampling._emails(Source("run_1"))
        for seed in range(400):
            met.update(await sampling._at_random(session, emails, 40, 10, str(seed)))
    # 100 each on average; six standard deviations of a binomial one are 52.
    assert set(met) == set(ids)
    assert all(48 < count < 152 for count in met.values())


async def test_of_few_e_mails_all_are_read(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 12, run_id="run_1", kinds=3)
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        found = await reading.sample(session, row.id)
        items = await reading.items(session, row.id)
    assert (found.emails, found.random.size) == (12, 12)
    assert Counter(item.part for item in items) == {Part.BOTH: 3, Part.RANDOM: 9}


async def test_an_e_mail_in_both_parts_is_shown_once_and_counts_in_both(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 12, run_id="run_1", kinds=3)
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        first = (await reading.items(session, row.id))[0]
        assert first.part is Part.BOTH
        await decided(session, first, Decision.REJECTED)
        found = await reading.sample(session, row.id)
    assert (found.read, found.random.rejected, found.risk.rejected) == (1, 1, 1)


async def test_what_was_read_before_is_not_drawn_again(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 200, run_id="run_1")
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        seen = {item.email_id for item in (await read_all(session, row.id))[:30]}
        again = await session.get_one(SampleRow, row.id)
        again.status = "refused"
        await session.flush()
        second = await sampling.draw_of_run(session, "run_1", by="key:k")
        items = await reading.items(session, second.id)
    assert not seen & {item.email_id for item in items}
    assert second.population == 200 - len(await _read_in(database, row.id))


async def _read_in(database: Database, sample_id: str) -> list[str]:
    async with database.session(readonly=True) as session:
        return [item.email_id for item in await reading.items(session, sample_id) if item.decision]


async def test_erasing_who_is_in_the_sample_of_a_gate_does_not_open_it(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 300, run_id="run_1", kinds=1)
        await gate.put_up(session, "run_1", "autumn")
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        size = (await reading.sample(session, row.id)).random.size
        # As erasing leaves them: all, then all but a few.
        everybody = update(SampleItemRow).where(col(SampleItemRow.sample_id) == row.id)
        await session.execute(everybody.values(email_id="", customer="erased:1"))
        found = await reading.sample(session, row.id)
        assert (found.random.size, found.standing, found.acceptable) == (0, Standing.TOO_FEW, False)
        few = everybody.where(col(SampleItemRow.position) > 9)
        await session.execute(few.values(email_id=cast(col(SampleItemRow.position), String), decision="approved"))
        with pytest.raises(SampleNotAcceptable, match="the others were erased") as caught:
            await releasing.accept(session, row.id, by="key:k")
        assert caught.value.fix == "Refuse it, and draw another one of what was not read."
        await session.execute(everybody.values(decision="approved"))
        whole = await reading.sample(session, row.id)
        assert (whole.random.size, whole.acceptable) == (size, True)


async def test_of_few_e_mails_what_was_erased_is_not_missed(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 12, run_id="run_1")
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        await read_all(session, row.id)
        gone = update(SampleItemRow).where(col(SampleItemRow.position) == 3)
        await session.execute(gone.values(email_id="", decision=""))
        found = await reading.sample(session, row.id)
    assert (found.random.size, found.acceptable) == (11, True)


async def test_behind_a_gate_the_terms_are_those_of_the_run_or_stricter_and_a_refusal_makes_them_surer(
    sqlite_database: Database,
) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1", review={"gate": True, "confidence": 0.9})
        await add_emails(session, 300, run_id="run_1")
        await gate.put_up(session, "run_1", "autumn")
        for looser in (ReviewTerms(defect_rate=0.99), ReviewTerms(confidence=0.8), ReviewTerms(allowed=1)):
            with pytest.raises(LooserTerms):
                await sampling.draw_of_run(session, "run_1", looser, by="key:k")
        sure = []
        for terms in (None, ReviewTerms(confidence=0.94), None):
            row = await sampling.draw_of_run(session, "run_1", terms, by="key:k")
            sure.append(ReviewTerms.model_validate(row.terms).confidence)
            last = await releasing.refuse(session, row.id, by="key:k")
    assert sure == pytest.approx([0.9, 0.97, 1 - 0.1 / 3])
    assert "96.66 % sure, more than usual because 2 of its samples were refused" in last.statement


async def test_a_sample_is_finished_before_the_next_one_is_drawn(database: Database) -> None:
    async with database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 100, run_id="run_1")
        first = await sampling.draw_of_run(session, "run_1", by="key:k")
        with pytest.raises(SampleStillOpen, match=first.id):
            await sampling.draw_of_run(session, "run_1", by="key:k")


async def test_of_what_was_composed_one_by_one_a_campaign_and_a_moment_are_chosen(database: Database) -> None:
    async with database.session() as session:
        await add_emails(session, 300)
        await add_emails(session, 30, campaign="winter", first=1_000)
        await add_emails(session, 70, run_id="run_1", first=2_000)
        all_of_it = await sampling.draw(session, Source(), USUAL, by="account:1")
        winter = await sampling.draw(session, Source(campaign_id="winter"), USUAL, by="account:1")
        late = Source(campaign_id="autumn", since=BEGAN.replace(second=1))
        later = await sampling.draw(session, late, USUAL, by="account:1")
        with pytest.raises(NothingToReview):
            await sampling.draw(session, Source(campaign_id="spring"), USUAL, by="account:1")
    assert (all_of_it.population, winter.population, later.population) == (330, 30, 100)


async def test_a_run_that_is_not_there_wrote_nothing_or_asks_too_much_has_no_sample(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        with pytest.raises(NothingToReview):
            await sampling.draw_of_run(session, "run_1", by="key:k")
        with pytest.raises(TooMuchToRead):
            await sampling.draw_of_run(session, "run_1", ReviewTerms(defect_rate=0.0001), by="key:k")
        with pytest.raises(sampling.NoSuchRun) as caught:
            await sampling.draw_of_run(session, "run_2", by="key:k")
    assert caught.value.reason == UnknownRun.reason


async def test_behind_a_gate_the_sample_is_drawn_when_everything_is_written(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1", status="running")
        await add_emails(session, 30, run_id="run_1")
        await gate.put_up(session, "run_1", "autumn")
        with pytest.raises(RunStillWriting):
            await sampling.draw_of_run(session, "run_1", by="key:k")


async def test_what_a_process_whose_clock_is_fast_wrote_is_released_with_the_rest(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 10, run_id="run_1", at=clock.now() + timedelta(minutes=5))
        await gate.put_up(session, "run_1", "autumn")
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        await read_all(session, row.id)
        await releasing.accept(session, row.id, by="key:k")
        assert not await gate.shut_for(session, "run_1")


async def test_the_next_one_is_the_first_that_nobody_decided_and_behind_the_last_it_begins_anew(
    sqlite_database: Database,
) -> None:
    async with sqlite_database.session() as session:
        await add_run(session, "run_1")
        await add_emails(session, 5, run_id="run_1")
        row = await sampling.draw_of_run(session, "run_1", by="key:k")
        items = await reading.items(session, row.id)
        order = []
        for after in (-1, 0, 4):
            found = await reading.next_item(session, row.id, after=after)
            order.append(found and found.position)
        await decided(session, items[0], Decision.APPROVED)
        first = await reading.next_item(session, row.id)
        await read_all(session, row.id)
        none = await reading.next_item(session, row.id)
    assert (order, first and first.position, none) == ([0, 1, 0], 1, None)


async def test_samples_are_listed_newest_first_with_what_they_say(database: Database) -> None:
    async with database.session() as session:
        for number in (1, 2):
            await add_run(session, f"run_{number}")
            await add_emails(session, 100, run_id=f"run_{number}", first=number * 1_000)
        first = await sampling.draw_of_run(session, "run_1", by="key:k")
        second = await sampling.draw_of_run(session, "run_2", by="key:k")
        await read_all(session, second.id)
        found = await reading.samples(session)
        of_one = await reading.samples(session, run="run_1")
        behind = await reading.samples(session, after=second.id)
    assert [one.id for one in found] == [second.id, first.id]
    assert [one.id for one in of_one] == [one.id for one in behind] == [first.id]
    assert [one.acceptable for one in found] == [True, False]
    assert (found[0].standing, found[1].standing) == (Standing.ENOUGH, Standing.READING)
    assert found[0].statement.startswith("0 of 39 rejected: at most 5 % bad")


async def test_an_unknown_sample_is_not_found(sqlite_database: Database) -> None:
    async with sqlite_database.session(readonly=True) as session:
        with pytest.raises(reading.UnknownSample):
            await reading.sample(session, "smp_nobody")
