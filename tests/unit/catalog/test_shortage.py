"""A list that is empty or short says what kept the others back, in words and in the order it happened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.explain import explain
from catalog.merchandising import Merchandising, Placement
from catalog.model import Limits, Signal, Taste
from catalog.shortage import EMPTY, NAMELESS
from tests.kit.catalog import NOW, learned, product, signal, tea_shop, view

SELLING = {name: learned(0.5) for name in ("sencha", "assam", "kyusu", "jasmine")}
SHOP = view(tea_shop(), SELLING)


def short(limits: Limits, *signals: Signal, shop: Any = SHOP, **rules: Any) -> tuple[str, ...]:
    placement = Placement(merchandising=Merchandising.model_validate(rules))
    return explain(shop, Taste(signals=signals), limits, now=NOW, seed=1, placement=placement).short


def test_where_there_are_enough_nothing_is_told() -> None:
    assert short(Limits(count=2)) == ()


@pytest.mark.parametrize(
    ("limits", "last"),
    [
        ({"max_price": Decimal("5"), "currency": "EUR"}, "All 10 products: dearer than the brief's 5 EUR"),
        ({"min_price": Decimal("99")}, "All 10 products: cheaper than the brief's 99"),
        ({"currency": "CHF"}, "All 10 products: not priced in CHF"),
        ({"categories": ("Wine", "Beer")}, "All 10 products: in no category that the brief asks for (Wine, Beer)"),
        ({"brands": ("Acme",)}, "All 10 products: of no brand that the brief asks for (Acme)"),
        ({"new_within_days": 9}, "All 10 products: came into the catalog more than 9 days ago"),
        ({"only_ids": ("nowhere",)}, "All 10 products: not among the products that the brief names"),
        ({"attributes": ("roast=dark",)}, "All 10 products: not of the roast that the brief asks for"),
        ({"categories": ("Teapots",), "only_on_sale": True, "exclude_ids": ("kyusu",)},
         "The last one: left out by the brief, by their ids"),
    ],
)  # fmt: skip
def test_the_limit_that_took_everything_is_named(limits: dict[str, Any], last: str) -> None:
    told = short(Limits(**limits))
    assert told[0] == "2 of 12 products: sold out, or without a price"
    assert told[-1] == last


def test_gates_of_the_person_and_rules_of_the_shop_are_named() -> None:
    pots = Limits(categories=("Teapots",))
    told = short(pots, signal("kyusu", "bought", 3), excludes=[{"name": "No iron", "select": {"ids": ["pot-red"]}}])
    assert told[1:] == (
        "7 of 10 products: in no category that the brief asks for (Teapots)",
        "1 of 3 products: excluded by a merchandising rule, “No iron”",
        "1 of 2 products: bought by this customer too lately to be offered again",
    )
    assert short(pots, excludes=[{"select": {"ids": ["pot-red"]}}])[2].endswith("merchandising rule, excludes[0]")


def test_what_nothing_speaks_for_is_told() -> None:
    assert short(Limits(categories=("Green tea",)))[-1] == f"2 of 4 products: {NAMELESS}"


def test_variants_and_a_catalog_without_products_are_named() -> None:
    pots = view([product(f"p{one}", "Teapot", item_group_id="g", color=one) for one in ("red", "blue")])
    assert short(Limits(), shop=pots) == ("1 of 2 products: another size, colour or pack of something that is shown",)
    assert short(Limits(), shop=view([])) == (EMPTY,)


@given(
    st.lists(st.sampled_from([one.id for one in tea_shop()]), max_size=4),
    st.sampled_from([None, Decimal(9), Decimal(30)]),
    st.sampled_from([(), ("Tea",), ("Teapots", "Green tea")]),
    st.booleans(),
)
def test_every_product_is_shown_or_counted_once(
    bought: list[str], highest: Decimal | None, categories: tuple[str, ...], fresh: bool
) -> None:
    limits = Limits(count=12, max_price=highest, categories=categories, new_to_customer=fresh)
    signals = tuple(signal(one, "bought", 5) for one in bought)
    told = explain(SHOP, Taste(signals=signals), limits, now=NOW, seed=1)
    taken = 0
    for line in told.short:
        count, left = _counts(line)
        assert left == told.products - taken
        taken += count
    assert told.products - taken == len(told.picks)


def _counts(line: str) -> tuple[int, int]:
    words = line.partition(":")[0].split()
    match words:
        case [count, "of", left, _]:
            return int(count), int(left)
        case ["All", left, _]:
            return int(left), int(left)
    return 1, 1
