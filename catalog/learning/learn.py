"""Learning from a shop's own history which way to rank it, judged on its last weeks before anything may rank.

Sliding windows of the past teach trees and a net what was bought in the weeks after each; the newest is kept out. On it
trees, simple rules and the default weights are compared, every night anew: what serves a shop today need not tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from catalog.learning.cores import on_one_core
from catalog.learning.examples import KEPT_SHARE, Examples, Window, cases, examples
from catalog.learning.features import NAMES
from catalog.learning.interactions import DAY, Interactions, seconds
from catalog.learning.judging import Serves, Verdict, judge
from catalog.learning.model import Bound, Learned, Report, Standing, bind
from catalog.learning.orders import orders_of
from catalog.learning.ranker import Ranker, train
from catalog.learning.shop import Shop, learn_shop

if TYPE_CHECKING:
    from catalog.view import CatalogView

Progress = Callable[[int, int | None], None]

WEEKS_AHEAD_DAYS = (28, 14, 7)
"""How far ahead is looked: four weeks, or less where the history is short."""
WINDOWS, LEAST_WINDOWS = 6, 2
"""Windows taught from, each beginning half a window before the next: more moments, at the price of alike ones."""
FEWEST_CUSTOMERS = 100
"""Customers in the window that judges, for trees: among fewer, chance decides."""
FEWEST_JUDGED = 30
"""The same for a simple rule, which learns next to nothing that chance could spoil."""
FEWEST_BOUGHT = 500
"""Purchases among the examples: of fewer, thirty leaves a tree learn the names."""


def windows_of(happened: Interactions, as_of: int) -> tuple[Window, ...]:
    """The window that judges, and those before it that teach, the newest first.

    The judging one alone where history is too short to teach, and none where it is too short for that.
    """
    if not len(happened):
        return ()
    start = int(happened.at.min())
    alone: tuple[Window, ...] = ()
    for days in WEEKS_AHEAD_DAYS:
        ahead = days * DAY
        # The window half a length before the judging one reaches into it: left out.
        cuts = [as_of - ahead - step * ahead // 2 for step in range(WINDOWS + 2) if step != 1]
        windows = tuple(Window(cut, cut + ahead) for cut in cuts if cut - start >= ahead)
        if len(windows) > LEAST_WINDOWS:
            return windows
        alone = alone or windows[:1]
    return alone


@on_one_core()
def learn(
    interactions: Interactions, as_of: datetime, *, view: CatalogView, progress: Progress | None = None
) -> Learned:
    """What the shop's history before `as_of` teaches, over the products of `view`. Blocks for a minute or more.

    Deterministic, on one core. `progress` hears (steps done, steps). See `refresh` for what is cheap.
    """
    moment = seconds(as_of)
    happened = interactions.before(moment)
    windows = windows_of(happened, moment)
    known = _known(happened, windows[0]) if windows else 0
    if known < FEWEST_CUSTOMERS:
        windows = windows[:1]
    step = _Steps(len(windows) + 2, progress)
    shop, report = learn_shop(happened, moment), _report(happened, as_of)
    step.done()
    if known < FEWEST_JUDGED:
        return Learned.of(shop, None, report)
    lesson = _Lesson(view, happened, report, step)
    *earlier, newest = [lesson.of(window) for window in reversed(windows)]
    enough = sum(np.count_nonzero(one.bought) for one in earlier) >= FEWEST_BOUGHT
    trial = _trained(earlier) if enough else None
    verdict = judge(view, lesson.bound(lesson.shops[windows[0]]), trial, happened, windows[0])
    step.done()
    report = _told(report, verdict)
    if verdict.serves == "trees":
        return Learned.of(shop, _trained([*earlier, newest]), report)
    return Learned.of(shop, verdict.rule if verdict.serves == "rule" else None, report)


@on_one_core()
def refresh(interactions: Interactions, as_of: datetime, previous: Learned) -> Learned:
    """The shop's signals anew, with the ranker there is: seconds, for every hour."""
    moment = seconds(as_of)
    return Learned.of(learn_shop(interactions.before(moment), moment), previous.ranker, previous.report)


class _Steps:
    """Tells how far learning has come."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._so_far, self._total, self._progress = 0, total, progress

    def done(self) -> None:
        self._so_far += 1
        if self._progress:
            self._progress(self._so_far, self._total)


class _Lesson:
    """Shops and examples of past windows."""

    def __init__(self, view: CatalogView, happened: Interactions, report: Report, step: _Steps) -> None:
        self._view, self._happened, self._report, self._step = view, happened, report, step
        self._places: Bound | None = None
        self.shops: dict[Window, Shop] = {}

    def of(self, window: Window) -> Examples:
        shop = self.shops[window] = learn_shop(self._happened, window.cut)
        found = examples(self._view, shop, self.bound(shop), self._happened, window.end)
        self._step.done()
        return found

    def bound(self, shop: Shop) -> Bound:
        """Over the view's rows, which are the same for every window's shop."""
        if self._places is None:
            self._places = bind(Learned.of(shop, None, self._report), self._view.row_of, len(self._view))
        return replace(self._places, learned=Learned.of(shop, None, self._report))


def _trained(lessons: list[Examples]) -> Ranker:
    tables, answers = zip(*lessons, strict=True)
    return train(np.concatenate(tables), np.concatenate(answers), NAMES, KEPT_SHARE)


def _known(happened: Interactions, window: Window) -> int:
    """Customers of a window who were known before it, counted up to `FEWEST_CUSTOMERS`."""
    return sum(case.rows.start < case.rows.stop for case in cases(happened, window, FEWEST_CUSTOMERS))


def _report(happened: Interactions, as_of: datetime) -> Report:
    orders = orders_of(happened)
    return Report(
        standing="too_little_history",
        orders=len(orders.at),
        customers=len(np.unique(orders.customer)),
        trained_at=as_of,
    )


def _told(report: Report, verdict: Verdict) -> Report:
    standings: dict[Serves, Standing] = {"hand": "not_better", "rule": "rule_in_use", "trees": "in_use"}
    return replace(
        report,
        standing=standings[verdict.serves],
        judged_on=verdict.customers,
        score=verdict.score,
        by_hand=verdict.by_hand,
        best_simple=verdict.rule.name,
        best_simple_score=verdict.by_rule,
    )
