"""Whose events are these? User ids, anonymous ids, and visitors who turn out to be known customers.

An anonymous id belongs to the first user it is seen with, in one event or by an `alias`. What its visitor did before
then moves over to that user: the events, and the folded state, which merges exactly (`memory.merging.merge`). Two
customers with user ids of their own stay two (`memory.aliasing` says why).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from memory import choices
from memory.events import Event
from memory.guests import is_guest
from memory.tables import Consent, ConsentChange, Contact, Customer, CustomerAlias, MemoryState
from memory.tables import Event as EventRow
from memory.words.tables import WordsReading
from store.bulk import insert_rows, lock_rows, read_rows
from store.ids import new_customer_id
from store.upsert import insert_or_ignore, table_of

MOVED = (EventRow, ConsentChange, Contact, CustomerAlias, WordsReading)
"""Rows that follow a visitor to the customer they turned out to be. State and consent merge instead."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Customer ids by the shop's ids, and visitors to merge: (visitor's customer id, customer id)."""

    users: Mapping[str, str]
    visitors: Mapping[str, str]
    merges: Sequence[tuple[str, str]]

    def of(self, event: Event) -> str:
        """The customer an event belongs to."""
        if event.user_id is not None:
            return self.users[event.user_id]
        assert event.anonymous_id is not None  # `events.parse` refuses messages without either
        return self.visitors[event.anonymous_id]


async def resolve(session: AsyncSession, events: Sequence[Event], now: datetime) -> Owners:
    """The customers of these events, made where they are new and locked until the transaction ends.

    Locks are taken in the order of ids, so that two ingests never wait for each other in a circle.
    """
    pairs = pairs_of(events)
    wanted_users = {event.user_id for event in events if event.user_id is not None}
    wanted_visitors = {one for event in events for one in event.known_before_as}
    while True:
        users = await _users(session, wanted_users, now)
        aliases = await _aliases(session, wanted_visitors, pairs, users, now)
        involved = {*users.values(), *(alias.customer_id for alias in aliases.values())}
        # Someone else may have merged a visitor away between our reading the alias and getting the lock.
        if await lock_rows(session, Customer, "id", involved) == involved:
            break
    moved = _moved(pairs, aliases, users)
    return Owners(
        users={user: _last(moved, customer) for user, customer in users.items()},
        visitors={anonymous: _last(moved, alias.customer_id) for anonymous, alias in aliases.items()},
        merges=sorted((visitor, _last(moved, visitor)) for visitor in moved),
    )


@dataclass(frozen=True, slots=True)
class Alias:
    """Whose an anonymous id is."""

    customer_id: str
    named: bool
    """Does the customer have a user id, other than a guest's?"""


def pairs_of(events: Iterable[Event]) -> dict[str, str]:
    """Anonymous id -> the user it is first seen with."""
    pairs: dict[str, str] = {}
    both = (event for event in events if event.user_id is not None and event.known_before_as)
    for event in sorted(both, key=lambda event: (event.at, event.message_id)):
        for anonymous in event.known_before_as:
            pairs.setdefault(anonymous, str(event.user_id))
    return pairs


def _moved(pairs: Mapping[str, str], aliases: Mapping[str, Alias], users: Mapping[str, str]) -> dict[str, str]:
    """Visitor's customer id -> the customer they turned out to be, who may be a guest that is somebody else by now.

    Nobody becomes themselves: a guest's id may come as `anonymousId` and as `userId`, and a visitor who became a guest
    is seen with that guest's id again.
    """
    moved: dict[str, str] = {}
    for anonymous, user in sorted(pairs.items()):
        visitor, customer = aliases[anonymous], _last(moved, users[user])
        if not visitor.named and visitor.customer_id != customer:
            moved[visitor.customer_id] = customer
    return moved


def _last(moved: Mapping[str, str], customer: str) -> str:
    """Where the way of a customer ends. There are no circles: each step led to where a way had ended."""
    while customer in moved:
        customer = moved[customer]
    return customer


async def _users(session: AsyncSession, wanted: set[str], now: datetime) -> dict[str, str]:
    found = await find_users(session, wanted)
    # A guest who has an account by now is that account.
    accounts = await find_aliases(session, {user for user in wanted - found.keys() if is_guest(user)})
    found |= {guest: alias.customer_id for guest, alias in accounts.items()}
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    rows = [(new_customer_id(), user, now) for user in missing]
    await insert_rows(session, Customer, ("id", "external_id", "created_at"), rows, on_conflict="ignore")
    # Read back rather than trust our ids: another ingest may have made them first.
    return found | await find_users(session, set(missing))


