"""Does a recommender know what it cannot know? Two futures, one past: its lists must be the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.recommenders.base import Recommender
from benchmarks.recommenders.log import Log
from benchmarks.recommenders.metrics import AT
from benchmarks.recommenders.splits import Split, split

Maker = Callable[[Log, Split], Recommender]
"""Makes a recommender from the whole log and the split of it that it will be fitted on."""


def other_future(log: Log, cut: int, seed: int = 0) -> Log:
    """The same log to the cut, and then other items and prices for everybody."""
    after = log.at >= cut
    random = np.random.default_rng(seed)
    item, price, text = log.item.copy(), log.price.copy(), log.text.copy()
    item[after] = random.integers(0, log.items, int(after.sum()))
    price[after] *= 3.0
    text[after] = random.permutation(text[after])
    return replace(log, item=item, price=price, text=text)


def peeks(make: Maker, log: Log, cut: int, days: int, *, customers: int = 40) -> bool:
    """True if what happens after the cut changes what is recommended at it, to the first `customers`."""
    lists = []
    for future in (log, other_future(log, cut)):
        one = split(future, cut, days)
        method = make(future, one)
        method.fit(one.train, cut)
        some = np.arange(min(customers, one.train.customers))
        lists.append([method.recommend(some, AT, exclude_bought=excluded) for excluded in (False, True)])
    return not np.array_equal(lists[0], lists[1])
