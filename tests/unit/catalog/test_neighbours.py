"""Neighbour search is exact among few, keeps its recall among many, and never leaves the mask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from catalog import ann, neighbours
from catalog.ann import Plan, Segment
from catalog.embedding import Vectors
from catalog.neighbours import Filter, Mask, nearest, nearest_to

RNG = np.random.default_rng(5)
TOTAL, DIMENSION = 3_000, 16


def unit(vectors: Any) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


VECTORS = unit(
    RNG.standard_normal((40, DIMENSION), dtype=np.float32)[RNG.integers(0, 40, TOTAL)]
    + 0.4 * RNG.standard_normal((TOTAL, DIMENSION), dtype=np.float32)
)
EVEN = np.arange(TOTAL) % 2 == 0
EVERY = np.ones(TOTAL, dtype=np.bool_)


class Shop(NamedTuple):
    """What is searched, without the rest of a view."""

    vectors: Vectors = VECTORS
    segments: Sequence[Segment] = ()
    plan: Plan = Plan()


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The same vectors behind an index, which even small masks must use."""
    monkeypatch.setattr(ann, "INDEX_FROM", 100)
    monkeypatch.setattr(ann, "SCANS", (400, 800))
    monkeypatch.setattr(neighbours, "EXACT_ROWS", 10)
    segment, plan = ann.build(VECTORS)
    assert segment is not None
    return Shop(VECTORS, (segment,), plan)


def best(query: Vectors, k: int, allowed: Mask) -> list[int]:
    score = np.where(allowed, VECTORS @ query, -2)
    return np.argsort(-score, kind="stable")[:k].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("allowed", [EVEN, np.ones(TOTAL, dtype=np.bool_), np.arange(TOTAL) < 3])
def test_without_an_index_the_nearest_allowed_are_found_exactly(allowed: Mask) -> None:
    found = nearest(Shop(), allowed, VECTORS[[5, 8]], 2)
    assert [near.rows.tolist() for near in found] == [best(VECTORS[at], 2, allowed) for at in (5, 8)]


def test_a_seed_is_not_its_own_neighbour() -> None:
    (near,) = nearest_to(Shop(), EVEN, [4], 5)
    assert near.rows.tolist() == best(VECTORS[4], 6, EVEN)[1:]
    assert np.allclose(near.cosine, VECTORS[near.rows] @ VECTORS[4])


def test_fewer_allowed_than_asked_for_are_all_that_is_answered() -> None:
    (near,) = nearest(Shop(), np.arange(TOTAL) == 7, VECTORS[:1], 5)
    assert near.rows.tolist() == [7]


def recall(shop: Shop, allowed: Mask, seeds: range = range(0, 300, 6), k: int = 10) -> float:
    found = nearest(shop, allowed, VECTORS[list(seeds)], k)
    pairs = zip(found, seeds, strict=True)
    shares = [len({*near.rows.tolist()} & {*best(VECTORS[seed], k, allowed)}) / k for near, seed in pairs]
    return float(np.mean(shares))


@pytest.mark.parametrize("share", [1.0, 0.3, 0.1, 0.05])
def test_the_index_keeps_its_recall_at_any_selectivity(indexed: Shop, share: float) -> None:
    allowed = RNG.random(TOTAL) < share
    assert recall(indexed, allowed) >= 0.98
    assert all(allowed[near.rows].all() for near in nearest(indexed, allowed, VECTORS[:20], 10))


def test_limits_that_leave_only_what_is_far_from_the_query_are_searched_all_the_same(indexed: Shop) -> None:
    shares = []
    for seed in range(0, 300, 6):
        cosine = VECTORS @ VECTORS[seed]
        far = cosine < np.quantile(cosine, 0.2)
        (near,) = nearest(indexed, far, VECTORS[[seed]], 10)
        assert len(near.rows) == 10
        shares.append(len({*near.rows.tolist()} & {*best(VECTORS[seed], 10, far)}) / 10)
    assert np.mean(shares) >= 0.9


def test_rows_behind_the_index_are_found(indexed: Shop) -> None:
    (short,) = (Segment(segment.index, 0, segment.cells) for segment in indexed.segments)
    twin = np.concatenate([VECTORS, VECTORS[:1]])
    (near,) = nearest_to(Shop(twin, (short,), indexed.plan), np.ones(TOTAL + 1, dtype=np.bool_), [0], 3)
    assert near.rows[0] == TOTAL


def test_an_index_over_new_rows_stands_behind_the_first(indexed: Shop) -> None:
    more = unit(VECTORS[:700] + 0.05 * RNG.standard_normal((700, DIMENSION), dtype=np.float32))
    both = np.concatenate([VECTORS, more])
    segments = (indexed.segments[0], ann.extend(indexed.segments[0], more, TOTAL))
    found = nearest_to(Shop(both, segments, indexed.plan), np.ones(len(both), dtype=np.bool_), list(range(50)), 1)
    assert np.mean([near.rows[0] == TOTAL + seed for seed, near in enumerate(found)]) >= 0.98
    # The first is left as it was.
    assert recall(indexed, EVEN) >= 0.98


def test_a_shared_filter_gives_the_answers_of_the_persons_own(indexed: Shop) -> None:
    shared = Filter(indexed, EVEN)
    own = EVEN.copy()
    own[best(VECTORS[6], 20, EVEN)[:15]] = False
    with_, without = (nearest_to(indexed, own, [6, 8], 5, shared=one) for one in (shared, None))
    assert [near.rows.tolist() for near in with_] == [near.rows.tolist() for near in without]
    assert own[with_[0].rows].all()


