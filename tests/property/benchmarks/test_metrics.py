from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.recommenders import metrics
from benchmarks.recommenders.splits import Task

ITEMS, PLACES = 15, 10
RELEVANT = st.lists(st.integers(0, ITEMS - 1), min_size=1, max_size=ITEMS, unique=True)
LISTED = st.lists(st.integers(0, ITEMS - 1), max_size=PLACES, unique=True)
PEOPLE = st.lists(st.tuples(RELEVANT, LISTED), min_size=1, max_size=6)
Person = tuple[list[int], list[int]]


def _task(people: list[Person]) -> Task:
    starts = np.cumsum([0, *(len(relevant) for relevant, _ in people)])
    flat = np.array([item for relevant, _ in people for item in sorted(relevant)], dtype=np.int64)
    return Task(np.arange(len(people)), flat, starts, exclude_bought=False)


def _lists(people: list[Person]) -> np.ndarray:
    return np.array([[*listed, *[-1] * (PLACES - len(listed))] for _, listed in people], dtype=np.int64)


def _figures(people: list[Person]) -> dict[str, np.ndarray]:
    task, lists = _task(people), _lists(people)
    hit = metrics.hits(lists, task, ITEMS)
    return {
        "hit_rate": metrics.hit_rate(hit),
        "recall": metrics.recall(hit, task.sizes),
        "ndcg": metrics.ndcg(hit, task.sizes),
    }


@given(PEOPLE)
def test_they_are_what_the_plain_definitions_say(people: list[Person]) -> None:
    figures = _figures(people)
    for at, (relevant, listed) in enumerate(people):
        gains = [1 / math.log2(place + 2) for place, item in enumerate(listed) if item in relevant]
        best = sum(1 / math.log2(place + 2) for place in range(min(len(relevant), PLACES)))
        assert figures["hit_rate"][at] == float(any(item in relevant for item in listed[:3]))
        assert figures["recall"][at] == pytest.approx(len(gains) / len(relevant))
        assert figures["ndcg"][at] == pytest.approx(sum(gains) / best)


@given(PEOPLE)
def test_all_lie_between_0_and_1(people: list[Person]) -> None:
    for values in _figures(people).values():
        assert ((values >= 0) & (values <= 1 + 1e-12)).all()


@given(PEOPLE, st.randoms(use_true_random=False))
def test_the_order_of_customers_does_not_matter(people: list[Person], random: np.random.Generator) -> None:
    order = list(range(len(people)))
    random.shuffle(order)
    before, after = _figures(people), _figures([people[at] for at in order])
    for name, values in before.items():
        assert after[name] == pytest.approx(values[order])


@given(RELEVANT, LISTED, st.permutations(range(ITEMS)))
def test_what_items_are_called_does_not_matter(relevant: list[int], listed: list[int], names: list[int]) -> None:
    renamed = ([names[item] for item in relevant], [names[item] for item in listed])
    before, after = _figures([(relevant, listed)]), _figures([renamed])
    for name, values in before.items():
        assert after[name] == pytest.approx(values)


@given(RELEVANT, LISTED.filter(lambda listed: len(listed) > 1), st.data())
def test_a_hit_further_up_is_never_worth_less(relevant: list[int], listed: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(listed) - 1))
    if listed[place] not in relevant or listed[place - 1] in relevant:
        return
    swapped = listed.copy()
    swapped[place - 1], swapped[place] = listed[place], listed[place - 1]
    before, after = _figures([(relevant, listed)]), _figures([(relevant, swapped)])
    assert after["ndcg"][0] > before["ndcg"][0]
    assert after["hit_rate"][0] >= before["hit_rate"][0]
    assert after["recall"][0] == before["recall"][0]


@given(st.lists(LISTED.filter(lambda listed: len(listed) > 1), min_size=1, max_size=4), st.integers(0, 2**31))
def test_diversity_is_the_mean_over_pairs_whatever_the_vectors(lists: list[list[int]], seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(ITEMS, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = metrics.diversity(_lists([([0], listed) for listed in lists]), vectors)
    for value, listed in zip(found, lists, strict=True):
        pairs = [1 - vectors[a] @ vectors[b] for at, a in enumerate(listed) for b in listed[at + 1 :]]
        assert value == pytest.approx(np.mean(pairs))
