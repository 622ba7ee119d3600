"""Learning from a shop's own history, judged on its last weeks before it may rank anything.

Sliding windows of the past teach a ranker what was bought in the weeks after each; the newest window is kept out, and
the ranker is used only where it is better there than the default weights, which would rank in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from catalog.learning.examples import KEPT_SHARE, Examples, Window, cases, examples
from catalog.learning.features import NAMES
from catalog.learning.interactions import DAY, Interactions, seconds
from catalog.learning.judging import judge
from catalog.learning.model import Bound, Learned, Report, bind
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
"""Customers in the window that judges: among fewer, chance decides."""
FEWEST_BOUGHT = 500
"""Purchases among the examples: of fewer, thirty leaves a tree learn the names."""


def windows_of(happened: Interactions, as_of: int) -> tuple[Window, ...]:
    """The window that judges, and those before it that teach, the newest first; none where history is too short."""
    if not len(happened):
        return ()
    start = int(happened.at.min())
    for days in WEEKS_AHEAD_DAYS:
        ahead = days * DAY
        # The window half a length before the judging one reaches into it: left out.
        cuts = [as_of - ahead - step * ahead // 2 for step in range(WINDOWS + 2) if step != 1]
        cuts = [cut for cut in cuts if cut - start >= ahead]
        if len(cuts) > LEAST_WINDOWS:
            return tuple(Window(cut, cut + ahead) for cut in cuts)
    return ()


def learn(
    interactions: Interactions, as_of: datetime, *, view: CatalogView, progress: Progress | None = None
) -> Learned:
    """What the shop's history before `as_of` teaches, over the products of `view`. Blocks for a minute or more.

    Deterministic. `progress` hears (steps done, steps). See `refresh` for what is cheap.
    """
    moment = seconds(as_of)
    happened = interactions.before(moment)
    windows = windows_of(happened, moment)
    step = _Steps(len(windows) + 2, progress)
    shop = learn_shop(happened, moment)
    step.done()
    report = _report(happened, as_of)
    if not windows or _fewer_than(happened, windows[0], FEWEST_CUSTOMERS):
        return Learned.of(shop, None, report)
    lesson = _Lesson(view, happened, report, step)
    *earlier, newest = [lesson.of(window) for window in reversed(windows)]
    if sum(np.count_nonzero(one.bought) for one in earlier) < FEWEST_BOUGHT:
        return Learned.of(shop, None, report)
    trial = _trained(earlier)
    verdict = judge(view, lesson.bound(lesson.shops[windows[0]], trial), happened, windows[0])
    step.done()
    report = replace(
        report,
        standing="in_use" if verdict.better else "not_better",
        judged_on=verdict.customers,
        score=verdict.score,
        by_hand=verdict.by_hand,
        best_simple=verdict.best_simple,
        best_simple_score=verdict.best_simple_score,
    )
    return Learned.of(shop, _trained([*earlier, newest]) if verdict.better else None, report)


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
        found = examples(self._view, shop, self.bound(shop, None), self._happened, window.end)
        self._step.done()
        return found

    def bound(self, shop: Shop, ranker: Ranker | None) -> Bound:
        """Over the view's rows, which are the same for every window's shop."""
        if self._places is None:
            self._places = bind(Learned.of(shop, None, self._report), self._view.row_of, len(self._view))
        return replace(self._places, learned=Learned.of(shop, ranker, self._report))


def _trained(lessons: list[Examples]) -> Ranker:
    tables, answers = zip(*lessons, strict=True)
    return train(np.concatenate(tables), np.concatenate(answers), NAMES, KEPT_SHARE)


def _fewer_than(happened: Interactions, window: Window, customers: int) -> bool:
    known: Iterator[bool] = (case.rows.start < case.rows.stop for case in cases(happened, window, customers))
    return sum(known) < customers


def _report(happened: Interactions, as_of: datetime) -> Report:
    orders = orders_of(happened)
    return Report(
        standing="too_little_history",
        orders=len(orders.at),
        customers=len(np.unique(orders.customer)),
        trained_at=as_of,
    )
