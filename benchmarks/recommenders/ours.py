"""The product itself on the bench: one customer at a time, the very call an e-mail makes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.recommenders.log import DAY, Ints, Kind, Log
from benchmarks.recommenders.vectors import Vectors
from catalog.columns import RawProduct
from catalog.embedding import product_text
from catalog.learning.interactions import Interactions
from catalog.learning.learn import learn
from catalog.model import Limits, Product, Signal, Taste
from catalog.picks import pick
from catalog.signals import Popular, learn_signals, load
from catalog.trace import Trace
from catalog.view import CatalogView, attach, build_view
from composer.taste import MOMENTS, PURCHASED
from memory.cycles import OWN_GAPS, Purchase, unit_gaps
from store.crypto import Keyring
from store.database import Database

CURRENCY = "EUR"
PRICE = Decimal(10)
"""Of items whose price the log does not tell: picks are made of priced products only."""
CENT = Decimal("0.01")
_KINDS = {Kind.VIEWED: "viewed", Kind.CARTED: "carted", Kind.BOUGHT: "bought"}


def moment(seconds: int) -> datetime:
    """UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def products(train: Log) -> list[Product]:
    """[items]: what the shop would have had in its feed on the day of the cut, everything in stock."""
    first = train.at[np.unique(train.item, return_index=True)[1]]
    price = train.last_known(train.price, train.price > 0)
    pairs = zip(train.item_ids, train.titles(), train.category_paths(), price, first, strict=True)
    return [
        Product(
            id=str(name),
            title=title,
            link=f"https://shop.example/{number}",
            price=PRICE if np.isnan(cost) else max(Decimal(float(cost)).quantize(CENT), CENT),
            currency=CURRENCY,
            product_type=category,
            added_at=moment(int(added)),
        )
        for number, (name, title, category, cost, added) in enumerate(pairs)
    ]


def texts(train: Log) -> list[str]:
    """[items]: what the encoder reads of each."""
    return [product_text(product) for product in products(train)]


def tastes(train: Log, customers: Ints) -> Iterator[Taste]:
    """What picks may know of each of these customers on the day of the cut, within the composer's bounds."""
    order = np.argsort(train.customer, kind="stable")
    starts = np.searchsorted(train.customer[order], np.arange(train.customers + 1))
    for customer in customers.tolist():
        yield _taste(train, order[starts[customer] : starts[customer + 1]])


