"""What the contact ledger says about a step of an occasion: done with, or in somebody's hands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.tables import Contact
from store.upsert import table_of

HELD_OUT = ("holdout", "global_holdout")
"""Reasons for not writing that hold for this occasion: who was held out is not written to about it later. Whoever is
kept for another campaign (`other_experiment`) is still due: for that one."""
IN_HAND = timedelta(days=1)
"""After an e-mail was deferred: until then whoever deferred it sees to it."""
_CONTACT = table_of(Contact).c
_COLUMNS = (_CONTACT.customer_id, _CONTACT.flow, _CONTACT.step, _CONTACT.occasion, _CONTACT.decision, _CONTACT.at)


@dataclass(frozen=True, slots=True)
class Contacted:
    """A customer was written to, held out, or deferred."""

    flow: str
    step: str
    occasion: str
    decision: str
    at: datetime

    def is_about(self, occasion: str, since_at: datetime) -> bool:
        """An e-mail that did not say what occasion it was about counts for the one that there was then."""
        return self.occasion == occasion or (not self.occasion and self.at >= since_at)

    def settles(self, flow: str, step: str, occasion: str, since_at: datetime) -> bool:
        """Is this step of this occasion done with, for good?"""
        done = self.decision != "deferred" and (self.flow, self.step) == (flow, step)
        return done and self.is_about(occasion, since_at)


async def contacted(session: AsyncSession, customers: Iterable[str]) -> Mapping[str, Sequence[Contacted]]:
    """What was sent, held out or deferred, by our customer id."""
    query = select(*_COLUMNS).where(
        _CONTACT.customer_id.in_(customers),
        _CONTACT.decision.in_(("sent", "deferred")) | _CONTACT.reason.in_(HELD_OUT),
    )
    found: defaultdict[str, list[Contacted]] = defaultdict(list)
    for customer, *rest in await session.execute(query):
        found[customer].append(Contacted(*rest))
    return found
