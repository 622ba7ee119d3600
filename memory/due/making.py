"""Agendas kept up with what changed: whoever was noted is taken in batches, and only what differs is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from memory.consent import standing
from memory.due.agenda import agenda
from memory.due.contacted import Contacted, contacted
from memory.due.following import end_the_past, follow_rules, follow_shop
from memory.due.moments import Moment, News, Whom
from memory.due.rules import DueRules
from memory.due.tables import AgendaRow, NewsRow, StaleRow, WantedRow
from memory.due.wants import wanted
from memory.fold import FOLD_VERSION
from memory.parts.forgetting import without_forgotten
from memory.profile import CORRECTED, to_profile
from memory.rebuild import rebuild
from memory.shop import Shop, shop_of
from memory.state import moment_of
from memory.tables import Consent, Customer, MemoryState
from store.bulk import insert_rows, read_rows
from store.database import Database
from store.upsert import table_of

BATCH = 250
"""Customers a transaction: on SQLite nobody else writes meanwhile, on PostgreSQL their ingests wait."""
_AGENDA = ("customer_id", "flow", "occasion", "step", "since_at", "from_at", "until_at", "product_id", "consented")
_KEY = ("customer_id", "flow", "occasion", "step")
_WANTED = ("product_id", "customer_id", "at")
_STATEMENTS = ("granted_at", "declared_at", "withdrawn_at", "withdrawn_reason", "undeclared_at")
_CUSTOMER, _CONSENT, _STATE = table_of(Customer), table_of(Consent), table_of(MemoryState)
_PEOPLE = select(
    _CUSTOMER.c.id,
    _CUSTOMER.c.profile,
    _STATE.c.fold_version,
    _STATE.c.state,
    *(_CONSENT.c[name] for name in _STATEMENTS),
).select_from(
    _CUSTOMER.join(_STATE, _STATE.c.customer_id == _CUSTOMER.c.id).outerjoin(
        _CONSENT, _CONSENT.c.customer_id == _CUSTOMER.c.id
    )
)
Row = tuple[Any, ...]
Progress = Callable[[int], None]
"""Hears how many agendas were made so far."""


def unseen(made: int) -> None:
    """Progress for nobody."""


async def keep_up(
    database: Database, rules: DueRules, now: datetime, *, most: int | None = None, progress: Progress = unseen
) -> int:
    """Make the agendas of everyone of whom something changed, in transactions of `BATCH`; how many that were.

    `most`: about how many at once; the others are left for the next time. Where the rules are not those that agendas
    were made by, everyone's is made anew. Safe to be called by several processes at once: each takes its own.
    """
    async with database.session() as session:
        await follow_rules(session, rules, now)
        await follow_shop(session, now)
        await end_the_past(session, now)
    made = 0
    while most is None or made < most:
        async with database.session() as session:
            customers = await _take(session, BATCH)
            if not customers:
                break
            await _make(session, customers, rules, now)
        made += len(customers)
        progress(made)
    return made


async def _take(session: AsyncSession, most: int) -> list[str]:
    """Some customers to make agendas of. Until the end of the transaction nobody else takes or notes them."""
    noted = select(col(StaleRow.customer_id)).order_by(col(StaleRow.customer_id)).limit(most)
    found = list((await session.execute(noted.with_for_update(skip_locked=True))).scalars())
    await session.execute(delete(StaleRow).where(col(StaleRow.customer_id).in_(found)))
    return found


async def _make(session: AsyncSession, customers: Sequence[str], rules: DueRules, now: datetime) -> None:
    people = await _people(session, customers)
    wants = {customer: wanted(whom) for customer, whom in people.items()}
    news = await _news(session, {product for theirs in wants.values() for product in theirs}, now)
    settled = await contacted(session, customers)
    agendas: set[Row] = set()
    wishes: set[Row] = set()
    for customer, whom in people.items():
        theirs = {product: news[product] for product in wants[customer] if product in news}
        moments = agenda(replace(whom, news=theirs), rules, now)
        consented, done = whom.consented_at is not None, settled[customer]
        agendas |= {_row(customer, moment, consented) for moment in moments if not _is_done(moment, done)}
        wishes |= {(product, customer, moment_of(at)) for product, (at, _) in wants[customer].items()}
    await _replace(session, AgendaRow, _AGENDA, _KEY, customers, agendas)
    await _replace(session, WantedRow, _WANTED, _WANTED[:2], customers, wishes)


async def _people(session: AsyncSession, customers: Sequence[str]) -> dict[str, Whom]:
    """Those of them that the shop has a name for, and who did not say no."""
    shop = await shop_of(session)
    query = _PEOPLE.where(_CUSTOMER.c.id.in_(customers), _CUSTOMER.c.external_id.is_not(None))
    found: dict[str, Whom] = {}
    for row in (await session.execute(query)).all():
        stands = standing(row)
        if stands.allowed or stands.reason == "no_consent":
            found[row.id] = await _whom(session, row, shop, stands.since if stands.allowed else None)
    return found


async def _whom(session: AsyncSession, row: Any, shop: Shop, consented_at: datetime | None) -> Whom:
    if row.fold_version == FOLD_VERSION:
        state, traits = orjson.loads(row.state), orjson.loads(row.profile) if row.profile else {}
    else:
        state, traits = await rebuild(session, row.id)
    profile = to_profile({name: traits[name] for name in ("birthday", "timezone", CORRECTED) if name in traits})
    return Whom(without_forgotten(state), profile.birthday, profile.timezone, consented_at, shop)


async def _news(session: AsyncSession, products: set[str], now: datetime) -> Mapping[str, Sequence[News]]:
    """What is news now, of these products."""
    columns = ("product_id", "kind", "at", "until_at")
    found: dict[str, list[News]] = defaultdict(list)
    for row in await read_rows(session, NewsRow, columns, "product_id", products):
        if row[3] > now:
            found[row[0]].append(News(*row))
    return found


def _is_done(moment: Moment, contacts: Sequence[Contacted]) -> bool:
    return any(one.settles(moment.flow, moment.step, moment.occasion, moment.since_at) for one in contacts)


def _row(customer: str, moment: Moment, consented: bool) -> Row:
    """In the order of `_AGENDA`."""
    at = (moment.since_at, moment.from_at, moment.until_at)
    return (customer, moment.flow, moment.occasion, moment.step, *at, moment.product_id, consented)


async def _replace(
    session: AsyncSession,
    model: type[SQLModel],
    columns: tuple[str, ...],
    key: tuple[str, ...],
    customers: Sequence[str],
    rows: set[Row],
) -> None:
    """Let `rows` be all that there are of these customers; what is there already is not written again."""
    before = set(await read_rows(session, model, columns, "customer_id", customers))
    gone, come = before - rows, rows - before
    if gone:
        table = table_of(model)
        places = [columns.index(name) for name in key]
        statement = delete(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in key))
        keys = [{f"of_{name}": row[place] for name, place in zip(key, places, strict=True)} for row in gone]
        await session.execute(statement, keys)
    await insert_rows(session, model, columns, sorted(come))
