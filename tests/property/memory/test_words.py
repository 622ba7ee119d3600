"""Reading own words never fails, never invents, and never leaves its vocabulary, whatever stands in the text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.events import WORDS_READ, OurMessage, parse
from memory.fold import fold, remember
from memory.merging import merge
from memory.state import empty
from memory.words.checks import values_of
from memory.words.extract import read_text
from memory.words.lexicon import Term
from memory.words.model import MAX_SPAN, MAX_STATEMENTS
from tests.kit.events import NOW, track

TERMS = {"apron": Term("apron", "own")}
_pieces = st.sampled_from(
    """I love like hate do not n't the my linen apron wool
    too sweet small runs is was gorgeous and but , . ! ? … ich mag
    liebe kein nicht zu süß das Leder j' aime adore n' pas trop amer le lin me encanta gusta no demasiado dulce la lana
    my favourite only drink decaf green tea loose leaf taste floral the noir chocolat ne que du bois solo bebemos
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


_said = st.sampled_from(
    [
        ("Product Reviewed", {"product_id": "p1", "review_body": "I love linen. Too sweet."}),
        ("Survey Completed", {"answers": {"roast": "dark"}}),
        ("Support Note", {"body": "It arrived damaged."}),
        ("Product Reviewed", {"review_body": "Meh."}),
        (
            WORDS_READ,
            {
                "of": "m0", "source": "review", "product_id": None, "reader": "model",
                "statements": [["likes", "wool", "", "/review_body", 0, 4, "wool"]],
            },
        ),
    ]
)  # fmt: skip


def _message(number: int, name: str, properties: dict[str, Any], hours: int) -> dict[str, Any]:
    return OurMessage(track(name, properties, days_ago=hours / 24, message_id=f"m{number:02}"))


def test_what_was_said_merges_and_folds_in_any_order_where_it_overflows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.parts.words.NEWEST_WORDS", 3)
    monkeypatch.setattr("memory.merging.NEWEST_WORDS", 3)

    @settings(max_examples=60)
    @given(st.lists(st.tuples(_said, st.integers(0, 5)), max_size=9), st.data())
    def check(said: list[tuple[tuple[str, dict[str, Any]], int]], data: st.DataObject) -> None:
        events = [parse(_message(number, *one, hours), NOW) for number, (one, hours) in enumerate(said)]
        expected = remember(events)["words"]
        assert len(expected) == min(3, sum(properties != {"review_body": "Meh."} for (_, properties), _ in said))
        assert fold(empty(), data.draw(st.permutations(events)))["words"] == expected
        cut = data.draw(st.integers(0, len(events)))
        assert merge(remember(events[:cut]), remember(events[cut:]))["words"] == expected

    check()
