"""What we know about a customer, as of a moment: one read and no work that grows with their past."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.choices import PURPOSES
from memory.fold import FOLD_VERSION
from memory.model import CustomerMemory
from memory.predictions.tables import PredictionRow
from memory.profile import email_index, to_profile
from memory.rebuild import rebuild
from memory.shop import Shop, shop_of
from memory.state import State, empty, micros
from memory.tables import Consent, Customer, MemoryState
from memory.view import to_memory
from store import clock
from store.ids import CustomerId
from store.types import keyring_of
from store.upsert import table_of

_CUSTOMER, _STATE, _PREDICTION, _CONSENT = (
    table_of(kind).c for kind in (Customer, MemoryState, PredictionRow, Consent)
)
_BY_EXTERNAL_ID = (
    select(
        _CUSTOMER.id,
        _CUSTOMER.external_id,
        _CUSTOMER.profile,
        _STATE.fold_version,
        _STATE.state,
        _CONSENT.personalisation_off,
        _CONSENT.predictions_off,
        *(column for column in _PREDICTION if column.name != "customer_id"),
    )
    .outerjoin_from(table_of(Customer), table_of(MemoryState), _STATE.customer_id == _CUSTOMER.id)
    .outerjoin(table_of(PredictionRow), _PREDICTION.customer_id == _CUSTOMER.id)
    .outerjoin(table_of(Consent), _CONSENT.customer_id == _CUSTOMER.id)
    .where(_CUSTOMER.external_id.in_(bindparam("customers", expanding=True)))
)


async def recall(session: AsyncSession, external_id: str, *, as_of: datetime | None = None) -> CustomerMemory | None:
    """The memory of the shop's customer `external_id`; None when there is no such customer.

    `as_of` in the past is what had happened by then, whenever we heard of it: rebuilt from events if anything
    happened since, which then costs as much as there are events.
    """
    return (await recall_many(session, [external_id], as_of=as_of)).get(external_id)


async def recall_many(
    session: AsyncSession, external_ids: Sequence[str], *, as_of: datetime | None = None
) -> dict[str, CustomerMemory]:
    """The memories of those of `external_ids` that exist, in one read. For chunks of some hundred."""
    rows = (await session.execute(_BY_EXTERNAL_ID, {"customers": list(external_ids)})).all()
    shop = await shop_of(session)
    found: dict[str, CustomerMemory] = {}
    for row in rows:
        found[str(row[1])] = await _remember(session, row, as_of, shop)
        # Putting one together takes a millisecond: whoever else is served by this event loop has their turn.
        await asyncio.sleep(0)
    return found


async def find_by_email(session: AsyncSession, email: str) -> list[str]:
    """External ids of the customers with this address, through the blind index."""
    index = email_index(keyring_of(session), email)
    query = select(col(Customer.external_id)).where(
        col(Customer.email_index) == index, col(Customer.external_id).is_not(None)
    )
    return [str(external_id) for external_id in (await session.execute(query)).scalars()]


async def customer_id_of(session: AsyncSession, external_id: str) -> CustomerId | None:
    """Our id of the shop's customer."""
    query = select(col(Customer.id)).where(col(Customer.external_id) == external_id)
    found = (await session.execute(query)).scalar_one_or_none()
    return None if found is None else CustomerId(found)


async def _remember(session: AsyncSession, row: Row[Any], as_of: datetime | None, shop: Shop) -> CustomerMemory:
    state: State = empty() if row.state is None else orjson.loads(row.state)
    traits = orjson.loads(row.profile) if row.profile else {}
    moment = as_of or clock.now()
    if row.fold_version not in (None, FOLD_VERSION) or (as_of is not None and _later(state, as_of)):
        state, traits = await rebuild(session, row.id, as_of=as_of)
    profile = to_profile(traits)
    objects_to = tuple(purpose for purpose in PURPOSES if getattr(row, f"{purpose}_off"))
    return to_memory(
        CustomerId(row.id),
        row.external_id,
        state,
        profile,
        moment,
        shop=shop,
        predicted=row,
        objects_to=objects_to,
    )


def _later(state: State, moment: datetime) -> bool:
    return state["last"] is not None and state["last"] > micros(moment)
