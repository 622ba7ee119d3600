"""Quotations: words put into somebody's mouth, and names that merely stand in quotation marks."""

from __future__ import annotations

from datetime import date

import pytest

from evals.draft import Block
from evals.guard import check_block
from evals.snapshot import OrderFact, PersonFacts
from evals.verdict import Status
from tests.kit.emails import make_snapshot

BOUGHT = "Mesure à café en chêne"


def fakes(text: str) -> list[str]:
    """What is taken for words of a customer, where somebody bought a spoon with a long name."""
    person = PersonFacts(first_name="Inès", orders=(OrderFact(product=BOUGHT, date=date(2026, 1, 12)),))
    snapshot = make_snapshot().model_copy(update={"locale": "fr-FR", "person": person})
    found = check_block(snapshot, Block(name="subject", text=text))
    return [one.rule for one in found if one.status is Status.FAIL and one.rule == "testimonial.fake"]


@pytest.mark.parametrize("text", [f"Va bien avec «\u00a0{BOUGHT}\u00a0»", f'Va bien avec "{BOUGHT}"'])
def test_the_name_of_what_they_bought_may_stand_in_quotation_marks(text: str) -> None:
    assert fakes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"«\u00a0{BOUGHT}, et je ne peux plus m’en passer\u00a0» de la part d’une cliente",
        "« Je ne bois plus que ça le matin »\u00a0: voilà",
    ],
)
def test_words_around_a_name_are_still_somebody_s(text: str) -> None:
    assert fakes(text) == ["testimonial.fake"]
