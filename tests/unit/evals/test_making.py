"""How, where and of what a product was made, and what it stands: claims told by the build of the words."""

from __future__ import annotations

import pytest

from tests.kit.snapshots import MUG, held_back, rules_of

RULE = "attribute.invented"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en-US", "Each mug is raku-fired."),
        ("en-US", "Knit in a small town near Portland."),
        ("en-US", "Freezer safe and chew-proof."),
        ("de-DE", "Der Becher ist in Bielefeld gegossen."),
        ("de-DE", "Ganz und gar gefrierfest."),
        ("fr-FR", "Il est tourné à la main près de Limoges."),
        ("es-ES", "Forjada en los talleres de Toledo."),
    ],
)
def test_a_making_that_no_fact_holds_is_an_invention(locale: str, text: str) -> None:
    assert RULE in rules_of(held_back(text, product_id="mug", locale=locale))


@pytest.mark.parametrize(
    "text",
    [
        "A rain-washed morning calls for coffee.",
        "A half-baked plan and a full mug.",
        "Made in a hurry, drunk in peace.",
        "Feel free to ask.",
        "Packed in May, opened in June.",
    ],
)
def test_ordinary_compounds_and_months_claim_nothing(text: str) -> None:
    assert RULE not in rules_of(held_back(text, "opening"))


def test_a_making_in_the_facts_passes() -> None:
    fired = MUG.model_copy(update={"attributes": {"process": "raku-fired", "made_in": "Limoges, France"}})
    held = held_back("Raku-fired and thrown in Limoges.", product_id="mug", products=(fired,))
    assert RULE not in rules_of(held)


def test_nothing_but_one_material_is_untrue_of_a_blend() -> None:
    blend = MUG.model_copy(update={"attributes": {"material": "62% merino wool, 38% nylon"}})
    assert RULE in rules_of(held_back("It is pure merino.", product_id="mug", products=(blend,)))
    whole = MUG.model_copy(update={"attributes": {"material": "100% merino wool"}})
    assert RULE not in rules_of(held_back("It is all merino.", product_id="mug", products=(whole,)))


def test_an_article_without_its_noun_is_a_broken_sentence() -> None:
    glazed = MUG.model_copy(update={"attributes": {"glaze": "speckled oat", "material": "stoneware"}})
    assert "text.truncated" in rules_of(held_back("It is a speckled oat with a handle.", products=(glazed,)))
    assert "text.truncated" not in rules_of(held_back("It is a speckled oat glaze with a shine.", products=(glazed,)))
