"""Where an e-mail's picks will stand: the shop's merchandising as the brief narrows it, the cart, what was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.merchandising import Merchandising, Narrowing, Placement, narrowed
from catalog.merchandising_store import NONE_YET, Version, latest, load
from catalog.model import PickKind
from composer.campaigns import CampaignVersion
from composer.emails import exposures
from composer.policies import free_shipping_over
from memory.model import CustomerMemory
from prompts.model import Flow


@dataclass(frozen=True, slots=True)
class Steering:
    """What the merchandiser wants of one e-mail."""

    document: Merchandising = field(default_factory=Merchandising)
    version: int = NONE_YET
    shown: tuple[tuple[str, datetime], ...] = ()
    """(product id, when) of what this customer was shown within the days of the cap."""


class Merchandise:
    """The current merchandising of one database, read and validated once a version, narrowed once a campaign."""

    def __init__(self) -> None:
        self._current = Version(NONE_YET, Merchandising(), None)
        self._narrowed: dict[str, tuple[int, Merchandising]] = {}

    async def steering(
        self,
        session: AsyncSession,
        version: CampaignVersion,
        customers: Sequence[str],
        now: datetime,
        *,
        number: int | None = None,
    ) -> dict[str, Steering]:
        """For an e-mail of this campaign to each of these customers, in at most two reads; in one where the `number` of
        the current version is known."""
        number = await latest(session) if number is None else number
        if number != self._current.version:
            self._current, self._narrowed = await load(session, number), {}
        document = self._for(version)
        cap = document.show_cap
        shown = await exposures(session, customers, now - timedelta(days=cap.days)) if cap else {}
        return {customer: Steering(document, number, tuple(shown.get(customer, ()))) for customer in customers}

    def _for(self, version: CampaignVersion) -> Merchandising:
        """The same object for the same versions: what is looked up for it in the catalog is kept by identity."""
        by = version.campaign.brief.merchandising
        if by == Narrowing():
            return self._current.document
        known = self._narrowed.get(version.campaign.id)
        if known is None or known[0] != version.version:
            known = self._narrowed[version.campaign.id] = (version.version, narrowed(self._current.document, by))
        return known[1]


def placement_for(version: CampaignVersion, flow: Flow, memory: CustomerMemory, steering: Steering) -> Placement:
    """What picks must know of their place beside the limits."""
    lead: tuple[PickKind, ...] = flow.picks.lead  # type: ignore[assignment]  # the library allows no other words
    units: Counter[str] = Counter()
    for line in memory.cart:
        units[line.product_id] += max(line.quantity, 1)
    return Placement(
        merchandising=steering.document,
        version=steering.version,
        flow=flow.name,
        campaign=version.campaign.id,
        lead=lead,
        shown=steering.shown,
        cart=tuple(units.items()),
        free_over=free_shipping_over(version.brand.policies),
        locale=version.brand.locale,
    )
