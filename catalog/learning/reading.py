"""What a shop's lists and factors say to one customer: every source's score for every product it reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.learning.interactions import Numbers
from catalog.learning.lists import Entries, Scores, look_up
from catalog.learning.profile import Days, Profile
from catalog.learning.shop import LISTS, Shop

SOURCES = (
    ("together", 60.0), ("lately", 60.0), ("lately", 10.0), ("following", 60.0), ("following", 10.0),
    ("regressed", 60.0), ("regressed", 365.0), ("beside", 7.0),
)  # fmt: skip
"""(list, half-life in days of what the customer did). `beside` starts from all they touched, others from purchases."""
HALF_LIVES = (7.0, 10.0, 30.0, 60.0, 120.0, 365.0)
FACTOR_HALF_LIVES = (60.0, 10.0)
LIKED_AS = ("ever", "lately")
"""What counts of a customer's purchases among people alike: that they bought it, or how lately (`LIKED_LATELY`)."""
LIKED_LATELY = 60.0
SEEDS, SEED_HALF_LIFE = 64, 60.0
"""Products of the customer's past that lists start from, those of the last months first. With 150 the slowest customers
took twice as long to read, and 777 lists of ten on Online Retail were as good (NDCG .3905 and .1299; with 64 .3904 and
.1297, ± .001)."""
PER_SOURCE, PER_POPULAR, OWN = 40, 40, 150

Allowed = Callable[[Numbers], NDArray[np.bool_]]
"""Of products by number, which may be proposed. Asked of some: a shop has a hundred thousand."""


@dataclass(frozen=True, slots=True, eq=False)
class Basket:
    """The distinct products a customer bought, ascending, with what the purchases come to; arrays [p]."""

    product: Numbers
    times: Days
    last_days: Days
    first_days: Days
    weights: dict[float, Days]
    """By half-life: the purchases' decayed number."""
    order_days: Days
    """[orders] days ago of each distinct order, ascending."""


class Listed(NamedTuple):
    """The entries of a list for the products it started from."""

    start: Numbers
    entries: Entries


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One customer's profile read against one shop."""

    profile: Profile
    basket: Basket
    reached: Numbers
    """[r] products some source speaks for, ascending."""
    scores: Scores
    """[sources, r]."""
    strongest: Scores
    """[sources] the highest score of a product the customer does not have yet."""
    tastes: Scores
    """[2, factors]: the customer in the factors' space, by `FACTOR_HALF_LIVES`."""
    liked: Scores
    """[2, products with factors]: what people alike say, by `LIKED_AS`."""
    most_liked: Scores
    """[2] of what the customer does not have yet."""
    freshest: Numbers
    """What was bought or touched last, ascending, at most `SEEDS`."""
    purchased: Numbers
    """What was bought last, ascending, at most `SEEDS`."""
    listed: dict[str, Listed]
    """By list: the entries that were read."""


def _basket(profile: Profile) -> Basket:
    product, place = np.unique(profile.bought, return_inverse=True)
    days, total = profile.bought_days, len(product)
    last, first = np.full(total, np.inf), np.zeros(total)
    np.minimum.at(last, place, days)
    np.maximum.at(first, place, days)
    weights = {h: np.bincount(place, np.exp2(-days / h), minlength=total).astype(np.float64) for h in HALF_LIVES}
    times = np.bincount(place, minlength=total).astype(np.float64)
    return Basket(product.astype(np.int32), times, last, first, weights, np.unique(days))


class _Start(NamedTuple):
    """Products lists start from, and how much each counts, by half-life."""

    product: Numbers
    weights: dict[float, Days]


def _fewer(product: Numbers, weights: dict[float, Days], half_life: float) -> _Start:
    """The `SEEDS` that count most by one half-life."""
    if len(product) <= SEEDS:
        return _Start(product, weights)
    kept = np.sort(np.argsort(-weights[half_life], kind="stable")[:SEEDS])
    return _Start(product[kept], {h: weight[kept] for h, weight in weights.items()})


def _touched(profile: Profile, basket: Basket) -> _Start:
    """All that was bought or touched."""
    half_life = dict(SOURCES)["beside"]
    fresh = profile.touch_times * np.exp2(-profile.touch_days / half_life)
    product, place = np.unique(np.concatenate([basket.product, profile.touched]), return_inverse=True)
    counted = np.concatenate([basket.weights[half_life], fresh])
    weight = np.bincount(place, counted, minlength=len(product)).astype(np.float64)
    return _fewer(product.astype(np.int32), {half_life: weight}, half_life)


