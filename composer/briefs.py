"""The words of a brief that say what shall be shown, understood once, when the campaign is saved."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.brief_text import Understood
from catalog.model import Limits, Theme
from composer.campaigns import CampaignVersion, get_brand, get_campaign, save_campaign
from composer.documents import Campaign, Meant


class Understands(Protocol):
    """What this needs of the catalog."""

    async def understand(self, text: str, limits: Limits, currency: str | None) -> Understood:
        """What a text says on top of `limits`."""
        ...

    async def theme(self, query: str) -> Theme:
        """A query, ready to be picked by."""
        ...

    def count(self, limits: Limits) -> int:
        """Products that could be shown within `limits` now."""
        ...


async def save_understood(session: AsyncSession, campaign: Campaign, catalog: Understands) -> CampaignVersion:
    """Save a campaign with what the words of its brief mean in this catalog; see `campaigns.save_campaign`.

    Returns the version as it is stored: an unchanged document keeps the meaning it had. The first brief that has to
    be encoded waits for the embedding model. Raises UnknownBrand, InvalidInput.
    """
    meant = await _meant(session, campaign, catalog)
    brief = campaign.brief.model_copy(update={"meant": meant})
    await save_campaign(session, campaign.model_copy(update={"brief": brief}))
    return await get_campaign(session, campaign.id)


async def _meant(session: AsyncSession, campaign: Campaign, catalog: Understands) -> Meant | None:
    brief = campaign.brief
    if not brief.products.strip():
        return None
    brand = await get_brand(session, campaign.brand)
    understood = await catalog.understand(brief.products, brief.limits, brand.currency)
    return Meant(
        understood=understood,
        theme=await catalog.theme(understood.query) if understood.query else None,
        products=catalog.count(understood.limits.model_copy(update={"currency": brand.currency})),
    )
