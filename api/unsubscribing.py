"""An unsubscribe link, acted on: consent withdrawn, and the page's words."""

from __future__ import annotations

import hashlib

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import UnknownCampaign, get_campaign
from composer.links import Link
from composer.responses import emails_known, newest_email
from memory.ingest import ingest
from store import clock


async def brand_behind(session: AsyncSession, link: Link) -> str | None:
    """The brand's name, or None when the campaign is gone: the link must work all the same."""
    try:
        return (await get_campaign(session, link.campaign)).brand.name
    except UnknownCampaign:
        return None


async def unsubscribe(session: AsyncSession, link: Link) -> str | None:
    """Withdraw consent, of somebody memory has never heard of too. Returns the brand's name."""
    now = clock.now()
    who = hashlib.sha256(f"{link.customer}\n{link.campaign}".encode()).hexdigest()[:32]
    properties = {"campaign_id": link.campaign}
    email_id = await newest_email(session, link.customer, link.campaign)
    if email_id is not None:
        properties["email_id"] = email_id
    event = {
        "type": "track",
        # A double click counts once; unsubscribing again after coming back must not be taken for a duplicate.
        "messageId": f"unsubscribe_{who}_{now:%Y%m%d%H%M%S}",
        "userId": link.customer,
        "event": "Unsubscribed",
        "properties": properties,
    }
    await ingest(session, [event], received_at=now, emails=emails_known)
    return await brand_behind(session, link)
