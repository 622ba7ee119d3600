"""Old e-mails and names in runs go; numbers and what is still to be delivered stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select

from composer.handoff.tables import DeliveryRow
from composer.retention import count_old_emails, count_recipients, forget_old_emails, forget_recipients
from composer.reviews.tables import ReviewRow, SampleItemRow, SampleRow
from composer.runs.service import get as get_run
from composer.runs.tables import RecipientRow, RunRow
from composer.tables import EmailRevisionRow, EmailRow, RecordRow
from store.database import Database
from tests.kit.erasing import ADA, AT, GRACE, fill

pytestmark = pytest.mark.anyio

LATER = AT + timedelta(days=1)


async def drain(steps: AsyncIterator[int]) -> int:
    return sum([removed async for removed in steps])


async def test_old_emails_go_with_all_that_belongs_to_them_but_for_one_still_to_be_delivered(
    database: Database,
) -> None:
    await fill(database)
    async with database.session() as session:
        await session.execute(update(DeliveryRow).where(DeliveryRow.customer == GRACE).values(status="pending"))  # type: ignore[arg-type]
    async with database.session(readonly=True) as session:
        assert await count_old_emails(session, AT) == 0
        assert await count_old_emails(session, LATER) == 1
    assert await drain(forget_old_emails(database, LATER)) == 1
    async with database.session(readonly=True) as session:
        assert (await session.execute(select(EmailRow.customer))).scalars().all() == [GRACE]
        assert len((await session.execute(select(EmailRevisionRow))).all()) == 1
        assert sorted((await session.execute(select(RecordRow.hash))).scalars()) == ["after-1", "before-1"]


async def test_what_was_said_of_old_emails_goes_with_them_and_an_open_sample_keeps_its_own(database: Database) -> None:
    await fill(database)
    emails = {ADA: "msg_00000000000000000000000000", GRACE: "msg_10000000000000000000000000"}
    async with database.session() as session:
        for status, customer in (("accepted", ADA), ("open", GRACE)):
            session.add(
                SampleRow(id=f"smp_{status}", population=1, terms={}, status=status, created_at=AT, created_by="key:k")
            )
            await session.flush()
            session.add(
                SampleItemRow(
                    sample_id=f"smp_{status}",
                    position=0,
                    part="random",
                    why=[],
                    decision="edited",
                    email_id=emails[customer],
                    customer=customer,
                )
            )
            session.add(
                ReviewRow(
                    id=f"rev_{status}", campaign_id="autumn", campaign_version=1, decision="edited", reasons=["dull"],
                    words=f"To {customer}", before=f"Dear {customer}", after=f"Hello {customer}", reviewer="key:k",
                    at=AT, email_id=emails[customer], customer=customer,
                )
            )  # fmt: skip
    async with database.session(readonly=True) as session:
        assert await count_old_emails(session, LATER) == 1
    assert await drain(forget_old_emails(database, LATER)) == 1
    async with database.session(readonly=True) as session:
        reviews = {row.id: row for row in (await session.execute(select(ReviewRow))).scalars()}
        items = {row.sample_id: row for row in (await session.execute(select(SampleItemRow))).scalars()}
    gone, kept = reviews["rev_accepted"], reviews["rev_open"]
    assert (gone.customer, gone.words, gone.before, gone.after) == ("forgotten", None, None, None)
    assert (gone.decision, gone.reasons) == ("edited", ["dull"])
    assert (kept.customer, kept.after) == (GRACE, f"Hello {GRACE}")
    said = {name: (row.customer, row.email_id, row.decision) for name, row in items.items()}
    assert said == {"smp_accepted": ("forgotten:0", "", "edited"), "smp_open": (GRACE, emails[GRACE], "edited")}


async def test_names_leave_a_run_that_ended_long_ago_and_its_numbers_stay(database: Database) -> None:
    await fill(database)
    assert await drain(forget_recipients(database, LATER)) == 0
    async with database.session() as session:
        await session.execute(update(RunRow).values(ended_at=AT, status="completed"))
    async with database.session(readonly=True) as session:
        before = (await get_run(session, "run_1")).tally
        assert await count_recipients(session, LATER) == 4
    assert await drain(forget_recipients(database, LATER)) == 4
    async with database.session(readonly=True) as session:
        names = (await session.execute(select(RecipientRow.customer, RecipientRow.detail))).all()
        delivered = (await session.execute(select(DeliveryRow.customer, DeliveryRow.answer))).all()
        assert (await get_run(session, "run_1")).tally == before
    assert sorted(map(tuple, names)) == [(f"forgotten:{place}", "") for place in range(4)]
    assert sorted(map(tuple, delivered)) == [("forgotten:0", None), ("forgotten:1", None)]
    assert ADA not in str([*names, *delivered])
