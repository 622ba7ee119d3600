"""What a ranker is taught by: customers as they stood at a moment of the past, and what they bought after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.learning.features import features
from catalog.learning.interactions import BOUGHT, DAY, Interactions, Numbers
from catalog.learning.lists import Scores
from catalog.learning.model import NOWHERE, Bound
from catalog.learning.profile import Profile, from_interactions
from catalog.learning.reading import propose, read
from catalog.learning.shop import Shop

if TYPE_CHECKING:
    from catalog.view import CatalogView

MAX_CUSTOMERS = 1_500
"""Of one cut: beyond this more customers teach little, and take their milliseconds each."""
STRANGERS_SHARE = 0.1
"""Customers without a past that are taught beside them: the first e-mail is for somebody nobody knows."""
KEPT_SHARE = 0.25
"""Of the products that were not bought."""
ARRIVAL_DAYS, MAX_ARRIVALS = 45, 20
MICROSECONDS = 1_000_000


class Case(NamedTuple):
    """One customer at a cut, and the product numbers they bought in the weeks after it."""

    rows: slice
    """Their interactions before the cut."""
    profile: Profile
    bought: Numbers


@dataclass(frozen=True, slots=True)
class Window:
    """A moment of the past and the weeks after it, in seconds since the epoch."""

    cut: int
    end: int


def cases(happened: Interactions, window: Window, at_most: int) -> Iterator[Case]:
    """Customers who bought within the window, a tenth of them strangers; always the same ones."""
    inside = (happened.at >= window.cut) & (happened.at < window.end) & (happened.kind == BOUGHT)
    customers, starts = happened.slices()
    active = np.flatnonzero(np.isin(customers, happened.customer[inside]))
    met = np.minimum.reduceat(happened.at, starts[:-1])[active] < window.cut if len(active) else active.astype(bool)
    draw = np.random.default_rng(window.cut)
    strangers = draw.permutation(active[~met])[: int(STRANGERS_SHARE * min(at_most, int(np.count_nonzero(met))))]
    for place in np.sort(np.concatenate([draw.permutation(active[met])[:at_most], strangers])).tolist():
        begin, end = starts[place], starts[place + 1]
        cut = begin + np.searchsorted(happened.at[begin:end], window.cut)
        bought = np.unique(happened.product[cut:end][inside[cut:end]])
        past = slice(int(begin), int(cut))
        yield Case(past, from_interactions(happened, past, window.cut), bought)


def existing(view: CatalogView, shop: Shop, bound: Bound) -> NDArray[np.bool_]:
    """[n] by product number: what could be shown at the shop's moment: sold before, or newly listed."""
    sold = shop.orders[:-1] > 0
    rows, listed = bound.rows, np.zeros(len(sold), dtype=np.bool_)
    there = np.flatnonzero((rows != NOWHERE) & ~sold)
    added = view.columns.added[rows[there]]
    since = (shop.as_of - ARRIVAL_DAYS * DAY) * MICROSECONDS
    fresh = there[(added > since) & (added <= shop.as_of * MICROSECONDS)]
    listed[np.random.default_rng(shop.as_of).permutation(fresh)[:MAX_ARRIVALS]] = True
    return sold | listed


class Examples(NamedTuple):
    """Rows of `features` [m, f], and whether each product was bought [m]."""

    table: Scores
    bought: NDArray[np.bool_]


def examples(view: CatalogView, shop: Shop, bound: Bound, happened: Interactions, end: int) -> Examples:
    """From `shop`'s moment to `end`. All of what was bought, a share of what was not."""
    there = existing(view, shop, bound)
    draw = np.random.default_rng(shop.as_of)
    arrivals = np.flatnonzero(there & (shop.orders[:-1] == 0)).astype(np.int32)
    tables, answers = [np.zeros((0, 0), dtype=np.float32)], [np.zeros(0, dtype=np.bool_)]
    for case in cases(happened, Window(shop.as_of, end), MAX_CUSTOMERS):
        reading = read(shop, case.profile)
        numbers = np.union1d(propose(shop, reading, there.take), arrivals)
        bought = np.isin(numbers, case.bought)
        kept = bought | (draw.random(len(bought)) < KEPT_SHARE)
        numbers = numbers[kept].astype(np.int32)
        tables.append(features(view, shop, bound, reading, bound.rows[numbers], numbers))
        answers.append(bought[kept])
    return Examples(np.concatenate(tables[1:] or tables), np.concatenate(answers))
