"""An unsubscribe link, acted on: consent withdrawn, and the page's words."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import UnknownCampaign, get_campaign
from composer.links import Link
from memory.ingest import ingest
from store import clock


async def brand_behind(session: AsyncSession, link: Link) -> str | None:
    """The brand's name, or None when the campaign is gone: the link must work all the same."""
    try:
        return (await get_campaign(session, link.campaign)).brand.name
    except UnknownCampaign:
        return None


async def unsubscribe(session: AsyncSession, link: Link) -> str | None:
    """Withdraw the customer's consent; doing it twice changes nothing. Returns the brand's name."""
    event = {
        "type": "track",
        "messageId": f"unsubscribe_{clock.now():%Y%m%d%H%M%S%f}",
        "userId": link.customer,
        "event": "Unsubscribed",
        "properties": {"campaign_id": link.campaign},
    }
    await ingest(session, [event], received_at=clock.now())
    return await brand_behind(session, link)
