"""Who, on which side, and from when: out of the contact ledger.

An episode is a customer and an occasion (an order, a cart, a run's), however often the campaign came back about it:
the holdout is asked again each day it is due, the mailed once, and nobody may count more often for being held out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.model import Side
from memory.tables import Contact
from store.upsert import table_of

WINDOW = timedelta(days=7)
"""What somebody does for so long after a campaign came to them counts, or until it comes again."""
AGAIN = timedelta(hours=36)
"""Without an occasion: rows closer than this are one episode, those further apart are several."""
LOOK_BACK = timedelta(days=30)
"""How far before a day it is looked for whether an occasion began earlier."""
NEVER_ASKED = frozenset(
    {"no_consent", "unsubscribed", "complained", "bounced", "topic_off", "erased", "unknown_customer"}
)
"""Reasons that stand before chance: these were never candidates, on either side."""
_CONTACT = table_of(Contact).c
_OF_CUSTOMERS = (
    select(_CONTACT.customer_id, _CONTACT.at, _CONTACT.decision, _CONTACT.reason, _CONTACT.email_id, _CONTACT.occasion)
    .where(
        _CONTACT.customer_id.in_(bindparam("customers", expanding=True)),
        _CONTACT.at >= bindparam("since"),
        _CONTACT.at < bindparam("until"),
        _CONTACT.campaign == bindparam("campaign"),
        _CONTACT.reason.not_in(NEVER_ASKED),
    )
    .order_by(_CONTACT.customer_id, _CONTACT.at)
)


@dataclass(slots=True)
class Episode:
    """A campaign came to a customer about one occasion."""

    customer_id: str
    side: Side
    begins: datetime
    ends: datetime
    """The end of the window, which is not in it."""
    email_ids: tuple[str, ...] = ()
    """The e-mails about it that were sent within the window."""


@dataclass(frozen=True, slots=True)
class _Row:
    at: datetime
    decision: str
    reason: str
    email_id: str | None
    occasion: str


async def reached(session: AsyncSession, campaign: str, day: datetime) -> list[str]:
    """Our ids of those whom the campaign came to within 24 hours from `day`: as many as a day has."""
    query = select(_CONTACT.customer_id).where(
        _CONTACT.campaign == campaign,
        _CONTACT.at >= day,
        _CONTACT.at < day + timedelta(days=1),
        _CONTACT.reason.not_in(NEVER_ASKED),
    )
    return sorted((await session.execute(query.distinct())).scalars())


async def episodes(session: AsyncSession, campaign: str, customers: Sequence[str], day: datetime) -> list[Episode]:
    """Episodes of these customers that begin within 24 hours from `day`, in one read."""
    rows: dict[str, list[_Row]] = defaultdict(list)
    span = {"since": day - LOOK_BACK, "until": day + timedelta(days=1) + WINDOW}
    found = await session.execute(_OF_CUSTOMERS, {"customers": list(customers), "campaign": campaign, **span})
    for customer_id, *row in found:
        rows[customer_id].append(_Row(*row))
    over = day + timedelta(days=1)
    return [one for customer_id, theirs in rows.items() for one in _of(customer_id, theirs) if day <= one.begins < over]


def _of(customer_id: str, rows: Iterable[_Row]) -> list[Episode]:
    """`rows` in the order of time."""
    made: list[Episode] = []
    last: dict[str, tuple[Episode, datetime]] = {}
    for row in rows:
        known = last.get(row.occasion)
        if known is None or (not row.occasion and row.at - known[1] >= AGAIN):
            side = Side.HOLDOUT if row.reason == "holdout" else Side.MAILED
            known = Episode(customer_id, side, row.at, row.at + WINDOW), row.at
            made.append(known[0])
        episode = known[0]
        if row.decision == "sent" and row.email_id and row.at < episode.ends:
            episode.email_ids += (row.email_id,)
        last[row.occasion] = episode, row.at
    # What somebody buys counts once, for what came to them last.
    for one, following in pairwise(made):
        one.ends = min(one.ends, following.begins)
    return made
