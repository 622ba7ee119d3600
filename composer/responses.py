"""What our stored e-mails were like, for memory to learn from: the arms that were drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.record import unpacked
from composer.styles import cta_style, subject_style
from composer.tables import EmailRow
from memory.email_hints import EmailHints
from store.upsert import table_of

_EMAIL = table_of(EmailRow).c
_BY_IDS = select(_EMAIL.id, _EMAIL.customer, _EMAIL.campaign_id, _EMAIL.result).where(
    _EMAIL.id.in_(bindparam("ids", expanding=True))
)
_NEWEST = (
    select(_EMAIL.id)
    .where(_EMAIL.customer == bindparam("customer"), _EMAIL.campaign_id == bindparam("campaign"))
    .order_by(_EMAIL.created_at.desc())
    .limit(1)
)


class KnownEmail(NamedTuple):
    """One e-mail of ours."""

    campaign: str
    subject: str
    hints: EmailHints


async def emails_known(session: AsyncSession, email_ids: Collection[str]) -> Mapping[str, EmailHints]:
    """`memory.email_hints.EmailsKnown`: what those of these e-mails that are ours were like, in one read."""
    return {email_id: email.hints for email_id, email in (await known_emails(session, email_ids)).items()}


async def known_emails(session: AsyncSession, email_ids: Collection[str]) -> dict[str, KnownEmail]:
    """Those of these e-mails (at most some thousand) that are ours, by id, in one read."""
    rows = (await session.execute(_BY_IDS, {"ids": list(email_ids)})).all()
    found: dict[str, KnownEmail] = {}
    for email_id, customer, campaign, result in rows:
        email = unpacked(result)
        found[email_id] = KnownEmail(campaign, email["subject"], hints_of(customer, email))
        # As `composer.emails.claim`: each takes a part of a millisecond to unpack.
        await asyncio.sleep(0)
    return found


async def newest_email(session: AsyncSession, customer: str, campaign: str) -> str | None:
    """The e-mail of this campaign that the customer got last, for what names no e-mail."""
    key = {"customer": customer, "campaign": campaign}
    return (await session.execute(_NEWEST, key)).scalar_one_or_none()


def hints_of(customer: str, email: Mapping[str, Any]) -> EmailHints:
    """`email`: a `ComposeResult` as JSON.

    Styles are those that were drawn, for what comes of an arm is the drawing's, also where no text of the style was at
    hand; of an e-mail that was written before styles were drawn, those of its text.
    """
    texts = {block["key"]: block["text"] for block in email["blocks"]}
    titles = [pick["title"] for pick in email["picks"]]
    decision = email["decision"]
    return EmailHints(
        customer=customer,
        flow=email["flow"],
        angle=decision.get("angle") or "",
        tone=decision.get("tone") or "",
        length=decision.get("length") or "",
        subject=decision.get("subject") or subject_style(texts.get("subject") or email["subject"], titles),
        cta=decision.get("cta") or cta_style(texts.get("cta") or "", titles),
        products=tuple(pick["product_id"] for pick in email["picks"]),
    )
