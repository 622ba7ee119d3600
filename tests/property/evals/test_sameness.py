"""What holds of near duplicates whatever the texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evals.sameness import mask, near_duplicates, similarity

WORDS = st.sampled_from(
    "towel linen kettle calm soft stove three mornings pours bright roast slowly with the and of".split()
)
TEXTS = st.lists(WORDS, min_size=6, max_size=40).map(" ".join)


@given(TEXTS, TEXTS)
def test_similarity_is_symmetric_bounded_and_one_for_the_same_text(one: str, other: str) -> None:
    assert similarity(one, other) == similarity(other, one)
    assert 0.0 <= similarity(one, other) <= 1.0
    assert similarity(one, one) == 1.0


@given(TEXTS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_number_never_tells_two_texts_apart(text: str, one: int, other: int) -> None:
    assert similarity(mask(f"{text} {one} {text}"), mask(f"{text} {other} {text}")) == 1.0


@given(st.lists(TEXTS, max_size=12))
def test_every_pair_reported_is_near_and_every_exact_copy_is_reported(texts: list[str]) -> None:
    found = near_duplicates(texts)
    assert all(similarity(texts[one], texts[other]) >= 0.8 and one < other for one, other in found.pairs)
    copies = {(one, other) for other, text in enumerate(texts) for one in range(other) if texts[one] == text}
    assert copies <= set(found.pairs)
