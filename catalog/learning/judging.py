"""Whether a ranker may rank: against the default weights and the simple methods, on weeks it was not taught.

The figures are NDCG@10 (Järvelin & Kekäläinen 2002) over the customers who bought in those weeks, of what they bought
and could have been shown. Ours and the default weights are asked through the very code that ranks picks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import orjson
from numpy.typing import NDArray

from catalog.advance import taught
from catalog.candidates import Scene, collect
from catalog.history import read_history, without_blocked
from catalog.learning.examples import Case, Window, cases, existing
from catalog.learning.interactions import KINDS, Interactions, Numbers
from catalog.learning.model import NOWHERE, Bound
from catalog.learning.reading import SOURCES, Reading, read
from catalog.learning.shop import Shop
from catalog.model import Limits, Signal, Taste
from catalog.scoring import rank
from catalog.signals import MIN_TOGETHER, Popular

if TYPE_CHECKING:
    from catalog.view import CatalogView

CUSTOMERS = 500
"""Judged on: the standard error of a difference in NDCG is some .005 there."""
DEPTH = 10
SURE = 1.0
"""Standard errors by which ours must be ahead."""
_DISCOUNTS = 1.0 / np.log2(np.arange(2, DEPTH + 2))
SIMPLE = ("recent popularity", "popularity", "buy again, then popularity", "item-KNN", "EASE", "factors")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Mean NDCG@10 of each, over `customers`; and whether ours is surely ahead of the default weights."""

    customers: int
    score: float
    by_hand: float
    best_simple: str
    best_simple_score: float
    better: bool


def ndcg(listed: Numbers, bought: Numbers) -> float:
    """Of a list, best first, against what was bought; 0 where nothing was bought."""
    if not len(bought):
        return 0.0
    gains = _DISCOUNTS[: len(listed)][np.isin(listed, bought)[:DEPTH]].sum()
    return float(gains / _DISCOUNTS[: len(bought)].sum())


def signals_of(happened: Interactions, rows: slice) -> tuple[Signal, ...]:
    """One customer's interactions, oldest first, as picks would be told of them."""
    moments: dict[tuple[int, int], list[datetime]] = {}
    columns = (happened.product[rows].tolist(), happened.kind[rows].tolist(), happened.at[rows].tolist())
    for product, kind, at in zip(*columns, strict=True):
        moments.setdefault((product, kind), []).insert(0, datetime.fromtimestamp(at, UTC))
    return tuple(
        Signal.model_validate({
            "product_id": happened.products[product], "kind": KINDS[kind], "at": at[0], "times": len(at),
            "moments": at,
        })
        for (product, kind), at in moments.items()
    )  # fmt: skip


def _popular(shop: Shop) -> dict[str, Popular]:
    """The shop's signals in the form of those that the default weights work with."""
    heat = shop.heat[1] / max(float(shop.heat[1].max(initial=0.0)), 1e-9)
    lists, found = shop.lists["together"], {}
    for number in np.flatnonzero(shop.orders[:-1]).tolist():
        entries = lists.entries(np.array([number], dtype=np.int32))
        near = zip(entries.other.tolist(), entries.score.tolist(), strict=True)
        # Ranking looks at the scores alone; in how many baskets is only ever told to people.
        listed = [(shop.products[other], score, MIN_TOGETHER) for other, score in near]
        found[shop.products[number]] = Popular(float(heat[number]), orjson.dumps(listed).decode())
    return found


def _ranking(view: CatalogView, taste: Taste, now: datetime) -> NDArray[np.int32]:
    """View rows, best first."""
    history = read_history(view, taste.signals, now)
    scene = Scene(view, taste, history, without_blocked(view.columns.sellable, history), now)
    found = rank(scene, collect(scene, None), Limits(), 0)
    return np.array([one.candidate.row for one in found[:DEPTH]], dtype=np.int32)


def _simple(shop: Shop, reading: Reading, there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """[len(SIMPLE), n] scores by product number, for what is `there`."""
    total = len(there)
    recent = shop.heat[0, :-1] / max(float(shop.heat[0].max(initial=0.0)), 1e-9)
    scores = np.tile(recent * 1e-9, (len(SIMPLE), 1))
    scores[0], scores[1] = recent, shop.heat[2, :-1]
    scores[2, reading.basket.product] += reading.basket.weights[120.0]
    for at, source in ((3, ("together", 60.0)), (4, ("regressed", 60.0))):
        scores[at, reading.reached] += reading.scores[SOURCES.index(source)]
    scores[5] += (shop.factors @ reading.tastes[0]) * shop.root_sold[:total]
    return np.asarray(np.where(there, scores, -np.inf))


def judge(view: CatalogView, bound: Bound, happened: Interactions, window: Window) -> Verdict:
    """`bound` holds a shop of the window's first moment, and a ranker taught before it."""
    shop, now = bound.shop, datetime.fromtimestamp(window.cut, UTC)
    untrained = replace(bound, learned=replace(bound.learned, ranker=None))
    by_hand = replace(taught(view, _popular(shop)), learned=untrained)
    ours = replace(by_hand, learned=bound)
    there = existing(view, shop, bound) & (bound.rows != NOWHERE)
    there[there] = view.columns.sellable[bound.rows[there]]
    scores = []
    for case in cases(happened, window, CUSTOMERS):
        bought = case.bought[there[case.bought]]
        if len(bought) and case.rows.start < case.rows.stop:
            taste = Taste(signals=signals_of(happened, case.rows))
            listed = [bound.numbers[_ranking(one, taste, now)] for one in (ours, by_hand)]
            scores.append([ndcg(one, bought) for one in (*listed, *_simple_lists(shop, case, there))])
    return _verdict(np.array(scores).reshape(len(scores), 2 + len(SIMPLE)))


def _simple_lists(shop: Shop, case: Case, there: NDArray[np.bool_]) -> NDArray[np.int32]:
    scores = _simple(shop, read(shop, case.profile), there)
    return np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH].astype(np.int32)


def _verdict(scores: NDArray[np.float64]) -> Verdict:
    """`scores` [customers, ours + by hand + SIMPLE]."""
    if not len(scores):
        return Verdict(0, 0.0, 0.0, SIMPLE[0], 0.0, better=False)
    means = scores.mean(axis=0)
    # What would rank in its place; the simple methods are there to be compared with, not to rank.
    ahead = scores[:, 0] - scores[:, 1]
    error = ahead.std() / np.sqrt(len(scores))
    simple = int(np.argmax(means[2:]))
    return Verdict(
        customers=len(scores),
        score=float(means[0]),
        by_hand=float(means[1]),
        best_simple=SIMPLE[simple],
        best_simple_score=float(means[2 + simple]),
        better=bool(ahead.mean() > SURE * error),
    )
