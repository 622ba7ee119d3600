"""How long memory keeps what: events, searches, visitors, contacts. A step is small, and leaves all that is true true.

Events are folded into the customer's base before they go (`memory.privacy.bases`), so that memory stays what it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.fold import fold
from memory.learned import Learned, load_learned, save_learned
from memory.privacy.bases import SEARCHED, Base, Horizon, base_of, joined, save
from memory.privacy.forgetting import forget
from memory.privacy.people import Person
from memory.privacy.tombstones import share
from memory.profile import ProfileState, fold_profile
from memory.rebuild import events_of
from memory.state import empty
from memory.tables import Contact, Customer
from memory.tables import Event as EventRow
from store.database import Database
from store.upsert import table_of

CUSTOMERS = 100
"""Customers a transaction."""
LEDGER, _LEDGER_VERSION = "ledger, horizon", "1"
"""Under which it is noted, before they go, from when on its rows are there."""
ROWS = 1_000
"""Rows a transaction, where they are deleted and nothing else."""
_EVENT, _CUSTOMER, _CONTACT = table_of(EventRow), table_of(Customer), table_of(Contact)
EventsKind = Literal["events", "searches"]


class RetentionSettings(BaseModel):
    """Days after which each kind goes; None keeps it for ever. The least are what other rules look back on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: int | None = Field(default=None, ge=30)
    """Events, folded into memory first."""
    searches: int | None = Field(default=None, ge=1)
    """Events with what a customer typed into the search box, folded into memory first."""
    visitors: int | None = Field(default=None, ge=1)
    """Visitors who never said who they are, after their last event: everything about them."""
    contacts: int | None = Field(default=None, ge=90)
    """The contact ledger."""
    emails: int | None = Field(default=None, ge=60)
    """E-mails with their revisions and records."""
    decisions: int | None = Field(default=None, ge=180)
    """How e-mails were decided and what came of them: learning and reports rest on it, so 13 months or more. The least
    is a month more than their outcomes can change: up to 45 days until one is sent, 90 until its books are closed."""
    episodes: int | None = Field(default=None, ge=90)
    """What came of campaigns, by customer, and what was bought on which day by those whom the shop's holdout drew:
    comparisons rest on it, so 13 months or more; sums by day stay."""
    recipients: int | None = Field(default=None, ge=30)
    """Who was in a run and its hand-offs, after its end: the numbers stay."""


async def fold_away(database: Database, before: datetime, kind: EventsKind) -> AsyncIterator[int]:
    """Delete the events of a kind that happened before a moment, once they are folded into bases; yields how many,
    a transaction at a time."""
    after = ""
    while True:
        async with database.session() as session:
            await share(session)
            customers = await _with_old_events(session, before, kind, after)
            if not customers:
                return
            # As ingest does: nothing is folded twice, and nothing is lost between reading and deleting.
            locked = select(_CUSTOMER.c.id).where(_CUSTOMER.c.id.in_(customers)).order_by(_CUSTOMER.c.id)
            await session.execute(locked.with_for_update())
            removed = sum([await _fold_one_away(session, customer, before, kind) for customer in customers])
        after = customers[-1]
        yield removed


async def count_events(session: AsyncSession, before: datetime, kind: EventsKind) -> int:
    """How many `fold_away` would delete."""
    return int(await session.scalar(select(func.count()).select_from(_EVENT).where(*_old(before, kind))) or 0)


async def forget_visitors(database: Database, before: datetime) -> AsyncIterator[int]:
    """Forget visitors without a name of whom nothing was heard since a moment; yields how many at a time."""
    while True:
        async with database.session() as session:
            await share(session)
            query = select(_CUSTOMER.c.id).where(_is_stale_visitor(before)).order_by(_CUSTOMER.c.id).limit(CUSTOMERS)
            visitors = list((await session.execute(query.with_for_update())).scalars())
            for visitor in visitors:
                await forget(session, Person(visitor, None))
        if not visitors:
            return
        yield len(visitors)


async def count_visitors(session: AsyncSession, before: datetime) -> int:
    """How many `forget_visitors` would forget."""
    query = select(func.count()).select_from(_CUSTOMER).where(_is_stale_visitor(before))
    return int(await session.scalar(query) or 0)


async def ledger_since(session: AsyncSession) -> datetime | None:
    """The contact ledger is whole from here on; None: it always was."""
    known = await load_learned(session, LEDGER, _LEDGER_VERSION)
    return None if known is None else known.as_of


async def forget_contacts(database: Database, before: datetime) -> AsyncIterator[int]:
    """Delete rows of the contact ledger from before a moment; yields how many at a time."""
    async with database.session() as session:
        known = await ledger_since(session)
        if known is None or known < before:
            await save_learned(session, Learned(LEDGER, _LEDGER_VERSION, before, {}))
    while True:
        async with database.session() as session:
            old = list(
                (await session.execute(select(_CONTACT.c.key).where(_CONTACT.c.at < before).limit(ROWS))).scalars()
            )
            await session.execute(delete(_CONTACT).where(_CONTACT.c.key.in_(old)))
        if not old:
            return
        yield len(old)


async def count_contacts(session: AsyncSession, before: datetime) -> int:
    """How many `forget_contacts` would delete."""
    return int(await session.scalar(select(func.count()).select_from(_CONTACT).where(_CONTACT.c.at < before)) or 0)


def _old(before: datetime, kind: EventsKind) -> Sequence[ColumnElement[bool]]:
    old = _EVENT.c.at < before
    return (old, _EVENT.c.name == SEARCHED) if kind == "searches" else (old,)


async def _with_old_events(session: AsyncSession, before: datetime, kind: EventsKind, after: str) -> list[str]:
    query = select(_EVENT.c.customer_id).where(_EVENT.c.customer_id > after, *_old(before, kind)).distinct()
    return list((await session.execute(query.order_by(_EVENT.c.customer_id).limit(CUSTOMERS))).scalars())


async def _fold_one_away(session: AsyncSession, customer: str, before: datetime, kind: EventsKind) -> int:
    state, profile = empty(), ProfileState()
    gone: list[str] = []
    newest = datetime.min.replace(tzinfo=before.tzinfo)
    async for event in events_of(session, customer, as_of=before):
        if event.at == before or (kind == "searches" and event.name != SEARCHED):
            continue
        fold(state, [event])
        fold_profile(profile, [event])
        gone.append(event.message_id)
        newest = event.at
    horizon = Horizon(searches=newest) if kind == "searches" else Horizon(newest)
    folded, before_that = Base(state, profile, horizon), await base_of(session, customer)
    await save(session, customer, folded if before_that is None else joined(before_that, folded))
    for start in range(0, len(gone), ROWS):
        await session.execute(delete(_EVENT).where(_EVENT.c.message_id.in_(gone[start : start + ROWS])))
    return len(gone)


def _is_stale_visitor(before: datetime) -> Any:
    heard = exists(select(_EVENT.c.message_id).where(_EVENT.c.customer_id == _CUSTOMER.c.id, _EVENT.c.at >= before))
    return _CUSTOMER.c.external_id.is_(None) & (_CUSTOMER.c.created_at < before) & ~heard
