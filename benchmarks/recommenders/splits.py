"""Before and after a cut: what a recommender may learn from, and what it is asked to foresee."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.recommenders.log import DAY, Ints, Log

CUTS = 3
WINDOWS_DAYS = (28, 21, 14, 7, 3, 1)
"""How long the time after a cut may be: the longest of which the data hold `SPAN` times as much."""
SPAN = 6
"""Windows in the data: three to test on and as many again to learn from before the first cut."""


@dataclass(frozen=True, eq=False)
class Task:
    """One question at one cut: which items will these customers buy next?"""

    customers: Ints
    """[m], numbers of the training log."""
    relevant: Ints
    """Items of all customers, one customer's after another's; numbers of the training log."""
    starts: Ints
    """[m + 1]: customer i's relevant items are `relevant[starts[i] : starts[i + 1]]`."""
    exclude_bought: bool
    """True: only what the customer never bought counts, and may be recommended."""

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def sizes(self) -> Ints:
        """[m]: relevant items of each customer, at least 1."""
        return np.diff(self.starts)

    def of(self, position: int) -> Ints:
        """The relevant items of one customer."""
        return self.relevant[self.starts[position] : self.starts[position + 1]]


@dataclass(frozen=True, eq=False)
class Split:
    """The log before a cut, and the two tasks of the window after it."""

    cut: int
    """Seconds since the epoch."""
    days: int
    """Length of the window."""
    train: Log
    """Only what happened before the cut, renumbered: a customer or item of later days does not exist in it."""
    with_repeats: Task
    new_only: Task


def thinned(log: Log, lines: int, seed: int = 0) -> Log:
    """About `lines` of the log: all that some customers did, drawn at random; the log itself where it has no more."""
    if len(log) <= lines:
        return log
    drawn = np.random.default_rng(seed).random(log.customers) < lines / len(log)
    return log.where(drawn[log.customer])


def window_days(log: Log) -> int:
    """Four weeks, or less where the data are short."""
    span = (int(log.at[-1]) - int(log.at[0])) / DAY
    return next((days for days in WINDOWS_DAYS if span >= SPAN * days), WINDOWS_DAYS[-1])


def cuts(log: Log, days: int) -> list[int]:
    """Three midnights, `days` apart, the last of them `days` before the day of the last event."""
    last = int(log.at[-1]) // DAY * DAY
    return [last - step * days * DAY for step in range(CUTS, 0, -1)]


def split(log: Log, cut: int, days: int, *, customers: int | None = None, seed: int = 0) -> Split:
    """Cut the log. Test customers are those known before the cut who bought something known in the window.

    `customers`: at most so many of them, drawn at random.
    """
    before = log.at < cut
    train = log.where(before)
    pairs = _window_pairs(log, train, (log.at >= cut) & (log.at < cut + days * DAY))
    held = np.stack(train.bought.nonzero()).astype(np.int64)
    fresh = pairs[:, ~np.isin(pairs[0] * train.items + pairs[1], held[0] * train.items + held[1])]
    return Split(
        cut=cut,
        days=days,
        train=train,
        with_repeats=_task(_sample(pairs, customers, seed), exclude_bought=False),
        new_only=_task(_sample(fresh, customers, seed), exclude_bought=True),
    )


def _window_pairs(log: Log, train: Log, window: np.ndarray) -> Ints:
    """[2, pairs]: each customer and item of a purchase in the window that both exist in `train`, once, in order."""
    kept = window & log.is_bought
    customer = _known(train.customer_ids, log.customer_ids)[log.customer[kept]]
    item = _known(train.item_ids, log.item_ids)[log.item[kept]]
    both = (customer >= 0) & (item >= 0)
    return np.unique(np.stack([customer[both], item[both]]), axis=1)


def _known(names: np.ndarray, all_names: np.ndarray) -> Ints:
    """[len(all_names)]: the position of each in `names`, -1 where it is not there. `names` are in order."""
    at = np.searchsorted(names, all_names).clip(max=max(len(names) - 1, 0))
    return np.where(names[at] == all_names, at, -1) if len(names) else np.full(len(all_names), -1)


def _sample(pairs: Ints, customers: int | None, seed: int) -> Ints:
    everyone = np.unique(pairs[0])
    if customers is None or customers >= len(everyone):
        return pairs
    drawn = np.random.default_rng(seed).choice(everyone, customers, replace=False)
    return pairs[:, np.isin(pairs[0], drawn)]


def _task(pairs: Ints, *, exclude_bought: bool) -> Task:
    customers, sizes = np.unique(pairs[0], return_counts=True)
    return Task(customers, pairs[1], np.concatenate([[0], np.cumsum(sizes)]), exclude_bought)


def tasks(split_: Split) -> Iterator[tuple[str, Task]]:
    """Both tasks with the names they are printed under."""
    yield "with repeats", split_.with_repeats
    yield "new items only", split_.new_only
