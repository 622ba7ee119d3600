"""All that a shop's history says about its products as of one moment. A function of what happened before it, alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.learning import affinity
from catalog.learning.alike import Alike, alike
from catalog.learning.interactions import BOUGHT, DAY, KINDS, Interactions, Numbers
from catalog.learning.lists import Lists, Scores
from catalog.learning.orders import by_customer, group, orders_of
from catalog.learning.repeats import Figures, Repeats, repeats_of

HALF_LIVES_DAYS = (7.0, 28.0, 90.0)
TOGETHER_DAYS, LATELY_DAYS, BESIDE_DAYS = 180.0, 30.0, 30.0
LISTS = ("together", "lately", "following", "regressed", "beside")
STANDING = (
    "heat_7", "heat_28", "heat_90", "heat_rank", "week", "trend_7", "trend_28", "known_days", "idle_days", "buyers",
    "per_buyer", "rate", "gap", "season",
)  # fmt: skip
SEASON_FROM_DAYS, SEASON_DAYS = 393, 28
"""History from which last year's next four weeks are known."""
LEAST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """Arrays by product number, lists and factors of the first n; index -1 is a product that nobody ever dealt with."""

    as_of: int
    """Seconds since the epoch."""
    products: tuple[str, ...]
    happened: tuple[int, ...]
    """How many interactions of each of `KINDS` it rests on."""
    heat: NDArray[np.float64]
    """[3, n + 1] orders, halved every 7, 28 and 90 days."""
    orders: NDArray[np.int32]
    """[n + 1] orders with the product; 0 for one that nobody had bought yet."""
    bestsellers: tuple[Numbers, ...]
    """Product numbers that ever sold, by the fastest and by the middle heat, the hottest first."""
    standing: Figures
    """[n + 1, len(STANDING)] what a ranker may know of a product whoever looks at it; free of the shop's size."""
    repeats: Repeats
    lists: dict[str, Lists]
    """By `LISTS`."""
    factors: Scores
    """[n, 64]."""
    root_sold: Figures
    """[n] the root of each product's buyers, at least 1: what its row of factors was divided by."""
    alike: Alike


def _total(happened: Interactions) -> int:
    """Numbers in use, with one more, last: a product that nobody ever dealt with, found at index -1."""
    return len(happened.products) + 1


def ranks_of(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """[k] each figure's place, 0 the lowest, as a share of all; ties in order."""
    places = np.empty(len(figures))
    places[np.argsort(figures, kind="stable")] = np.arange(len(figures))
    return places / max(len(figures), 1)


def _heat(bought: Interactions, as_of: int) -> NDArray[np.float64]:
    age, total = (as_of - bought.at) / DAY, _total(bought)
    return np.stack([np.bincount(bought.product, np.exp2(-age / h), minlength=total) for h in HALF_LIVES_DAYS])


def _since(first: bool, bought: Interactions, as_of: int) -> NDArray[np.float64]:
    """[n] days since each product's first (or last) sale; NaN for what never sold."""
    at = np.full(_total(bought), as_of + 1 if first else -1, dtype=np.int64)
    (np.minimum if first else np.maximum).at(at, bought.product, bought.at)
    never = (at > as_of) | (at < 0)
    return np.where(never, np.nan, (as_of - at) / DAY)


def _logs(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Against the highest, on a log scale."""
    return np.asarray(np.log(figures / max(float(figures.max(initial=0.0)), LEAST) + LEAST))


def _trend(fast: NDArray[np.float64], slow: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log((fast / (fast.sum() + LEAST) + LEAST) / (slow / (slow.sum() + LEAST) + LEAST)))


def _season(bought: Interactions, as_of: int) -> NDArray[np.float64]:
    """[n] how much more (in logs) sold in the four weeks that come, a year ago, than in all that year's weeks."""
    total = _total(bought)
    if not len(bought) or as_of - bought.at.min() < SEASON_FROM_DAYS * DAY:
        return np.full(total, np.nan)
    last_year = bought.at - (as_of - 365 * DAY)
    then = (last_year >= 0) & (last_year < SEASON_DAYS * DAY)
    sold = np.bincount(bought.product[then], minlength=total) / max(1, int(np.count_nonzero(then)))
    all_year = np.bincount(bought.product, minlength=total) / len(bought)
    return np.asarray(np.log((sold + LEAST) / (all_year + LEAST)))


def _standing(bought: Interactions, as_of: int, heat: NDArray[np.float64], repeats: Repeats) -> Figures:
    total = _total(bought)
    week = np.bincount(bought.product[bought.at >= as_of - 7 * DAY], minlength=total).astype(np.float64)
    pairs = np.unique(bought.customer.astype(np.int64) * total + bought.product)
    buyers = np.bincount((pairs % total).astype(np.int64), minlength=total)
    orders = np.bincount(bought.product, minlength=total)
    rank = ranks_of(heat[0])
    columns = [
        *map(_logs, heat), rank, _logs(week), _trend(heat[0], heat[1]), _trend(heat[1], heat[2]),
        _since(True, bought, as_of), _since(False, bought, as_of),
        np.log((buyers + 1) / (len(np.unique(bought.customer)) + 1)), orders / np.maximum(buyers, 1),
        repeats.rate, repeats.gap_days, _season(bought, as_of),
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def learn_shop(happened: Interactions, as_of: int) -> Shop:
    """What `happened` before `as_of` (seconds since the epoch) says; the rest is not looked at. Seconds of work."""
    happened = happened.before(as_of)
    bought = happened.of(BOUGHT)
    orders = orders_of(happened)
    customers = by_customer(orders)
    sold = np.asarray(customers.sum(axis=0), dtype=np.float64).ravel()
    heat, repeats = _heat(bought, as_of), repeats_of(happened, as_of)
    only_purchases = len(bought) == len(happened)
    visits = orders if only_purchases else group(happened, within_s=DAY)
    lists = {
        "together": affinity.together(orders, as_of, TOGETHER_DAYS),
        "lately": affinity.together(orders, as_of, LATELY_DAYS),
        "following": affinity.following(orders, as_of),
        "regressed": affinity.regressed(customers),
        "beside": affinity.nothing(len(happened.products)) if only_purchases else (
            affinity.together(visits, as_of, BESIDE_DAYS)
        ),
    }  # fmt: skip
    factors, root_sold = affinity.factors(customers), np.sqrt(np.maximum(sold, 1)).astype(np.float32)
    return Shop(
        as_of=as_of,
        products=happened.products,
        happened=tuple(np.bincount(happened.kind, minlength=len(KINDS)).tolist()),
        heat=heat,
        orders=np.bincount(bought.product, minlength=_total(happened)).astype(np.int32),
        bestsellers=tuple(
            np.argsort(-one, kind="stable")[: np.count_nonzero(one)].astype(np.int32) for one in heat[:2]
        ),
        standing=_standing(bought, as_of, heat, repeats),
        repeats=repeats,
        lists=lists,
        factors=factors,
        root_sold=root_sold,
        alike=alike(customers, factors * root_sold[:, None]),
    )
