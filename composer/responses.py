"""What our stored e-mails were like, for memory to learn from: the arms that were drawn, and two read off the text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.names import TOKEN
from composer.record import unpacked
from composer.tables import EmailRow
from memory.email_hints import EmailHints
from store.upsert import table_of

_EMAIL = table_of(EmailRow).c
_BY_IDS = select(_EMAIL.id, _EMAIL.customer, _EMAIL.result).where(_EMAIL.id.in_(bindparam("ids", expanding=True)))
_NEWEST = (
    select(_EMAIL.id)
    .where(_EMAIL.customer == bindparam("customer"), _EMAIL.campaign_id == bindparam("campaign"))
    .order_by(_EMAIL.created_at.desc())
    .limit(1)
)
_QUESTION = re.compile(r"[?？؟]")
_NUMBER = re.compile(r"\d")
_SHORT_CTA_WORDS = 2


async def emails_known(session: AsyncSession, email_ids: Collection[str]) -> Mapping[str, EmailHints]:
    """`memory.email_hints.EmailsKnown`: what those of these e-mails that are ours were like, in one read."""
    rows = (await session.execute(_BY_IDS, {"ids": list(email_ids)})).all()
    found: dict[str, EmailHints] = {}
    for email_id, customer, result in rows:
        found[email_id] = hints_of(customer, unpacked(result))
        # As `composer.emails.claim`: each takes a part of a millisecond to unpack.
        await asyncio.sleep(0)
    return found


async def newest_email(session: AsyncSession, customer: str, campaign: str) -> str | None:
    """The e-mail of this campaign that the customer got last, for what names no e-mail."""
    key = {"customer": customer, "campaign": campaign}
    return (await session.execute(_NEWEST, key)).scalar_one_or_none()


def hints_of(customer: str, email: Mapping[str, Any]) -> EmailHints:
    """`email`: a `ComposeResult` as JSON."""
    texts = {block["key"]: block["text"] for block in email["blocks"]}
    titles = [pick["title"] for pick in email["picks"]]
    decision = email["decision"]
    return EmailHints(
        customer=customer,
        flow=email["flow"],
        angle=decision.get("angle") or "",
        tone=decision.get("tone") or "",
        length=decision.get("length") or "",
        subject=subject_style(texts.get("subject") or email["subject"], titles),
        cta=cta_style(texts.get("cta") or "", titles),
        products=tuple(pick["product_id"] for pick in email["picks"]),
    )


def subject_style(subject: str, titles: Sequence[str] = ()) -> str:
    """`question`, `name` (theirs), `number`, `product` (names a pick) or `plain`: the first that is true.

    Read off the text, because a model writes it: nothing else of it varies by itself in every language.
    """
    if _QUESTION.search(subject):
        return "question"
    if TOKEN in subject:
        return "name"
    if _NUMBER.search(subject):
        return "number"
    return "product" if _names_one(subject, titles) else "plain"


def cta_style(cta: str, titles: Sequence[str] = ()) -> str:
    """Of the call to action: `product` (names a pick), `short` (up to two words), `long`; empty where there is none."""
    if not cta.strip():
        return ""
    if _names_one(cta, titles):
        return "product"
    return "short" if len(cta.split()) <= _SHORT_CTA_WORDS else "long"


def _names_one(text: str, titles: Sequence[str]) -> bool:
    """Whether a title stands in it, or its first two words do: long titles are cut in subjects."""
    said = text.casefold()
    return any(start in said for title in titles if (start := " ".join(title.casefold().split()[:2])))
