"""A learned ranking for the catalog of `big_catalog`: an invented past of it, trees taught by that, customers to ask.

The past is there for its size, not for its sense: how good the picks are is for `benchmarks.picks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.big_catalog import CENTRES, NOW, product
from catalog.learning import artefact
from catalog.learning.artefact import LearnedUnusable
from catalog.learning.examples import KEPT_SHARE, examples
from catalog.learning.features import NAMES
from catalog.learning.interactions import DAY, Interactions, seconds
from catalog.learning.judging import signals_of
from catalog.learning.model import Learned, Report, bind
from catalog.learning.ranker import train
from catalog.learning.shop import learn_shop
from catalog.model import Taste
from catalog.view import CatalogView

CUSTOMERS, ORDERS = 10_000, 12
"""Customers, and the orders of one in the mean."""
ORDER = ("bought",) * 5 + ("viewed",) * 2
"""What happens with each order: of one customer some 75 signals, as in Online Retail."""
SHELVES, FROM_THEM, AGAIN = 4, 0.6, 0.3
"""Shelves that somebody buys from, what share comes from them, and what share they had before."""
STEEP = 3.0
"""An eighth of what is drawn is of the first five hundredth: few things sell, most hardly ever."""
DAYS, AHEAD_DAYS = 365, 28

Numbers = NDArray[np.int64]


def history(count: int) -> Interactions:
    """A year of a shop with products 0..count-1, always the same."""
    rng = np.random.default_rng(13)
    shelf = np.array([(number * 7_919) % 104_729 % CENTRES for number in range(count)])
    on_shelf = [np.flatnonzero(shelf == one) for one in range(CENTRES)]
    parts = [_of_one(rng, count, on_shelf, int(orders)) for orders in rng.geometric(1 / ORDERS, CUSTOMERS)]
    chosen, moments = (np.concatenate(part) for part in zip(*parts, strict=True))
    names = np.array([product(number).id for number in range(count)], dtype=object)
    customers = np.repeat(np.arange(CUSTOMERS), [len(part[0]) for part in parts])
    kinds = ORDER * (len(chosen) // len(ORDER))
    return Interactions.from_arrays(customers.tolist(), names[chosen], moments, kinds)


def _of_one(rng: np.random.Generator, count: int, on_shelf: list[Numbers], orders: int) -> tuple[Numbers, Numbers]:
    """([lines] products, [lines] seconds since the epoch) of one customer."""
    lines = orders * len(ORDER)
    own = np.sort(np.concatenate([on_shelf[one] for one in rng.integers(CENTRES, size=SHELVES)]))
    deep, is_own = rng.random(lines) ** STEEP, rng.random(lines) < FROM_THEM
    chosen = (deep * count).astype(np.int64)
    if len(own):
        chosen = np.where(is_own, own[(deep * len(own)).astype(np.int64)], chosen)
    before = (rng.random(lines) * np.arange(lines)).astype(np.int64)
    chosen = np.where(rng.random(lines) < AGAIN, chosen[before], chosen)
    ago = np.sort(rng.random(orders) * DAYS * DAY)[::-1]
    return chosen, np.repeat(seconds(NOW) - 1 - ago.astype(np.int64), len(ORDER))


def learned(view: CatalogView, happened: Interactions, folder: Path) -> Learned:
    """What was learned of it: read from the folder, or learned and put there."""
    with suppress(LearnedUnusable):
        return artefact.load(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = _taught(view, happened)
    artefact.save(folder, found)
    return found


def _taught(view: CatalogView, happened: Interactions) -> Learned:
    """Trees of one window, the newest, unjudged: they are as many, and as deep, as those of a shop that has six."""
    cut, report = seconds(NOW) - AHEAD_DAYS * DAY, Report("in_use", 0, CUSTOMERS, NOW)
    before = learn_shop(happened, cut)
    bound = bind(Learned.of(before, None, report), view.row_of, len(view))
    lesson = examples(view, before, bound, happened, seconds(NOW))
    return Learned.of(learn_shop(happened, seconds(NOW)), train(lesson.table, lesson.bought, NAMES, KEPT_SHARE), report)


def tastes(happened: Interactions, total: int) -> Iterator[Taste]:
    """Of `total` customers, drawn at random: all that they ever bought and looked at."""
    customers, starts = happened.slices()
    for place in np.random.default_rng(17).permutation(len(customers))[:total].tolist():
        yield Taste(signals=signals_of(happened, slice(int(starts[place]), int(starts[place + 1]))))
