"""A raw row becomes a product; what is wrong with it is said with field, reason and fix."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.feeds.normalise import MAX_DESCRIPTION, MAX_TITLE, to_product
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow
from catalog.model import Product

BASE = {"id": "1", "title": "Tea", "link": "https://s.example/1", "price": "15.00 USD"}


def read(**values: object) -> tuple[Product | RowIssue, list[RowIssue]]:
    return to_product(RawRow(7, {**BASE, **values}))


def good(**values: object) -> Product:
    product, _ = read(**values)
    assert isinstance(product, Product)
    return product


def test_a_plain_row_becomes_a_product() -> None:
    product = good(stock="12", consumable_days="30", brand=" Aoki ", description="<b>Fresh</b> leaf")
    assert (product.price, product.currency, product.stock) == (Decimal("15.00"), "USD", 12)
    assert (product.brand, product.description, product.consumable_days) == ("Aoki", "Fresh leaf", 30)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 129}, "id"),
        ({"title": " "}, "title"),
        ({"title": "<br>"}, "title"),
        ({"link": ""}, "link"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "/p/1"}, "link"),
        ({"price": "cheap"}, "price"),
        ({"price": "15.00"}, "price"),
        ({"sale_price": "x"}, "sale_price"),
    ],
)
def test_what_a_product_cannot_do_without_rejects_the_row(values: dict[str, object], field: str) -> None:
    issue, mended = read(**values)
    assert isinstance(issue, RowIssue)
    assert (issue.line, issue.field, mended) == (7, field, [])
    assert issue.reason
    assert issue.fix


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"image_link": "logo.png"}, "image_link"),
        ({"stock": "many"}, "stock"),
        ({"consumable_days": "0"}, "consumable_days"),
        ({"added_at": "yesterday"}, "added_at"),
        ({"attributes": "roast"}, "attributes"),
        ({"title": "x " * MAX_TITLE}, "title"),
        ({"description": "x " * MAX_DESCRIPTION}, "description"),
        ({"price": "0.00 USD"}, "price"),
    ],
)
def test_what_it_can_do_without_is_left_out_and_reported(values: dict[str, object], field: str) -> None:
    product, mended = read(**values)
    assert isinstance(product, Product)
    assert [(issue.line, issue.field, issue.product_id) for issue in mended] == [(7, field, "1")]


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("in stock", "in_stock"),
        ("In_Stock", "in_stock"),
        ("https://schema.org/InStock", "in_stock"),
        ("out of stock", "out_of_stock"),
        ("Sold out", "out_of_stock"),
        ("Pre-Order", "preorder"),
        ("backorder", "backorder"),
        (True, "in_stock"),
        ("", "in_stock"),
        ("ask Bob", "out_of_stock"),
    ],
)
def test_availability_is_understood_and_doubt_does_not_sell(spelled: object, meant: str) -> None:
    assert good(availability=spelled).availability == meant


def test_no_stock_and_no_availability_means_sold_out() -> None:
    assert good(stock="0").availability == "out_of_stock"
    assert good(stock="-3").stock == 0


def test_a_sale_needs_a_readable_window() -> None:
    window = "2026-02-24T11:00+0100/2026-03-01T00:00Z"
    sale = good(sale_price="12 USD", sale_price_effective_date=window)
    assert sale.sale_price_starts == datetime(2026, 2, 24, 10, tzinfo=UTC)
    assert sale.sale_price_ends == datetime(2026, 3, 1, tzinfo=UTC)
    assert good(sale_price="12 USD", sale_price_effective_date="soon").sale_price is None
    assert good(sale_price="12 USD", sale_price_ends="soon").sale_price is None
    assert good(sale_price="12 EUR").sale_price is None


def test_the_basis_of_a_former_price_is_taken_at_its_word_only() -> None:
    sale = {"price": "15 USD", "sale_price": "12 USD"}
    assert good(**sale, compare_at_basis="Lowest 30 days").compare_at_basis == "lowest_30_days"
    assert good(**sale, compare_at_basis="recommended").compare_at_basis is None
    assert good(**sale).compare_at_basis is None


def test_unknown_columns_become_typed_attributes() -> None:
    product = good(
        **{"custom:Roast": "dark", "altitude": "1800", "vegan": "true", "weight": "1.5", "code": "00123"},
        attributes={"notes": ["plum", "cocoa"], "altitude": 5},
    )
    assert product.attributes == {
        "Roast": "dark", "altitude": 1800, "vegan": True, "weight": 1.5, "code": "00123",
        "notes": ["plum", "cocoa"],
    }  # fmt: skip


def test_attributes_may_come_as_json_in_a_cell() -> None:
    assert good(attributes='{"roast": "dark"}').attributes == {"roast": "dark"}


def test_numbers_no_database_can_hold_become_text_or_nothing() -> None:
    product = good(attributes={"serial": 10**30, "ratio": float("nan"), "nested": {"serial": 10**400}})
    assert product.attributes == {"serial": str(10**30), "nested": {"serial": "1" + "0" * 298 + "…"}}


def test_internal_columns_never_become_facts_about_the_product() -> None:
    assert good(cost_of_goods_sold="3.10 USD", custom_label_0="low margin", shipping="US::5").attributes == {}


def test_the_currency_of_the_import_fills_in() -> None:
    product, _ = to_product(RawRow(1, {**BASE, "price": "15,00"}), FeedOptions(currency="EUR"))
    assert isinstance(product, Product)
    assert (product.price, product.currency) == (Decimal("15.00"), "EUR")
