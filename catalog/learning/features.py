"""What a ranker looks at: one row of figures for each product that one customer might be shown.

Figures are ratios, ranks, days and logs, so that what is learned in one month or price level holds in another; what
is not known is NaN, which the trees have a way for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalog.cosines import cosines
from catalog.learning.interactions import CARTED, DAY, RETURNED, VIEWED, WISHED, Numbers
from catalog.learning.lists import Scores, look_up
from catalog.learning.model import NOWHERE, Bound
from catalog.learning.profile import Days, Profile
from catalog.learning.reading import FACTOR_HALF_LIVES, LIKED_AS, SOURCES, Reading
from catalog.learning.shop import STANDING, Shop, ranks_of

if TYPE_CHECKING:  # The view holds what was learned; this reads prices and texts from the view.
    from catalog.view import CatalogView

Column = NDArray[np.float64]

TEXT_SEEDS = 8
VIEW_HALF_LIFE_DAYS, SHELF_HALF_LIFE_DAYS = 7.0, 60.0
MICROSECONDS = 1_000_000
LEAST = 1e-9
OWN_HALF_LIVES = (7.0, 30.0, 60.0, 120.0, 365.0)
HABIT_HALF_LIFE = 120.0

_SOURCE_NAMES = tuple(f"{name}_{days:g}" for name, days in SOURCES)
_FACTOR_NAMES = tuple(f"factors_{days:g}" for days in FACTOR_HALF_LIVES)
_LIKED_NAMES = tuple(f"alike_{name}" for name in LIKED_AS)
_OWN = (
    "times", *(f"bought_{days:g}" for days in OWN_HALF_LIVES), "bought_of_most", "days_since", "days_since_first",
    "lives", "share_of_orders", "in_last_order", "share_since_first", "own_gap", "own_lives", "orders_since",
    "days_before_last",
)  # fmt: skip
_TOUCHES = ("viewed", "viewed_days", "carted_days", "wished_days", "returned_days")
_CUSTOMER = (
    "orders", "days_since_order", "products", "order_size", "order_gap", "repeat_share", "tenure", "order_lives",
    "viewed_products",
)  # fmt: skip
_CATALOG = ("price_rank", "price_against_usual", "shelf_share", "text_nearest", "text_mean", "listed_days")
NAMES: tuple[str, ...] = (
    *_SOURCE_NAMES, *(f"{name}_of_best" for name in _SOURCE_NAMES), *_FACTOR_NAMES,
    *(f"{name}_of_best" for name in _FACTOR_NAMES), *_LIKED_NAMES, *(f"{name}_of_best" for name in _LIKED_NAMES),
    *_OWN, *_TOUCHES, *STANDING, *_CUSTOMER, *_CATALOG,
)  # fmt: skip
"""The columns, in order. A ranker trained on other names is not loaded."""


def features(view: CatalogView, shop: Shop, bound: Bound, reading: Reading, rows: Numbers, numbers: Numbers) -> Scores:
    """float32 [k, len(NAMES)] of the products at `rows`, numbered `numbers`; either is -1 where it has none."""
    columns: list[Iterable[Column]] = [
        _sources(reading, numbers),
        _factors(shop, reading, numbers),
        _liked(shop, reading, numbers),
        _own(shop, reading, numbers),
        _touches(reading.profile, numbers),
        shop.standing[numbers].T,
        _customer(reading, len(numbers)),
        _catalog(view, shop, bound, reading, rows),
    ]
    table = np.empty((len(NAMES), len(numbers)), dtype=np.float32)
    for at, column in enumerate(column for group in columns for column in group):
        table[at] = column
    return table.T


def _where(known: NDArray[np.bool_], values: Days, at: NDArray[np.int64], missing: float) -> Column:
    """`values[at]` where `known`, `missing` elsewhere."""
    return np.where(known, values[at], missing) if len(values) else np.full(len(at), missing)


def _sources(reading: Reading, numbers: Numbers) -> Iterable[Column]:
    at, known = look_up(reading.reached, numbers)
    scores = np.where(known, reading.scores[:, at], 0.0) if len(reading.reached) else np.zeros((len(SOURCES), len(at)))
    yield from scores
    yield from scores / np.maximum(reading.strongest, LEAST)[:, None]


def _factors(shop: Shop, reading: Reading, numbers: Numbers) -> Iterable[Column]:
    scores = reading.tastes @ shop.factors[np.maximum(numbers, 0)].T if len(shop.factors) else np.zeros((2, 0))
    scores = np.where(numbers == NOWHERE, 0.0, scores * shop.root_sold[numbers])
    yield from scores
    yield from scores / np.maximum(scores.max(axis=1, initial=0.0), LEAST)[:, None]


def _liked(shop: Shop, reading: Reading, numbers: Numbers) -> Iterable[Column]:
    at, known = look_up(shop.alike.product, numbers)
    if not len(shop.alike.product):
        return (np.zeros(len(at)) for _ in (*LIKED_AS, *LIKED_AS))
    scores = np.where(known, reading.liked[:, at], 0.0)
    return (*scores, *(scores / np.maximum(reading.most_liked, LEAST)[:, None]))


def _own(shop: Shop, reading: Reading, numbers: Numbers) -> Iterable[Column]:
    basket = reading.basket
    at, known = look_up(basket.product, numbers)
    orders = max(len(basket.order_days), 1)
    last, first = (_where(known, days, at, np.nan) for days in (basket.last_days, basket.first_days))
    times = _where(known, basket.times, at, 0.0)
    since = np.searchsorted(basket.order_days, first, side="right")
    gap = np.where(times > 1, (first - last) / np.maximum(times - 1, 1), np.nan)
    newest = basket.order_days[0] if len(basket.order_days) else np.inf
    habit = basket.weights[HABIT_HALF_LIFE]
    yield times
    yield from (_where(known, basket.weights[h], at, 0.0) for h in OWN_HALF_LIVES)
    yield _where(known, habit, at, 0.0) / max(float(habit.max(initial=0.0)), LEAST)
    yield from (last, first, last / shop.repeats.gap_days[numbers], times / orders, np.equal(last, newest))
    yield from (np.where(known, times / np.maximum(since, 1), 0.0), gap, last / np.maximum(gap, 1.0))
    # A tree cannot subtract: how many orders, and how many days of ordering, went by without it.
    yield np.where(known, np.searchsorted(basket.order_days, last), np.nan)
    yield last - newest


def _touches(profile: Profile, numbers: Numbers) -> Iterable[Column]:
    for kind in (VIEWED, CARTED, WISHED, RETURNED):
        of = profile.touch_kind == kind
        at, known = look_up(profile.touched[of], numbers)
        days = profile.touch_days[of]
        if kind == VIEWED:
            yield _where(known, profile.touch_times[of] * np.exp2(-days / VIEW_HALF_LIFE_DAYS), at, 0.0)
        yield _where(known, days, at, np.nan)


def _customer(reading: Reading, total: int) -> Iterable[Column]:
    basket = reading.basket
    days, lines = basket.order_days, len(reading.profile.bought)
    orders, products = len(days), len(basket.product)
    gap = (days[-1] - days[0]) / (orders - 1) if orders > 1 else np.nan
    since, tenure = (days[0], days[-1]) if orders else (np.nan, np.nan)
    figures = (
        orders, since, products, lines / orders if orders else np.nan, gap, 1 - products / lines if lines else np.nan,
        tenure, since / max(gap, 1.0), np.count_nonzero(reading.profile.touch_kind == VIEWED),
    )  # fmt: skip
    return (np.full(total, figure, dtype=np.float64) for figure in figures)


def _past(bound: Bound, reading: Reading) -> tuple[Numbers, Days]:
    """(rows, weights) of what the customer bought and touched, as far as the catalog has it."""
    numbers = np.concatenate([reading.basket.product, reading.profile.touched])
    fresh = np.exp2(-reading.profile.touch_days / SHELF_HALF_LIFE_DAYS)
    weights = np.concatenate([reading.basket.weights[SHELF_HALF_LIFE_DAYS], fresh])
    rows = bound.rows[numbers]
    return rows[rows != NOWHERE], weights[rows != NOWHERE]


def _catalog(view: CatalogView, shop: Shop, bound: Bound, reading: Reading, rows: Numbers) -> Iterable[Column]:
    there = rows != NOWHERE
    past, weights = _past(bound, reading)
    columns, safe = view.columns, np.where(there, rows, 0)
    if not len(view):
        return (np.full(len(rows), np.nan) for _ in _CATALOG)
    price, paid = (np.log(np.maximum(columns.price[of], 1).astype(np.float64)) for of in (safe, past))
    usual = np.average(paid, weights=weights + LEAST) if len(paid) else np.nan
    listed = shop.as_of / DAY - columns.added[safe] / (MICROSECONDS * DAY)
    found = (
        ranks_of(price),
        price - usual,
        _shelf_share(view, past, weights, safe),
        *_text(view, past, weights, safe),
        np.where((listed < 0) | (listed > 365), np.nan, listed),
    )
    return (np.where(there, column, np.nan) for column in found)


def _shelf_share(view: CatalogView, past: Numbers, weights: Days, rows: Numbers) -> Column:
    """[k] share of the customer's past that came from each product's department."""
    shelves, place = np.unique(view.columns.shelf[past], return_inverse=True)
    share = np.bincount(place, weights, minlength=len(shelves)) / max(float(weights.sum()), LEAST)
    at, known = look_up(shelves, view.columns.shelf[rows])
    return _where(known, share, at, 0.0)


def _text(view: CatalogView, past: Numbers, weights: Days, rows: Numbers) -> tuple[Column, Column]:
    """[k] cosine with the nearest and on average with the few things the customer dealt with last, itself left out."""
    seeds = past[np.argsort(-weights, kind="stable")[:TEXT_SEEDS]]
    if not len(seeds):
        return np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    cosine, itself = cosines(view.vectors, rows, view.vectors[seeds]), rows[:, None] == seeds
    nearest = np.where(itself, np.float32(-1.0), cosine).max(axis=1)
    counted = np.maximum(len(seeds) - np.count_nonzero(itself, axis=1), 1)
    return nearest, np.where(itself, np.float32(0.0), cosine).sum(axis=1) / counted
