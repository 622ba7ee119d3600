"""What may be called similar, and what may be said to run low."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from catalog.learning.model import NOWHERE
from catalog.likeness import is_similar
from catalog.running_out import runs_out
from catalog.view import CatalogView
from tests.kit.catalog import product, signal, view


def pair(titles: tuple[str, str], cosine: float, shelves: tuple[str | None, str | None]) -> CatalogView:
    named = enumerate(zip(titles, shelves, strict=True))
    shop = view([product(f"p{at}", title, product_type=shelf) for at, (title, shelf) in named])
    shop.vectors[:] = 0
    shop.vectors[0, 0], shop.vectors[1, :2] = 1, (cosine, (1 - cosine**2) ** 0.5)
    return shop


MUGS, INKS = "Tableware > Mugs", "Stationery > Inks"


@pytest.mark.parametrize(
    ("titles", "cosine", "shelves", "alike"),
    [
        (("Harbour Mug", "Fell Cup"), 0.62, (MUGS, MUGS), True),
        (("Harbour Mug", "Fell Cup"), 0.58, (MUGS, MUGS), False),
        (("Harbour Mug, Moss", "Bottled Ink, Moss"), 0.9, (MUGS, INKS), False),
        (("Brass Pen Tray", "Brass Pen Tray, Large Walnut"), 0.7, (MUGS, INKS), True),
        (("Brass Pen Tray", "Brass Pen Tray, Large Walnut"), 0.6, (MUGS, INKS), False),
        (("Lunch Bag Spaceboy Design", "Lunch Bag Alphabet Design"), 0.71, (None, None), True),
        (("Heart Wooden Christmas Decoration", "Traditional Christmas Ribbons"), 0.67, (None, None), False),
        (("Set 12 Colour Pencils Doiley", "Set 36 Colouring Crayons Doily"), 0.83, (None, INKS), True),
    ],
)
def test_similar_is_what_a_reader_would_call_so(
    titles: tuple[str, str], cosine: float, shelves: tuple[str | None, str | None], alike: bool
) -> None:
    shop = pair(titles, cosine, shelves)
    assert is_similar(shop, 0, 1) is is_similar(shop, 1, 0) is alike


def seen(number: int, *, intervals: int = 0, rate: float = 0.0, known: bool = True) -> CatalogView:
    """A clock, and what the shop's customers did with it."""
    repeats = SimpleNamespace(
        intervals=np.array([intervals]), known=known, is_habitual=lambda _: rate >= 0.03
    )  # fmt: skip
    bound = SimpleNamespace(number=lambda _: number, shop=SimpleNamespace(repeats=repeats))
    return replace(view([product("clock", "Alarm Clock")]), learned=cast(Any, bound))


@pytest.mark.parametrize(
    ("shop", "times", "said"),
    [
        (seen(0, intervals=40, rate=0.2), 1, True),
        (seen(0, intervals=2, rate=0.2), 1, False),
        (seen(0, intervals=40, rate=0.01), 1, False),
        (seen(NOWHERE), 1, False),
        (seen(NOWHERE), 3, False),
        (seen(0, known=False), 1, False),
        (view([product("clock")]), 1, False),
    ],
    ids=["come back for", "hardly ever", "by hardly anybody", "never sold", "times", "too young a shop", "no past"],
)
def test_a_clock_runs_low_only_where_somebody_has_seen_it(shop: CatalogView, times: int, said: bool) -> None:
    assert runs_out(shop, 0, signal("clock", "bought", 40, times), feed_tells=False) is said


@pytest.mark.parametrize(("word", "said"), [("own", True), ("shop", True), ("product", True), ("category", False)])
def test_what_is_known_of_the_clock_is_said_and_what_is_guessed_by_its_shelf_is_not(word: str, said: bool) -> None:
    bought = signal("clock", "bought", 40).model_copy(update={"lasts_days": 30.0, "lasts_by": word})
    assert runs_out(view([product("clock")]), 0, bought, feed_tells=False) is said


def test_that_people_come_back_for_another_size_of_it_is_enough() -> None:
    sizes = [product(f"coffee-{size}", "Coffee", item_group_id="coffee") for size in ("s", "l")]
    bound = cast(Any, seen(0, intervals=40, rate=0.2).learned)
    small_only = SimpleNamespace(number=lambda row: 0 if row == 0 else NOWHERE, shop=bound.shop)
    shop = replace(view([*sizes, product("clock")]), learned=cast(Any, small_only))
    said = [
        runs_out(shop, shop.row_of[name], signal(name, "bought", 40), feed_tells=False)
        for name in ("coffee-l", "clock")
    ]
    assert said == [True, False]


def test_the_feed_s_word_is_enough() -> None:
    shop = replace(seen(NOWHERE), columns=view([product("clock", consumable_days=30)]).columns)
    assert runs_out(shop, 0, signal("clock", "bought", 40), feed_tells=True)


def test_where_the_feed_says_what_is_used_up_nothing_else_is() -> None:
    bought = signal("clock", "bought", 40).model_copy(update={"lasts_days": 30.0, "lasts_by": "own"})
    told = view([product("clock"), product("tea", consumable_days=30)])
    assert told.columns.tells_what_lasts
    assert not view([product("clock")]).columns.tells_what_lasts
    assert not runs_out(told, 0, bought, feed_tells=True)
