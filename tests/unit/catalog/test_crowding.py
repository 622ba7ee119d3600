"""The front of a ranked list: the first that are allowed, and no item with more than a few of its variants."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from catalog.columns import NO_GROUP, Columns
from catalog.crowding import LOOKED_AT, PER_ITEM, PIECE, first, of_many_items

GROUPS = st.lists(st.sampled_from([NO_GROUP, 1, 2, 3]), max_size=3 * PIECE)


def columns(groups: list[int]) -> Columns:
    return cast(Columns, SimpleNamespace(group=np.array(groups, dtype=np.int64)))


def one_by_one(groups: list[int]) -> list[int]:
    seen: Counter[int] = Counter()
    left = []
    for at, group in enumerate(groups):
        seen[group] += 1
        if group == NO_GROUP or seen[group] <= PER_ITEM:
            left.append(at)
    return left


@given(GROUPS, st.integers(1, 100))
def test_of_each_item_the_first_few_are_left_and_no_more_than_asked_for(groups: list[int], count: int) -> None:
    assert of_many_items(np.array(groups, dtype=np.int64), count) == one_by_one(groups)[:count]


@given(st.data(), st.integers(1, 40))
def test_the_front_of_a_list_is_what_a_walk_through_all_of_it_finds(data: Any, count: int) -> None:
    total = data.draw(st.integers(0, 3 * LOOKED_AT))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    groups = rng.choice([NO_GROUP, *range(data.draw(st.integers(1, 60)))], total).tolist()
    rows = rng.permutation(total).astype(np.int32)
    allowed = rng.random(total) < data.draw(st.sampled_from([0.02, 0.5, 1.0]))
    ours = [row for row in rows.tolist() if allowed[row]]
    expected = [ours[at] for at in one_by_one([groups[row] for row in ours])][:count]
    assert first(columns(groups), rows, allowed, count) == expected
