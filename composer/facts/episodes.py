"""Who, on which side, and from when: out of the contact ledger.

An episode is a customer and an occasion (an order, a cart, a run's), however often the campaign came back about it:
the holdout is asked again each day it is due, the mailed once, and nobody may count more often for being held out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.model import Side
from memory.tables import Contact
from store.upsert import table_of

DAY = timedelta(days=1)
AGAIN = timedelta(hours=36)
"""Without an occasion: rows closer than this are one episode, those further apart are several."""
LOOK_BACK = timedelta(days=30)
"""How far before a day it is looked for whether an occasion began earlier. Longer than any rules let a click count."""
NEVER_ASKED = frozenset(
    {"no_consent", "unsubscribed", "complained", "bounced", "topic_off", "erased", "unknown_customer"}
    | {"other_experiment"}
)
"""Reasons that stand before chance: who was skipped for one of these was never a candidate, on either side. Whoever has
their e-mail already was one, and what they said to it afterwards is what came of it."""
_SIDES = {"holdout": Side.HOLDOUT, "global_holdout": Side.GLOBAL_HOLDOUT}
_CONTACT = table_of(Contact).c
CANDIDATES = _CONTACT.reason.not_in(NEVER_ASKED) | _CONTACT.decision.in_(("sent", "withdrawn"))
"""Rows of the ledger that count."""
_OF_CUSTOMERS = (
    select(
        _CONTACT.customer_id,
        _CONTACT.campaign,
        _CONTACT.at,
        _CONTACT.decision,
        _CONTACT.reason,
        _CONTACT.email_id,
        _CONTACT.occasion,
        _CONTACT.flow,
        _CONTACT.experiment,
        _CONTACT.variant,
    )
    .where(
        _CONTACT.customer_id.in_(bindparam("customers", expanding=True)),
        _CONTACT.at >= bindparam("since"),
        _CONTACT.at < bindparam("until"),
        CANDIDATES,
    )
    .order_by(_CONTACT.customer_id, _CONTACT.at, _CONTACT.key)
)
_REACHED = select(_CONTACT.customer_id).where(
    _CONTACT.campaign.in_(bindparam("campaigns", expanding=True)),
    _CONTACT.at >= bindparam("since"),
    _CONTACT.at < bindparam("until"),
    CANDIDATES,
)


def midnight(moment: datetime) -> datetime:
    """The beginning of its day, in UTC."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


class Row(NamedTuple):
    """One row of the ledger, as far as it tells whom a campaign came to."""

    campaign: str
    at: datetime
    decision: str
    reason: str
    email_id: str | None
    occasion: str
    flow: str = ""
    experiment: str = ""
    variant: str = ""

    @property
    def sent(self) -> str:
        """The id of the e-mail that went out; empty where none did."""
        return self.email_id or "" if self.decision == "sent" else ""


@dataclass(slots=True)
class Episode:
    """A campaign came to a customer about one occasion."""

    first: Row
    side: Side
    begins: datetime
    ends: datetime
    """The end of the window, which is not in it."""
    email_ids: tuple[str, ...] = ()
    """The e-mails about it that were sent within the window."""

    def holds(self, moment: datetime) -> bool:
        """Is it within the window?"""
        return self.begins <= moment < self.ends


class Span(NamedTuple):
    """Some days, counted together: from midnight to midnight, UTC."""

    since: datetime
    until: datetime
    """Not in it."""

    def holds(self, moment: datetime) -> bool:
        """Is it in there?"""
        return self.since <= moment < self.until


async def reached(session: AsyncSession, campaigns: Sequence[str], span: Span) -> list[str]:
    """Our ids of those whom a campaign came to then: some 80 bytes each."""
    asked = {"campaigns": list(campaigns), **span._asdict()}
    return sorted((await session.execute(_REACHED.distinct(), asked)).scalars())


async def ledger_of(
    session: AsyncSession, customers: Sequence[str], since: datetime, until: datetime
) -> Mapping[str, list[Row]]:
    """The ledger of these customers within a time, each one's in its order, in one read."""
    found: dict[str, list[Row]] = defaultdict(list)
    span = {"customers": list(customers), "since": since, "until": until}
    for customer_id, *row in await session.execute(_OF_CUSTOMERS, span):
        found[customer_id].append(Row(*row))
    return found


def episodes(rows: Iterable[Row], window: timedelta) -> list[Episode]:
    """One customer's, of all campaigns. `rows` in the order of time."""
    by_campaign: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_campaign[row.campaign].append(row)
    return [one for theirs in by_campaign.values() for one in _of_campaign(theirs, window)]


def _of_campaign(rows: Iterable[Row], window: timedelta) -> list[Episode]:
    made: list[Episode] = []
    last: dict[str, tuple[Episode, datetime]] = {}
    for row in rows:
        known = last.get(row.occasion)
        if known is None or (not row.occasion and row.at - known[1] >= AGAIN):
            known = _begun(made, row, window), row.at
        episode = known[0]
        if row.sent and row.at < episode.ends:
            episode.email_ids += (row.sent,)
        last[row.occasion] = episode, row.at
    # What somebody buys counts once, for what came to them last.
    for one, following in pairwise(made):
        one.ends = min(one.ends, following.begins)
    return made


def _begun(made: list[Episode], row: Row, window: timedelta) -> Episode:
    """A new episode; two occasions at the same moment are one."""
    if made and made[-1].begins == row.at:
        return made[-1]
    made.append(Episode(row, _SIDES.get(row.reason, Side.MAILED), row.at, row.at + window))
    return made[-1]
