"""The page behind an unsubscribe link, acted on: consent withdrawn, or topics, frequency and a pause chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self, get_args
from urllib.parse import parse_qs

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import UnknownCampaign, get_campaign
from composer.documents import Brand
from composer.links import Link
from composer.responses import emails_known, newest_email
from memory.choices import PURPOSES
from memory.consent import NOTHING_SAID, Standing, status
from memory.ingest import ingest
from memory.recall import customer_id_of
from prompts.model import Topic
from store import clock


async def brand_of(session: AsyncSession, link: Link) -> Brand | None:
    """The brand, or None when the campaign is gone: the link must work all the same."""
    try:
        return (await get_campaign(session, link.campaign)).brand
    except UnknownCampaign:
        return None


async def unsubscribe(session: AsyncSession, link: Link) -> None:
    """Withdraw consent, of somebody memory has never heard of too."""
    now = clock.now()
    properties = {"campaign_id": link.campaign}
    email_id = await newest_email(session, link.customer, link.campaign)
    if email_id is not None:
        properties["email_id"] = email_id
    event = {
        "type": "track",
        # A double click counts once; unsubscribing again after coming back must not be taken for a duplicate.
        "messageId": f"unsubscribe_{_who(link)}_{now:%Y%m%d%H%M%S}",
        "userId": link.customer,
        "event": "Unsubscribed",
        "properties": properties,
    }
    await ingest(session, [event], received_at=now, emails=emails_known)


METHOD = "preference_page"
"""How a choice that was made here was made: its proof."""
FREQUENCIES = ("no_limit", "weekly", "monthly")
PAUSES: Mapping[str, timedelta | None] = {"keep": None, "none": timedelta(0), "30": timedelta(30), "90": timedelta(90)}
TOPICS: tuple[Topic, ...] = get_args(Topic)
MAX_FORM_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody chose on the page."""

    topics: frozenset[str]
    """Those they want to hear about."""
    frequency: str
    pause: str
    purposes: frozenset[str] | None = None
    """What memory may be used for; None where the form did not ask."""

    @classmethod
    def of(cls, form: bytes) -> Self | None:
        """Out of the body of the page's form; None where it is another one, which asks to be left alone altogether."""
        fields = parse_qs(form[:MAX_FORM_BYTES].decode(errors="replace"))
        if fields.get("save") != ["choices"]:
            return None
        frequency, pause = (fields.get(name, [""])[0] for name in ("frequency", "pause"))
        purposes = frozenset(fields.get("purpose", ())) if "purposes" in fields else None
        return cls(frozenset(fields.get("topic", ())), frequency, pause, purposes)


async def standing_of(session: AsyncSession, link: Link) -> Standing:
    """Where the reader stands, with what they chose before; of somebody memory has never heard of, nothing."""
    customer_id = await customer_id_of(session, link.customer)
    return NOTHING_SAID if customer_id is None else await status(session, customer_id)


async def choose(session: AsyncSession, link: Link, wanted: Wanted) -> Standing:
    """Keep what was chosen, as an event with its proof; what holds from now on. Marketing as a whole stays as it is.

    A link may have been passed on, and proves nothing: it objects to purposes, and takes back no objection.
    """
    now = clock.now()
    properties: dict[str, Any] = {"topics": {topic: topic in wanted.topics for topic in TOPICS}}
    if wanted.frequency in FREQUENCIES:
        properties["email_frequency"] = wanted.frequency
    if wanted.purposes is not None:
        properties["purposes"] = {purpose: False for purpose in PURPOSES if purpose not in wanted.purposes}
    pause = PAUSES.get(wanted.pause)
    if pause is not None:
        properties["email_paused_until"] = (now + pause).isoformat() if pause else ""
    await _keep(session, link, properties, now)
    return await standing_of(session, link)


async def allow_again(session: AsyncSession, link: Link, purpose: str) -> None:
    """Take back an objection, for somebody who proved that it is theirs; what is no purpose is left alone."""
    if purpose in PURPOSES:
        await _keep(session, link, {"purposes": {purpose: True}}, clock.now())


async def _keep(session: AsyncSession, link: Link, said: Mapping[str, Any], now: datetime) -> None:
    event = {
        "type": "track",
        "messageId": f"choices_{_who(link)}_{now:%Y%m%d%H%M%S%f}",
        "userId": link.customer,
        "event": "Consent Changed",
        "properties": {"method": METHOD, "campaign_id": link.campaign, **said},
    }
    await ingest(session, [event], received_at=now)


def _who(link: Link) -> str:
    return hashlib.sha256(f"{link.customer}\n{link.campaign}".encode()).hexdigest()[:32]
