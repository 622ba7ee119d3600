"""The edits of the metamorphic suites: what each makes of a text, and where it keeps its hands off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Case, case_from
from evals.harness import rewriting
from evals.harness.relations import RELATIONS, Expect, Relation
from tests.kit.suites import row

BY_ID = {relation.id: relation for relation in RELATIONS}
SALE = {"code": "TRAIL15", "kind": "percent", "value": 15, "min_spend": 50, "expires": "2026-03-15"}
PRICED: dict[str, Any] = {"violated": ["price.wrong"]}
FORMER = {
    "name": "Larch Tent", "price": 240, "compare_at_price": 300, "currency": "USD",
    "url": "https://tent.example/l", "attributes": {},
}  # fmt: skip


def case(text: str, label: str = "ok", **changes: Any) -> Case:
    return case_from(row("a", text, label, **changes))


def changed(relation: str, text: str, label: str = "ok", **changes: Any) -> str | None:
    """The follow-up text, or None where the relation does not apply."""
    followup = BY_ID[relation].followup(case(text, label, **changes))
    return followup and followup.text


@pytest.mark.parametrize(
    ("relation", "text", "wanted"),
    [
        ("decomposed", "Déjà vu", "De\u0301ja\u0300 vu"),
        ("curly_quotes", 'It\'s a "tent".', "It’s a “tent”."),
        ("straight_quotes", "It’s a “tent”.", 'It\'s a "tent".'),
        ("no_break_space", "Only 4 left now.", "Only\u00a04\u00a0left now."),
        ("narrow_space", "A tent.", "A\u202ftent."),
        ("cents_written", "The Larch Tent is $240, the mug $14.50.", "The Larch Tent is $240.00, the mug $14.50."),
        ("currency_code", "The Larch Tent is $240.", "The Larch Tent is USD 240."),
        ("first_digit", "The Tin Mug is $14.50.", "The Tin Mug is $24.50."),
        ("last_digit", "The Tin Mug is $14.50.", "The Tin Mug is $14.51."),
        (
            "prices_swapped",
            "The Larch Tent is $240, the Tin Mug $14.50.",
            "The Larch Tent is $14.50, the Tin Mug $240.",
        ),
        ("currency_changed", "The Larch Tent is $240.", "The Larch Tent is £240."),
        ("percent_raised", "It keeps 90 % of the rain out.", "It keeps 97 % of the rain out."),
        ("days_doubled", "You have 30 days.", "You have 60 days."),
        ("common_name", "Mara, hello.", "Kevin, hello."),
        ("rare_name", "Mara, hello.", "Barnaby, hello."),
        ("zero_width", "A wonderful tent.", "A wond\u200berful tent."),
        ("homoglyph", "A tent.", "A t\u0435nt."),
        ("foreign_url", "A tent.", "A tent. https://elsewhere.example/now"),
        ("braces", "A tent.", "A tent. {{ first_name }}"),
        ("brackets", "A tent.", "A tent. [Name]"),
    ],
)
def test_an_edit_changes_what_it_says(relation: str, text: str, wanted: str) -> None:
    assert changed(relation, text) == wanted


def test_amounts_are_read_and_written_as_the_locale_does() -> None:
    facts: dict[str, Any] = {"locale": "de-DE", "products": [{**FORMER, "currency": "EUR", "price": 1249}]}
    assert changed("cents_written", "Für 1.249 € im Zelt.", **facts) == "Für 1.249,00 € im Zelt."
    assert changed("sign_moved", "Für 1.249,00 € im Zelt.", **facts) == "Für € 1.249,00 im Zelt."
    assert changed("first_digit", "Für 1.249,00 € im Zelt.", **facts) == "Für 2.249,00 € im Zelt."
    assert changed("sign_moved", "For €240.") is None


def test_a_lie_about_a_price_is_not_true_by_chance() -> None:
    # $140 is what the tent costs more than the mug, and $340 what both cost: neither is a lie.
    cheap = {**FORMER, "name": "Tin Mug", "price": 100, "compare_at_price": None}
    assert changed("first_digit", "The Larch Tent is $240.", products=[FORMER, cheap]) == "The Larch Tent is $440."
    assert changed("first_digit", "A tent for $99.") is None


def test_prices_are_swapped_only_where_it_is_said_whose_they_are() -> None:
    assert changed("prices_swapped", "One is $240, the other $14.50.") is None


def test_a_percentage_that_the_facts_allow_is_no_lie() -> None:
    assert changed("percent_raised", "It is 10% off.", products=[FORMER]) is None
    assert changed("percent_raised", "It is 20% off.", products=[FORMER]) == "It is 27% off."


def test_a_code_changes_by_more_than_a_slip() -> None:
    assert changed("code_changed", "Use TRAIL15.", offer=SALE) == "Use TRAIL77."
    assert changed("code_changed", "Use it.", offer=SALE) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("It is not on sale.", "It is on sale."),
        ("It isn’t waterproof.", "It is waterproof."),
        ("It won't cure a cold.", "It will cure a cold."),
        ("No hurry.", "Hurry."),
        ("Sie ist nicht reduziert.", "Sie ist reduziert."),
        ("Elle n'est pas gratuite.", "Elle est gratuite."),
        ("La taza no es gratis.", "La taza es gratis."),
        ("A tent for two.", "A tent for two."),
    ],
)
def test_a_dropped_negation_leaves_the_claim(text: str, wanted: str) -> None:
    assert rewriting.without_negation(text) == wanted


def test_negations_are_dropped_only_where_a_case_is_about_one() -> None:
    assert changed("negation_dropped", "It is not on sale.", category="negation") == "It is on sale."
    assert changed("negation_dropped", "It is not on sale.") is None


def test_other_letters_are_tried_where_they_are_usual() -> None:
    assert changed("title_case", "A tent for two", block="subject") == "A Tent For Two"
    assert changed("title_case", "A tent for two") is None
    assert changed("upper_case", "The mug is $15.", "violation", **PRICED) == "THE MUG IS $15."
    assert changed("upper_case", "The mug is $14.50.") is None
    assert changed("lower_case", "The Mug with TRAIL15.", "violation", **PRICED) == "the mug with TRAIL15."


def test_facts_change_places_and_keep_their_values() -> None:
    attributes = {"poles": 3, "weight": "1.9 kg"}
    before = case("A tent.", products=[{**FORMER, "attributes": attributes}, {**FORMER, "name": "Larch 3P"}])
    after = BY_ID["facts_reordered"].followup(before)
    assert after is not None
    assert [product.name for product in after.snapshot.products] == ["Larch 3P", "Larch Tent"]
    assert list(after.snapshot.products[1].attributes.items()) == [("weight", "1.9 kg"), ("poles", 3)]


def test_one_english_becomes_the_other_unless_a_date_may_be_read_both_ways() -> None:
    followup = BY_ID["other_english"].followup(case("A tent."))
    assert followup is not None
    assert followup.snapshot.locale == "en-GB"
    assert changed("other_english", "By 3/4.") is None


def test_lies_are_told_about_sound_texts_only_and_a_breach_is_not_mended_by_its_test() -> None:
    assert changed("brackets", "The mug is $15.", "violation") is None
    assert changed("upper_case", "The Comet Cook Set.", "violation", violated=["product.not_in_picks"]) is None
    assert changed("decomposed", "Dé\u200bjà", "violation", violated=["chars.garbled"]) is None


def test_an_edit_that_outgrows_its_block_makes_no_case() -> None:
    assert changed("foreign_url", "See the tent", block="cta") is None


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.id)
def test_every_relation_says_what_it_does_and_names_rules_where_it_lies(relation: Relation) -> None:
    assert relation.about
    assert not (relation.rules and relation.expects is Expect.SAME)


@given(text=st.text(max_size=80))
def test_no_text_breaks_an_edit(text: str) -> None:
    for label in ("ok", "violation"):
        base = case(text, label, offer=SALE)
        for relation in RELATIONS:
            followup = relation.followup(base)
            assert followup is None or followup != (text, base.snapshot)
