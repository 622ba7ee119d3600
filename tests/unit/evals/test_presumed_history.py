"""What a text takes for granted about things the reader has: sound with an order, an invention without one."""

from __future__ import annotations

from datetime import date

import pytest

from evals.snapshot import OrderFact
from tests.kit.snapshots import PERSON, held_back, rules_of

RULE = "history.invented"
OWNER = PERSON.model_copy(update={"orders": (OrderFact(product="Tin Mug No. 4", date=date(2026, 1, 20)),)})
PRESUMED = [
    ("en-US", "Another Tin Mug No. 4 for the shelf?"),
    ("en-US", "How is the Tin Mug No. 4 holding up?"),
    ("en-US", "Enjoying the Tin Mug No. 4?"),
    ("en-US", "Your mug must have seen a few mornings by now."),
    ("en-US", "Did you finish the Tin Mug No. 4?"),
    ("de-DE", "Noch ein Becher Tin Mug No. 4?"),
    ("de-DE", "Viel Freude mit deinem neuen Tin Mug No. 4!"),
    ("fr-FR", "Encore un Tin Mug No. 4 ?"),
    ("fr-FR", "Profitez bien de votre nouveau Tin Mug No. 4."),
    ("es-ES", "¿Otro Tin Mug No. 4?"),
    ("es-ES", "Disfruta de tu nuevo Tin Mug No. 4."),
]


@pytest.mark.parametrize(("locale", "text"), PRESUMED)
def test_what_presumes_a_purchase_is_held_back_without_one(locale: str, text: str) -> None:
    assert RULE in rules_of(held_back(text, "opening", locale=locale))


@pytest.mark.parametrize(("locale", "text"), PRESUMED)
def test_the_same_passes_when_they_bought_it(locale: str, text: str) -> None:
    assert RULE not in rules_of(held_back(text, "opening", locale=locale, person=OWNER))


@pytest.mark.parametrize(
    "text",
    [
        "Another mug of tea, another page.",
        "Another Monday, another list.",
        "If you finish the Tin Mug No. 4, tell us how.",
        "The Tin Mug No. 4 is back, and you can order it again.",
        "Good news if you like mugs: the Tin Mug No. 4 is here again.",
        "Fill your mug and sit down.",
    ],
)
def test_ordinary_talk_of_a_product_presumes_nothing(text: str) -> None:
    assert RULE not in rules_of(held_back(text, "opening"))


def test_a_thing_in_the_cart_may_be_wanted_once_more_but_not_be_in_use() -> None:
    carted = PERSON.model_copy(update={"cart": ("Tin Mug No. 4",)})
    assert RULE not in rules_of(held_back("One more Tin Mug No. 4 and the shelf is full.", "opening", person=carted))
    assert RULE in rules_of(held_back("Enjoy your new Tin Mug No. 4!", "opening", person=carted))
