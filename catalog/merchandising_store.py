"""The repository of merchandising: versions that are never changed, and what products cost. Never commits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from catalog.merchandising import Merchandising
from catalog.products import get_many
from catalog.tables import CostRow, MerchandisingRow
from store import clock
from store.errors import Conflict, InvalidInput, NotFound
from store.upsert import insert_or_ignore, insert_or_replace

CHUNK = 500
NONE_YET = 0
"""The version of a shop that never said anything: the empty document."""

LATEST = select(func.max(MerchandisingRow.version))


class UnknownVersion(NotFound):
    """The merchandising never had this version."""

    reason = "unknown_merchandising_version"


class SavedMeanwhile(Conflict):
    """Somebody else saved at the same moment."""

    reason = "merchandising_saved_meanwhile"


class Version(NamedTuple):
    """One version of the document."""

    version: int
    document: Merchandising
    created_at: datetime | None
    """None for the empty document of a shop that has none."""


async def latest(session: AsyncSession) -> int:
    """The number of the current version; 0 before the first."""
    return (await session.execute(LATEST)).scalar_one_or_none() or NONE_YET


async def load(session: AsyncSession, version: int | None = None) -> Version:
    """The current version, or the one asked for. Raises UnknownVersion."""
    last = await latest(session)
    wanted = last if version is None else version
    if wanted == NONE_YET:
        return Version(NONE_YET, Merchandising(), None)
    row = await session.get(MerchandisingRow, wanted)
    if row is None:
        known = f"Versions are 1 to {last}." if last else "None was saved yet."
        raise UnknownVersion(f"The merchandising has no version {wanted}.", fix=known)
    return Version(row.version, Merchandising.model_validate(row.document), row.created_at)


async def save(session: AsyncSession, document: Merchandising) -> Version:
    """Store a new version and make it current; an unchanged document keeps its version. Raises SavedMeanwhile."""
    current = await load(session)
    if current.version != NONE_YET and current.document == document:
        return current
    version, now = current.version + 1, clock.now()
    row = {"version": version, "document": document.model_dump(mode="json"), "created_at": now}
    statement = insert_or_ignore(session, MerchandisingRow).returning(col(MerchandisingRow.version))
    if (await session.execute(statement, row)).scalar_one_or_none() is None:
        raise SavedMeanwhile(
            f"Version {version} was saved by somebody else just now.",
            fix="Read the current version, bring your changes into it, and save again.",
        )
    return Version(version, document, now)


async def history(session: AsyncSession, *, before: int | None = None, limit: int = 50) -> list[Version]:
    """Versions, the newest first, beginning below `before`."""
    query = select(MerchandisingRow).order_by(col(MerchandisingRow.version).desc()).limit(limit)
    if before is not None:
        query = query.where(col(MerchandisingRow.version) < before)
    rows = (await session.execute(query)).scalars()
    return [Version(row.version, Merchandising.model_validate(row.document), row.created_at) for row in rows]


async def unknown_products(session: AsyncSession, document: Merchandising) -> list[str]:
    """Ids the document names and the catalog does not have, in order of their first mention: worth a warning."""
    selectors = [rule.select for rule in document.boosts]
    selectors += [rule.select for rule in document.buries] + [rule.select for rule in document.excludes]
    named = [pin.product for pin in document.pins] + [one for select in selectors for one in select.ids]
    known = await get_many(session, named)
    return [product_id for product_id in dict.fromkeys(named) if product_id not in known]


class CostStamp(NamedTuple):
    """Tells whether costs were saved since it was taken."""

    products: int
    saved_at: datetime | None


async def cost_stamp(session: AsyncSession) -> CostStamp:
    """As of now."""
    counted = await session.execute(select(func.count(), func.max(col(CostRow.updated_at))).select_from(CostRow))
    products, saved_at = counted.one()
    return CostStamp(products, saved_at)


async def costs(session: AsyncSession) -> dict[str, Decimal]:
    """What a unit of each product costs the shop, as far as it said so."""
    rows = await session.execute(select(col(CostRow.product_id), col(CostRow.amount)))
    return {row.product_id: row.amount for row in rows}


async def save_costs(session: AsyncSession, amounts: Mapping[str, Decimal]) -> int:
    """Add costs or replace them. Returns how many there are in all.

    Raises InvalidInput for a negative cost, store.types.BadAmount for one with more than four decimals.
    """
    wrong = next((name for name, amount in amounts.items() if amount < 0), None)
    if wrong is not None:
        raise InvalidInput(
            f"The cost of {wrong!r} is below zero.", pointer=f"/{wrong}", fix="Give it as a positive amount."
        )
    now, items = clock.now(), list(amounts.items())
    for start in range(0, len(items), CHUNK):
        rows = [
            {"product_id": name, "amount": amount, "updated_at": now} for name, amount in items[start : start + CHUNK]
        ]
        await session.execute(insert_or_replace(session, CostRow), rows)
    return int(await session.scalar(select(func.count()).select_from(CostRow)) or 0)
