"""Who is to be forgotten, and everything they could be found by: gathered before their rows are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import orjson
from sqlalchemy import LargeBinary, Table, exists, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from memory.guests import is_guest
from memory.model import Profile
from memory.privacy.registry import columns_naming, conditions, is_personal
from memory.profile import to_profile
from memory.rebuild import events_of
from memory.tables import Customer, CustomerAlias, Event
from store.crypto import TOKEN_PREFIX_BYTES
from store.evidence import Identifier, Wanted
from store.rotation import encrypted_columns

MAX_TOKENS = 5_000
"""Encrypted values whose beginnings are kept for the proof: enough to notice a page that was not wiped."""
MAX_MESSAGES = 20
"""Message ids of their events that the proof looks for."""


@dataclass(frozen=True, slots=True)
class Person:
    """One customer or visitor, as far as rows name them."""

    customer_id: str | None
    """None for somebody who is in runs or e-mails but not in memory."""
    external_id: str | None
    """None for a visitor."""
    anonymous_ids: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    """See `Whom.known_as`; filled in by whoever has asked `wanted_of`."""

    @property
    def written_to_as(self) -> tuple[str, ...]:
        """See `Whom.written_to_as`: the shop's id, and that of the guest they were before (`memory.guests`).

        Other visitors' ids are left out: nobody writes to those, and one may be the id of another customer.
        """
        guests = (one for one in self.anonymous_ids if is_guest(one) and one != self.external_id)
        return () if self.external_id is None else (self.external_id, *guests)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id under which somebody else may send something about them."""
        return (*(() if self.external_id is None else (self.external_id,)), *self.anonymous_ids)


async def find_person(session: AsyncSession, customer: str) -> Person | None:
    """The bearer of the shop's id `customer`, or of ours (`cus_…`, also a visitor's), or of the guest's id they had
    before they had an account; None where no row names them."""
    by_either = (col(Customer.external_id) == customer) | (col(Customer.id) == customer)
    if is_guest(customer):
        account = select(col(CustomerAlias.customer_id)).where(col(CustomerAlias.anonymous_id) == customer)
        by_either |= col(Customer.id).in_(account)
    # Of two, the shop's own id goes first: a shop may call its customers anything.
    found = select(Customer).where(by_either).order_by(col(Customer.external_id) == customer)
    row = (await session.execute(found)).scalars().all()
    if row:
        aliases = select(col(CustomerAlias.anonymous_id)).where(col(CustomerAlias.customer_id) == row[-1].id)
        return Person(row[-1].id, row[-1].external_id, tuple(sorted((await session.execute(aliases)).scalars())))
    if await _is_named(session, customer):
        return Person(None, customer)
    return None


async def _is_named(session: AsyncSession, customer: str) -> bool:
    """Does a run, an e-mail, an import name somebody whom memory does not know?"""
    for table in filter(is_personal, SQLModel.metadata.sorted_tables):
        for name in columns_naming(table, "external"):
            if await session.scalar(select(exists().where(table.c[name] == customer))):
                return True
    return False


async def wanted_of(session: AsyncSession, person: Person) -> Wanted:
    """What the proof of this erasure looks for: their ids, addresses and names, and the beginnings of what is
    encrypted in their rows."""
    identifiers = [Identifier("customer id", person.external_id)] if person.external_id else []
    identifiers += [Identifier("visitor id", one) for one in person.anonymous_ids]
    if person.customer_id is None:
        return Wanted(tuple(identifiers))
    async for profile in _profiles(session, person.customer_id):
        identifiers += _of_profile(profile)
    traces = await _message_ids(session, person.customer_id)
    tokens = await _tokens(session, person)
    return Wanted(tuple(dict.fromkeys(identifiers)), traces, tokens)


async def _profiles(session: AsyncSession, customer_id: str) -> AsyncIterator[Profile]:
    """As it stands, and as every message told it: an address that was replaced is theirs too."""
    stored = await session.scalar(select(col(Customer.profile)).where(col(Customer.id) == customer_id))
    if stored:
        yield to_profile(orjson.loads(stored))
    async for event in events_of(session, customer_id):
        if event.kind == "identify":
            yield to_profile({name: [0, "", value] for name, value in event.traits.items()})


def _of_profile(profile: Profile) -> Iterable[Identifier]:
    if profile.email:
        yield Identifier("e-mail address", profile.email)
    if profile.phone:
        yield Identifier("phone number", profile.phone)
    if profile.first_name and profile.last_name:
        yield Identifier("name", f"{profile.first_name} {profile.last_name}")


async def _message_ids(session: AsyncSession, customer_id: str) -> tuple[str, ...]:
    theirs = select(col(Event.message_id)).where(col(Event.customer_id) == customer_id)
    found = await session.execute(theirs.order_by(col(Event.at).desc()).limit(MAX_MESSAGES))
    return tuple(found.scalars())


async def _tokens(session: AsyncSession, person: Person) -> frozenset[bytes]:
    """The beginnings of the encrypted values in their rows: version, key and nonce, which no other value shares."""
    tokens: set[bytes] = set()
    for table in filter(is_personal, SQLModel.metadata.sorted_tables):
        for name in encrypted_columns(table):
            tokens |= await _beginnings(session, table, name, person, MAX_TOKENS - len(tokens))
    return frozenset(tokens)


async def _beginnings(session: AsyncSession, table: Table, name: str, person: Person, limit: int) -> set[bytes]:
    beginning = func.substr(type_coerce(table.c[name], LargeBinary), 1, TOKEN_PREFIX_BYTES, type_=LargeBinary)
    found: set[bytes] = set()
    for condition in conditions(table, person):
        rows = await session.execute(select(beginning).where(condition, table.c[name].is_not(None)).limit(limit))
        found |= {bytes(value) for value in rows.scalars()}
    return found
