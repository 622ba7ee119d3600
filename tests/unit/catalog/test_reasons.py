"""Reasons read like a person wrote them and say no more than may be said."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.merchandising import Placement
from catalog.model import Limits, Pick, Taste
from catalog.picks import pick
from catalog.reasons import coarse, spoken
from tests.kit.catalog import NOW, learned, product, signal, tea_shop, view

SIGNALS = {"sencha": learned(1.0, [("kyusu", 0.3, 12)]), "assam": learned(0.4)}
SHOP = view(tea_shop(), SIGNALS)


def one(product_id: str, *signals: Any, **taste: Any) -> Pick:
    limits = Limits(only_ids=(product_id,))
    (found,) = pick(SHOP, Taste(signals=signals, **taste), limits, now=NOW, seed=1)
    return found


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (one("kyusu", signal("kyusu", "carted")), "Still in your cart"),
        (one("kyusu", signal("kyusu", "wished")), "On your wish list"),
        (one("kyusu", signal("kyusu", "viewed", 1, 9)), "Because you like teapots"),
        (one("sencha", signal("sencha", "bought", 28)), "You may be running low"),
        (one("assam", signal("assam", "bought", 90, 3)), "One you have bought before"),
        (one("kyusu", signal("sencha", "bought", 9)), "Goes with the Sencha Uji green leaf you bought"),
        (one("kyusu", signal("sencha", "carted", 1)), "Goes with the Sencha Uji green leaf in your cart"),
        (one("jasmine", interests=(("category", "green tea", 0.8),)), "Because you like green tea"),
        (one("assam", interests=(("brand", "dikom", 0.8),)), "Because you like Dikom"),
        (one("pot-blue", interests=(("attribute", "color=blue", 0.8),)), "Because you like blue"),
        (one("earlgrey", searches=("bergamot",)), "Because you like black tea"),
        (one("sencha"), "Popular with our customers"),
    ],
)
def test_each_kind_of_pick_says_why_in_plain_words(found: Pick, reason: str) -> None:
    assert found.reason == reason


def test_likeness_names_what_was_bought_but_not_what_was_viewed() -> None:
    bought = one("gyokuro", signal("jasmine", "bought", 5))
    viewed = one("gyokuro", signal("jasmine", "viewed", 5))
    assert bought.reason == "Similar to the Jasmine pearls green leaf you bought"
    assert viewed.reason == "Because you like green tea"


def test_sizes_and_the_like_are_never_said() -> None:
    shop = view([product("shirt", size="XXL", product_type="Shirts")])
    taste = Taste(interests=(("attribute", "size=XXL", 0.9),))
    (found,) = pick(shop, taste, Limits(), now=NOW, seed=1)
    assert found.reason == "More from the shirts shelf"


@pytest.mark.parametrize(
    ("name", "reason"), [("form", "More from the coffee beans shelf"), ("roast", "Because you like whole roast")]
)
def test_the_form_something_comes_in_is_not_said_to_be_liked(name: str, reason: str) -> None:
    shop = view([product("beans", product_type="Coffee beans", attributes={name: "whole"})])
    taste = Taste(interests=(("attribute", f"{name}=whole", 0.9),))
    (found,) = pick(shop, taste, Limits(), now=NOW, seed=1)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("Oven Glove Stripe", "One you have bought before"),
        ("Oven Glove Stripe, Large", "Because you like gloves"),
        ("Oven Glove Check", "Similar to the Oven Glove Stripe you bought"),
    ],
)
def test_nothing_is_said_to_be_similar_to_what_has_its_name(title: str, reason: str) -> None:
    shop = view([
        product("old", title="Oven Glove Stripe", product_type="Gloves"),
        product("new", title=title, product_type="Gloves"),
    ])  # fmt: skip
    taste = Taste(signals=(signal("old", "bought", 5),))
    (found,) = pick(shop, taste, Limits(only_ids=("new",)), now=NOW, seed=1)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("near", "shelves", "reason"),
    [
        (0.7, ("Home > Mugs", "Home > Mugs"), "Similar to the Harbour Mug you bought"),
        (0.55, ("Home > Mugs", "Home > Mugs"), "Because you like mugs"),
        (0.9, ("Home > Mugs", "Home > Inks"), "Because you like Home"),
        (0.7, (None, None), coarse("en")),
        (0.85, (None, None), "Similar to the Harbour Mug you bought"),
    ],
    ids=["one category", "hardly alike", "two categories", "no category", "the same words, no category"],
)
def test_only_what_a_reader_would_call_similar_is_called_so(
    near: float, shelves: tuple[str | None, str | None], reason: str
) -> None:
    """Texts are near for a glaze that a mug and a bottle of ink have in common."""
    shop = view([
        product("old", title="Harbour Mug", product_type=shelves[0]),
        product("new", title="Bottled Ink", product_type=shelves[1]),
    ])  # fmt: skip
    shop.vectors[:] = 0
    shop.vectors[0, 0], shop.vectors[1, :2] = 1, (near, (1 - near**2) ** 0.5)
    taste = Taste(signals=(signal("old", "bought", 5),))
    found = pick(shop, taste, Limits(only_ids=("new",), kinds=("like_bought",)), now=NOW, seed=1)
    assert [(one.kind, one.reason) for one in found] == [("like_bought", reason)]


def test_without_a_category_an_inference_stays_vague() -> None:
    shop = view([product("thing")])
    (found,) = pick(shop, Taste(signals=(signal("thing", "viewed"),)), Limits(), now=NOW, seed=1)
    assert found.reason == coarse("en")


def test_a_purchase_the_catalog_has_forgotten_is_not_named() -> None:
    shop = view([product("cup")], {"old": learned(0.5, [("cup", 0.3, 5)])})
    (found,) = pick(shop, Taste(signals=(signal("old", "bought"),)), Limits(), now=NOW, seed=1)
    assert found.reason == "Goes well with what you bought"


def test_one_email_does_not_say_the_same_thing_twice() -> None:
    taste = Taste(interests=(("category", "green tea", 0.8),))
    found = pick(SHOP, taste, Limits(count=3, categories=("Green tea",)), now=NOW, seed=1)
    assert len({each.reason for each in found}) == len(found) == 3


def test_no_reason_or_evidence_quotes_a_search() -> None:
    found = one("earlgrey", searches=("bergamot for my sick aunt",))
    assert "aunt" not in found.reason + "".join(each.text + each.ref for each in found.evidence)


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("Green tea", "green tea"),
        ("Teapots", "teapots"),
        ("Home & garden", "home & garden"),
        ("Assam", "Assam"),
        ("Nintendo Games", "Nintendo Games"),
        ("LED lamps", "LED lamps"),
    ],
)
def test_categories_read_well_within_a_sentence(name: str, within: str) -> None:
    assert spoken(name) == within


@pytest.mark.parametrize(
    ("product_id", "asked", "reason"),
    [
        ("kyusu", {"signals": (signal("kyusu", "carted"),)}, "Liegt noch in Ihrem Warenkorb"),
        ("kyusu", {"signals": (signal("sencha", "bought", 9),)}, "Passt zu Ihrem Einkauf „Sencha Uji green leaf“"),
        ("jasmine", {"interests": (("category", "green tea", 0.8),)}, "Weil Sie „Green tea“ mögen"),
        ("pot-blue", {"interests": (("attribute", "color=blue", 0.8),)}, "Ganz Ihr Geschmack: blue"),
        ("sencha", {}, "Bei unserer Kundschaft beliebt"),
    ],
)
def test_a_german_shop_gives_its_reasons_in_german_and_leaves_names_as_they_are(
    product_id: str, asked: dict[str, Any], reason: str
) -> None:
    limits = Limits(only_ids=(product_id,))
    (found,) = pick(SHOP, Taste(**asked), limits, now=NOW, seed=1, placement=Placement(locale="de-CH"))
    assert found.reason == reason


def test_a_shop_whose_language_has_no_words_gives_no_reason_rather_than_an_english_one() -> None:
    limits = Limits(count=3)
    found = pick(SHOP, Taste(), limits, now=NOW, seed=1, placement=Placement(locale="fi-FI"))
    assert {one.reason for one in found} == {""}
