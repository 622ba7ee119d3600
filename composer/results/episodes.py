"""Who, on which side, and from when: out of the contact ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.model import Side
from memory.tables import Contact
from store.upsert import table_of

WINDOW = timedelta(days=7)
"""What somebody does for so long after a campaign came to them counts. Version 1 of the rule."""
NEVER_ASKED = frozenset(
    {"no_consent", "unsubscribed", "complained", "bounced", "topic_off", "erased", "unknown_customer"}
)
"""Reasons that stand before chance: these were never candidates, on either side."""
_CONTACT = table_of(Contact).c
_READ_AHEAD = 1_000


@dataclass(slots=True)
class Episode:
    """A campaign came to a customer, after at least a window without it."""

    customer_id: str
    side: Side
    begins: datetime
    email_ids: tuple[str, ...]
    """The e-mails of the window."""

    @property
    def ends(self) -> datetime:
        """The end of the window, which is not in it."""
        return self.begins + WINDOW


async def episodes(session: AsyncSession, campaign: str, since: datetime) -> AsyncIterator[Episode]:
    """Those that begin at `since` or later, by customer. Streams."""
    query = (
        select(_CONTACT.customer_id, _CONTACT.at, _CONTACT.decision, _CONTACT.reason, _CONTACT.email_id)
        .where(_CONTACT.campaign == campaign, _CONTACT.at >= since - WINDOW, _CONTACT.reason.not_in(NEVER_ASKED))
        .order_by(_CONTACT.customer_id, _CONTACT.at)
    )
    rows = await session.stream(query.execution_options(yield_per=_READ_AHEAD))
    customer, last = "", None
    current: Episode | None = None
    async for customer_id, at, decision, reason, email_id in rows:
        if customer_id != customer or last is None or at - last >= WINDOW:
            if current is not None and current.begins >= since:
                yield current
            side = Side.HOLDOUT if reason == "holdout" else Side.MAILED
            current = Episode(customer_id, side, at, ())
        if current is not None and decision == "sent" and email_id and at < current.ends:
            current.email_ids += (email_id,)
        customer, last = customer_id, at
    if current is not None and current.begins >= since:
        yield current
