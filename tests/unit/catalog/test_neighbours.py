"""Neighbour search is exact among few and honours the mask among many."""

from __future__ import annotations

import numpy as np
import pytest

from catalog import neighbours
from catalog.index import flat_index

RNG = np.random.default_rng(5)
VECTORS = RNG.standard_normal((300, 16), dtype=np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
EVEN = np.arange(300) % 2 == 0


def best(seed: int, k: int, allowed: np.ndarray) -> list[int]:
    score = np.where(allowed, VECTORS @ VECTORS[seed], -2)
    score[seed] = -2
    return np.argsort(-score, kind="stable")[:k].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("allowed", [EVEN, np.ones(300, dtype=np.bool_), np.arange(300) < 3])
def test_exact_search_finds_the_nearest_allowed(allowed: np.ndarray) -> None:
    found = neighbours.nearest(VECTORS, None, allowed, [4, 7], 2)
    assert [near.rows.tolist() for near in found] == [best(4, 2, allowed), best(7, 2, allowed)]


def test_lists_hold_the_nearest_others_best_first() -> None:
    lists = neighbours.build_lists(flat_index(VECTORS), VECTORS)
    assert lists.shape == (300, neighbours.LIST_LENGTH)
    assert lists[9, :10].tolist() == best(9, 10, np.ones(300, dtype=np.bool_))
    assert not (lists == np.arange(300)[:, None]).any()


def test_short_catalogs_leave_the_rest_of_a_list_empty() -> None:
    lists = neighbours.build_lists(flat_index(VECTORS[:3]), VECTORS[:3])
    assert (lists[:, :2] >= 0).all()
    assert (lists[:, 2:] == -1).all()


def test_lists_are_used_only_within_the_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 10)
    lists = neighbours.build_lists(flat_index(VECTORS), VECTORS)
    (near,) = neighbours.nearest(VECTORS, lists, EVEN, [4], 5)
    assert near.rows.tolist() == best(4, 5, EVEN)
    assert np.allclose(near.cosine, VECTORS[near.rows] @ VECTORS[4])
