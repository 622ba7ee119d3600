"""What a usual order comes to, in each currency: what orders bring is told in it, so that shops and brands compare.

It is one of few amounts, each a quarter of an octave above the last: sums told in it stay as they are until what people
spend has changed by a fifth, and are made anew then. Averages are taken where sums are read, so that no effect depends
on where the amounts lie: only what is capped, and what brands of different currencies weigh.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp2, log2

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.reward import Brought, Outcome, brought_by
from composer.bandit.tables import DecisionRow
from composer.results.model import UNITS
from composer.tables import CampaignRow, CampaignVersionRow
from store.upsert import table_of

STEPS = 4
"""Amounts an octave."""
_CAMPAIGN, _VERSION, _ROW = table_of(CampaignRow).c, table_of(CampaignVersionRow).c, table_of(DecisionRow).c
_BRANDS = select(_CAMPAIGN.id, _VERSION.brand).where(
    _VERSION.campaign_id == _CAMPAIGN.id, _VERSION.version == _CAMPAIGN.version
)
# Answered by the index of e-mails that brought money alone.
_MONEY = (
    select(_ROW.campaign_id, func.sum(_ROW.revenue), func.sum(_ROW.orders - _ROW.unpriced))
    .where(_ROW.revenue > 0)
    .group_by(_ROW.campaign_id)
)


@dataclass(frozen=True)
class UsualOrders:
    """By currency, in 1/10000 of it."""

    amounts: Mapping[str, int] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    """Campaign -> ISO 4217 of its brand."""

    def brought(self, campaign: str, outcome: Outcome) -> Brought:
        """What the orders of one e-mail of that campaign brought."""
        return brought_by(outcome, self.amounts.get(self.currencies.get(campaign, ""), UNITS))


async def usual_orders(session: AsyncSession) -> UsualOrders:
    """By all e-mails that were given orders."""
    currencies = {row.id: row.brand["currency"] for row in (await session.execute(_BRANDS)).all()}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for campaign, revenue, orders in (await session.execute(_MONEY)).all():
        found = sums[currencies.get(campaign, "")]
        found[0] += int(revenue)
        found[1] += int(orders)
    amounts = {currency: _amount(revenue / max(orders, 1)) for currency, (revenue, orders) in sorted(sums.items())}
    return UsualOrders(amounts, currencies)


def _amount(mean: float) -> int:
    return max(1, round(exp2(round(STEPS * log2(mean)) / STEPS)))
