"""The quick look at two sentences lets through every pair that says the same."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from evals.checks.shape import is_same, key_of
from evals.draft_checks import may_be_same

SENTENCES = st.lists(st.sampled_from("the tea is in a cup of stoneware and we like it".split()), max_size=12).map(
    " ".join
)


@given(SENTENCES, SENTENCES)
@example("four words are here", "four words are here straightforwardly incomprehensibly")
@example("the tea is hot", "hot is the tea")
@example("we like the tea in the cup", "we liked the tea in the cups")
def test_no_pair_that_says_the_same_is_left_out(one: str, other: str) -> None:
    first, second = key_of(one), key_of(other)
    assert may_be_same(first, second) or not is_same(first, second)
    assert may_be_same(first, second) == may_be_same(second, first)
