"""Exports of shop systems come all the way into the product table, on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog import products
from catalog.feeds.importer import import_feed
from catalog.feeds.options import FeedOptions
from catalog.feeds.report import FeedFormat
from store.database import Database
from tests.kit.feeds import FIXTURES, SHOP

FEEDS = [
    ("shopify_bulk.jsonl", FeedFormat.SHOPIFY_JSONL, 3, 1),
    ("shopify.csv", FeedFormat.SHOPIFY_CSV, 4, 1),
    ("woocommerce.csv", FeedFormat.WOOCOMMERCE_CSV, 3, 3),
    ("woocommerce.json", FeedFormat.WOOCOMMERCE_JSON, 3, 1),
    ("klaviyo.json", FeedFormat.KLAVIYO_JSON, 3, 1),
]


@pytest.mark.parametrize(("name", "feed_format", "sold", "left_out"), FEEDS)
async def test_an_export_is_imported_and_what_is_not_sold_is_no_rejection(
    sqlite_database: Database, name: str, feed_format: FeedFormat, sold: int, left_out: int
) -> None:
    report = await import_feed(sqlite_database, FIXTURES / name, feed_format, options=SHOP)
    assert (report.imported, report.rejected_count) == (sold, 0)
    assert (
        sum("shop" in issue.reason or "published" in issue.reason or "sold" in issue.reason for issue in report.mended)
        >= left_out
    )


async def test_variants_prices_and_facts_are_kept_exactly(database: Database) -> None:
    await import_feed(database, FIXTURES / "shopify_bulk.jsonl", FeedFormat.SHOPIFY_JSONL, options=FeedOptions())
    async with database.session(readonly=True) as session:
        navy = await products.get(session, "4002")
    assert (navy.title, navy.item_group_id, navy.size) == ("Merino Crew - Navy, M", "8001", "M")
    assert (navy.price, navy.sale_price, navy.currency) == (Decimal("109.00"), Decimal("89.00"), "EUR")
    assert (navy.availability, navy.attributes) == ("backorder", {"yarn weight": 250})


async def test_a_second_import_of_the_same_export_changes_nothing(sqlite_database: Database) -> None:
    for _ in range(2):
        report = await import_feed(sqlite_database, FIXTURES / "shopify.csv", FeedFormat.SHOPIFY_CSV, options=SHOP)
    assert (report.imported, report.changed, report.unchanged) == (0, 0, 4)
