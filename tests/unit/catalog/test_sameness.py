"""Near-duplicates: sizes, packs, colours and other word orders of one thing, and what only looks like it."""

from __future__ import annotations

import pytest

from catalog.sameness import Families, family
from tests.kit.catalog import product, view


def same(title: str, other: str) -> bool:
    shop = view([product("a", title), product("b", other)])
    return Families(shop).is_same(0, 1) and Families(shop).is_same(1, 0)


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Mug red", "Mug blue"),
        ("Red mug", "Mug, dark blue"),
        ("Tea 100 g", "Tea 250g"),
        ("Olive oil 0,5 l", "Olive oil 1 l"),
        ("Coffee beans, 1.5 kg", "Coffee beans, 2 x 500 g"),
        ("Moka Pot, 3 cups", "Moka pot 6 cups"),
        ("T-shirt size M", "T-Shirt XL"),
        ("Set of 4 plates", "Set of six plates"),
        ("SET/6 BADGES", "SET/12 BADGES"),
        ("Large storage box", "Storage box, small"),
        ("Wool scarf, red check", "Red check wool scarf"),
        ("Frame 30 x 40 cm", "Frame 40x60 cm"),
        ("Cast iron teapott", "Cast iron teapot"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", "RED HANGING HEART T-LIGHT HOLDER"),
    ],
)
def test_these_are_one_thing_to_a_reader(title: str, other: str) -> None:
    assert same(title, other)


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Green tea", "Black tea"),
        ("Red wine vinegar", "White wine vinegar"),
        ("iPhone 12", "iPhone 13"),
        ("Canon EOS 400D camera body", "Canon EOS 450D camera body"),
        ("Mug red", "Bowl red"),
        ("Mini Cooper", "Cooper hat"),
        ("500 ml", "250 ml bottle"),
        ("Red", "Blue"),
    ],
)
def test_these_are_two(title: str, other: str) -> None:
    assert not same(title, other)


def test_the_feeds_own_colour_and_size_are_left_out_wherever_they_stand() -> None:
    assert family("Petrol linen apron", color="Petrol") == family("Rust linen apron", color="Rust")
    assert family("Apron W32 L34 linen", size="W32 L34") == family("Apron W30 L30 linen", size="W30 L30")


def test_an_item_group_makes_one_thing_of_any_titles() -> None:
    shop = view([product("a", "Sun", item_group_id="g"), product("b", "Moon", item_group_id="g"), product("c", "Sun")])
    families = Families(shop)
    assert families.is_same(0, 1)
    assert families.is_variant(0, 1)
    assert not families.is_same(1, 2)
