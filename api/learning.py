"""What the catalog may learn from memory, and memory from the catalog: the edge brings them together."""

from __future__ import annotations

import asyncio

import structlog

from catalog.service import Catalog
from catalog.signals import Learned, learn_signals
from catalog.view import CatalogView
from memory.baskets import baskets
from memory.lines import ProductHints
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.learning")

LEARN_EVERY_S = 3600.0
"""What is bought together and what is popular changes over days; learning reads every order."""


async def learn(database: Database) -> Learned:
    """Learn anew, from all orders in memory, what is bought together and what is popular."""
    async with database.session(readonly=True) as orders, database.session() as session:
        return await learn_signals(session, baskets(orders))


async def keep_learning(database: Database, catalog: Catalog) -> None:
    """Learn anew every hour, and let the catalog see it. Ends only when cancelled."""
    while True:
        await asyncio.sleep(LEARN_EVERY_S)
        try:
            await learn(database)
            await catalog.reload()
        except Unavailable as error:
            log.warning("learning_failed", reason=error.reason, fix=error.fix)


class Hints:
    """Product data for events that come without it; `memory.lines.Enrich`. Follows the catalog's refreshes."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._view: CatalogView | None = None
        self._known: dict[str, ProductHints] = {}

    def __call__(self, product_id: str) -> ProductHints | None:
        """What the catalog knows now; None for a product it does not have."""
        if self._view is not self._catalog.view:
            self._view, self._known = self._catalog.view, {}
        found = self._catalog.view.row_of.get(product_id)
        if found is None:
            # Not kept: ids of strangers must not fill the memory.
            return None
        if product_id not in self._known:
            self._known[product_id] = _hints(self._catalog.view, found)
        return self._known[product_id]


def _hints(view: CatalogView, row: int) -> ProductHints:
    product = view.product(row)
    named = {"color": product.color, "size": product.size, "material": product.material}
    return ProductHints(
        name=product.title,
        category=product.category(),
        brand=product.brand,
        price=product.current_price(clock.now()),
        attributes={name: value for name, value in named.items() if value},
    )
