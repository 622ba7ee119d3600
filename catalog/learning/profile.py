"""One customer as a ranker sees them: what they bought, when, and what they touched. The same in training as at work.

In training it is cut out of the interactions before a moment; at work it is read from a `Taste`'s signals. Both are
bounded alike, so that a ranker is never asked about what it was not taught.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from catalog.learning.interactions import BOUGHT, CARTED, DAY, KINDS, VIEWED, Interactions, Numbers
from catalog.model import Signal

Days = NDArray[np.float64]

PURCHASES = 1_500
"""Newest purchases (lines of orders) looked at."""
VIEWS = 60
"""Newest views looked at: as many as memory keeps of one customer."""
TOUCHED = {"viewed": "viewed", "clicked": "viewed", "carted": "carted", "wished": "wished", "returned": "returned"}
_TOUCHED_AS = {kind: KINDS.index(known_as) for kind, known_as in TOUCHED.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Purchases [m], newest first, and touches [t]: views, carts, wishes, returns, one a product and kind."""

    bought: Numbers
    """Product number of each purchase."""
    bought_days: Days
    """Days ago of each."""
    touched: Numbers
    touch_kind: NDArray[np.int8]
    touch_days: Days
    """Days since the last time."""
    touch_times: Days


def _profile(bought: Numbers, bought_days: Days, touches: Mapping[tuple[int, int], tuple[float, int]]) -> Profile:
    """`touches`: (product, kind) → (days since the last time, times)."""
    newest = np.lexsort((bought, bought_days))[:PURCHASES]
    keys = sorted(touches)
    return Profile(
        bought[newest],
        bought_days[newest],
        np.array([product for product, _ in keys], dtype=np.int32),
        np.array([kind for _, kind in keys], dtype=np.int8),
        np.array([touches[one][0] for one in keys], dtype=np.float64),
        np.array([touches[one][1] for one in keys], dtype=np.float64),
    )


def _days(now: datetime, at: datetime) -> float:
    return max((now - at).total_seconds() / DAY, 0.0)


def from_signals(signals: Iterable[Signal], number_of: Mapping[str, int], now: datetime) -> Profile:
    """At work: from a taste's signals. Products that the shop's history never met are left out."""
    bought: list[int] = []
    ago: list[float] = []
    touches: dict[tuple[int, int], tuple[float, int]] = {}
    for signal in signals:
        number = number_of.get(signal.product_id)
        if number is None:
            continue
        if signal.kind == "bought":
            for at in signal.moments or (signal.at,) * signal.times:
                bought.append(number)
                ago.append((now - at).total_seconds())
        elif signal.kind in _TOUCHED_AS:
            known = (number, _TOUCHED_AS[signal.kind])
            last, times = touches.get(known, (np.inf, 0))
            touches[known] = (min(last, _days(now, signal.at)), times + signal.times)
    days = np.maximum(np.array(ago, dtype=np.float64) / DAY, 0.0)
    return _profile(np.array(bought, dtype=np.int32), days, touches)


def from_interactions(happened: Interactions, rows: slice, as_of: int) -> Profile:
    """In training: one customer's `rows`, all before `as_of` (seconds since the epoch), oldest first."""
    product, at, kind = happened.product[rows], happened.at[rows], happened.kind[rows]
    days = (as_of - at) / DAY
    bought = kind == BOUGHT
    last_order = float(days[bought].min()) if bought.any() else np.inf
    # As in memory: an order empties the basket, and only so many views are kept.
    kept = ~bought & ((kind != CARTED) | (days < last_order))
    views = np.flatnonzero(kept & (kind == VIEWED))
    kept[views[: max(0, len(views) - VIEWS)]] = False
    touches: dict[tuple[int, int], tuple[float, int]] = {}
    columns = (product[kept].tolist(), kind[kept].tolist(), days[kept].tolist())
    for number, what, age in zip(*columns, strict=True):
        last, times = touches.get((number, what), (np.inf, 0))
        touches[(number, what)] = (min(last, age), times + 1)
    return _profile(product[bought], days[bought], touches)
