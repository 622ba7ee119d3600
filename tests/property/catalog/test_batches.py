"""Batches of texts: each text once, like lengths together, none too large."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.encoders.batches import MAX_ROWS, batches


@given(st.lists(st.integers(0, 5_000), max_size=300), st.integers(1, 20_000))
def test_every_text_is_in_one_batch_and_no_batch_is_over_its_budget(lengths: list[int], budget: int) -> None:
    made = list(batches(lengths, budget))
    assert sorted(at for batch in made for at in batch) == list(range(len(lengths)))
    for batch in made:
        assert 1 <= len(batch) <= MAX_ROWS
        assert len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= budget


@given(st.lists(st.integers(0, 5_000), max_size=300), st.integers(1, 20_000))
def test_no_text_shares_a_batch_with_a_longer_one_while_its_like_is_elsewhere(lengths: list[int], budget: int) -> None:
    ordered = [lengths[at] for batch in batches(lengths, budget) for at in batch]
    assert ordered == sorted(lengths, reverse=True)
