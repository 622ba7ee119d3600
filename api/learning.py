"""What the catalog may learn from memory, and memory from the catalog: the edge brings them together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import structlog

from api.guarding import guard
from api.middleware import where_it_broke
from catalog.keeper import Progress
from catalog.learning.interactions import KINDS, Interactions, InteractionsBuilder, seconds
from catalog.learning.model import Report
from catalog.learning.orders import baskets_of, orders_of
from catalog.service import Catalog
from catalog.signals import Learned, learn_signals
from catalog.view import CatalogView
from composer.bandit.learning import learn_decisions
from composer.facts.updating import update_facts
from composer.harm.model import Limits
from composer.reports.reading import learn_reports
from composer.results.spending import learn_spending
from memory.baskets import count_orders, happenings
from memory.learning import Progress as Jobs
from memory.learning import learn_from_memory, unseen
from memory.lines import ProductHints
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.learning")

LEARN_EVERY_S = 3600.0
"""What is bought together and what is popular changes over days; learning reads every order."""
TRAIN_EVERY = timedelta(days=1)
COUNTED_WITHIN = timedelta(minutes=45)
"""Of several processes that learn every hour, one counts results."""
GROWN = 1.1
"""Times the orders a ranker was trained on, from which another is worth its minute."""
LOOK_EVERY_S = 60.0
"""How often it is looked whether a shop that knew nothing has got a history. Not at once: pulls come first."""
LOOKING_SHARE = 0.01
"""Of the time, looking: where counting takes long, it is done more seldom."""
FIRST = 2
"""Times the orders there were when it was learned last, from which learning does not wait for its hour."""
ENOUGH_ORDERS = 10_000
"""From here the hour is soon enough."""


async def gather(database: Database) -> Interactions:
    """All that happened between customers and products, in memory: some 20 bytes a line of an order or a view."""
    builder = InteractionsBuilder()
    async with database.session(readonly=True) as session:
        async for one in happenings(session):
            builder.add(one.customer, one.product_id, seconds(one.at), KINDS.index(one.kind), one.quantity)
    return await asyncio.to_thread(builder.build)


async def learn(database: Database) -> Learned:
    """Learn anew, from all orders in memory, what is bought together and what is popular, and what memory teaches."""
    await learn_from_memory(database, clock.now())
    return await _learn_signals(database, await gather(database))


async def _learn_signals(database: Database, interactions: Interactions) -> Learned:
    async with database.session() as session:
        return await learn_signals(session, baskets_of(interactions))


async def learn_ranking(
    database: Database, catalog: Catalog, progress: Progress | None = None, jobs: Jobs = unseen
) -> Report:
    """The same, and how to rank picks: a minute or more. `jobs` hears of memory's. Raises: LearnedNotWritten."""
    await update_facts(database, clock.now(), lambda day, done: jobs(f"what came of {day}", done))
    await learn_from_memory(database, clock.now(), jobs)
    await learn_decisions(database, clock.now(), lambda emails: jobs("what came of decisions", emails))
    await learn_spending(database, clock.now())
    await learn_reports(database, clock.now())
    interactions = await gather(database)
    await _learn_signals(database, interactions)
    await catalog.reload()
    return await catalog.learn(interactions, progress=progress)


async def learn_what_is_new(database: Database, catalog: Catalog) -> None:
    """As `learn_ranking`, but a ranker is trained only once a day, or when the history has grown by a tenth."""
    known = catalog.view.learned
    await update_facts(database, clock.now(), unless_within=COUNTED_WITHIN)
    await learn_from_memory(database, clock.now())
    await learn_decisions(database, clock.now())
    await learn_spending(database, clock.now())
    await learn_reports(database, clock.now())
    interactions = await gather(database)
    await _learn_signals(database, interactions)
    await catalog.reload()
    if known is None or _is_old(known.learned.report, interactions):
        await catalog.learn(interactions)
    else:
        await catalog.relearn(interactions)


def _is_old(report: Report, interactions: Interactions) -> bool:
    grown = len(orders_of(interactions).at) >= GROWN * report.orders
    return grown or clock.now() - report.trained_at >= TRAIN_EVERY


async def keep_learning(database: Database, catalog: Catalog, limits: Limits) -> None:
    """Learn anew every hour, and let the catalog see it. Ends only when cancelled.

    A new shop does not wait for the hour: it is learned as soon as the first orders are there, and when they doubled.

    First of all it is looked whether anything does harm: that does not wait until everything is learned. What fails
    is logged and tried again an hour later, and keeps nothing else from being done.
    """
    known = 0
    while True:
        known = await _rest(database, catalog, known)
        await _attempt("counting", update_facts(database, clock.now(), unless_within=COUNTED_WITHIN))
        await _attempt("guard", guard(database, limits))
        await _attempt("learning", learn_what_is_new(database, catalog))


async def _rest(database: Database, catalog: Catalog, known: int) -> int:
    """Wait an hour; less where a shop's first orders have come, and ceased to pour in. Answers with how many there are.

    `known` are the orders it was learned from last.
    """
    clock_of = asyncio.get_running_loop().time
    until, before, pause = clock_of() + LEARN_EVERY_S, None, LOOK_EVERY_S
    while True:
        await asyncio.sleep(max(0.0, min(until - clock_of(), pause)))
        if clock_of() >= until:
            return known
        bound = catalog.view.learned
        known = max(known, bound.learned.report.orders if bound else 0)
        if known >= ENOUGH_ORDERS:
            pause = LEARN_EVERY_S
            continue
        began = clock_of()
        orders = await _orders(database)
        pause = max(LOOK_EVERY_S, (clock_of() - began) / LOOKING_SHARE)
        settled = before is None or orders <= GROWN * before
        if settled and orders >= max(1, FIRST * known):
            return orders
        before = orders


async def _orders(database: Database) -> int:
    """None that is known of where the database is away: the next look will tell."""
    try:
        async with database.session(readonly=True) as session:
            return await count_orders(session)
    except Unavailable as error:
        log.warning("orders_not_counted", reason=error.reason)
        return 0


async def _attempt(step: str, work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Unavailable as error:
        log.warning("learning_failed", step=step, reason=error.reason, fix=error.fix)
    # Nobody else would start this loop again, and with it the guard against harm would have ended.
    except Exception as error:  # noqa: BLE001
        broke = where_it_broke(error)
        log.error("learning_failed", step=step, reason="failed", error=type(error).__name__, where=broke)


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
    now = clock.now()
    named = {"color": product.color, "size": product.size, "material": product.material}
    own = {name: value for name, value in product.attributes.items() if isinstance(value, str)}
    return ProductHints(
        name=product.title,
        category=product.category(),
        brand=product.brand,
        price=product.current_price(now),
        attributes=own | {name: value for name, value in named.items() if value},
        consumable_days=product.consumable_days,
        regular_price=product.compare_at(now),
    )
