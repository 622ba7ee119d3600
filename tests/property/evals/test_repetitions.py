"""What two sentences are told to say alike, however quickly most pairs are told apart."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from evals.checks.shape import SAME, is_same, key_of

SENTENCES = st.lists(st.sampled_from("the tea is in a cup of stoneware and we like it".split()), max_size=12).map(
    " ".join
)


def _say_alike(one: str, other: str) -> bool:
    """Equal; or of four words and more, and a beginning, nearly all letters, or all words alike."""
    short, long = sorted((one.split(), other.split()), key=lambda words: len(" ".join(words)))
    if one == other:
        return True
    if len(short) < 4:
        return False
    begins = " ".join(long).startswith(" ".join(short)) and len(long) - len(short) <= 2
    alike = fuzz.ratio(one, other) >= SAME or sorted(short) == sorted(long)
    return begins or (alike and len(" ".join(short)) >= len(" ".join(long)) * 0.8)


@given(SENTENCES, SENTENCES)
@example("four words are here", "four words are here straightforwardly incomprehensibly")
@example("four words are here", "four words are here and three more")
@example("the tea is hot", "hot is the tea")
@example("tea is hot", "hot is tea")
@example("we like the tea in the cup", "we liked the tea in the cups")
def test_two_sentences_say_the_same_in_either_order(one: str, other: str) -> None:
    first, second = key_of(one), key_of(other)
    assert is_same(first, second) == is_same(second, first) == _say_alike(first, second)
