"""A cheap look comes before a costly pattern: it lets through every text in which the pattern finds something."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.checks import characters, codes, language, placeholders, private, testimonials, tone
from evals.passage import Passage
from evals.signs import Sign, has
from evals.world import world_of
from tests.kit.snapshots import snapshot

LOOKS = {
    "codes of four": (codes._WITH_DIGIT, codes._FOUR_IN_A_ROW),
    "codes set apart": (codes._SPACED, codes._THREE_APART),
    "runs of marks": (tone._MARKS, re.compile(rf"{tone._TWO_MARKS.pattern}|\.{{4}}")),
    "merge fields": (placeholders._FIELDS, placeholders._FIELD_MARK),
    "cards": (private._CARD, private._CLOSE_DIGITS),
    "ends of cards": (private._CARD_END, private._CLOSE_DIGITS),
    "numbers of insurance": (private._SSN, private._CLOSE_DIGITS),
    "phones": (private._PHONE, private._CLOSE_DIGITS),
    "accounts": (private._IBAN, private._IBAN_BEGINS),
    "long numbers": (private._DIGIT_RUN, private._LONG_NUMBER),
    "stars": (testimonials._STARS, testimonials._STAR_LIKE),
}


@pytest.mark.parametrize("name", LOOKS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_a_pattern_finds_is_let_through(name: str, data: st.DataObject) -> None:
    pattern, look = LOOKS[name]
    text = data.draw(st.from_regex(pattern))
    assert look.search(text) or not pattern.search(text), text


@settings(max_examples=60, deadline=None)
@given(st.from_regex(codes._AFTER_CUE), st.booleans(), st.booleans())
def test_what_a_cue_makes_a_code_of_is_let_through(text: str, cued: bool, shouted: bool) -> None:
    found = [match["code"] for match in codes._AFTER_CUE.finditer(text)]
    is_code = any(codes._is_code(word, cued, shouted) for word in found)
    assert codes._CODE_LIKE.search(text) or not is_code, text


@settings(max_examples=60, deadline=None)
@given(st.from_regex(codes._CAPITALS))
def test_words_in_capitals_are_let_through(text: str) -> None:
    capitals = [match[0] for match in codes._CAPITALS.finditer(text) if match[0] == match[0].upper()]
    assert codes._FOUR_CAPITALS.search(text) or not capitals, text


SHOWN = {
    "words never filled in": (placeholders._WORDS, placeholders._GAP_WORDS, placeholders._TWO_CAPITALS),
    "empty values": (placeholders._NULL, placeholders._NOTHINGS, None),
    "invisible characters": (characters._INVISIBLE, language._EXOTIC, None),
    "turned directions": (characters._BIDI, language._EXOTIC, None),
    "hidden letters": (characters._TAGS, language._EXOTIC, None),
    "garbled letters": (characters._MOJIBAKE, has(Sign.EXOTIC, marks="âãï"), None),
    "other scripts": (language.FOREIGN_SCRIPT, language._EXOTIC, None),
}


@pytest.mark.parametrize("name", SHOWN)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_a_pattern_finds_shows_its_sign(name: str, data: st.DataObject) -> None:
    pattern, signs, look = SHOWN[name]
    text = data.draw(st.from_regex(pattern))
    seen = Passage("opening", "opening", text, world_of(snapshot()))
    found = pattern.search(seen.text) or pattern.search(seen.source)
    assert seen.shows(signs) or (look and look.search(seen.text)) or not found, text
