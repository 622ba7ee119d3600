"""What happened to one e-mail, and previews that go."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from composer import previews
from composer.contract import ComposeResult, Path
from composer.emails import claim
from composer.journey import Journey, journey_of
from composer.previews import UnknownPreview
from composer.tables import EmailRevisionRow, PreviewRow
from memory.ingest import ingest
from memory.ledger import Decided, record_contacts
from memory.tables import Customer
from store import clock
from store.database import Database
from store.ids import CustomerId, EmailId
from tests.kit.events import NOW
from tests.kit.mails import CLICKED, DELIVERED, OPENED, email_id

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


def _email(number: int = 1, **changes: object) -> ComposeResult:
    usual = {"path": Path.MODEL, "campaign": "spring", "campaign_version": number, "customer": "u1"}
    told = {"id": email_id(number), "flow": "newsletter", "created_at": NOW, **usual, **changes}
    return ComposeResult.model_validate(told)


def _event(name: str, email: str, at: datetime, **properties: object) -> dict[str, object]:
    return {
        "type": "track",
        "event": name,
        "userId": "u1",
        "messageId": f"{name}-{email}-{at.isoformat()}",
        "timestamp": at.isoformat(),
        "properties": {"email_id": email, **properties},
    }


async def test_an_email_tells_what_was_reported_of_it_and_of_no_other(database: Database) -> None:
    events = [
        _event(OPENED, email_id(1), NOW + 2 * HOUR, bot=True),
        _event(DELIVERED, email_id(1), NOW + HOUR),
        _event(CLICKED, email_id(2), NOW + 3 * HOUR),
        _event(DELIVERED, email_id(1), NOW - HOUR),
    ]
    async with database.session() as session:
        await ingest(session, events, received_at=NOW + 4 * HOUR)
        found = (await journey_of(session, _email())).reported
    assert [(one.name, one.at, one.machine) for one in found] == [
        (DELIVERED, NOW + HOUR, False),
        (OPENED, NOW + 2 * HOUR, True),
    ]


async def test_an_email_tells_how_it_counts_and_why_it_was_rebuilt(database: Database) -> None:
    email = _email(revision=1)
    revision = EmailRevisionRow(
        email_id=email.id,
        number=1,
        why=["price"],
        record_before="a",
        record_after="b",
        result_before=b"",
        at=NOW + HOUR,
    )
    async with database.session() as session:
        await ingest(session, [_event(DELIVERED, email_id(2), NOW)], received_at=NOW)
        customer = CustomerId((await session.execute(select(col(Customer.id)))).scalar_one())
        ours = Decided("k", customer, "spring", "sent", "ok", "rules-1", NOW, email_id=EmailId(email.id))
        await record_contacts(session, [ours])
        await claim(session, [email])
        session.add(revision)
        await session.flush()
        found = await journey_of(session, email)
        untouched = await journey_of(session, _email(2))
    assert [(one.number, one.why, one.at) for one in found.revisions] == [(1, ("price",), NOW + HOUR)]
    assert [(one.decision, one.rule_version) for one in found.counted] == [("sent", "rules-1")]
    assert untouched._replace(reported=()) == Journey()


async def test_a_preview_is_kept_for_an_hour_and_then_goes(database: Database) -> None:
    skipped = _email(path=Path.SKIPPED, reason="capped")
    async with database.session() as session:
        kept = await previews.keep(session, skipped)
        assert await previews.find(session, kept) == previews.Preview(kept, skipped, None)
        old = clock.now() - previews.KEPT - HOUR
        await session.execute(update(PreviewRow).values(created_at=old))
        session.expire_all()
        with pytest.raises(UnknownPreview):
            await previews.find(session, kept)
        await previews.keep(session, skipped)
        assert await session.scalar(select(func.count()).select_from(PreviewRow)) == 1
