"""Of one item in many sizes and colours, the one this person chose is shown, and one item leaves room for others."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.merchandising import Merchandising, Placement
from catalog.model import Limits, Product, Signal, Taste
from catalog.picks import pick
from catalog.standing import standing
from catalog.trace import Trace
from tests.kit.catalog import NOW, learned, product, signal, view

SIZES = ("S", "M", "L", "XL")
SHIRTS = [product(f"shirt-{one}", f"Linen shirt - {one}", item_group_id="shirt", size=one) for one in SIZES]
COFFEE = [
    product(f"coffee-{one}", f"House blend {one}", item_group_id="coffee", size=one, consumable_days=20)
    for one in ("250 g", "1 kg")
]
MUGS = [
    product(f"mug{number}", f"{name} mug", product_type="Mugs") for number, name in enumerate(("Fox", "Owl", "Elk"))
]
BEST = {"shirt-S": learned(1.0), "coffee-250 g": learned(0.9), **{one.id: learned(0.2) for one in MUGS}}
SHOP = view([*SHIRTS, *COFFEE, *MUGS], BEST)


def shown(*signals: Signal, limits: Limits = Limits(count=6), **more: Any) -> list[str]:
    return [one.product.id for one in pick(SHOP, Taste(signals=signals), limits, now=NOW, seed=4, **more)]


def shirt(found: list[str]) -> list[str]:
    return [one for one in found if one.startswith("shirt")]


@pytest.mark.parametrize(
    ("signals", "stands"),
    [
        ([], "shirt-S"),
        ([signal("shirt-L", "carted", 20), signal("shirt-M", "wished", 1), signal("shirt-XL", "viewed", 1)], "shirt-L"),
        ([signal("shirt-M", "wished", 20), signal("shirt-XL", "viewed", 1)], "shirt-M"),
        ([signal("shirt-XL", "viewed", 25)], "shirt-XL"),
    ],
)
def test_the_variant_they_came_nearest_to_stands_for_its_item(signals: list[Signal], stands: str) -> None:
    assert shirt(shown(*signals)) == [stands]


def test_what_is_used_up_is_shown_as_they_bought_it() -> None:
    found = shown(signal("coffee-1 kg", "bought", 18))
    assert [one for one in found if one.startswith("coffee")] == ["coffee-1 kg"]


@pytest.mark.parametrize(("days_ago", "offered"), [(3, []), (18, ["coffee-1 kg"])])
def test_what_is_not_used_up_yet_is_offered_in_no_other_size(days_ago: int, offered: list[str]) -> None:
    found = shown(signal("coffee-1 kg", "bought", days_ago))
    assert [one for one in found if one.startswith("coffee")] == offered


def test_a_size_that_is_due_by_itself_or_lies_in_the_cart_is_offered_beside_one_just_bought() -> None:
    due = shown(signal("coffee-1 kg", "bought", 3), signal("coffee-250 g", "bought", 18))
    carted = shown(signal("coffee-1 kg", "bought", 3), signal("coffee-250 g", "carted", 1))
    before = shown(signal("coffee-1 kg", "bought", 3), signal("coffee-250 g", "carted", 4))
    of_coffee = [[one for one in found if one.startswith("coffee")] for found in (due, carted, before)]
    assert of_coffee == [["coffee-250 g"], ["coffee-250 g"], []]


def test_a_chosen_variant_that_cannot_be_sold_leaves_its_item_to_another() -> None:
    shop = view([product("shirt-L", item_group_id="shirt", availability="out_of_stock"), *SHIRTS[:1], *MUGS], BEST)
    taste = Taste(signals=(signal("shirt-L", "carted", 1),))
    assert "shirt-S" in [one.product.id for one in pick(shop, taste, Limits(), now=NOW, seed=4)]


def test_the_explanation_says_whom_it_stands_for() -> None:
    trace = Trace()
    shown(signal("shirt-L", "carted", 1), trace=trace)
    stood = {SHOP.ids[one.row]: one.other for one in trace.dropped if one.code == "same_as"}
    assert stood["shirt-S"] == SHOP.row_of["shirt-L"]


def test_what_the_merchant_names_stays() -> None:
    pinned = Placement(merchandising=Merchandising.model_validate({"pins": [{"product": "shirt-S", "place": 1}]}))
    assert shown(signal("shirt-L", "viewed", 1), placement=pinned)[0] == "shirt-S"
    trace = Trace()
    both = Limits(only_ids=("shirt-S", "shirt-L"))
    assert shirt(shown(signal("shirt-L", "viewed", 1), limits=both, trace=trace)) == ["shirt-L"]


def test_what_the_email_is_about_stands_before_what_was_looked_at() -> None:
    refill = Limits(count=4, kinds=("running_low",))
    found = shown(
        signal("coffee-250 g", "bought", 18), signal("coffee-1 kg", "viewed", 1),
        limits=refill, placement=Placement(lead=("running_low",)),
    )  # fmt: skip
    assert found[0] == "coffee-250 g"
    assert "coffee-1 kg" not in found


def test_nothing_of_no_group_is_ever_dropped() -> None:
    assert standing(SHOP, []) == []
    assert {"mug0", "mug1", "mug2"} <= set(shown(signal("mug0", "carted", 1)))


def crowded(**more: Any) -> list[Product]:
    """A shirt in five hundred variants, and eight other things, that came before it."""
    shirts = [
        product(f"s{n}", f"Linen shirt - {n}", item_group_id="shirt", product_type="Clothes", **more)
        for n in range(500)
    ]
    names = ("Wool socks", "Felt hat", "Silk scarf", "Rain coat", "Straw bag", "Leather belt", "Denim skirt", "Parka")
    return shirts + [product(f"o{n}", name, product_type="Clothes") for n, name in enumerate(names)]


@pytest.mark.parametrize(
    "taste",
    [
        Taste(interests=(("category", "Clothes", 1.0),)),
        Taste(),
        Taste(signals=(signal("s7", "viewed", 1),), interests=(("category", "Clothes", 1.0),)),
    ],
)
@pytest.mark.parametrize("sold", [True, False])
def test_one_item_in_five_hundred_variants_leaves_room_for_others(taste: Taste, sold: bool) -> None:
    shop = view(crowded(added_at=NOW), {f"s{n}": learned(0.9) for n in range(500)} if sold else {})
    found = [one.product.id for one in pick(shop, taste, Limits(), now=NOW, seed=1)]
    assert sum(one.startswith("s") for one in found) <= 1
    assert len(found) == (4 if not sold or taste.interests else 1), "what nobody buys is not called popular"
