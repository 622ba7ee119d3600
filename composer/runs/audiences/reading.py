"""Who satisfies a rule, and who is there at all: one pass over the customers, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, func, literal, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.runs.audiences.judging import NO_FIFTHS, Needs, Person, meant
from composer.runs.audiences.members import Members
from composer.runs.audiences.rules import Rule
from memory.consent import standing
from memory.fold import FOLD_VERSION
from memory.parts.forgetting import without_forgotten
from memory.predictions.tables import PredictionRow
from memory.rebuild import rebuild
from memory.state import empty, micros
from memory.tables import Consent, Contact, Customer, MemoryState
from memory.traits import Fifths, FifthsBuilder
from store.upsert import table_of

READ_AHEAD = 100
"""Customers held at once: the event loop gets its turn after so many, some 10 ms."""
ADDED = 1_000
CUSTOMER, CONSENT, STATE, CONTACT, PREDICTION = (
    table_of(kind).c for kind in (Customer, Consent, MemoryState, Contact, PredictionRow)
)
IS_CUSTOMER: ColumnElement[bool] = CUSTOMER.external_id.is_not(None)
"""Visitors whom the shop has not named have no id to be written to under."""
Progress = Callable[[int, int], None]
"""Hears (customers done, of how many)."""


def silent(done: int, total: int) -> None:
    """Shows nothing."""


async def count_customers(session: AsyncSession) -> int:
    """Customers whom the shop has named."""
    query = select(func.count()).select_from(table_of(Customer)).where(IS_CUSTOMER)
    return int(await session.scalar(query) or 0)


async def add_everyone(session: AsyncSession, members: Members) -> None:
    """Every customer, by their id."""
    query = select(CUSTOMER.external_id).where(IS_CUSTOMER).order_by(CUSTOMER.external_id)
    rows = await session.stream(query.execution_options(yield_per=5_000))
    async for part in rows.partitions():
        members.add(external_id for (external_id,) in part)


async def add_ruled(
    session: AsyncSession, members: Members, rule: Rule, *, past: bool, progress: Progress = silent
) -> None:
    """Those of whom `rule` is true at `members.as_of`, by their id.

    `past` sees memory as it was then: states that know of later events are folded again.
    """
    needs = Needs.of(rule)
    total = await count_customers(session)
    passes = 2 if needs.scores else 1
    fifths = NO_FIFTHS
    if needs.scores:
        people = _people(session, needs, members.as_of, past, lambda done: progress(done, total * passes))
        fifths = await _fifths(people, needs)
    before = total * (passes - 1)
    people = _people(session, needs, members.as_of, past, lambda done: progress(before + done, total * passes))
    found: list[str] = []
    async for person in people:
        if meant(rule, person, fifths):
            found.append(person.external_id)
        if len(found) == ADDED:
            members.add(found)
            found = []
    members.add(found)


async def _people(
    session: AsyncSession, needs: Needs, moment: datetime, past: bool, done: Callable[[int], None]
) -> AsyncIterator[Person]:
    """Every customer, with what the rule needs of them. One statement: all are seen as of one moment."""
    rows = await session.stream(_query(needs).execution_options(yield_per=READ_AHEAD))
    seen = 0
    async for part in rows.partitions():
        for row in part:
            yield await _person(session, row, moment, past, needs)
        seen += len(part)
        done(seen)


def _query(needs: Needs) -> Select[Any]:
    contacted = (
        select(func.max(CONTACT.at))
        .where(CONTACT.customer_id == CUSTOMER.id, CONTACT.decision == "sent")
        .scalar_subquery()
    )
    columns = [
        CUSTOMER.id,
        CUSTOMER.external_id,
        CUSTOMER.locale,
        *(CONSENT[name] for name in ("granted_at", "declared_at", "withdrawn_at", "withdrawn_reason", "undeclared_at")),
        (CUSTOMER.profile if needs.profile else null()).label("profile"),
        (STATE.fold_version if needs.state else literal(FOLD_VERSION)).label("fold_version"),
        (STATE.state if needs.state else null()).label("state"),
        (contacted if needs.contact else null()).label("contacted"),
    ]
    source = table_of(Customer).outerjoin(table_of(Consent), CONSENT.customer_id == CUSTOMER.id)
    if needs.state:
        source = source.outerjoin(table_of(MemoryState), STATE.customer_id == CUSTOMER.id)
    if needs.predictions:
        columns += [PREDICTION[name] for name in ("buy_30d", "buy_60d", "buy_90d", "value_12m", "next_order_at")]
        columns.append(PREDICTION.as_of.label("predicted_at"))
        source = source.outerjoin(table_of(PredictionRow), PREDICTION.customer_id == CUSTOMER.id)
    return select(*columns).select_from(source).where(IS_CUSTOMER).order_by(CUSTOMER.external_id)


async def _person(session: AsyncSession, row: Any, moment: datetime, past: bool, needs: Needs) -> Person:
    state = empty() if row.state is None else orjson.loads(row.state)
    traits = orjson.loads(row.profile) if row.profile else {}
    later = past and state["last"] is not None and state["last"] > micros(moment)
    if row.fold_version not in (None, FOLD_VERSION) or later:
        state, traits = await rebuild(session, row.id, as_of=moment if past else None)
    return Person(
        external_id=row.external_id,
        moment=moment,
        state=without_forgotten(state),
        traits=traits,
        locale=row.locale,
        standing=standing(row),
        contacted=row.contacted,
        predicted=row if needs.predictions else None,
    )


async def _fifths(people: AsyncIterator[Person], needs: Needs) -> Fifths:
    """Of the customers who have ordered, as of the rule's own moment."""
    builder = FifthsBuilder(needs.scores)
    async for person in people:
        builder.see(person.rfm)
    return builder.build()