@pytest.mark.parametrize("taken_away", [0, 15, 100, TOTAL])
def test_what_is_kept_around_a_product_for_everybody_gives_each_their_own_answer(taken_away: int) -> None:
    """Also where most of what is near is not for this person, and for whoever asks first, second or in company."""
    shared = Filter(Shop(), EVEN)
    own = EVEN.copy()
    own[best(VECTORS[6], TOTAL, EVEN)[:taken_away]] = False
    alone = nearest_to(Shop(), own, [6, 8], 5)
    for seeds in ([6, 8], [8, 6], [6, 10, 8], [6, 8, 6]):
        found = dict(zip(seeds, nearest_to(Shop(), own, seeds, 5, shared=shared), strict=True))
        assert found[6].rows.tolist() == alone[0].rows.tolist()
        assert found[8].rows.tolist() == alone[1].rows.tolist()


def test_what_is_kept_does_not_depend_on_who_asked_first() -> None:
    seeds = list(range(0, 40, 2))
    together, apart = Filter(Shop(), EVEN), Filter(Shop(), EVEN)
    at_once = nearest_to(Shop(), EVEN, seeds, 5, shared=together)
    one_by_one = [nearest_to(Shop(), EVEN, [seed], 5, shared=apart)[0] for seed in seeds]
    assert [near.cosine.tolist() for near in at_once] == [near.cosine.tolist() for near in one_by_one]


def test_nor_where_an_index_and_rows_behind_it_are_searched(indexed: Shop) -> None:
    both = np.concatenate([VECTORS, unit(VECTORS[:300] + np.float32(0.01))])
    shop, seeds = Shop(both, indexed.segments, indexed.plan), list(range(0, 40, 2))
    mask = np.ones(len(both), dtype=np.bool_)
    together, apart = Filter(shop, mask), Filter(shop, mask)
    at_once = nearest_to(shop, mask, seeds, 5, shared=together)
    one_by_one = [nearest_to(shop, mask, [seed], 5, shared=apart)[0] for seed in seeds]
    assert [near.cosine.tolist() for near in at_once] == [near.cosine.tolist() for near in one_by_one]
    assert sum(TOTAL + seed in near.rows for seed, near in zip(seeds, at_once, strict=True)) == len(seeds)


def test_room_for_few_surroundings_is_enough_for_right_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "KEPT", 3)
    shared = Filter(Shop(), EVEN)
    for seeds in ([2, 4, 6], [6, 8, 10], [12, 2, 6], [2, 4, 6, 8, 10]):
        found = nearest_to(Shop(), EVEN, seeds, 5, shared=shared)
        alone = nearest_to(Shop(), EVEN, seeds, 5)
        assert [near.rows.tolist() for near in found] == [near.rows.tolist() for near in alone]
        assert len(shared.around) <= max(3, len(seeds))


def test_a_small_catalog_needs_no_index() -> None:
    assert ann.build(VECTORS) == (None, Plan())


def test_vectors_that_no_scan_finds_are_searched_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ann, "INDEX_FROM", 100)
    monkeypatch.setattr(ann, "SCANS", (1,))
    noise = unit(RNG.standard_normal((1_000, 64), dtype=np.float32))
    segment, plan = ann.build(noise)
    assert segment is None
    assert plan.kind == "flat"
    assert min(plan.recall.values()) < ann.MIN_RECALL


def test_of_very_many_the_widest_scan_is_taken_and_what_it_finds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ann, "INDEX_FROM", 100)
    monkeypatch.setattr(ann, "SCANS", (1, 2))
    monkeypatch.setattr(ann, "FLAT_UP_TO", 999)
    segment, plan = ann.build(unit(RNG.standard_normal((1_000, 64), dtype=np.float32)))
    assert segment is not None
    assert (plan.kind, plan.reach) == ("ivf_sq8", 2)
    assert min(plan.recall.values()) < ann.MIN_RECALL


def test_what_is_far_from_everything_asks_for_no_wider_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs of twins, each pair in a direction of its own: the twin is all that is near."""
    monkeypatch.setattr(ann, "INDEX_FROM", 100)
    monkeypatch.setattr(ann, "SCANS", (8, 900))
    monkeypatch.setattr(ann, "SHARES", (1.0,))
    directions = unit(RNG.standard_normal((500, 512), dtype=np.float32))
    twins = unit(np.repeat(directions, 2, axis=0) + 0.001 * RNG.standard_normal((1_000, 512), dtype=np.float32))
    segment, plan = ann.build(twins)
    assert segment is not None
    assert plan.scan == 8


def test_a_query_with_one_neighbour_counts_as_one_neighbour(indexed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a few lone ones decided, a catalog of a hundred thousand lost its index by the luck of a sample."""
    near = {row: best(VECTORS[row], 20, EVERY) for row in (5, 8)}
    exact = np.full((2, 20), -np.inf, dtype=np.float32)
    exact[0] = VECTORS[near[5]] @ VECTORS[5]
    exact[1, 0] = 0.9
    monkeypatch.setattr(ann, "scan", lambda *_: np.array([near[5], [-1] * 20], dtype=np.int32))
    rows = np.array([5, 8], dtype=np.int32)
    assert ann._recall(indexed.segments[0], VECTORS, EVERY, rows, exact, indexed.plan) == round(20 / 21, 4)


def test_more_is_looked_at_where_no_reach_is_enough(indexed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def of_wide_scans_only(_: Any, __: Any, ___: Any, ____: Any, _____: Any, plan: Plan) -> float:
        return 1.0 if plan.scan >= 800 else 0.5 if plan.reach > 400 else 0.995

    monkeypatch.setattr(ann, "_recall", of_wide_scans_only)
    plan = ann.measured(indexed.segments[0], VECTORS)
    assert (plan.kind, plan.scan, plan.reach) == ("ivf_sq8", 800, 800)
