"""A set is the best that also differ, on one scale whatever the ranking's, and a boost disturbs nobody else's order."""

from __future__ import annotations

import numpy as np
import pytest

from catalog.arrange import OWN, Shape, arrange
from catalog.candidates import Candidate, Cause
from catalog.model import PickKind
from catalog.scoring import Ranked
from catalog.view import CatalogView
from tests.kit.catalog import product, view

KETTLES = ["Copper kettle whistling stove", "Copper kettle gooseneck stove", "Copper kettle enamelled stove"]
OTHERS = ["Woollen blanket", "Oak letterbox", "Beeswax candle", "Linen napkin"]
SHOP = view([product(f"p{at}", title) for at, title in enumerate([*KETTLES, *OTHERS])])


def placed(
    scores: list[float],
    *,
    diversity: float = 0.15,
    kind: PickKind = "interest",
    factors: dict[int, float] | None = None,
    tiers: dict[int, int] | None = None,
    shop: CatalogView = SHOP,
    count: int = 4,
) -> list[int]:
    ranked = [
        Ranked(Candidate(row, {kind: (0.5, Cause())}), kind, (tiers or {}).get(row, 0), score)
        for row, score in enumerate(scores)
    ]
    worth = np.array([score * (factors or {}).get(row, 1.0) for row, score in enumerate(scores)])
    return [one.position for one in arrange(shop, ranked, worth, Shape(count=count, diversity=diversity))]


ALIKE_FIRST = [0.50, 0.47, 0.46, 0.44, 0.20, 0.10, 0.05]


def test_without_diversity_the_best_are_taken_as_they_come() -> None:
    assert placed(ALIKE_FIRST, diversity=0.0) == [0, 1, 2, 3]


def test_with_diversity_something_else_comes_before_the_third_alike() -> None:
    assert placed(ALIKE_FIRST, diversity=0.3)[:2] == [0, 3]


@pytest.mark.parametrize("scale", [1.0, 0.001, 900.0])
def test_the_scale_of_the_scores_changes_nothing(scale: float) -> None:
    assert placed([scale * score for score in ALIKE_FIRST]) == placed(ALIKE_FIRST)


def test_noise_between_equals_does_not_outweigh_a_difference() -> None:
    equals = [0.5, 0.4999, 0.4998, 0.4997, 0.4996, 0.4995, 0.4994]
    assert len({0, 1, 2} & set(placed(equals))) == 1


def test_of_things_unlike_in_words_those_of_another_department_are_preferred() -> None:
    titles = ["Woollen blanket", "Oak letterbox", "Beeswax candle"]
    shelves = ["Home > Beds", "Home > Doors", "Garden > Lights"]
    shop = view([product(f"p{at}", title, product_type=shelves[at]) for at, title in enumerate(titles)])
    assert placed([0.50, 0.42, 0.41], shop=shop) == [0, 2, 1]
    plain = view([product(f"p{at}", title) for at, title in enumerate(titles)])
    assert placed([0.50, 0.42, 0.41], shop=plain) == [0, 1, 2]


def test_what_is_their_own_may_be_alike() -> None:
    scores = [0.50, 0.47, 0.20, 0.44, 0.2, 0.1, 0.05]
    assert placed(scores, kind="interest")[1] == 3
    assert placed(scores, kind="buy_again")[1] == 1
    assert "buy_again" in OWN


def test_a_tier_is_emptied_before_the_next_begins() -> None:
    assert placed([0.1, 0.9, 0.1, 0.9, 0.2, 0.9, 0.9], tiers={0: 0, 4: 0, 1: 1, 2: 1, 3: 1, 5: 1, 6: 1})[:2] == [4, 0]


def test_a_boost_leaves_the_order_of_all_others_as_it_was() -> None:
    scores = [0.53, 0.51, 0.40, 0.40, 0.31, 0.13, 0.04]
    before = placed(scores, count=7)
    after = placed(scores, factors={6: 10.0}, count=7)
    assert after.index(6) < before.index(6)
    assert [row for row in after if row != 6] == [row for row in before if row != 6]


def test_products_of_one_family_are_shown_once_but_what_was_chosen_twice_may_be_twice() -> None:
    shop = view([product("red", "Mug red"), product("blue", "Mug blue"), product("hat", "Straw hat")])
    assert placed([0.5, 0.4, 0.3], shop=shop) == [0, 2]
    assert sorted(placed([0.5, 0.4, 0.3], shop=shop, kind="buy_again")) == [0, 1, 2]


def test_variants_by_the_feeds_word_are_shown_once_whoever_chose_them() -> None:
    shop = view([product("red", "Sun", item_group_id="g"), product("blue", "Moon", item_group_id="g")])
    assert placed([0.5, 0.4], shop=shop, kind="buy_again") == [0]


def test_nothing_to_arrange_is_an_empty_set() -> None:
    assert arrange(SHOP, [], np.zeros(0), Shape(count=3)) == []
