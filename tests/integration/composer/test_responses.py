"""What stored e-mails were like, as memory hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from composer.contract import BlockReport, ComposeResult, Path, PickReport, Rung
from composer.emails import claim
from composer.responses import emails_known, newest_email
from memory.email_hints import EmailHints
from store.database import Database
from tests.kit.events import NOW
from tests.kit.mails import email_id

pytestmark = pytest.mark.anyio


def _email(number: int, customer: str = "c1") -> ComposeResult:
    return ComposeResult(
        id=email_id(number),
        path=Path.MODEL,
        campaign="spring",
        campaign_version=number,
        customer=customer,
        flow="newsletter",
        created_at=NOW + timedelta(hours=number),
        subject="Tea for Ada?",
        blocks=[BlockReport(key="cta", text="Shop now", rung=Rung.MODEL, reason="ok")],
        picks=[PickReport(product_id="p1", title="Sencha", price="3 GBP", reason="", kind="bought")],
        decision={"angle": "news", "tone": "warm", "length": "short"},
    )


async def test_ours_are_known_and_others_are_not(database: Database) -> None:
    async with database.session() as session:
        await claim(session, [_email(1)])
        known = await emails_known(session, {email_id(1), email_id(2)})
    assert known == {email_id(1): EmailHints("c1", "newsletter", "news", "warm", "short", "question", "short", ("p1",))}


async def test_the_newest_email_of_a_campaign_is_found(database: Database) -> None:
    async with database.session() as session:
        await claim(session, [_email(1), _email(2), _email(3, customer="c2")])
        assert await newest_email(session, "c1", "spring") == email_id(2)
        assert await newest_email(session, "c1", "autumn") is None
