"""The demo shop's feed: what it promises to the catalog, the guardrails and the templates."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.feeds import ndjson
from catalog.feeds.normalise import to_product
from catalog.feeds.rows import RawRow
from catalog.model import Product
from composer.documents import Brand
from demo import documents
from demo.products import feed, products
from evals.draft import Block
from evals.guard import check_block
from evals.snapshot import BrandFacts, ProductFacts, Snapshot

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CLAIMS = re.compile(
    r"\b(best|finest|perfect|ultimate|no\. ?1|award|organic|eco|sustainab\w+|recycled|biodegradable|natural remedy|"
    r"cures?|heals?|treats?|relie\w+|sooth\w+|detox\w*|immun\w+|anti-?\w*bacterial|high[- ]quality|premium|luxur\w+|"
    r"guarantee\w*|free shipping|was £|only \d)\b",
    re.IGNORECASE,
)
NUMBER_WORDS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "eight": "8", "ten": "10", "twelve": "12",
    "thirty": "30", "hundred": "100", "pair": "2",
}  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> tuple[Product, ...]:
    return products(NOW)


def first_sentence(product: Product) -> str:
    return re.split(r"(?<=[.!?])\s", product.description)[0]


def snapshot_of(product: Product, brand: Brand) -> Snapshot:
    """The closed world of an e-mail that shows this product alone."""
    own = {"color": product.color, "size": product.size, "material": product.material, "brand": product.brand}
    facts = ProductFacts(
        id=product.id,
        name=product.title,
        price=product.current_price(NOW),
        currency=product.currency or "",
        compare_at_price=product.compare_at(NOW),
        url=product.link,
        category=product.category(),
        description=product.description,
        attributes={name: value for name, value in own.items() if value} | dict(product.attributes),
    )
    shop = BrandFacts(name=brand.name, domain=brand.domain, currency=brand.currency, facts=brand.facts,
                      policies=brand.policies, forbidden_words=brand.forbidden_words)  # fmt: skip
    return Snapshot(flow="newsletter", locale=brand.locale, send_date=NOW.date(), brand=shop, products=(facts,))


def test_the_shop_is_large_enough_to_pick_from(shop: tuple[Product, ...]) -> None:
    families = {product.product_type for product in shop}
    assert len(shop) > 250
    assert len(families) >= 40
    assert len({str(family).split(" > ")[0] for family in families}) == 8


def test_ids_titles_and_descriptions_are_unique(shop: tuple[Product, ...]) -> None:
    for values in ([p.id for p in shop], [p.title for p in shop], [p.description for p in shop]):
        assert len(set(values)) == len(values)


def test_every_product_is_complete(shop: tuple[Product, ...]) -> None:
    brand = documents.brand()
    for product in shop:
        assert product.price is not None
        assert Decimal(1) < product.price < Decimal(250), product.id
        assert product.price * 100 % 5 == 0, f"{product.id} has an unnatural price"
        assert product.currency == brand.currency
        assert product.brand
        assert product.google_product_category
        assert product.attributes, product.id
        assert product.link.startswith(f"https://www.{brand.domain}/p/")
        assert product.image_link == f"http://localhost:8000/demo/pictures/{product.id}.jpg"


def test_the_first_sentence_of_a_description_stands_alone(shop: tuple[Product, ...]) -> None:
    for product in shop:
        sentence = first_sentence(product)
        assert 30 <= len(sentence) <= 140, product.id
        assert sentence.endswith("."), product.id
        assert sentence[0].isupper(), product.id
        assert not re.match(r"(It|This|They|And|But)\b", sentence), product.id


def test_descriptions_make_no_claim_that_needs_proof(shop: tuple[Product, ...]) -> None:
    brand = documents.brand()
    forbidden = re.compile(
        rf"\b({'|'.join(map(re.escape, brand.forbidden_words + brand.competitors))})\b", re.IGNORECASE
    )
    for product in shop:
        text = f"{product.title}. {product.description} {product.attributes}"
        assert not CLAIMS.search(text), product.id
        assert not forbidden.search(text), product.id
        assert "!" not in text


def test_every_number_in_a_description_stands_in_the_products_facts(shop: tuple[Product, ...]) -> None:
    for product in shop:
        facts = " ".join([product.title, product.size or "", *map(str, product.attributes.values())]).lower()
        for word in re.findall(r"[a-z]+|\d+", product.description.lower()):
            if word.isdigit() or word in NUMBER_WORDS:
                assert word in facts or NUMBER_WORDS.get(word, word) in facts, (product.id, word)


def test_every_description_passes_the_guard(shop: tuple[Product, ...]) -> None:
    brand = documents.brand()
    for product in shop:
        block = Block(name="pitch", text=product.description, product_id=product.id)
        held = [verdict for verdict in check_block(snapshot_of(product, brand), block) if verdict.holds_back]
        assert not held, (product.id, held)


def test_the_catalog_imports_every_row_as_it_is(shop: tuple[Product, ...]) -> None:
    lines = [json.dumps(row) for row in feed(NOW)]
    imported = [to_product(row) for row in ndjson.read(lines) if isinstance(row, RawRow)]
    assert [product for product, _ in imported] == list(shop)
    assert not [issue for _, issues in imported for issue in issues]


def test_about_a_tenth_is_on_sale_now_and_some_sales_are_still_to_come(shop: tuple[Product, ...]) -> None:
    on_sale = [product for product in shop if product.on_sale(NOW)]
    waiting = [product for product in shop if product.sale_price and not product.on_sale(NOW)]
    assert 0.08 < len(on_sale) / len(shop) < 0.13
    assert waiting
    for product in on_sale:
        assert product.sale_price is not None
        assert product.price is not None
        assert Decimal("0.6") < product.sale_price / product.price < Decimal("0.9"), product.id


@pytest.mark.parametrize("later", [timedelta(days=90), timedelta(days=900)])
def test_the_feed_is_as_fresh_whenever_the_demo_is_started(later: timedelta) -> None:
    then = NOW + later
    assert {p.id for p in products(then) if p.on_sale(then)} == {p.id for p in products(NOW) if p.on_sale(NOW)}


def test_stock_agrees_with_availability_and_a_few_are_low_or_gone(shop: tuple[Product, ...]) -> None:
    for product in shop:
        assert (product.stock == 0) == (product.availability == "out_of_stock"), product.id
    assert 3 <= sum(product.stock == 0 for product in shop) <= 15
    assert 5 <= sum(0 < (product.stock or 0) <= 5 for product in shop) <= 25


def test_what_is_used_up_says_how_long_it_lasts(shop: tuple[Product, ...]) -> None:
    consumed = {product.category() for product in shop if product.consumable_days}
    assert {"Green tea", "Coffee beans", "Soap", "Candles"} <= consumed
    assert not consumed & {"Knives", "Mugs", "Notebooks"}


def test_variants_share_a_group_and_a_family(shop: tuple[Product, ...]) -> None:
    groups: dict[str, list[Product]] = {}
    for product in shop:
        if product.item_group_id:
            groups.setdefault(product.item_group_id, []).append(product)
    assert len(groups) > 25
    for group, members in groups.items():
        assert len(members) > 1, group
        assert len({member.product_type for member in members}) == 1, group


def test_there_are_new_arrivals(shop: tuple[Product, ...]) -> None:
    recent = [p for p in shop if p.added_at and NOW - p.added_at < timedelta(days=30)]
    assert 10 <= len(recent) <= 40


def test_feed_rows_carry_google_merchant_names_only() -> None:
    known = {
        "id", "title", "description", "link", "image_link", "availability", "price", "sale_price",
        "sale_price_effective_date", "item_group_id", "brand", "google_product_category", "product_type", "condition",
        "color", "size", "material", "attributes", "stock", "consumable_days", "added_at",
    }  # fmt: skip
    for row in feed(NOW):
        assert set(row) <= known
        assert re.fullmatch(r"\d+\.\d\d GBP", row["price"])
