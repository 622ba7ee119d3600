"""Brands and campaigns: saved as documents, versioned, never changed once an e-mail may rest on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.colors import problems
from composer.documents import Brand, Campaign
from composer.tables import BrandRow, BrandVersionRow, CampaignRow, CampaignVersionRow
from memory.contacting.quiet import known_zone, zone_of
from memory.contacting.rules import ContactRules
from store import clock
from store.errors import Conflict, InvalidInput, NotFound

_CURRENT = select(CampaignRow.version).where(CampaignRow.id == bindparam("campaign"))


class UnknownBrand(NotFound):
    """No brand has this id, or not this version of it."""

    reason = "unknown_brand"


class UnknownCampaign(NotFound):
    """No campaign has this id, or not this version of it."""

    reason = "unknown_campaign"


class SavedMeanwhile(Conflict):
    """Two saved a new brand or campaign of one id at once, and this was the second."""

    reason = "saved_meanwhile"


@dataclass(frozen=True, slots=True)
class BrandVersion:
    """One version of a brand."""

    brand: Brand
    version: int


@dataclass(frozen=True)
class CampaignVersion:
    """One version of a campaign with the brand it was saved under."""

    campaign: Campaign
    brand: Brand
    version: int
    brand_version: int = 0
    """0: the brand was not saved like this, or before brands had versions."""

    @cached_property
    def contact_rules(self) -> ContactRules:
        """The brand's. Kept: they are asked for each customer of a run."""
        return self.brand.contact_rules


def offers_end(version: CampaignVersion) -> datetime | None:
    """When the last of the campaign's offers has ended, by the brand's clock; None where it does not rest on offers
    that end."""
    ends = [offer.expires for offer in version.campaign.brief.offers if offer.expires]
    if not ends or len(ends) < len(version.campaign.brief.offers):
        return None
    return datetime.combine(max(ends) + timedelta(days=1), time(), zone_of(version.brand.timezone))


async def save_brand(session: AsyncSession, brand: Brand, *, saved_by: str = "") -> int:
    """Store a new version and make it current; an unchanged document keeps its version. Returns the version.

    Campaigns saved before keep the version they froze. `saved_by` is noted with the new one.

    Raises InvalidInput for colours that cannot be read on each other, and for a time zone that does not exist;
    SavedMeanwhile.
    """
    if not known_zone(brand.timezone):
        fix = "Use an IANA name: Europe/London, America/New_York …"
        raise InvalidInput(f"There is no time zone {brand.timezone!r}.", pointer="/timezone", fix=fix)
    illegible = problems(brand.colors)
    if illegible:
        raise InvalidInput(illegible[0], pointer="/colors", fix="Choose colours with a contrast of 4.5:1.")
    row = await session.get(BrandRow, brand.id, with_for_update=True)
    document, now = brand.model_dump(mode="json"), clock.now()
    if row is None:
        row = BrandRow(id=brand.id, version=1, document=document, updated_at=now)
        await _insert_first(session, row, f"brand {brand.id!r}")
    elif Brand.model_validate(row.document) == brand:
        return row.version
    else:
        row.version, row.document, row.updated_at = row.version + 1, document, now
    made = BrandVersionRow(brand_id=brand.id, version=row.version, document=document, created_at=now, saved_by=saved_by)
    session.add(made)
    await session.flush()
    return made.version


async def _insert_first(session: AsyncSession, row: BrandRow | CampaignRow, what: str) -> None:
    """The first version of something: there is no row yet that could be locked. Raises SavedMeanwhile."""
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise SavedMeanwhile(
            f"Somebody else saved the {what} for the first time at the same moment.",
            fix="Look at what they saved; save again to make yours the next version.",
        ) from error


async def get_brand(session: AsyncSession, brand_id: str) -> Brand:
    """As it is now. Raises UnknownBrand, which lists near matches."""
    return (await get_brand_version(session, brand_id)).brand


async def get_brand_version(session: AsyncSession, brand_id: str, version: int | None = None) -> BrandVersion:
    """The current version, or the one asked for. Raises UnknownBrand, which lists near matches."""
    current = await session.get(BrandRow, brand_id)
    if current is None:
        known = (await session.execute(select(BrandRow.id))).scalars().all()
        raise UnknownBrand(f"There is no brand {brand_id!r}.", fix=_known("brands", brand_id, known))
    if version is None or version == current.version:
        return BrandVersion(Brand.model_validate(current.document), current.version)
    row = await session.get(BrandVersionRow, (brand_id, version))
    if row is None:
        raise UnknownBrand(f"Brand {brand_id!r} has no version {version}.", fix=f"Versions are 1 to {current.version}.")
    return BrandVersion(Brand.model_validate(row.document), row.version)


async def list_brands(session: AsyncSession) -> list[Brand]:
    """All brands, by id."""
    rows = (await session.execute(select(BrandRow).order_by(col(BrandRow.id)))).scalars().all()
    return [Brand.model_validate(row.document) for row in rows]


