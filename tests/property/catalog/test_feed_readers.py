"""Whatever bytes come in, a reader gives products and issues; what a system wrote comes back as it was."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.feeds.detect import detect
from catalog.feeds.report import FeedFormat, RowIssue
from catalog.model import Product
from catalog.text import clean_text
from store.files.source import FileUnreadable
from tests.kit.feeds import FIXTURES, SHOP, WRITERS, Outcome

FILES = {
    FeedFormat.GOOGLE_TSV: "google.tsv",
    FeedFormat.GOOGLE_XML: "google.xml",
    FeedFormat.CSV: "google.tsv",
    FeedFormat.NDJSON: "klaviyo_feed.json",
    FeedFormat.SHOPIFY_JSONL: "shopify_bulk.jsonl",
    FeedFormat.SHOPIFY_CSV: "shopify.csv",
    FeedFormat.WOOCOMMERCE_CSV: "woocommerce.csv",
    FeedFormat.WOOCOMMERCE_JSON: "woocommerce.json",
    FeedFormat.KLAVIYO_JSON: "klaviyo.json",
}
EVERY_FORMAT = pytest.mark.parametrize("feed_format", FILES, ids=lambda one: one.value)

nasty = st.sampled_from([
    b'"', b"'", b"\0", b"\n", b"\r\n", b"{", b"}", b"[", b"]", b"<", b">", b"<item>", b"</item>", b"&", b"&#0;", b"\\",
    b"\xff\xfe", b"\xe9", b"\xc3\xa9", b"\xed\xa0\x80", b",,,,", b"null", b"1e999", b"-1", b"\t", b"]]>", b"<!--",
    b'{"id":', b'":{}', b"gid://shopify/Product/", b"__parentId", b"NaN", b"9" * 400, b"\\ud800", b"true", b"[[[[",
])  # fmt: skip
edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.lists(nasty | st.binary(max_size=6), max_size=3)), max_size=6
)


def outcome_of(raw: bytes, feed_format: FeedFormat) -> Outcome | None:
    """The outcome of a file of these bytes; None where the feed as a whole is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed"
        path.write_bytes(raw)
        try:
            return Outcome(path, feed_format, SHOP)
        except FileUnreadable:
            return None


def edited(raw: bytes, changes: list[tuple[float, int, list[bytes]]]) -> bytes:
    """`raw` with some bytes replaced at some places."""
    for where, length, new in changes:
        at = int(where * len(raw))
        raw = raw[:at] + b"".join(new) + raw[at + length :]
    return raw


@EVERY_FORMAT
@settings(max_examples=60)
@given(changes=edits)
def test_a_feed_damaged_anywhere_gives_products_and_issues_only(
    feed_format: FeedFormat, changes: list[tuple[float, int, list[bytes]]]
) -> None:
    raw = edited((FIXTURES / FILES[feed_format]).read_bytes(), changes)
    found = outcome_of(raw, feed_format)
    if found is not None:
        last = raw.count(b"\n") + 2
        assert all(isinstance(one, Product) for one in found.products.values())
        assert all(isinstance(one, RowIssue) and one.reason and 1 <= one.line <= last for one in found.issues)


@EVERY_FORMAT
@settings(max_examples=40)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_read_to_their_end(feed_format: FeedFormat, raw: bytes) -> None:
    outcome_of(raw, feed_format)


@given(st.binary(max_size=300))
def test_any_head_has_a_format(head: bytes) -> None:
    assert detect(head) in FeedFormat


WORDS = st.sampled_from(["Oak", "Table", "Größe", "2.5 l", '24"', "Café", "rot, matt", "N°5", "wool & silk", "30 cm"])
texts = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
lines = st.lists(texts, max_size=3).map("\n".join)
money = st.integers(1, 10_000_000).map(lambda cents: Decimal(cents) / 100)


@st.composite
def products(draw: st.DrawFn, number: int) -> Product:
    price = draw(money)
    sale = draw(st.none() | st.integers(1, 99).map(lambda percent: (price * percent / 100).quantize(Decimal("0.01"))))
    stock = draw(st.none() | st.integers(0, 500))
    return Product(
        id=str(1000 + number),
        title=clean_text("Thing " + draw(texts)),
        description=draw(lines),
        link=f"https://shop.example/p/{number}",
        image_link=draw(st.none() | st.just(f"https://cdn.example/{number}.jpg")),
        availability="out_of_stock" if stock == 0 else "in_stock",
        stock=stock,
        price=price,
        currency="EUR",
        sale_price=sale if sale and sale < price else None,
        brand=draw(st.none() | st.sampled_from(["Aoki", "Müller & Co"])),
        color=draw(st.none() | st.sampled_from(["Petrol", "Rosé"])),
    )


SHELVES = st.integers(1, 5).flatmap(lambda count: st.tuples(*(products(number) for number in range(count))))
KEPT_BY_ALL = ("id", "image_link", "availability", "stock")


@pytest.mark.parametrize("feed_format", WRITERS, ids=lambda one: one.value)
@settings(max_examples=40)
@given(shelf=SHELVES)
def test_a_product_written_by_a_system_is_read_back_as_it_was(
    feed_format: FeedFormat, shelf: tuple[Product, ...]
) -> None:
    text = WRITERS[feed_format](list(shelf))
    assert detect(text.encode()) == feed_format
    found = outcome_of(text.encode(), feed_format)
    assert found is not None
    assert not found.issues
    assert list(found.products) == [one.id for one in shelf]
    for one in shelf:
        again = found.products[one.id]
        assert [getattr(again, name) for name in KEPT_BY_ALL] == [getattr(one, name) for name in KEPT_BY_ALL]
        assert again.description == clean_text(one.description)
        assert again.title.startswith(one.title)
        assert again.currency == "EUR"
        # Klaviyo knows one price only.
        former = one.price if feed_format != FeedFormat.KLAVIYO_JSON else again.price
        assert again.price == former
        if feed_format != FeedFormat.KLAVIYO_JSON:
            assert again.sale_price == one.sale_price
            assert again.brand == one.brand


@settings(max_examples=40)
@given(SHELVES, st.sampled_from([FeedFormat.GOOGLE_TSV, FeedFormat.GOOGLE_XML, FeedFormat.NDJSON]))
def test_the_line_of_a_row_is_the_one_its_id_stands_in(shelf: tuple[Product, ...], feed_format: FeedFormat) -> None:
    written = WRITERS[feed_format](list(shelf))
    found = outcome_of(written.encode(), feed_format)
    assert found is not None
    by_number = written.replace("\r\n", "\n").split("\n")
    for product_id, line in found.lines.items():
        assert product_id in by_number[line - 1]
