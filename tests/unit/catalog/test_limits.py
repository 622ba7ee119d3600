"""What the merchant leaves out cannot be picked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog.limits import allowed
from catalog.model import Limits
from tests.kit.catalog import NOW, product, tea_shop, view

SHOP = view(tea_shop())
SELLABLE = {one.id for one in tea_shop()} - {"gone", "unpriced"}


def ids(**limits: Any) -> set[str]:
    mask = allowed(SHOP, Limits(**limits), NOW)
    return {SHOP.ids[row] for row in mask.nonzero()[0].tolist()}


def test_only_what_is_in_stock_and_has_a_price_may_be_picked() -> None:
    assert ids() == SELLABLE


def test_a_stock_of_none_left_counts_as_out_of_stock() -> None:
    shop = view([product("a", stock=0), product("b", stock=1), product("c", availability="preorder")])
    assert allowed(shop, Limits(), NOW).tolist() == [False, True, False]


@pytest.mark.parametrize("spelled", ["Green tea", "GREEN  TEA", "tea > green tea"])
def test_any_part_of_the_category_path_counts_in_any_case(spelled: str) -> None:
    assert ids(categories=(spelled,)) == {"sencha", "gyokuro", "matcha", "jasmine"}


def test_a_parent_category_includes_its_children() -> None:
    assert ids(categories=("teaware",)) == {"pot-blue", "pot-red", "kyusu"}


def test_limits_add_up() -> None:
    assert ids(categories=("Tea",), brands=("aoki",), max_price=Decimal(24)) == {"sencha", "gyokuro"}
    assert ids(categories=("Tea",), exclude_categories=("Green tea",), exclude_ids=("assam",)) == {
        "darjeeling", "earlgrey"
    }  # fmt: skip


def test_a_price_limit_means_what_is_paid_today_to_the_cent() -> None:
    assert ids(min_price=Decimal("39.00"), max_price=Decimal("39.00")) == {"kyusu"}
    assert ids(max_price=Decimal("7.99")) == set()
    assert ids(max_price=Decimal("8.00")) == {"earlgrey"}


def test_a_sale_counts_only_while_it_runs() -> None:
    shop = view(
        [
            product("running", sale_price="5", sale_price_ends=NOW + timedelta(hours=1)),
            product("over", sale_price="5", sale_price_ends=NOW),
            product("coming", sale_price="5", sale_price_starts=NOW + timedelta(hours=1)),
            product("dearer", sale_price="12"),
        ]
    )
    assert allowed(shop, Limits(only_on_sale=True), NOW).tolist() == [True, False, False, False]
    assert allowed(shop, Limits(max_price=Decimal(5)), NOW).tolist() == [True, False, False, False]


def test_unknown_names_allow_nothing_rather_than_everything() -> None:
    assert ids(categories=("Coffee",)) == set()
    assert ids(brands=("Nobody",)) == set()
    assert ids(currency="USD") == set()
    assert ids(only_ids=()) == set()
    assert ids(only_ids=("sencha", "gone", "nowhere")) == {"sencha"}
