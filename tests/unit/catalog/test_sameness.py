"""Near-duplicates: sizes, packs, colours and other word orders of one thing, and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.model import Limits, Taste
from catalog.picks import pick
from catalog.sameness import Families, family
from tests.kit.catalog import NOW, learned, product, signal, view


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


HOME = {"title": "Home", "description": "A novel of a house by the sea."}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"attributes": {"author": "Toni Morrison"}}, {"attributes": {"author": "Marilynne Robinson"}}),
        ({"attributes": {"Autor": "Toni Morrison"}}, {"attributes": {"Autor": ["Marilynne Robinson", "B. Bean"]}}),
        ({"brand": "Knopf"}, {"brand": "Farrar"}),
        ({"gtin": "9780307594167"}, {"gtin": "9780374299101"}),
        ({"item_group_id": "a"}, {"item_group_id": "b", "description": "Letters between a father and his son."}),
    ],
)
def test_what_is_called_alike_is_two_things_where_the_feed_tells_them_apart(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    shop = view([product("a", **(HOME | one)), product("b", **(HOME | other))])
    assert not Families(shop).is_same(0, 1)
    assert not Families(shop).is_same(1, 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"gtin": "1"}, {}),
        ({"gtin": "1", "attributes": {"author": "Toni Morrison"}}, {"gtin": "1"}),
        ({"attributes": {"author": "Morrison, Toni"}}, {"attributes": {"author": "Toni Morrison"}}),
        ({"brand": "Knopf"}, {"brand": "KNOPF "}),
        ({"gtin": "1", "size": "S"}, {"gtin": "2", "size": "M"}),
        ({"gtin": "1", "attributes": {"Größe": "S"}}, {"gtin": "2", "attributes": {"Größe": "M"}}),
        ({"gtin": "1", "title": "Home 500 g"}, {"gtin": "2", "title": "Home 1 kg"}),
        (
            {"gtin": "1", "image_link": "https://x.example/a.jpg"},
            {"gtin": "2", "image_link": "https://x.example/a.jpg"},
        ),
        ({"gtin": "1", "item_group_id": "g"}, {"gtin": "2", "item_group_id": "g"}),
        ({"item_group_id": "home"}, {"item_group_id": "copy-of-home"}),
    ],
)
def test_and_one_thing_where_it_does_not(one: dict[str, Any], other: dict[str, Any]) -> None:
    shop = view([product("a", **(HOME | one)), product("b", **(HOME | other))])
    assert Families(shop).is_same(0, 1)
    assert Families(shop).is_same(1, 0)


def test_two_books_of_one_title_are_both_shown_and_owning_one_is_not_owning_the_other() -> None:
    novels = [
        product("morrison", "Home", attributes={"author": "Toni Morrison"}),
        product("robinson", "Home", attributes={"author": "Marilynne Robinson"}),
        product("reprint", "Home", attributes={"author": "Marilynne Robinson"}),
    ]
    shop = view(novels, {one.id: learned(1 - at / 10) for at, one in enumerate(novels)})
    assert {one.product.id for one in pick(shop, Taste(), Limits(), now=NOW, seed=1)} in (
        {"morrison", "robinson"}, {"morrison", "reprint"}
    )  # fmt: skip
    bought = signal("robinson", "bought", 40)
    reader = Taste(signals=(bought,), owned=(("Home", bought.at),))
    assert [one.product.id for one in pick(shop, reader, Limits(), now=NOW, seed=1)] == ["morrison"]
