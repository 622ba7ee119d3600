"""Nothing after the cut may reach a recommender, and a bench that could not tell would be worth nothing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.recommenders.base import Recommender, Scorer, Scores
from benchmarks.recommenders.content import Content
from benchmarks.recommenders.factors import Als, Bpr, Ease
from benchmarks.recommenders.invented import invent
from benchmarks.recommenders.leaks import Maker, peeks
from benchmarks.recommenders.log import Ints, Log
from benchmarks.recommenders.neighbours import ItemKnn, TifuKnn
from benchmarks.recommenders.popularity import BuyAgain, Popularity, RecentPopularity
from benchmarks.recommenders.splits import Split, cuts, window_days


class Cheat(Scorer):
    """Has the whole log at hand and looks up how often each item will sell."""

    name = "cheat"

    def __init__(self, log: Log) -> None:
        super().__init__()
        self.log = log

    def learn(self, train: Log, now: int) -> None:
        sold = dict(zip(self.log.item_ids.tolist(), np.bincount(self.log.item, minlength=self.log.items), strict=True))
        self.will_sell = np.array([sold[name] for name in train.item_ids.tolist()], dtype=np.float32)

    def scores(self, customers: Ints) -> Scores:
        return np.tile(self.will_sell, (len(customers), 1))


def _content(log: Log, one: Split) -> Recommender:
    return Content(np.eye(one.train.items, dtype=np.float32))


HONEST: dict[str, Maker] = {
    **{
        made.name: lambda log, one, made=made: made()  # type: ignore[misc]
        for made in (Popularity, RecentPopularity, BuyAgain, ItemKnn, TifuKnn, Ease, Als, Bpr)
    },
    "content": _content,
}


@pytest.fixture(scope="module")
def shop() -> Log:
    return invent("tiny")


@pytest.mark.parametrize("name", HONEST)
def test_no_baseline_sees_what_happens_after_the_cut(shop: Log, name: str) -> None:
    days = window_days(shop)
    assert not peeks(HONEST[name], shop, cuts(shop, days)[1], days)


def test_a_recommender_that_looks_ahead_is_caught(shop: Log) -> None:
    days = window_days(shop)
    assert peeks(lambda log, one: Cheat(log), shop, cuts(shop, days)[1], days)
