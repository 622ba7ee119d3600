"""In a cart e-mail: the cart first, then what goes with it, no substitutes, and just enough for free delivery."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from catalog.complements import cart_total, lifts, price_basket
from catalog.merchandising import Merchandising, Placement
from catalog.model import Limits, Pick, Taste
from catalog.picks import pick
from catalog.trace import Trace
from tests.kit.catalog import NOW, learned, product, signal, view

TEA, POTS, SWEETS = "Tea > Green tea", "Teaware > Teapots", "Sweets > Biscuits"
SHOP = view(
    [
        product("sencha", "Sencha green leaf tea Uji", product_type=TEA, price="12.00"),
        product("bancha", "Bancha green leaf tea Uji", product_type=TEA, price="9.00"),
        product("sencha-big", "Sencha green leaf tea Uji 500 g", product_type=TEA, price="45.00"),
        product("kyusu", "Kyusu clay side handle", product_type=POTS, price="30.00"),
        product("tray", "Bamboo tray", product_type=POTS, price="18.50"),
        product("rusk", "Almond rusks", product_type=SWEETS, price="4.00"),
        product("cups", "Yunomi pair", product_type=POTS, price="60.00"),
        product("gone", "Chasen whisk", product_type=POTS, availability="out_of_stock"),
        product("dollars", "Import caddy", product_type=POTS, currency="USD"),
    ],
    {
        "sencha": learned(
            0.5,
            [("bancha", 0.5, 30), ("sencha-big", 0.5, 30), ("kyusu", 0.3, 20), ("rusk", 0.3, 20), ("cups", 0.3, 20),
             ("tray", 0.28, 18)],
        ),
        "kyusu": learned(0.4, [("rusk", 0.3, 12)]),
    },
)  # fmt: skip
CART = Limits(count=4, kinds=("cart", "goes_with"), currency="EUR")


def placed(*cart: tuple[str, int], free_over: str | None = None, **rules: Any) -> Placement:
    return Placement(
        merchandising=Merchandising.model_validate(rules),
        lead=("cart",),
        cart=cart,
        free_over=Decimal(free_over) if free_over else None,
    )


def picks(placement: Placement, *more: Any, trace: Trace | None = None, limits: Limits = CART) -> list[Pick]:
    carted = tuple(signal(product_id, "carted", 1) for product_id, _ in placement.cart)
    return pick(SHOP, Taste(signals=(*carted, *more)), limits, now=NOW, seed=2, placement=placement, trace=trace)


def ids(found: list[Pick]) -> list[str]:
    return [one.product.id for one in found]


def test_the_cart_comes_first_and_then_what_goes_with_it() -> None:
    found = picks(placed(("sencha", 1)))
    assert [(found[0].product.id, found[0].kind)] == [("sencha", "cart")]
    assert {one.kind for one in found[1:]} == {"goes_with"}


def test_what_does_the_job_of_something_in_the_cart_is_not_offered_beside_it() -> None:
    trace = Trace()
    found = picks(placed(("sencha", 1)), trace=trace)
    assert not {"bancha", "sencha-big"} & set(ids(found))
    replaced = {SHOP.ids[drop.row]: drop.other for drop in trace.dropped if drop.code == "substitute"}
    assert replaced == {"bancha": SHOP.row_of["sencha"], "sencha-big": SHOP.row_of["sencha"]}


def test_two_alike_that_both_lie_in_the_cart_are_both_reminded_of() -> None:
    assert set(ids(picks(placed(("sencha", 1), ("bancha", 1))))[:2]) == {"sencha", "bancha"}


def test_outside_a_cart_email_what_is_alike_may_be_shown() -> None:
    found = picks(Placement(), signal("sencha", "carted", 1), limits=Limits(count=6))
    assert "bancha" in ids(found)


def test_what_goes_with_the_cart_comes_before_what_goes_with_an_old_purchase() -> None:
    old = signal("kyusu", "bought", 2, times=9)
    found = picks(placed(("sencha", 1)), old)
    goes_with_cart = [one for one in found[1:] if "cart" in one.reason]
    assert found[1 : 1 + len(goes_with_cart)] == goes_with_cart
    assert goes_with_cart


def test_the_product_that_just_reaches_free_delivery_is_preferred() -> None:
    assert ids(picks(placed(("sencha", 1), free_over="30")))[1] == "tray"
    assert ids(picks(placed(("sencha", 1), free_over="40")))[1] == "kyusu"
    assert ids(picks(placed(("sencha", 1), free_over="70")))[1] == "cups"


def test_the_threshold_does_not_reorder_what_lies_in_the_cart() -> None:
    cart = (("rusk", 1), ("kyusu", 1), ("tray", 1))
    rows = np.array([SHOP.row_of[name] for name, _ in cart], dtype=np.int32)
    assert lifts(SHOP, rows, placed(*cart, free_over="70"), NOW).tolist() == [1.0, 1.0, 1.0]


def test_the_preference_can_be_turned_off() -> None:
    off = placed(("sencha", 1), free_over="30", free_shipping=False)
    assert ids(picks(off)) == ids(picks(placed(("sencha", 1))))


@pytest.mark.parametrize(
    ("cart", "total"),
    [
        ([("sencha", 2), ("rusk", 1)], "28.00"),
        ([("sencha", 1), ("gone", 1)], None),
        ([("sencha", 1), ("nowhere", 1)], None),
        ([("sencha", 1), ("dollars", 1)], None),
        ([], "0"),
    ],
)
def test_a_cart_is_priced_in_full_or_not_at_all(cart: list[tuple[str, int]], total: str | None) -> None:
    assert cart_total(SHOP, placed(*cart), NOW) == (Decimal(total) if total else None)


def test_the_basket_is_priced_with_the_fewest_picks_that_reach_free_delivery() -> None:
    placement = placed(("sencha", 1), free_over="42")
    found = picks(placement)
    basket = price_basket(SHOP, placement, found, NOW)
    assert basket is not None
    assert (basket.cart, basket.added, basket.total) == (Decimal("12.00"), ("kyusu",), Decimal("42.00"))
    assert (basket.currency, basket.free_over) == ("EUR", Decimal(42))


def test_two_picks_together_may_reach_it() -> None:
    placement = placed(("rusk", 1), free_over="50")
    wide = CART.model_copy(update={"count": 6})
    shown = [one for one in picks(placed(("sencha", 1)), limits=wide) if one.product.id in ("kyusu", "tray")]
    assert len(shown) == 2
    basket = price_basket(SHOP, placement, shown, NOW)
    assert basket is not None
    assert (set(basket.added), basket.total) == ({"kyusu", "tray"}, Decimal("52.50"))


def test_a_cart_that_is_there_already_needs_nothing_and_one_that_cannot_get_there_says_nothing() -> None:
    rich, poor = placed(("cups", 1), free_over="50"), placed(("rusk", 1), free_over="500")
    basket = price_basket(SHOP, rich, picks(rich), NOW)
    assert basket is not None
    assert (basket.added, basket.total) == ((), Decimal("60.00"))
    assert price_basket(SHOP, poor, picks(poor), NOW) is None
    assert price_basket(SHOP, placed(("rusk", 1)), picks(poor), NOW) is None


def test_without_a_cart_the_picks_alone_are_priced() -> None:
    shown = [one for one in picks(placed(("sencha", 1))) if one.product.id != "sencha"]
    basket = price_basket(SHOP, placed(free_over="65"), shown, NOW)
    assert basket is not None
    assert (basket.items, basket.cart, basket.currency) == ((), Decimal(0), "EUR")
    assert basket.total == sum(one.product.price or 0 for one in shown if one.product.id in basket.added)
    assert basket.total >= basket.free_over == Decimal(65)
    assert price_basket(SHOP, placed(free_over="65"), [], NOW) is None
