"""Where an import waits until it was read to its end and judged: rows it would write, products it would take away.

Reading a feed of 100,000 products takes a minute, and SQLite has one writer. So rows are staged in small transactions,
and applied by two statements in one: 2 s for 100,000 new products on SQLite, 3 s for 100,000 changed ones. Whoever
composes meanwhile waits for that at most, a crash leaves the shop as it was, and an import that is held back is there,
whole, for whichever process releases it. What did not change is not staged.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, literal, select, text, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import products
from catalog.feeds.report import ImportReport, RowIssue
from catalog.feeds.seen import Seen
from catalog.model import Product
from catalog.products import Known
from catalog.tables import CostRow, MissingRow, ProductRow, StagedCostRow, StagedRow
from store import clock
from store.database import Database
from store.types import UtcDateTime
from store.upsert import insert_or_replace, table_of

_product, _staged, _missing = table_of(ProductRow), table_of(StagedRow), table_of(MissingRow)
_cost, _staged_cost = table_of(CostRow), table_of(StagedCostRow)
PAGE = 2_000
"""Rows read or deleted at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """A product that was read, and the line it stands in."""

    line: int
    product: Product
    cost: Decimal | None = None
    """What a unit costs the shop, where the feed says so."""


def _is_sellable(product: Product | Known) -> bool:
    """In stock and priced, as `catalog.columns` has it."""
    there = product.availability == "in_stock" and (product.stock is None or product.stock > 0)
    return there and bool(product.price) and bool(product.currency)


def _sellable() -> ColumnElement[bool]:
    """The same of a row."""
    columns = _product.c
    in_stock = (columns.availability == "in_stock") & (columns.stock.is_(None) | (columns.stock > 0))
    return columns.active & in_stock & (columns.price > 0) & columns.currency.is_not(None)


