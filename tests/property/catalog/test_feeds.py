"""No cell breaks the importer, and every exact price survives every way of writing it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.feeds import delimited, ndjson, xml
from catalog.feeds.normalise import to_product
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow
from catalog.model import Product
from catalog.text import clean_text
from store.files.prices import parse_price

COLUMNS = [
    "id", "title", "link", "price", "sale_price", "sale_price_effective_date", "availability", "stock",
    "consumable_days", "image_link", "description", "attributes", "currency", "added_at", "custom:roast",
]  # fmt: skip
plain = st.sampled_from(["1", "Tea", "https://s.example/1", "15.00 USD", "in stock", "2026-01-01", "<b>", "{}"])
cells = st.text(max_size=30) | plain | st.integers() | st.floats() | st.none() | st.booleans()
documents = st.recursive(
    cells, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from(COLUMNS) | st.text(max_size=8), documents))
def test_any_row_becomes_a_product_or_an_issue_with_a_fix(values: dict[str, object]) -> None:
    found, _ = to_product(RawRow(3, values))
    assert isinstance(found, Product) or (isinstance(found, RowIssue) and found.reason and found.line == 3)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_lines_after_a_header_are_read_to_the_end(lines: list[str]) -> None:
    for found in (delimited.read(["id,title,link", *lines]), ndjson.read(lines), xml.read(lines)):
        for row in found:
            assert row.line >= 1


@given(st.text())
def test_clean_text_is_one_visible_line_and_stays_as_it_is(raw: str) -> None:
    once = clean_text(raw)
    assert "\n" not in once
    assert not any(ord(char) < 32 or char == "\u202e" for char in once)


@given(st.integers(0, 99_999_999), st.sampled_from(["{} EUR", "€{}", "EUR {}", "{} €"]))
def test_prices_survive_dot_and_comma_notation(cents: int, form: str) -> None:
    amount = Decimal(cents) / 100
    dots = f"{amount:,.2f}"
    commas = dots.translate(str.maketrans(",.", ".,"))
    for text in (dots, commas, dots.replace(",", " "), f"{amount:.2f}"):
        assert parse_price(form.format(text)) == (amount, "EUR")
