"""Changes of spelling that change nothing must change no answer; changes of fact must."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Case, load_cases
from evals.corpora import GUARDRAILS
from evals.draft import Block
from evals.guard import check_block, why_held_back
from tests.kit.snapshots import held_back, rules_of

CASES = list(load_cases(GUARDRAILS.read_text(encoding="utf-8").splitlines()))
PLAIN = [case for case in CASES if "chars.*" not in case.violated]


def raised(case: Case, text: str) -> set[str]:
    block = Block(name=case.block.name, text=text, product_id=case.block.product_id)
    return rules_of(why_held_back(check_block(case.snapshot, block)))


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.id)
def test_decomposed_letters_and_typographic_quotes_change_no_answer(case: Case) -> None:
    text = case.block.text
    before = raised(case, text)
    assert raised(case, unicodedata.normalize("NFD", text)) == before
    assert raised(case, text.replace("'", "’")) == before
    assert raised(case, text.replace(" ", "\u00a0", 1)) == before or "\n" in text


@given(case=st.sampled_from([case for case in PLAIN if case.label == "violation"]), at=st.integers(0, 400))
def test_an_invisible_character_hides_nothing(case: Case, at: int) -> None:
    text = case.block.text
    place = at % (len(text) + 1)
    assert "chars.invisible" in raised(case, text[:place] + "\u200b" + text[place:])


@pytest.mark.parametrize(
    ("text", "flipped", "rule"),
    [
        ("The Larch 2P Tent is $240.", "The Larch 2P Tent is $204.", "price.wrong"),
        (
            "Tin Mug No. 4 is $14.50, the Larch 2P Tent is $240.",
            "Tin Mug No. 4 is $240, the Larch 2P Tent is $14.50.",
            "price.wrong",
        ),
        ("The Tin Mug No. 4 is not on sale.", "The Tin Mug No. 4 is on sale.", "discount.invented"),
        ("The Tin Mug No. 4 is not dishwasher safe.", "The Tin Mug No. 4 is dishwasher safe.", "attribute.invented"),
        ("The Larch 2P Tent is waterproof.", "The Tin Mug No. 4 is waterproof.", "attribute.invented"),
        ("It is 20% off: the Larch 2P Tent.", "It is 21% off: the Larch 2P Tent.", "discount.invented"),
        ("It cures nothing.", "It cures headaches.", "claim.medical"),
    ],
)
def test_one_changed_fact_flips_the_answer(text: str, flipped: str, rule: str) -> None:
    assert held_back(text, "opening") == []
    assert rule in rules_of(held_back(flipped, "opening"))
