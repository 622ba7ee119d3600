from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.recommenders import metrics
from benchmarks.recommenders.splits import Task
from tests.kit.shops import log_of

ITEMS = 20


def _task(*relevant: list[int]) -> Task:
    starts = np.cumsum([0, *map(len, relevant)])
    flat = np.array([item for items in relevant for item in sorted(items)], dtype=np.int64)
    return Task(np.arange(len(relevant)), flat, starts, exclude_bought=False)


def _lists(*items: list[int], k: int = 10) -> np.ndarray:
    return np.array([[*row, *[-1] * (k - len(row))] for row in items], dtype=np.int64)


def test_hits_are_those_of_the_customer_and_not_of_a_neighbour() -> None:
    hit = metrics.hits(_lists([1, 2, 3], [1, 2, 3]), _task([1], [3, 4]), ITEMS)
    assert hit[:, :3].tolist() == [[True, False, False], [False, False, True]]
    assert not hit[:, 3:].any()


def test_an_empty_place_is_never_a_hit() -> None:
    # -1 of the second customer is, in one long numbering, the last item of the first.
    assert not metrics.hits(_lists([], []), _task([ITEMS - 1], [0]), ITEMS).any()


@pytest.mark.parametrize(
    ("listed", "relevant", "hit_rate", "recall", "ndcg"),
    [
        ([5], [5], 1, 1, 1),
        ([1, 5], [5], 1, 1, 1 / math.log2(3)),
        ([1, 2, 3, 5], [5], 0, 1, 1 / math.log2(5)),
        ([5, 1, 6], [5, 6], 1, 1, (1 + 0.5) / (1 + 1 / math.log2(3))),
        ([5], [5, 6, 7, 8], 1, 0.25, 1 / (1 + 1 / math.log2(3) + 0.5 + 1 / math.log2(5))),
        ([1, 2, 3], [5], 0, 0, 0),
    ],
)
def test_figures_are_those_worked_out_by_hand(
    listed: list[int], relevant: list[int], hit_rate: float, recall: float, ndcg: float
) -> None:
    task = _task(relevant)
    hit = metrics.hits(_lists(listed), task, ITEMS)
    assert metrics.hit_rate(hit) == pytest.approx([hit_rate])
    assert metrics.recall(hit, task.sizes) == pytest.approx([recall])
    assert metrics.ndcg(hit, task.sizes) == pytest.approx([ndcg])


def test_ten_right_ones_are_perfect_even_where_more_were_bought() -> None:
    task = _task(list(range(15)))
    hit = metrics.hits(_lists(list(range(10))), task, ITEMS)
    assert metrics.ndcg(hit, task.sizes) == pytest.approx([1.0])
    assert metrics.recall(hit, task.sizes) == pytest.approx([10 / 15])


def test_diversity_is_the_mean_distance_of_all_pairs() -> None:
    vectors = np.array([[1, 0], [0, 1], [1, 0], [0, 0]], dtype=np.float32)
    lists = _lists([0, 1, 2], [0, 2], [0, 3], [1])
    # Pairs of the first list: 0-1 and 1-2 at distance 1, 0-2 at 0. An item without text is at distance 1.
    assert metrics.diversity(lists, vectors)[:3] == pytest.approx([2 / 3, 0.0, 1.0])
    assert np.isnan(metrics.diversity(lists, vectors)[3])


def test_what_few_people_bought_is_newer_to_them() -> None:
    log = log_of([(0, 0, 1), (1, 0, 1), (2, 0, 1), (2, 1, 2)])
    information = metrics.self_information(log)
    assert information.tolist() == pytest.approx([-math.log2(4 / 4), -math.log2(2 / 4)])
    assert metrics.novelty(_lists([0, 1], [1], []), information)[:2] == pytest.approx([0.5, 1.0])
    assert np.isnan(metrics.novelty(_lists([]), information)[0])


def test_coverage_counts_each_item_once() -> None:
    assert metrics.coverage(_lists([0, 1], [1, 2], []), 6) == pytest.approx(0.5)
