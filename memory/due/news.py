"""What became cheaper or can be ordered again, as the edge tells it; whoever wants it is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession

from memory.due.moments import NewsKind
from memory.due.rules import PACES
from memory.due.stale import note_change
from memory.due.tables import NewsRow, WantedRow
from store.bulk import insert_rows, read_rows
from store.upsert import table_of

_COLUMNS = ("product_id", "kind", "at", "until_at", "before", "after", "currency")
_NEWS = table_of(NewsRow)
_END = (
    update(_NEWS)
    .where(_NEWS.c.product_id == bindparam("of_product"), _NEWS.c.kind == bindparam("of_kind"))
    .where(_NEWS.c.until_at > bindparam("now"))
    .values(until_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Announced:
    """A product became cheaper or came back; with `over`, that is no news any more: dearer again, or gone."""

    product_id: str
    kind: NewsKind
    before: Decimal | None = None
    after: Decimal | None = None
    currency: str | None = None
    over: bool = False


async def announce(session: AsyncSession, announced: Sequence[Announced], now: datetime) -> None:
    """Take these as of now. Whoever wants one of the products has their agenda made again; each is one occasion."""
    if not announced:
        return
    told = sorted({(one.product_id, one.kind) for one in announced})
    await session.execute(_END, [{"of_product": product, "of_kind": kind, "now": now} for product, kind in told])
    rows: list[Sequence[Any]] = [
        (one.product_id, one.kind, now, now + PACES[one.kind].lasts, one.before, one.after, one.currency)
        for one in announced
        if not one.over
    ]
    await insert_rows(session, NewsRow, _COLUMNS, rows, on_conflict="replace")
    await note_change(session, await _wanting(session, {one.product_id for one in announced}), now)


async def _wanting(session: AsyncSession, products: set[str]) -> set[str]:
    """Our ids of whoever wants one of the products."""
    return {customer for (customer,) in await read_rows(session, WantedRow, ("customer_id",), "product_id", products)}
