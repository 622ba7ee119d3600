"""The filters that let one line fit many names."""

from __future__ import annotations

import pytest

from prompts.environment import agreeing, as_sentence, lowered, needs_number, short_name, with_article


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Moka Pot", "the Moka Pot"),
        ("The Long Walk", "The Long Walk"),
        ("My First Atlas", "My First Atlas"),
        ("Anorak", "the Anorak"),
    ],
)
def test_a_name_with_an_article_of_its_own_gets_no_second_one(name: str, expected: str) -> None:
    assert with_article(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Sony DSC-W120 Camera - 7.2 MP, Black", "Sony DSC-W120 Camera"),
        ("Round Teapot, Sea Salt", "Round Teapot"),
        ("Tablecloth, Oat", "Tablecloth, Oat"),
        ("Mug", "Mug"),
    ],
)
def test_a_name_is_cut_only_where_two_words_stay(name: str, expected: str) -> None:
    assert short_name(name) == expected


def test_a_sentence_starts_with_a_capital_and_ends_once() -> None:
    assert as_sentence(" roasted dark ") == "Roasted dark."
    assert as_sentence("Why not?") == "Why not?"
    assert as_sentence("") == ""


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("Green tea", "green tea"),
        ("Teapots", "teapots"),
        ("Pots & pans", "pots & pans"),
        ("Assam", "Assam"),
        ("Nintendo Games", "Nintendo Games"),
        ("USB-C cables", "USB-C cables"),
        ("", ""),
    ],
)
def test_a_category_is_lowered_unless_it_may_be_a_name(category: str, expected: str) -> None:
    assert lowered(category) == expected


@pytest.mark.parametrize(("several", "said"), [(False, "The Bell is [loud]."), (True, "The Bells are [loud].")])
def test_a_line_agrees_with_one_or_with_several(several: bool, said: str) -> None:
    assert agreeing("The Bell[|s] [is|are] [loud].", several) == said
    assert not needs_number(said)


def test_where_nobody_knows_the_number_a_line_says_that_it_needs_one() -> None:
    assert agreeing("We thought of the Bell[|s].", None) == "We thought of the Bell."
    assert needs_number(agreeing("Here [is|are] the Bell[|s].", None))
    assert not needs_number(agreeing("We thought of the Bell[|s] [loud].", None))
