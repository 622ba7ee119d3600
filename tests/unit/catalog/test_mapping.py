"""A mapping file says in their words which column is which of our fields; what is wrong with it is named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from catalog.feeds.detect import detect
from catalog.feeds.mapping import FIELDS, load_mapping, mapped
from catalog.feeds.options import BadFeedOption, FeedOptions
from catalog.feeds.report import FeedFormat
from store.files.mapping import BadMapping
from store.files.source import FileUnreadable
from tests.kit.feeds import FIXTURES, Outcome

BASE = "fields: {id: SKU, title: Name, link: URL}\n"


@pytest.mark.parametrize(
    ("text", "pointer", "said"),
    [
        ("- a list", None, "no YAML object"),
        ("fields: [", None, "cannot be read"),
        ("currency: EUR", "/fields", "required"),
        ("fields: {id: SKU, title: Name}", "/", "say where link comes from"),
        (BASE + "colour: red", "/colour", "not permitted"),
        ("fields: {id: SKU, title: Name, link: URL, colour: Farbe}", "/", "did you mean color"),
        ("fields: {id: SKU, title: Name, link: {template: 'https://s.example'}}", "/fields/link", "names a column"),
        ("fields: {id: SKU, title: Name, link: {column: a, constant: b}}", "/fields/link", "exactly one"),
        ("fields: {id: SKU, title: Name, link: {colunm: a}}", "/fields/link/colunm", "not permitted"),
        ("fields: {id: SKU, title: Name, link: URL, price: {column: P, unit: cents}}", "/fields/price/unit", "minor"),
        (BASE + "decimal: '.,'", "/decimal", "'.' or ','"),
    ],
)
def test_a_mapping_that_cannot_be_used_names_the_key_and_the_fix(text: str, pointer: str | None, said: str) -> None:
    with pytest.raises(BadMapping) as raised:
        load_mapping(text)
    assert raised.value.pointer == pointer
    assert said in raised.value.message
    assert raised.value.fix


def test_a_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match=r"gone\.yaml"):
        load_mapping(tmp_path / "gone.yaml")


def test_a_column_the_feed_has_not_is_named_with_the_one_that_may_be_meant() -> None:
    options = FeedOptions().mapped(load_mapping(BASE))
    with pytest.raises(FileUnreadable) as raised:
        Outcome(["SKU,Name,URI", "1,Tea,https://s.example/1"], FeedFormat.CSV, options)
    assert raised.value.pointer == "/fields/link"
    assert raised.value.fix == "Did you mean URI?"


def test_only_what_is_mapped_becomes_a_fact() -> None:
    options = FeedOptions().mapped(load_mapping(BASE + "attributes: {roast: Röstung}"))
    lines = ["SKU,Name,URL,Röstung,EK", "1,Tea,https://s.example/1,dark,3.10"]
    assert Outcome(lines, FeedFormat.CSV, options).products["1"].attributes == {"roast": "dark"}


def test_nested_objects_are_reached_by_path() -> None:
    mapping = load_mapping(
        "{currency: EUR, fields: {id: sku, title: name.en, link: urls.0, price: {column: price.cents, unit: minor}}}"
    )
    options = FeedOptions().mapped(mapping)
    line = '{"sku": "1", "name": {"en": "Tea"}, "urls": ["https://s.example/1"], "price": {"cents": 1299}}'
    found = Outcome([line], FeedFormat.NDJSON, options).products["1"]
    assert (found.title, found.price, found.currency) == ("Tea", Decimal("12.99"), "EUR")


def test_a_template_with_an_empty_column_makes_no_half_address() -> None:
    mapping = load_mapping("fields: {id: SKU, title: Name, link: {template: 'https://s.example/{Handle}?v={SKU}'}}")
    assert (
        mapped(mapping, {"SKU": "a b", "Name": "x", "Handle": "ä/ö"})["link"]
        == "https://s.example/%C3%A4%2F%C3%B6?v=a%20b"
    )
    assert mapped(mapping, {"SKU": "a", "Name": "x", "Handle": ""})["link"] == ""


def test_xml_items_can_be_mapped_as_well() -> None:
    mapping = load_mapping("fields: {id: artnr, title: name, link: deeplink}")
    text = "<shop><item><artnr>1</artnr><name>Tea</name><deeplink>https://s.example/1</deeplink></item></shop>"
    assert list(Outcome([text], FeedFormat.GOOGLE_XML, FeedOptions().mapped(mapping)).products) == ["1"]


KEYED = "fields: {id: code, title: label, link: url, price: {column: money.amount}}\ncurrency: EUR\n"
ITEM = '"code": "a", "label": "Cup", "url": "https://s.example/a", "money": {"amount": "9.90"}'
SHAPES = [
    '{%s, "id": "gid://shopify/Product/1"}',
    '{%s, "external_id": "x", "image_full_url": "https://s.example/i.jpg"}',
    '{%s, "permalink": "https://s.example/p", "regular_price": "1", "stock_status": "instock"}',
    '[{%s, "$id": "x", "$title": "y"}]',
]


@pytest.mark.parametrize("shape", SHAPES, ids=["shopify", "klaviyo", "woocommerce", "klaviyo's own names"])
def test_a_mapping_comes_before_the_shape_of_a_json_feed(shape: str) -> None:
    text = shape % ITEM
    options = FeedOptions().mapped(load_mapping(KEYED))
    assert detect(text.encode(), mapped=True) == FeedFormat.NDJSON != detect(text.encode())
    found = Outcome([text], detect(text.encode(), mapped=True), options)
    assert (found.products["a"].title, found.products["a"].price) == ("Cup", Decimal("9.90"))


@pytest.mark.parametrize("named", [FeedFormat.SHOPIFY_JSONL, FeedFormat.KLAVIYO_JSON, FeedFormat.WOOCOMMERCE_JSON])
def test_a_mapping_comes_before_a_format_that_is_named(named: FeedFormat) -> None:
    options = FeedOptions().mapped(load_mapping(KEYED))
    assert list(Outcome([f"{{{ITEM}}}"], named, options).products) == ["a"]


@pytest.mark.parametrize("named", [FeedFormat.SHOPIFY_CSV, FeedFormat.WOOCOMMERCE_CSV])
def test_nor_does_the_name_of_a_table_s_system_hide_it(named: FeedFormat) -> None:
    options = FeedOptions().mapped(load_mapping(BASE))
    assert list(Outcome(["SKU,Name,URL", "a,Cup,https://s.example/a"], named, options).products) == ["a"]


def test_options_given_by_hand_come_before_those_of_the_mapping() -> None:
    mapping = load_mapping(BASE + "currency: EUR\ntimezone: Europe/Berlin\ndecimal: ','")
    options = FeedOptions(currency="CHF").mapped(mapping)
    assert (options.currency, options.timezone, options.decimal) == ("CHF", "Europe/Berlin", ",")


@pytest.mark.parametrize(
    "given",
    [
        {"currency": "euro"},
        {"timezone": "Berlin"},
        {"timezone": "../etc"},
        {"shop_url": "shop.example"},
        {"decimal": ";"},
    ],
)
def test_an_option_that_cannot_be_used_is_refused_with_a_fix(given: dict[str, str]) -> None:
    with pytest.raises(BadFeedOption) as raised:
        FeedOptions(**given)  # type: ignore[arg-type]
    assert raised.value.fix
    assert raised.value.pointer == f"/{next(iter(given))}"


def test_the_example_of_the_documentation_can_be_used() -> None:
    page = (FIXTURES.parents[2] / "docs" / "feeds.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]
    assert load_mapping(example).fields["price"].unit == "minor"
    assert f"Fields: `{' '.join(FIELDS)}`." in page