class Staging:
    """One import on its way in. It counts into `report` what it would do."""

    def __init__(self, database: Database, report: ImportReport) -> None:
        self._database = database
        self._report = report
        self._full = report.mode == "full"
        self._log_ratios = 0.0
        self._priced = 0

    async def begin(self) -> None:
        """Count what there is to lose."""
        query = select(func.count()).select_from(_product).where(_sellable())
        if self._full:
            query = query.where(self._ours())
        async with self._database.session(readonly=True) as session:
            self._report.sellable_before = self._report.sellable_after = await session.scalar(query) or 0

    def price_factor(self) -> float | None:
        """The geometric mean of new over old prices; None where no product has both."""
        return math.exp(self._log_ratios / self._priced) if self._priced else None

    async def add(self, rows: Sequence[Row]) -> None:
        """Stage what is new or changed of `rows`, whose ids are all different."""
        async with self._database.session(readonly=True) as session:
            there = await products.known(session, [row.product.id for row in rows])
            costs = await self._new_costs(session, [row for row in rows if self._is_ours(there.get(row.product.id))])
        staged = [
            values | {"import_id": self._report.id}
            for row in rows
            if (values := self._weigh(row, there.get(row.product.id))) is not None
        ]
        await self._insert(_staged, staged)
        await self._insert(_staged_cost, costs)

    async def _new_costs(self, session: AsyncSession, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Costs to write: those that are not known as they are."""
        said = {row.product.id: row.cost for row in rows if row.cost is not None}
        self._report.costs += len(said)
        query = select(_cost.c.product_id, _cost.c.amount).where(_cost.c.product_id.in_(list(said)))
        known = {row.product_id: row.amount for row in await session.execute(query)} if said else {}
        return [
            {"import_id": self._report.id, "product_id": product_id, "amount": amount}
            for product_id, amount in said.items()
            if known.get(product_id) != amount
        ]

    async def add_missing(self, seen: Seen) -> None:
        """Stage the end of every product of this feed that it did not bring."""
        after = ""
        while page := await self._page(after):
            after = page[-1][0]
            there = await asyncio.to_thread(seen.among, [product_id for product_id, _ in page])
            gone = [(product_id, sellable) for product_id, sellable in page if product_id not in there]
            self._report.removed += len(gone)
            self._report.sellable_after -= sum(sellable for _, sellable in gone)
            await self._insert(_missing, [{"import_id": self._report.id, "product_id": one} for one, _ in gone])

    async def _page(self, after: str) -> list[tuple[str, bool]]:
        query = select(_product.c.id, _sellable()).where(_product.c.active, self._ours(), _product.c.id > after)
        async with self._database.session(readonly=True) as session:
            found = await session.execute(query.order_by(_product.c.id).limit(PAGE))
            return [(product_id, bool(sellable)) for product_id, sellable in found]

    async def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            async with self._database.session() as session:
                await session.execute(insert(table), rows)

    def _ours(self) -> ColumnElement[bool]:
        """Products that a full import may take away."""
        return owned_by(self._report.feed_id)

    def _weigh(self, row: Row, before: Known | None) -> dict[str, Any] | None:
        """The row to write, or None where nothing changed or the product is another feed's."""
        report, product = self._report, row.product
        if before is not None and not self._is_ours(before):
            report.reject(_not_ours(row, before.feed_id))
            return None
        owner = report.feed_id if self._full else before and before.feed_id
        digest = products.content_hash(product)
        same = before is not None and before.active and before.content_hash == digest
        self._count(product, before, same)
        if same and before is not None and before.feed_id == owner:
            return None
        return products.values_of(product, digest, before, owner)

    def _is_ours(self, before: Known | None) -> bool:
        """Not a product that another feed sells."""
        taken = before is not None and before.active and before.feed_id not in (None, self._report.feed_id)
        return not (self._full and taken)

    def _count(self, product: Product, before: Known | None, same: bool) -> None:
        report = self._report
        counted = before is not None and before.active and (not self._full or before.feed_id == report.feed_id)
        report.sellable_after += _is_sellable(product) - bool(counted and before and _is_sellable(before))
        report.imported += before is None
        report.unchanged += same
        report.changed += before is not None and not same
        if before is None:
            return
        self._compare_prices(product, before)
        if before.active and not same:
            report.price_changes += _prices(product) != _prices(before)
            report.stock_changes += (product.availability, product.stock) != (before.availability, before.stock)

    def _compare_prices(self, product: Product, before: Known) -> None:
        if product.price and before.price and product.currency == before.currency:
            self._log_ratios += math.log(product.price / before.price)
            self._priced += 1


def _prices(product: Product | Known) -> tuple[Decimal | None, Decimal | None, str | None]:
    return product.price, product.sale_price, product.currency


def _not_ours(row: Row, owner: str | None) -> RowIssue:
    return RowIssue(
        line=row.line,
        product_id=row.product.id,
        field="id",
        reason=f"The product belongs to the feed {owner!r}.",
        fix="Leave it out of one of the two, or let this feed be a delta feed.",
    )


def owned_by(feed_id: str | None) -> ColumnElement[bool]:
    """Products of one feed; of None, those that came in by no full feed."""
    return _product.c.feed_id.is_(None) if feed_id is None else _product.c.feed_id == feed_id


async def apply(session: AsyncSession, report: ImportReport) -> None:
    """Put everything that was staged into the shop, all in this transaction."""
    now = clock.now()
    names = [column.name for column in _product.c]
    # The moment of change is now, not when it was staged: who reads what changed since must not miss it.
    values = [literal(now, UtcDateTime) if name == "updated_at" else _staged.c[name] for name in names]
    staged = select(*values).where(_staged.c.import_id == report.id)
    await session.execute(insert_or_replace(session, ProductRow).from_select(names, staged))
    if session.get_bind().dialect.name == "postgresql" and report.imported + report.changed >= PAGE:
        # Until autovacuum comes by, PostgreSQL takes a table that was just filled for empty, and reads all of it for
        # every 500 products: 0.7 s each time, with 20,000 products.
        await session.execute(text("ANALYZE product"))
    costs = select(_staged_cost.c.product_id, _staged_cost.c.amount, literal(now, UtcDateTime))
    costs = costs.where(_staged_cost.c.import_id == report.id)
    saved = insert_or_replace(session, CostRow).from_select(["product_id", "amount", "updated_at"], costs)
    await session.execute(saved)
    gone = select(_missing.c.product_id).where(_missing.c.import_id == report.id)
    off_the_shelf = update(_product).where(_product.c.id.in_(gone), owned_by(report.feed_id))
    await session.execute(off_the_shelf.values(active=False, updated_at=now))
    # All there is of a small import, which needs no transaction more then.
    await _discard_some(session, report.id)


async def discard(database: Database, import_id: str) -> None:
    """Let go of what is staged, in small transactions."""
    waiting = (_staged, _staged_cost, _missing)
    anything = union_all(*(select(literal(1)).where(table.c.import_id == import_id) for table in waiting))
    while True:
        async with database.session(readonly=True) as session:
            if (await session.execute(anything.limit(1))).first() is None:
                return
        async with database.session() as session:
            await _discard_some(session, import_id)


async def _discard_some(session: AsyncSession, import_id: str) -> None:
    """The first rows of each table, in the order of their keys: a range costs the same whatever a planner believes."""
    keys = ((_staged, _staged.c.id), (_staged_cost, _staged_cost.c.product_id), (_missing, _missing.c.product_id))
    for table, key in keys:
        mine = table.c.import_id == import_id
        end = await session.scalar(select(key).where(mine).order_by(key).offset(PAGE).limit(1))
        await session.execute(delete(table).where(mine, *(() if end is None else (key < end,))))
