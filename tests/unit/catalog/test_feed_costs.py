"""What products cost the shop is read from feeds of every kind, in the price's currency only, and is never a fact."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from catalog.feeds.costing import Costed, cost_of, tells_costs
from catalog.feeds.mapping import load_mapping
from catalog.feeds.normalise import to_product
from catalog.feeds.options import FeedOptions
from catalog.feeds.readers import read
from catalog.feeds.report import FeedFormat, RowIssue
from catalog.feeds.rows import RawRow
from catalog.model import Product
from tests.kit.feeds import SHOP

FORMATS = FeedFormat


def costs(source: Iterable[str], given: FeedFormat, options: FeedOptions = SHOP) -> dict[str, Costed]:
    """By product; and none of them is anything that is said of it."""
    found = {}
    for row in read(source, given, options):
        assert isinstance(row, RawRow)
        product, _ = to_product(row, options)
        assert isinstance(product, Product)
        found[product.id] = cost_of(row, product, options)
        amount = found[product.id].amount
        assert amount is None or f"{amount:.2f}" not in product.model_dump_json()
        assert not any("cost" in name.casefold() for name in product.attributes)
    return found


LINK = "https://s.example/1"
SHOPIFY = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Cost per item"
GOOGLE_XML = (
    '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>1</g:id><g:title>Tea</g:title>'
    "<g:link>https://s.example/1</g:link><g:price>15.00 EUR</g:price>"
    "<g:cost_of_goods_sold>3.10 EUR</g:cost_of_goods_sold></item></channel></rss>"
)
BULK = [
    {"id": "gid://shopify/Product/1", "title": "Tea", "handle": "tea", "status": "ACTIVE"},
    {"id": "gid://shopify/ProductVariant/2", "__parentId": "gid://shopify/Product/1", "price": "15.00",
     "inventoryItem": {"unitCost": {"amount": "3.1", "currencyCode": "EUR"}}},
]  # fmt: skip
REST: dict[str, Any] = {"id": 1, "name": "Tea", "permalink": "https://s.example/1", "regular_price": "15"}
WOO = "ID,Type,Name,Parent,Regular price"


@pytest.mark.parametrize(
    ("given", "source"),
    [
        (FORMATS.SHOPIFY_CSV, [SHOPIFY, "tea,Tea,Title,Default Title,T-1,15.00,3.10"]),
        (FORMATS.SHOPIFY_JSONL, [json.dumps(one) for one in BULK]),
        (FORMATS.GOOGLE_TSV, ["id\ttitle\tlink\tprice\tcost_of_goods_sold", f"1\tTea\t{LINK}\t15\t3.10 EUR"]),
        (FORMATS.GOOGLE_XML, [GOOGLE_XML]),
        (FORMATS.CSV, ["id,title,link,price,Cost price", '1,Tea,https://s.example/1,15,"€ 3,10"']),
        (FORMATS.CSV, ["id;title;link;price;Einkaufspreis", "1;Tee;https://s.example/1;15;3,10"]),
        (FORMATS.NDJSON, [json.dumps({"id": "1", "title": "Tea", "link": LINK, "price": 15, "cost": 3.1})]),
        (FORMATS.WOOCOMMERCE_CSV, [f"{WOO},Cost of goods", "1,simple,Tea,,15,3.1"]),
        (FORMATS.WOOCOMMERCE_CSV, [f"{WOO},Meta: _wc_cog_cost", "1,simple,Tea,,15,3.10"]),
        (FORMATS.WOOCOMMERCE_CSV, [f"{WOO},Méta : _alg_wc_cog_cost", "1,simple,Tea,,15,3.10"]),
        (FORMATS.WOOCOMMERCE_JSON, [json.dumps(REST | {"cost_of_goods_sold": {"total_value": 3.1}})]),
        (FORMATS.WOOCOMMERCE_JSON, [json.dumps(REST | {"meta_data": [{"key": "_wc_cog_cost", "value": "3.10"}]})]),
    ],
)  # fmt: skip
def test_every_system_says_it_in_its_own_way(given: FeedFormat, source: list[str]) -> None:
    [found] = costs(source, given).values()
    assert found == Costed(Decimal("3.1"))


def test_a_mapping_names_the_column() -> None:
    mapping = load_mapping("fields: {id: nr, title: name, link: url, price: vk, cost: {column: ek_cent, unit: minor}}")
    source = ["nr,name,url,vk,ek_cent", "1,Tea,https://s.example/1,15,310"]
    assert costs(source, FORMATS.CSV, SHOP.mapped(mapping)) == {"1": Costed(Decimal("3.1"))}


def test_a_variation_costs_what_its_product_does_unless_it_says_otherwise() -> None:
    rows = [f"{WOO},Meta: _wc_cog_cost", "1,variable,Tea,,,3.10", "2,variation,,id:1,15,", "3,variation,,id:1,15,4"]
    found = costs(rows, FORMATS.WOOCOMMERCE_CSV)
    assert {name: one.amount for name, one in found.items()} == {"2": Decimal("3.1"), "3": Decimal(4)}


@pytest.mark.parametrize(
    ("price", "cost", "reason"),
    [
        ("15.00 EUR", "3.10 USD", "It is in USD, and the price in EUR."),
        ("15.00 EUR", "3.10-4.20", "It is no single amount."),
        ("15.00 EUR", "-3.10", "It is no single amount."),
        ("", "3.10", "There is no price whose currency it could be in."),
    ],
)
def test_a_cost_that_cannot_be_compared_is_left_out_and_not_quoted(price: str, cost: str, reason: str) -> None:
    source = ["id,title,link,price,cost", f"1,Tea,https://s.example/1,{price},{cost}"]
    issue = costs(source, FORMATS.CSV)["1"].issue
    assert isinstance(issue, RowIssue)
    assert (issue.field, issue.reason) == ("cost", f"{reason} Left out.")
    assert "3.10" not in issue.model_dump_json()


@pytest.mark.parametrize("cost", ["", " ", "0", "0.00"])
def test_a_cost_of_nothing_is_none(cost: str) -> None:
    source = ["id,title,link,price,cost", f"1,Tea,https://s.example/1,15.00,{cost}"]
    assert costs(source, FORMATS.CSV) == {"1": Costed()}


@pytest.mark.parametrize(
    "name",
    ["EK netto", "ek-preis", "Einkaufspreis (netto)", "wholesale", "Wholesale cost", "costs", "buying_price",
     "Margin %", "Marge", "Lieferantenpreis", "prix d’achat", "prix d'achat HT", "Coût unitaire",
     "Precio de compra (neto)"],
)  # fmt: skip
def test_what_a_shop_pays_or_earns_is_no_fact_whatever_stands_beside_it(name: str) -> None:
    source = [f'id,title,link,price,"{name}",custom:{name},leaf', "1,Tea,https://s.example/1,15.00,3.1,3.1,whole"]
    [row] = read(source, FORMATS.CSV, SHOP)
    product, _ = to_product(row, SHOP)  # type: ignore[arg-type]
    assert isinstance(product, Product)
    assert product.attributes == {"leaf": "whole"}


@pytest.mark.parametrize(
    "name", ["Left margin", "Material", "Costume", "Weekend", "Trek", "Einkaufswagen", "Marged by"]
)
def test_what_only_sounds_like_it_is(name: str) -> None:
    assert not tells_costs(name)


def test_no_cost_becomes_a_fact_by_another_way() -> None:
    item = {"id": "1", "title": "Tea", "link": "https://s.example/1", "price": "15 EUR", "margin": "0.8",
            "attributes": {"Cost": "3.10", "leaf": "whole"}, "custom:Einkaufspreis": "3.10"}  # fmt: skip
    [row] = read([json.dumps(item)], FORMATS.NDJSON, SHOP)
    product, _ = to_product(row, SHOP)  # type: ignore[arg-type]
    assert isinstance(product, Product)
    assert product.attributes == {"leaf": "whole"}
