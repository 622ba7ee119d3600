"""Two texts are the same when a mail merge could have made the one out of the other."""

from __future__ import annotations

import pytest

from evals.sameness import Said, mask, near_duplicates, repeats, similarity
from evals.verdict import Severity, Status
from tests.kit.emails import make_draft, make_products, make_remembering_snapshot

ONE = (
    "You bought the Kettle on 3 May, so we start with the Moka Pot. It makes three cups of coffee on any stove, "
    "and it will go on making them for years."
)
MERGED = (
    "You bought the Mug on 17 June, so we start with the Round Teapot. It makes three cups of coffee on any stove, "
    "and it will go on making them for years."
)
NAMES = ("Kettle", "Mug", "Moka Pot", "Round Teapot")
OTHER = "Linen gets softer with every wash. That is all there is to say about the towel, and it is a good deal."


def test_texts_that_differ_in_names_numbers_and_dates_only_are_near_duplicates() -> None:
    found = near_duplicates([mask(ONE, NAMES), mask(OTHER, NAMES), mask(MERGED, NAMES)])
    assert found.pairs == ((0, 2),)
    assert found.alike == {0, 2}
    assert found.rate == pytest.approx(2 / 3)


def test_different_texts_are_none() -> None:
    assert near_duplicates([mask(ONE, NAMES), mask(OTHER, NAMES)]).alike == frozenset()


def test_texts_without_a_word_are_not_compared() -> None:
    found = near_duplicates(["", "…", mask(ONE)])
    assert (found.of, found.alike) == (1, frozenset())
    assert near_duplicates([]).rate is None
    assert similarity("", "") == 0.0


def test_a_short_text_is_compared_as_a_whole() -> None:
    assert similarity(mask("A calm towel."), mask("a calm towel")) == 1.0
    assert similarity(mask("A calm towel."), mask("A loud towel.")) == 0.0


def test_a_name_within_a_longer_word_is_no_name() -> None:
    assert mask("Mugwort tea", ["Mug"]) == "mugwort tea"


def test_the_longer_of_two_names_is_masked_first() -> None:
    assert similarity(mask("The Moka Pot is here", ["Pot", "Moka Pot"]), mask("The Mug is here", ["Mug"])) == 1.0


@pytest.mark.parametrize("kept", ["You may march in good company.", "Sometimes may is late."])
def test_a_month_is_masked_only_where_a_date_stands(kept: str) -> None:
    assert mask(kept) == kept.casefold()


def test_many_texts_find_their_copies() -> None:
    words = [f"{a}{b}" for a in "klmnprst" for b in ("ora", "esta", "ill", "uno", "ave", "ent")]
    texts = [
        " ".join(words[(start * 7 + step * (start % 5 + 1)) % len(words)] for step in range(30)) for start in range(40)
    ]
    found = near_duplicates([*texts, *texts])
    assert {(place, place + 40) for place in range(40)} <= set(found.pairs)


PRODUCTS = make_products(2)
SNAPSHOT = make_remembering_snapshot("newsletter", count=2)
TEXTS = {"opening": "We put a few things aside that go well with what you bought, and one that needs no company."}


def said(**texts: str) -> Said:
    draft = make_draft(PRODUCTS, **{**TEXTS, **texts})
    return Said(blocks=tuple((block.key, block.text) for block in draft.blocks))


def test_an_e_mail_that_says_what_an_earlier_one_said_is_pointed_out_and_not_held_back() -> None:
    verdict = repeats(SNAPSHOT, make_draft(PRODUCTS, **TEXTS), [said(), said(opening=OTHER)])
    assert (verdict.rule, verdict.status, verdict.severity) == ("sameness.repeats", Status.FAIL, Severity.WARN)
    assert not verdict.holds_back
    assert "100%" in verdict.reason


def test_the_same_words_about_another_product_are_the_same_words() -> None:
    earlier = Said(said(opening="We think of the Oak Tray first.").blocks, names=("Oak Tray",))
    draft = make_draft(PRODUCTS, opening=f"We think of the {SNAPSHOT.products[0].name} first.")
    assert repeats(SNAPSHOT, draft, [earlier]).status is Status.FAIL


def test_a_button_makes_two_e_mails_neither_alike_nor_unlike() -> None:
    wordy = make_draft(
        PRODUCTS, **TEXTS, cta="See all of the shelves in the shop at once and take a good look around them"
    )
    assert repeats(SNAPSHOT, wordy, [said()]).status is Status.FAIL
    draft = make_draft(
        PRODUCTS, opening=OTHER, subject="Linen, softly", preheader="Wash it.", pitch="Soft.", closing="So."
    )
    assert repeats(SNAPSHOT, draft, [said()]).status is Status.PASS


def test_without_an_earlier_e_mail_there_is_nothing_to_judge() -> None:
    assert repeats(SNAPSHOT, make_draft(PRODUCTS), []).status is Status.NOT_JUDGED