async def save_campaign(session: AsyncSession, campaign: Campaign, *, saved_by: str = "") -> int:
    """Store a new version and make it current; an unchanged document keeps its version. Returns the version.

    `saved_by` is noted with the new version. Raises UnknownBrand, SavedMeanwhile, and InvalidInput when an offer's
    currency-bound limits cannot be met.
    """
    under = await get_brand_version(session, campaign.brand)
    brand = under.brand
    _refuse_duplicate_offers(campaign)
    current = await session.get(CampaignRow, campaign.id, with_for_update=True)
    document, frozen = _document(campaign), brand.model_dump(mode="json")
    if current is not None:
        last = await session.get_one(CampaignVersionRow, (campaign.id, current.version))
        # As documents, not as JSON: a field that a newer Penfriend added is no change of the marketer's.
        if same_words(Campaign.model_validate(last.document), campaign) and Brand.model_validate(last.brand) == brand:
            return current.version
        current.version += 1
        current.flow, current.name, current.updated_at = campaign.flow, campaign.name, clock.now()
    else:
        current = CampaignRow(id=campaign.id, version=1, flow=campaign.flow, name=campaign.name, updated_at=clock.now())
        await _insert_first(session, current, f"campaign {campaign.id!r}")
    session.add(
        CampaignVersionRow(
            campaign_id=campaign.id,
            version=current.version,
            document=document,
            brand=frozen,
            brand_version=under.version,
            created_at=clock.now(),
            saved_by=saved_by,
        )
    )
    await session.flush()
    return current.version


async def get_campaign(session: AsyncSession, campaign_id: str, version: int | None = None) -> CampaignVersion:
    """The current version, or the one asked for. Raises UnknownCampaign, which lists near matches."""
    current = await session.get(CampaignRow, campaign_id)
    if current is None:
        known = (await session.execute(select(CampaignRow.id))).scalars().all()
        raise UnknownCampaign(f"There is no campaign {campaign_id!r}.", fix=_known("campaigns", campaign_id, known))
    wanted = current.version if version is None else version
    row = await session.get(CampaignVersionRow, (campaign_id, wanted))
    if row is None:
        raise UnknownCampaign(
            f"Campaign {campaign_id!r} has no version {wanted}.",
            fix=f"Versions are 1 to {current.version}.",
        )
    return CampaignVersion(
        Campaign.model_validate(row.document), Brand.model_validate(row.brand), row.version, row.brand_version
    )


class Campaigns:
    """The current versions of one database's campaigns, each read and validated once: a version never changes."""

    def __init__(self) -> None:
        self._kept: dict[str, CampaignVersion] = {}
        self._older: dict[tuple[str, int], CampaignVersion] = {}

    async def version(self, session: AsyncSession, campaign_id: str, number: int | None) -> CampaignVersion:
        """The version of this number, or the current one. Raises UnknownCampaign."""
        if number is None:
            return await self.current(session, campaign_id)
        known = self._older.get((campaign_id, number))
        if known is None:
            known = self._older[campaign_id, number] = await get_campaign(session, campaign_id, number)
        return known

    async def current(self, session: AsyncSession, campaign_id: str) -> CampaignVersion:
        """As `get_campaign`. Raises UnknownCampaign."""
        number = (await session.execute(_CURRENT, {"campaign": campaign_id})).scalar_one_or_none()
        kept = self._kept.get(campaign_id)
        if kept is None or kept.version != number:
            kept = self._kept[campaign_id] = await get_campaign(session, campaign_id)
        return kept


async def list_campaigns(session: AsyncSession, *, limit: int = 50, after: str = "") -> list[tuple[str, int, str, str]]:
    """(id, version, flow, name) by id, at most `limit`, beginning behind `after`."""
    query = select(CampaignRow).where(col(CampaignRow.id) > after).order_by(col(CampaignRow.id)).limit(limit)
    rows = (await session.execute(query)).scalars().all()
    return [(row.id, row.version, row.flow, row.name) for row in rows]


def _document(campaign: Campaign) -> dict[str, Any]:
    """As it is kept. A count that the marketer did not write stays unwritten: then the flow's own holds."""
    document = campaign.model_dump(mode="json")
    if "count" not in campaign.brief.limits.model_fields_set:
        del document["brief"]["limits"]["count"]
    meant = campaign.brief.meant
    if meant is not None and "count" not in meant.understood.limits.model_fields_set:
        del document["brief"]["meant"]["understood"]["limits"]["count"]
    return document


def same_words(one: Campaign, other: Campaign) -> bool:
    """Whether the marketer wrote the same, a count or none; what a version was understood as stays as it was."""
    nothing = {"meant": None}
    same = one.model_copy(update={"brief": one.brief.model_copy(update=nothing)})
    counted = ["count" in campaign.brief.limits.model_fields_set for campaign in (one, other)]
    return counted[0] == counted[1] and same == other.model_copy(
        update={"brief": other.brief.model_copy(update=nothing)}
    )


def _refuse_duplicate_offers(campaign: Campaign) -> None:
    ids = [offer.id for offer in campaign.brief.offers]
    twice = next((id_ for id_ in ids if ids.count(id_) > 1), None)
    if twice:
        raise InvalidInput(
            f"The offer {twice!r} stands twice in the brief.",
            pointer="/brief/offers",
            fix="Give each offer an id of its own.",
        )


def _known(what: str, wanted: str, known: object) -> str:
    names = sorted(str(name) for name in known)  # type: ignore[attr-defined]
    near = get_close_matches(wanted, names, n=3) or names[:5]
    return f"Known {what}: {', '.join(near)}." if near else f"No {what} exist yet: import one first."
