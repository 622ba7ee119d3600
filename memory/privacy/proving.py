"""Whether somebody is the customer whose page they opened: they name the address that the shop writes to.

A proof of little strength, and meant so: it keeps out whoever comes by a link (a mail scanner, a log, a stranger), not
a friend who knows the address, so that what it opens is told in outline only (`memory.account.outlining`). Guesses are
counted by customer, whatever link they come with.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.privacy.tables import OwnPageTryRow
from memory.profile import email_index
from memory.tables import Customer
from store import clock
from store.errors import NotAllowed
from store.types import keyring_of

MAX_TRIES = 5
"""Wrong addresses in `WINDOW`; after them the right one is refused too."""
WINDOW = timedelta(hours=1)


class TooManyTries(NotAllowed):
    """Too many wrong addresses were named for this customer lately."""

    reason = "too_many_tries"


async def is_theirs(session: AsyncSession, customer_id: str, address: str) -> bool:
    """Is this the address on file? A wrong one is counted: the caller commits in either case. Raises TooManyTries."""
    # Locked, so that guesses that come at once are counted one after another.
    mine = select(Customer).where(col(Customer.id) == customer_id).with_for_update()
    customer = (await session.execute(mine)).scalar_one_or_none()
    if customer is None:
        return False
    now = clock.now()
    if await _tries(session, customer_id, now) >= MAX_TRIES:
        raise TooManyTries("Too many wrong addresses were named.", fix="Try again in an hour.")
    given = email_index(keyring_of(session), address)
    if customer.email_index is not None and hmac.compare_digest(given, customer.email_index):
        return True
    await _note(session, customer_id, now)
    return False


async def _tries(session: AsyncSession, customer_id: str, now: datetime) -> int:
    theirs = col(OwnPageTryRow.customer_id) == customer_id, col(OwnPageTryRow.at) > now - WINDOW
    counted = select(func.count()).select_from(OwnPageTryRow).where(*theirs)
    return int(await session.scalar(counted) or 0)


async def _note(session: AsyncSession, customer_id: str, now: datetime) -> None:
    session.add(OwnPageTryRow(id=f"try_{uuid4().hex}", customer_id=customer_id, at=now))
    old = delete(OwnPageTryRow).where(col(OwnPageTryRow.customer_id) == customer_id)
    await session.execute(old.where(col(OwnPageTryRow.at) <= now - WINDOW))
    await session.flush()
