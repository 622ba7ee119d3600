"""Campaigns with their names and currencies: figures in different ones are never added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.tables import ResultDayRow
from composer.reports.model import Period
from composer.tables import CampaignRow, CampaignVersionRow
from store.upsert import table_of

_CAMPAIGN, _VERSION, _DAY = table_of(CampaignRow).c, table_of(CampaignVersionRow).c, table_of(ResultDayRow).c
_BRANDS = select(_CAMPAIGN.id, _CAMPAIGN.name, _VERSION.brand).where(
    _VERSION.campaign_id == _CAMPAIGN.id, _VERSION.version == _CAMPAIGN.version
)


@dataclass(frozen=True, slots=True)
class Shop:
    """Those campaigns whose brand has one currency."""

    currency: str
    """ISO 4217; empty where there is no campaign."""
    currencies: tuple[str, ...]
    """All there are, the one with the most e-mails first."""
    names: Mapping[str, str]
    """Of the campaigns, by their ids."""
    home: str = ""
    """The currency of orders that name none: that of most e-mails ever, whatever period is asked for."""
    others: int = 0
    """Campaigns in other currencies that wrote to somebody in the period."""


async def shop_of(session: AsyncSession, period: Period, currency: str = "") -> Shop:
    """In the currency asked for, or else in that of most e-mails of the period."""
    campaigns = (await session.execute(_BRANDS)).all()
    emails = await _emails(session, period)
    sent: Counter[str] = Counter()
    ever: Counter[str] = Counter()
    for row in campaigns:
        inside, all_of_them = emails.get(row.id, (0, 0))
        sent[row.brand["currency"]] += inside
        ever[row.brand["currency"]] += all_of_them
    ordered = _by_most(sent)
    chosen = currency or next(iter(ordered), "")
    names = {row.id: row.name for row in campaigns if row.brand["currency"] == chosen}
    others = sum(1 for row in campaigns if row.id not in names and emails.get(row.id, (0, 0))[0])
    return Shop(chosen, ordered, names, next(iter(_by_most(ever)), ""), others)


def _by_most(emails: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(emails, key=lambda one: (-emails[one], one)))


async def _emails(session: AsyncSession, period: Period) -> dict[str, tuple[int, int]]:
    """Of each campaign, in the period and ever."""
    inside = case(((_DAY.day >= period.since) & (_DAY.day < period.until), _DAY.emails), else_=0)
    query = select(_DAY.campaign_id, func.sum(inside), func.sum(_DAY.emails)).group_by(_DAY.campaign_id)
    return {campaign: (int(some), int(ever)) for campaign, some, ever in await session.execute(query)}