def _listed(shop: Shop, starts: dict[str, _Start]) -> dict[str, Listed]:
    return {name: Listed(start.product, shop.lists[name].entries(start.product)) for name, start in starts.items()}


def _reached(shop: Shop, listed: dict[str, Listed]) -> tuple[Numbers, dict[str, NDArray[np.intp]]]:
    """(products that some list speaks for, ascending; by list, where among them each entry's product is)."""
    seen = np.zeros(len(shop.products), dtype=np.bool_)
    for one in listed.values():
        seen[one.entries.other] = True
    reached = np.flatnonzero(seen)
    place = np.empty(len(seen), dtype=np.intp)
    place[reached] = np.arange(len(reached))
    return reached.astype(np.int32), {name: place.take(one.entries.other) for name, one in listed.items()}


def _scores(
    listed: dict[str, Listed], places: dict[str, NDArray[np.intp]], starts: dict[str, _Start], total: int
) -> Scores:
    """[sources, total]."""
    scores = np.empty((len(SOURCES), total), dtype=np.float32)
    for row, (name, half_life) in zip(scores, SOURCES, strict=True):
        entries = listed[name].entries
        worth = entries.score * starts[name].weights[half_life].take(entries.seed)
        row[:] = np.bincount(places[name], worth, minlength=total)
    return scores


def read(shop: Shop, profile: Profile) -> Reading:
    """Costs by the customer's past, which is bounded, and not by the size of the shop."""
    basket = _basket(profile)
    touched, purchases = _touched(profile, basket), _fewer(basket.product, basket.weights, SEED_HALF_LIFE)
    starts = {name: touched if name == "beside" else purchases for name in LISTS}
    listed = _listed(shop, starts)
    reached, places = _reached(shop, listed)
    scores, liked = _scores(listed, places, starts, len(reached)), _liked(shop, basket)
    return Reading(
        profile=profile,
        basket=basket,
        reached=reached,
        scores=scores,
        strongest=_highest(scores, reached, basket.product),
        tastes=_tastes(shop, basket),
        liked=liked,
        most_liked=_highest(liked, shop.alike.product, basket.product),
        freshest=touched.product,
        purchased=purchases.product,
        listed=listed,
    )


def _highest(scores: Scores, product: Numbers, owned: Numbers) -> Scores:
    """[w] the highest of each row of `scores` [w, k], at least 0, of the products [k, ascending] but those owned."""
    at, known = look_up(product, owned)
    others = scores.copy()
    others[:, at[known]] = 0.0
    return np.asarray(others.max(axis=1, initial=0.0))


def _liked(shop: Shop, basket: Basket) -> Scores:
    lately = np.minimum(basket.weights[LIKED_LATELY], 1.0)
    return shop.alike.likes(basket.product, np.stack([np.ones_like(lately), lately]))


def _tastes(shop: Shop, basket: Basket) -> Scores:
    own = shop.factors[basket.product]
    weights = np.stack([basket.weights[h] / shop.root_sold[basket.product] for h in FACTOR_HALF_LIVES])
    return np.asarray(weights.astype(np.float32) @ own)


def propose(shop: Shop, reading: Reading, allowed: Allowed) -> Numbers:
    """Product numbers worth a closer look, ascending: what was bought, the best of each source, what sells.

    The limits come first, so a narrow one still finds its best.
    """
    rows = np.flatnonzero(allowed(reading.reached))
    own = reading.basket.product[np.argsort(-reading.basket.weights[120.0], kind="stable")]
    touched = reading.profile.touched
    pools = [own[allowed(own)][:OWN], touched[allowed(touched)]]
    if len(rows) > PER_SOURCE:
        best_first = np.argpartition(-reading.scores.take(rows, axis=1), PER_SOURCE - 1, axis=1)
        rows = rows[best_first[:, :PER_SOURCE].ravel()]
    pools.append(reading.reached[rows])
    return np.unique(np.concatenate([*pools, *(_first(order, allowed) for order in shop.bestsellers)]))


def _first(order: Numbers, allowed: Allowed) -> Numbers:
    """The first allowed of a ranked list, looked for in growing stretches."""
    end = 4 * PER_POPULAR
    while True:
        found = order[:end][allowed(order[:end])]
        if len(found) >= PER_POPULAR or end >= len(order):
            return found[:PER_POPULAR]
        end *= 8
