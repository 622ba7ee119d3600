"""Changes of spelling that change nothing must change no answer; changes of fact must."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Case, load_cases
from evals.corpora import GUARDRAILS
from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.harness.rewriting import with_invisible
from tests.kit.snapshots import held_back, rules_of
from tests.kit.suites import run_suite

CASES = list(load_cases(GUARDRAILS.read_text(encoding="utf-8").splitlines()))
BAD = [case for case in CASES if case.label == "violation" and "chars.*" not in case.violated]


def raised(case: Case, text: str) -> set[str]:
    block = Block(name=case.block.name, text=text, product_id=case.block.product_id)
    return rules_of(why_held_back(check_block(case.snapshot, block)))


@pytest.mark.parametrize("name", ["metamorphic", "starvation"])
def test_the_guard_passes_the_shipped_suite(name: str) -> None:
    result = run_suite(name)
    assert [f"{case.id}: {case.message}" for case in result.cases if case.status in ("fail", "error")] == []
    assert [metric.name for metric in result.metrics if not metric.is_met] == []


@given(case=st.sampled_from(BAD), at=st.integers(0, 400))
def test_an_invisible_character_hides_nothing(case: Case, at: int) -> None:
    text = case.block.text
    assert "chars.garbled" in raised(case, with_invisible(text, at % (len(text) + 1)))


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
