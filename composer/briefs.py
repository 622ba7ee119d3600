"""The words of a brief that say what shall be shown, understood once, when the campaign is saved."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.brief_text import Understood
from catalog.model import Limits, Theme
from composer.campaigns import CampaignVersion, get_brand, get_campaign, save_campaign
from composer.documents import Brand, Brief, Campaign, Meant


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


async def save_understood(
    session: AsyncSession, campaign: Campaign, catalog: Understands, *, saved_by: str = ""
) -> CampaignVersion:
    """Save a campaign with what the words of its brief mean in this catalog; see `campaigns.save_campaign`.

    Returns the version as it is stored: an unchanged document keeps the meaning it had. The first brief that has to
    be encoded waits for the embedding model. Raises UnknownBrand, InvalidInput.
    """
    understood = await understood_under(campaign, await get_brand(session, campaign.brand), catalog)
    await save_campaign(session, understood, saved_by=saved_by)
    return await get_campaign(session, campaign.id)


async def understood_under(campaign: Campaign, brand: Brand, catalog: Understands) -> Campaign:
    """The campaign with what the words of its brief mean in this catalog now, as saving it would find them."""
    meant = await _meant(campaign.brief, brand, catalog)
    return campaign.model_copy(update={"brief": campaign.brief.model_copy(update={"meant": meant})})


async def _meant(brief: Brief, brand: Brand, catalog: Understands) -> Meant | None:
    if not brief.products.strip():
        return None
    understood = await catalog.understand(brief.products, brief.limits, brand.currency)
    return Meant(
        understood=understood,
        theme=await catalog.theme(understood.query) if understood.query else None,
        products=catalog.count(understood.limits.model_copy(update={"currency": brand.currency})),
    )
