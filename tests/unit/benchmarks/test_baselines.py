"""Each baseline on a shop of a few lines, where anybody can say what it must recommend."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.recommenders.base import Recommender, recent_popularity, top
from benchmarks.recommenders.content import Content
from benchmarks.recommenders.factors import Als, Bpr, Ease
from benchmarks.recommenders.invented import invent
from benchmarks.recommenders.log import DAY, Kind, Log
from benchmarks.recommenders.neighbours import ItemKnn, TifuKnn
from benchmarks.recommenders.popularity import BuyAgain, Popularity, RecentPopularity
from tests.kit.shops import log_of

NOW = 100 * DAY
ALL = (Popularity, RecentPopularity, BuyAgain, ItemKnn, TifuKnn, Ease, Als, Bpr)


def _first(method: Recommender, log: Log, customer: int = 0, *, exclude_bought: bool = False, k: int = 3) -> list[int]:
    method.fit(log, NOW)
    found: list[int] = method.recommend(np.array([customer]), k, exclude_bought=exclude_bought)[0].tolist()
    return found


def test_popularity_is_of_all_time_and_recent_popularity_of_the_week() -> None:
    log = log_of([(who, 0, 10) for who in range(5)] + [(who, 1, 98) for who in range(2)] + [(5, 2, 99)])
    assert _first(Popularity(), log, 5) == [0, 1, 2]
    assert _first(RecentPopularity(), log, 5) == [1, 2, 0]


def test_buying_again_prefers_what_was_bought_often_and_lately() -> None:
    log = log_of([(0, 0, 10), (0, 1, 90), (0, 2, 50), (0, 2, 90), (1, 3, 99)])
    assert _first(BuyAgain(), log, k=4) == [2, 1, 0, 3]


def test_two_lines_of_one_order_are_one_purchase_again() -> None:
    log = log_of([(0, 0, 90), (0, 0, 90), (0, 0, 90), (0, 1, 80), (0, 1, 90)])
    assert _first(BuyAgain(), log, k=1) == [1]


def test_item_knn_follows_what_others_bought_beside_it() -> None:
    pairs = [(who, item, 50) for who in range(1, 6) for item in (0, 1)]
    log = log_of([(0, 0, 90), *pairs, *((who, 2, 95) for who in range(6, 16))])
    assert _first(ItemKnn(), log, exclude_bought=True) == [1, 2, -1]


def test_item_knn_does_not_take_an_item_for_its_own_neighbour() -> None:
    pairs = [(who, item, 50) for who in range(1, 6) for item in (0, 1)]
    assert _first(ItemKnn(), log_of([(0, 0, 90), *pairs]), k=1) == [1]


def test_tifu_takes_from_people_alike() -> None:
    alike = [(who, item, 90) for who in (1, 2, 3) for item in (0, 1, 2)]
    log = log_of([(0, 0, 95), (0, 1, 95), *alike, *((who, 3, 90) for who in range(4, 9))])
    assert _first(TifuKnn(), log, exclude_bought=True, k=1) == [2]


def test_content_finds_what_reads_alike() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.8, 0.6]], dtype=np.float32)
    log = log_of([(0, 0, 90), (1, 1, 99), (1, 2, 10)])
    assert _first(Content(vectors), log, exclude_bought=True) == [2, 1, -1]


def test_views_count_only_where_they_are_asked_for() -> None:
    log = log_of([(0, 0, 90), (0, 1, 99, Kind.VIEWED), (1, 2, 99), (1, 1, 50)])
    assert _first(BuyAgain(), log, k=2) == [0, 2]
    assert _first(BuyAgain(views_too=True), log, k=2) == [1, 0]
    assert BuyAgain(views_too=True).name == "buy again, views too"


def test_where_a_method_says_nothing_the_week_decides() -> None:
    log = log_of([(0, 0, 1, Kind.VIEWED), (1, 1, 99), (2, 1, 99), (2, 2, 99), (3, 3, 10)])
    assert _first(ItemKnn(), log, k=3) == [1, 2, 3]


@pytest.mark.parametrize("kind", ALL)
def test_lists_hold_no_item_twice_none_that_was_bought_and_are_the_same_again(kind: type) -> None:
    train = invent("tiny")
    now = int(train.at[-1]) + 1
    everyone = np.arange(train.customers)
    lists = []
    for _ in range(2):
        method: Recommender = kind()
        method.fit(train, now)
        lists.append(method.recommend(everyone, 10, exclude_bought=True))
    assert np.array_equal(lists[0], lists[1])
    for customer, row in enumerate(lists[0].tolist()):
        shown = [item for item in row if item >= 0]
        assert len(set(shown)) == len(shown)
        assert not set(shown) & set(train.bought[customer].indices.tolist())


def test_the_best_come_first_and_what_may_not_be_shown_never_comes() -> None:
    scores = np.array([[0.1, 0.9, -np.inf, 0.9, 0.5], [-np.inf] * 5])
    assert top(scores, 4).tolist() == [[1, 3, 4, 0], [-1, -1, -1, -1]]
    assert top(scores[:, :2], 4).tolist() == [[1, 0, -1, -1], [-1, -1, -1, -1]]


def test_recent_popularity_orders_what_did_not_sell_this_week_by_all_time() -> None:
    log = log_of([(0, 0, 10), (1, 0, 10), (0, 1, 20), (0, 2, 99)])
    assert np.argsort(-recent_popularity(log, NOW)).tolist() == [2, 0, 1]
