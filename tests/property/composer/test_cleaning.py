"""Cleaning, for any completion."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from composer.cleaning import clean

wrapping = st.sampled_from(
    ['"', "“", "”", "```", "Subject: ", "**", "- ", "\n", ". ", "Sure, here you go: ", "# ", "> ", "1. "]
)
completions = st.lists(st.one_of(wrapping, st.text(max_size=12)), max_size=12).map("".join)
counts = st.sampled_from([None, 1, 2, 3])


@given(completions, counts)
def test_cleaning_twice_is_cleaning_once(raw: str, count: int | None) -> None:
    once = clean(raw, sentences=count)
    assert clean(once, sentences=count) == once


@given(completions, counts)
def test_the_result_is_one_line_without_control_characters(raw: str, count: int | None) -> None:
    text = clean(raw, sentences=count)
    assert text == " ".join(text.split())
    assert not any(unicodedata.category(char) == "Cc" for char in text)


@given(completions, counts)
def test_nothing_is_invented(raw: str, count: int | None) -> None:
    assert {char for char in clean(raw, sentences=count) if not char.isspace()} <= set(raw)