async def find_users(session: AsyncSession, wanted: set[str]) -> dict[str, str]:
    """Customer ids of those users who are known."""
    return dict(await read_rows(session, Customer, ("external_id", "id"), "external_id", wanted))


async def _aliases(
    session: AsyncSession, wanted: set[str], pairs: dict[str, str], users: dict[str, str], now: datetime
) -> dict[str, Alias]:
    found = await find_aliases(session, wanted)
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    guests = await find_users(session, {anonymous for anonymous in missing if is_guest(anonymous)})
    strangers = {one: guests.get(one) or str(new_customer_id()) for one in missing if one not in pairs}
    if strangers:
        rows = [(customer, one if is_guest(one) else None, now) for one, customer in strangers.items()]
        await insert_rows(session, Customer, ("id", "external_id", "created_at"), rows, on_conflict="ignore")
    owners = strangers | {one: guests.get(one) or users[pairs[one]] for one in missing if one in pairs}
    links = [(anonymous, owners[anonymous]) for anonymous in missing]
    await insert_rows(session, CustomerAlias, ("anonymous_id", "customer_id"), links, on_conflict="ignore")
    linked = await find_aliases(session, set(missing))
    lost = [customer for anonymous, customer in strangers.items() if linked[anonymous].customer_id != customer]
    if lost:
        await session.execute(delete(Customer).where(col(Customer.id).in_(lost)))
    return found | linked


async def find_aliases(session: AsyncSession, wanted: set[str]) -> dict[str, Alias]:
    """Those anonymous ids that are known."""
    if not wanted:
        return {}
    query = (
        select(col(CustomerAlias.anonymous_id), col(Customer.id), col(Customer.external_id))
        .join(Customer, col(Customer.id) == col(CustomerAlias.customer_id))
        .where(col(CustomerAlias.anonymous_id).in_(wanted))
    )
    rows = (await session.execute(query)).all()
    return {one: Alias(customer, user is not None and not is_guest(user)) for one, customer, user in rows}


async def move(session: AsyncSession, visitor: str, customer: str, now: datetime) -> None:
    """Hand everything but the folded state of `visitor` to `customer`, and forget the visitor."""
    own = table_of(Customer)
    await session.execute(update(own).where(own.c.id == customer).values(merged_at=now))
    for model in MOVED:
        await _repoint(session, model, visitor, customer)
    await _merge_consent(session, visitor, customer)
    for gone in (MemoryState, Consent):
        table = table_of(gone)
        await session.execute(delete(table).where(table.c.customer_id == visitor))
    await session.execute(delete(Customer).where(col(Customer.id) == visitor))


async def _repoint(session: AsyncSession, model: type[SQLModel], visitor: str, customer: str) -> None:
    table: Table = table_of(model)
    statement = update(table).where(table.c.customer_id == visitor).values(customer_id=customer)
    await session.execute(statement)


async def _merge_consent(session: AsyncSession, visitor: str, customer: str) -> None:
    """The later of each kind of statement; the reason travels with its withdrawal."""
    theirs = await _consent(session, visitor)
    if theirs is None:
        return
    ours = await _consent(session, customer) or dict.fromkeys(theirs)
    merged: dict[str, Any] = {"customer_id": customer}
    for name in ("granted_at", "declared_at", "undeclared_at"):
        merged[name] = max((at for at in (ours[name], theirs[name]) if at is not None), default=None)
    withdrawals = [(row["withdrawn_at"], row["withdrawn_reason"]) for row in (ours, theirs) if row["withdrawn_at"]]
    merged["withdrawn_at"], merged["withdrawn_reason"] = max(withdrawals, default=(None, None))
    merged |= choices.columns_of(choices.merged(ours["choices"], theirs["choices"]))
    table = table_of(Consent)
    await session.execute(delete(table).where(table.c.customer_id == customer))
    await session.execute(insert_or_ignore(session, Consent), [merged])


async def _consent(session: AsyncSession, customer: str) -> dict[str, Any] | None:
    table = table_of(Consent)
    row = (await session.execute(select(table).where(table.c.customer_id == customer))).mappings().first()
    return None if row is None else dict(row)