def _taste(train: Log, lines: Ints) -> Taste:
    keyed = sorted((int(train.item[at]), int(train.kind[at]), int(train.at[at])) for at in lines)
    grouped = [(pair, [at for _, _, at in same]) for pair, same in groupby(keyed, key=lambda line: line[:2])]
    last_bought = {item: max(times) for (item, kind), times in grouped if kind == Kind.BOUGHT}
    lasts = _lasts(train, lines[train.is_bought[lines]])
    signals = [
        _signal(str(train.item_ids[item]), Kind(kind), times, lasts.get(item) if kind == Kind.BOUGHT else None)
        for (item, kind), times in grouped
        if kind != Kind.CARTED or max(times) > last_bought.get(item, -1)
    ]
    bought = sorted((one for one in signals if one.kind == "bought"), key=lambda one: one.at, reverse=True)
    others = [one for one in signals if one.kind != "bought"]
    paid = np.sort(train.price[lines][train.is_bought[lines]])
    paid = paid[~np.isnan(paid)]
    low, high = (paid[len(paid) // 4], paid[3 * len(paid) // 4]) if len(paid) >= 4 else (None, None)
    return Taste(signals=(*bought[:PURCHASED], *others), price_low=_money(low), price_high=_money(high))


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(float(amount)).quantize(CENT)


def _lasts(train: Log, lines: Ints) -> dict[int, float]:
    """Item to the days that the last purchase lasts, of what was bought three times: as memory tells it.

    Without what the shop's other customers add to it there, and without its bound of fifty products.
    """
    days: dict[int, dict[int, Purchase]] = defaultdict(dict)
    for at in lines.tolist():
        of, day = days[int(train.item[at])], int(train.at[at]) // DAY
        units = max(1, round(float(train.quantity[at]))) + (of[day].quantity if day in of else 0)
        of[day] = Purchase(moment(int(train.at[at])), units, "")
    found = {item: list(purchases.values()) for item, purchases in days.items() if len(purchases) > OWN_GAPS}
    gaps = {item: unit_gaps(purchases) for item, purchases in found.items()}
    return {
        item: median(gaps[item]) * purchases[-1].quantity
        for item, purchases in found.items()
        if len(gaps[item]) >= OWN_GAPS
    }


def _signal(product_id: str, kind: Kind, times: list[int], lasts: float | None) -> Signal:
    different = sorted(set(times), reverse=True)
    moments = tuple(moment(at) for at in different[:MOMENTS])
    return Signal.model_validate(
        {
            "product_id": product_id, "kind": _KINDS[kind], "at": moments[0], "times": len(different),
            "moments": moments, "lasts_days": lasts, "lasts_by": None if lasts is None else "own",
        }
    )  # fmt: skip


class _Ours:
    """A view of the shop as it was before the cut; `fit` builds it, `recommend` asks it for each customer."""

    name = ""

    def __init__(self, vectors: Vectors) -> None:
        """`vectors`: float32 [items of the training log, d]."""
        self.vectors = vectors
        self.milliseconds: list[float] = []
        """How long each pick took."""

    def fit(self, train: Log, now: int) -> None:
        """See `Recommender.fit`."""
        self.train, self.now = train, moment(now)
        self.row = {str(name): number for number, name in enumerate(train.item_ids)}
        self.view = self.learned(train, now, _view(train, self.vectors))

    def learned(self, train: Log, now: int, view: CatalogView) -> CatalogView:
        """The view with all that was learned from the shop's history."""
        return view

    def recommend(self, customers: Ints, k: int, *, exclude_bought: bool) -> Ints:
        """See `Recommender.recommend`."""
        lists = np.full((len(customers), k), -1, dtype=np.int64)
        limits = Limits(count=k, currency=CURRENCY, new_to_customer=exclude_bought)
        for at, taste in enumerate(tastes(self.train, customers)):
            began = time.perf_counter()
            ids = self.ids(taste, limits)
            self.milliseconds.append((time.perf_counter() - began) * 1000)
            lists[at, : len(ids)] = [self.row[name] for name in ids]
        return lists

    def ids(self, taste: Taste, limits: Limits) -> list[str]:
        """The product ids of an e-mail to this customer."""
        return [one.product.id for one in pick(self.view, taste, limits, now=self.now, seed=0)]


class ByHand(_Ours):
    """Picks of a shop that learned nothing but what is bought together: the hand-set weights."""

    name = "ours, hand-set"


class Ours(_Ours):
    """Picks as an e-mail gets them, with the weights learned from the shop's history before the cut."""

    name = "ours"

    def learned(self, train: Log, now: int, view: CatalogView) -> CatalogView:
        """See `_Ours.learned`."""
        kinds = np.array([_KINDS[kind] for kind in Kind])[train.kind]
        happened = Interactions.from_arrays(
            train.customer.tolist(), train.item_ids[train.item].tolist(), train.at, kinds.tolist(), train.quantity
        )
        known = learn(happened, moment(now), view=view)
        self.remark = known.report.sentence
        return attach(view, known)


class RankingAlone(_Ours):
    """The same without the steps that make a varied set of the ranking."""

    name = "ours, ranking alone"

    def __init__(self, ours: Ours) -> None:
        """`ours`: fitted before this one, on the same log."""
        super().__init__(ours.vectors)
        self._ours = ours

    def fit(self, train: Log, now: int) -> None:
        """See `Recommender.fit`."""
        self.train, self.now, self.row, self.view = self._ours.train, self._ours.now, self._ours.row, self._ours.view

    def ids(self, taste: Taste, limits: Limits) -> list[str]:
        """See `_Ours.ids`."""
        trace = Trace()
        pick(self.view, taste, limits, now=self.now, seed=0, trace=trace)
        ranked = sorted(trace.ranked, key=lambda one: (one.tier, -one.score))[: limits.count]
        return [self.view.ids[one.candidate.row] for one in ranked]


def _view(train: Log, vectors: Vectors) -> CatalogView:
    raws: list[RawProduct] = [
        tuple(getattr(product, name) for name in Product.model_fields) for product in products(train)
    ]
    return build_view(raws, asyncio.run(_signals(train)), np.ascontiguousarray(vectors, dtype=np.float32))


async def _signals(train: Log) -> dict[str, Popular]:
    """What is bought together and what is popular, learned by the product in a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}", Keyring.generate())
        try:
            await database.migrate()
            async with database.session() as session:
                await learn_signals(session, list(_baskets(train)))
            async with database.session(readonly=True) as session:
                return await load(session)
        finally:
            await database.close()


def _baskets(train: Log) -> Iterator[tuple[list[str], datetime]]:
    bought = np.flatnonzero(train.is_first_of_order)
    ordered = bought[np.lexsort((train.at[bought], train.order[bought]))]
    for _, lines in groupby(ordered.tolist(), key=lambda at: int(train.order[at])):
        rows = list(lines)
        yield [str(train.item_ids[train.item[at]]) for at in rows], moment(int(train.at[rows[-1]]))
