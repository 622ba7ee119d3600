"""Whom a period of the shop's holdout drew, and since when: out of what was known of their consent.

Chance puts every customer on one side, by hash. They are compared from the first moment at which they might have been
written to, but for the holdout: known to the shop, and with a consent that Penfriend knew of then. Up to that moment
nothing is different on the two sides, so it leaves out alike on both of them who could never have been written to.
Afterwards nobody leaves: whoever unsubscribes, complains or bounces is still compared (intention to treat), as more of
the mailed do so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments.assigning import held_out
from composer.experiments.model import Holdout
from composer.results.model import Side
from memory.consent import standing
from memory.tables import ConsentChange, Customer
from store.upsert import table_of

_CUSTOMER, _CHANGE = table_of(Customer).c, table_of(ConsentChange).c
_OWN_MOMENT = frozenset({"granted", "declared", "undeclared"})
"""Kinds of statements; every other is a reason of withdrawing."""
_CUSTOMERS = select(_CUSTOMER.id, _CUSTOMER.external_id, _CUSTOMER.created_at).where(
    _CUSTOMER.id.in_(bindparam("customers", expanding=True)), _CUSTOMER.external_id.is_not(None)
)
_SAID = (
    select(_CHANGE.customer_id, _CHANGE.kind, _CHANGE.at, _CHANGE.recorded_at)
    .where(_CHANGE.customer_id.in_(bindparam("customers", expanding=True)), _CHANGE.about.is_(None))
    .order_by(_CHANGE.customer_id, _CHANGE.recorded_at)
)


class Known(NamedTuple):
    """A customer, and since when the shop knows them."""

    customer_id: str
    customer: str
    """The shop's id."""
    created_at: datetime


class Said(NamedTuple):
    """One statement about marketing e-mail."""

    kind: str
    at: datetime
    recorded_at: datetime


@dataclass(slots=True)
class Stands:
    """What statements add up to: `memory.consent.Statements`, without a row of the database for each customer."""

    granted_at: datetime | None = None
    declared_at: datetime | None = None
    withdrawn_at: datetime | None = None
    undeclared_at: datetime | None = None
    withdrawn_reason: str | None = None
    """Not kept: whoever withdrew may not be written to, whatever the reason."""

    def hear(self, said: Said) -> None:
        """One more of them (`memory.consent.apply`): each moment moves forward, never back."""
        name = f"{said.kind}_at" if said.kind in _OWN_MOMENT else "withdrawn_at"
        present = getattr(self, name)
        if present is None or said.at > present:
            setattr(self, name, said.at)


class Drawn(NamedTuple):
    """Somebody on one side of one period."""

    holdout: Holdout
    customer: str
    side: Side
    since: datetime


async def known(session: AsyncSession, customers: Sequence[str]) -> list[Known]:
    """Those of them who have an id of the shop's."""
    return [Known(*row) for row in (await session.execute(_CUSTOMERS, {"customers": list(customers)})).all()]


async def statements(session: AsyncSession, customers: Sequence[str]) -> Mapping[str, list[Said]]:
    """What each of them said about marketing e-mail, in the order it was recorded."""
    found: dict[str, list[Said]] = defaultdict(list)
    for customer_id, *said in (await session.execute(_SAID, {"customers": list(customers)})).all():
        found[customer_id].append(Said(*said))
    return found


def drawn(who: Known, said: Sequence[Said], periods: Iterable[Holdout]) -> list[Drawn]:
    """On which side of which of these periods they are; of those in which they might ever have been written to."""
    found = []
    for holdout in periods:
        since = writable_since(said, max(holdout.starts_at, who.created_at))
        if since is not None and since < holdout.ends_at:
            side = Side.GLOBAL_HOLDOUT if held_out(holdout, who.customer) else Side.MAILED
            found.append(Drawn(holdout, who.customer, side, since))
    return found


def writable_since(said: Sequence[Said], since: datetime) -> datetime | None:
    """The first moment from `since` on at which they might be written to, by what was recorded until then.

    What is recorded later changes nothing about it, whatever moment it names: nobody moves in or out afterwards.
    `said` in the order it was recorded.
    """
    stands = Stands()
    for recorded, together in groupby(said, key=_recorded):
        if recorded > since and standing(stands).allowed:
            return since
        for one in together:
            stands.hear(one)
        if recorded > since and standing(stands).allowed:
            return recorded
    return since if standing(stands).allowed else None


def _recorded(said: Said) -> datetime:
    return said.recorded_at
