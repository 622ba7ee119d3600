"""Old e-mails and names in runs go; numbers and what is still to be delivered stay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select

from composer.handoff.tables import DeliveryRow
from composer.retention import count_old_emails, count_recipients, forget_old_emails, forget_recipients
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
