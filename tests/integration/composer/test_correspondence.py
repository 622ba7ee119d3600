"""The e-mails written to somebody, and to whom the last ones were written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from composer.contract import ComposeResult, Path
from composer.correspondence import last_letters, letters_of
from composer.emails import claim
from composer.reviews.tables import ReviewRow
from store import clock
from store.database import Database
from store.ids import email_id_for
from tests.kit.factories import NOW

pytestmark = pytest.mark.anyio


def _email(customer: str, hours: int, **more: Any) -> ComposeResult:
    at = NOW + timedelta(hours=hours)
    values: dict[str, Any] = {
        "id": email_id_for(at, customer),
        "path": Path.TEMPLATE,
        "campaign": "autumn",
        "campaign_version": 1,
        "customer": customer,
        "flow": "newsletter",
        "step": "",
        "occasion": f"{hours}",
        "created_at": at,
        "subject": f"{customer} at {hours}",
    }
    return ComposeResult.model_validate(values | more)


async def _store(database: Database, *emails: ComposeResult) -> None:
    async with database.session() as session:
        await claim(session, emails)


async def _decide(database: Database, email: ComposeResult, decision: str, minutes: int, *, undone: bool) -> None:
    at = NOW + timedelta(minutes=minutes)
    async with database.session() as session:
        session.add(
            ReviewRow(
                id=f"rev_{email.id}_{minutes}",
                email_id=email.id,
                customer=email.customer,
                campaign_id=email.campaign,
                campaign_version=1,
                decision=decision,
                reasons=[],
                reviewer="account:a",
                at=at,
                undone_at=clock.now() if undone else None,
            )
        )


async def test_each_customer_stands_in_the_list_once_by_their_last_e_mail(database: Database) -> None:
    await _store(database, *(_email(customer, hours) for hours, customer in enumerate("ababcad")))
    async with database.session(readonly=True) as session:
        first = await last_letters(session, limit=2)
        rest = await last_letters(session, before=first[-1].id, limit=9)
    assert [one.subject for one in (*first, *rest)] == ["d at 6", "a at 5", "c at 4", "b at 3"]


async def test_the_review_that_stands_is_told_and_no_other(database: Database) -> None:
    email = _email("a", 0)
    await _store(database, email)
    await _decide(database, email, "approved", 1, undone=False)
    await _decide(database, email, "rejected", 2, undone=True)
    async with database.session(readonly=True) as session:
        [letter] = await letters_of(session, "a")
    assert (letter.decision, letter.delivery, letter.held) == ("approved", "", "")


async def test_letters_of_one_moment_are_paged_without_loss(database: Database) -> None:
    await _store(database, *(_email("a", 0, id=f"msg_{number}", occasion=str(number)) for number in range(5)))
    async with database.session(readonly=True) as session:
        page = await letters_of(session, "a", limit=3)
        rest = await letters_of(session, "a", before=(page[-1].at, page[-1].id), limit=3)
    assert [one.id for one in (*page, *rest)] == [f"msg_{number}" for number in (4, 3, 2, 1, 0)]
