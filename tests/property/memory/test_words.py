"""Reading own words never fails, never invents, and never leaves its vocabulary, whatever stands in the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memory.words.checks import values_of
from memory.words.extract import read_text
from memory.words.lexicon import Term
from memory.words.model import MAX_SPAN, MAX_STATEMENTS

TERMS = {"apron": Term("apron", "own")}
_pieces = st.sampled_from(
    """I love like hate do not n't the my linen apron wool
    too sweet small runs is was gorgeous and but , . ! ? … ich mag
    liebe kein nicht zu süß das Leder j' aime adore n' pas trop amer le lin me encanta gusta no demasiado dulce la lana
    bought as a gift arrived late damaged let me know when new arrivals back in stock don't 🙃 İ ß ﬁ""".split()
)
_texts = st.one_of(st.lists(_pieces, max_size=30).map(" ".join), st.text(max_size=80))


@given(_texts, st.one_of(st.none(), st.floats(0, 5)))
def test_a_statement_is_of_the_vocabulary_and_quotes_its_text(text: str, rating: float | None) -> None:
    values = values_of(TERMS)
    found = read_text(text, "/review_body", TERMS, rating=rating)
    assert len(found) <= MAX_STATEMENTS
    for one in found:
        assert one.value in values[one.kind]
        assert one.span.text == text[one.span.start : one.span.end]
        assert 0 < len(one.span.text) <= MAX_SPAN


@given(_texts)
def test_a_question_states_nothing(text: str) -> None:
    asked = "".join("," if char in ".!…\n" else char for char in text) + "?"
    assert read_text(asked, "/review_body", TERMS) == []
