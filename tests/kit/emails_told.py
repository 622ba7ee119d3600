"""Stored e-mails that something can be reported of: as the composer's, without composing them."""

from __future__ import annotations

from collections.abc import Sequence

from composer.contract import BlockReport, ComposeResult, Path, Rung
from composer.emails import claim
from store.database import Database
from store.ids import email_id_for
from tests.kit.events import NOW


def stored_result(email_id: str, customer: str, campaign: str = "spring") -> ComposeResult:
    """A newsletter with a subject and nothing else."""
    subject = BlockReport(key="subject", text="Your tea", rung=Rung.TEMPLATE_BLOCK, reason="no_model")
    return ComposeResult(
        id=email_id,
        path=Path.TEMPLATE,
        campaign=campaign,
        campaign_version=1,
        customer=customer,
        flow="newsletter",
        created_at=NOW,
        subject="Your tea",
        html="<p>Your tea</p>",
        text="Your tea",
        blocks=[subject],
    )


async def told_email(database: Database, customer: str) -> ComposeResult:
    """One to this customer."""
    [email] = await _told(database, [customer])
    return email


async def told_emails(database: Database, count: int) -> list[ComposeResult]:
    """One to each of `c-0`, `c-1` …"""
    return await _told(database, [f"c-{number}" for number in range(count)])


async def _told(database: Database, customers: Sequence[str]) -> list[ComposeResult]:
    made = [stored_result(email_id_for(NOW, "told", customer), customer) for customer in customers]
    async with database.session() as session:
        await claim(session, made)
    return made
