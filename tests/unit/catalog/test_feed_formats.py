"""What each shop system exports becomes the products it means: variants apart, prices, stock and pictures right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import pytest

from catalog.feeds.detect import detect
from catalog.feeds.mapping import load_mapping
from catalog.feeds.options import FeedOptions
from catalog.feeds.readers import read
from catalog.feeds.report import FeedFormat
from catalog.feeds.rows import LeftOut
from catalog.feeds.source import FeedUnreadable
from tests.kit.feeds import FIXTURES, SHOP, Outcome, fields, shipped

LISTED = [
    ("google.tsv", FeedFormat.GOOGLE_TSV),
    ("google.xml", FeedFormat.GOOGLE_XML),
    ("klaviyo.json", FeedFormat.KLAVIYO_JSON),
    ("klaviyo_feed.json", FeedFormat.KLAVIYO_JSON),
    ("mapped.csv", FeedFormat.CSV),
    ("shopify.csv", FeedFormat.SHOPIFY_CSV),
    ("shopify_2024.csv", FeedFormat.SHOPIFY_CSV),
    ("shopify_bulk.jsonl", FeedFormat.SHOPIFY_JSONL),
    ("woocommerce.csv", FeedFormat.WOOCOMMERCE_CSV),
    ("woocommerce.json", FeedFormat.WOOCOMMERCE_JSON),
]


@pytest.mark.parametrize(("name", "feed_format"), LISTED)
def test_the_format_is_told_by_the_first_bytes(name: str, feed_format: FeedFormat) -> None:
    raw = (FIXTURES / name).read_bytes()
    assert detect(raw) == feed_format
    assert detect(b"\xef\xbb\xbf\r\n" + raw[:900]) == feed_format


@pytest.mark.parametrize(
    ("head", "feed_format"),
    [
        (b"", FeedFormat.CSV),
        (b"id,title,link", FeedFormat.CSV),
        (b"sep=;\r\nhandle;option1 name;title", FeedFormat.SHOPIFY_CSV),
        (b"id\ttitle\tlink", FeedFormat.GOOGLE_TSV),
        ("id\ttitle\tlink".encode("utf-16"), FeedFormat.GOOGLE_TSV),
        (b'{"id": "1", "title": "Tea"}', FeedFormat.NDJSON),
        (b'[{"id": "1", "title": "Tea"}]', FeedFormat.NDJSON),
        (b'{"id":"gid:\\/\\/shopify\\/Product\\/1"}', FeedFormat.SHOPIFY_JSONL),
        (b'[{"id": 1, "permalink": "https://s.example/1", "regular_price": "5"}]', FeedFormat.WOOCOMMERCE_JSON),
        (b'{"external_id": "1", "image_full_url": "https://s.example/1.jpg"}', FeedFormat.KLAVIYO_JSON),
        (b'[{"$id": "1", "$title": "Tea"}]', FeedFormat.KLAVIYO_JSON),
        (b"\x00\xff\xfe<", FeedFormat.CSV),
    ],
)
def test_heads_that_say_little_or_nonsense_have_a_format_as_well(head: bytes, feed_format: FeedFormat) -> None:
    assert detect(head) == feed_format


class TestShopifyBulk:
    """JSONL of `bulkOperationRunQuery`."""

    @cached_property
    def found(self) -> Outcome:
        return shipped("shopify_bulk.jsonl", FeedFormat.SHOPIFY_JSONL, FeedOptions())

    def test_variants_far_from_their_product_are_found_and_named_by_their_options(self) -> None:
        assert {one.id: one.title for one in self.found.products.values()} == {
            "4001": "Merino Crew - Grey, S", "4002": "Merino Crew - Navy, M", "4003": "Wool Comb",
        }  # fmt: skip
        assert {one.item_group_id for one in self.found.products.values()} == {"8001", "8002"}
        assert fields(self.found.products["4001"], "color", "size", "brand", "currency", "gtin") == {
            "color": "Grey", "size": "S", "brand": "Lanificio", "currency": "EUR", "gtin": "4006381333924",
        }  # fmt: skip

    def test_a_higher_price_to_compare_at_is_a_sale_without_a_basis(self) -> None:
        navy, grey = self.found.products["4002"], self.found.products["4001"]
        assert (navy.price, navy.sale_price, navy.compare_at_basis) == (Decimal("109.00"), Decimal("89.00"), None)
        assert (grey.price, grey.sale_price) == (Decimal("89.00"), None)

    def test_stock_below_zero_sells_on_only_where_the_shop_lets_it(self) -> None:
        assert fields(self.found.products["4002"], "availability", "stock") == {"availability": "backorder", "stock": 0}

    def test_stock_of_all_places_is_added_up(self) -> None:
        assert self.found.products["4003"].stock == 7

    def test_a_variant_has_its_own_picture_or_its_products(self) -> None:
        images = {one.id: one.image_link for one in self.found.products.values()}
        assert images["4001"] == "https://cdn.shopify.com/s/files/1/crew-grey.jpg"
        assert images["4002"] == "https://cdn.shopify.com/s/files/1/crew.jpg?v=1"

    def test_only_merchants_own_metafields_are_facts(self) -> None:
        assert self.found.products["4001"].attributes == {"yarn weight": 250}

    def test_drafts_are_left_out_without_being_wrong(self) -> None:
        (issue,) = self.found.issues
        assert isinstance(issue, LeftOut)
        assert (issue.line, issue.product_id) == (3, "8003")

    def test_a_page_is_opened_at_the_variant_where_there_are_several(self) -> None:
        assert self.found.products["4001"].link == "https://wool.example/products/merino-crew?variant=4001"
        assert self.found.products["4003"].link == "https://wool.example/products/wool-comb"

    def test_what_the_shop_does_not_sell_now_is_sold_out_whatever_its_count(self) -> None:
        lines = [
            '{"id":"gid://shopify/Product/1","title":"Tea","onlineStoreUrl":"https://s.example/t"}',
            '{"id":"gid://shopify/ProductVariant/2","price":"5","inventoryQuantity":3,"availableForSale":false,'
            '"__parentId":"gid://shopify/Product/1"}',
        ]
        assert Outcome(lines, FeedFormat.SHOPIFY_JSONL).products["2"].availability == "out_of_stock"

    def test_what_does_not_hang_together_is_reported(self) -> None:
        lines = [
            '{"id":"gid://shopify/ProductVariant/1","price":"5","__parentId":"gid://shopify/Product/9"}',
            '{"id":"gid://shopify/Product/1","title":"Tea"}',
            '{"id":"gid://shopify/Product/1","title":"Tea"}',
            "{oops",
            '{"id":"gid://shopify/InventoryLevel/7","available":3,"__parentId":"gid://shopify/ProductVariant/77"}',
        ]
        found = Outcome(lines, FeedFormat.SHOPIFY_JSONL)
        assert [issue.line for issue in found.issues] == [4, 1, 3, 2]
        assert "no variants" in found.reasons()

    def test_five_hundred_variants_are_five_hundred_products_of_one_group(self) -> None:
        top = {
            "id": "gid://shopify/Product/1",
            "title": "Bolt",
            "status": "ACTIVE",
            "onlineStoreUrl": "https://s.example/b",
        }
        variants = [
            {
                "id": f"gid://shopify/ProductVariant/{n}", "price": "1.00", "__parentId": top["id"],
                "selectedOptions": [{"name": "Length", "value": str(n)}, {"name": "Head", "value": "Hex"}],
            }
            for n in range(500)
        ]  # fmt: skip
        found = Outcome([json.dumps(node) for node in (*variants, top)], FeedFormat.SHOPIFY_JSONL)
        assert len(found.products) == 500
        assert {one.item_group_id for one in found.products.values()} == {"1"}
        assert found.products["20"].title == "Bolt - Length 20, Hex"
        assert found.products["20"].attributes == {"Length": 20, "Head": "Hex"}


class TestShopifyCsv:
    """The admin's product CSV, of both templates."""

    @cached_property
    def found(self) -> Outcome:
        return shipped("shopify.csv", FeedFormat.SHOPIFY_CSV)

    def test_rows_of_a_handle_are_its_variants_and_pictures(self) -> None:
        assert {one.id: one.title for one in self.found.products.values()} == {
            "SH-W-S": "Linen Shirt - White, S", "SH-W-M": "Linen Shirt - White, M",
            "SH-B-M": "Linen Shirt - Blue, M", "gift-tote": "Gift Tote",
        }  # fmt: skip
        assert self.found.lines == {"SH-W-S": 2, "SH-W-M": 4, "SH-B-M": 5, "gift-tote": 7}

    def test_a_variant_takes_from_the_product_what_only_its_first_row_says(self) -> None:
        blue = self.found.products["SH-B-M"]
        assert blue.description == 'Cool "garment-dyed" linen. Regular fit; Mother-of-pearl buttons'
        assert (blue.brand, blue.image_link) == ("Fjord", "https://cdn.shopify.com/s/shirt-1.jpg")
        assert blue.attributes == {"Fabric": ["linen", "cotton"], "weight": "250 g"}
        assert blue.link == "https://shop.example/products/linen-shirt"

    def test_availability_follows_tracker_count_and_policy(self) -> None:
        found = {one.id: (one.availability, one.stock) for one in self.found.products.values()}
        assert found == {
            "SH-W-S": ("in_stock", 4), "SH-W-M": ("backorder", 0), "SH-B-M": ("out_of_stock", 0),
            "gift-tote": ("in_stock", None),
        }  # fmt: skip

    def test_what_the_shop_pays_is_no_fact(self) -> None:
        assert not any("31.5" in str(one.attributes) for one in self.found.products.values())

    def test_the_template_of_2024_reads_the_same(self) -> None:
        found = shipped("shopify_2024.csv", FeedFormat.SHOPIFY_CSV)
        assert {one.id: (one.title, one.availability) for one in found.products.values()} == {
            "MUG-S": ("Stone Mug - Sand", "in_stock"), "MUG-M": ("Stone Mug - Moss", "backorder"),
        }  # fmt: skip
        assert found.products["MUG-M"].google_product_category == "Home & Garden > Kitchen"

    def test_rows_that_were_sorted_apart_still_belong_together(self) -> None:
        header, *rows = [
            "Handle,Title,Option1 Name,Option1 Value,Variant Price",
            "a,Apron,Color,Red,5", "b,Bowl,Color,Sand,6", "a,,,Blue,5", "b,,,Moss,6",
        ]  # fmt: skip
        found = Outcome([header, *rows], FeedFormat.SHOPIFY_CSV)
        assert [one.title for one in found.products.values()] == [
            "Apron - Red", "Apron - Blue", "Bowl - Sand", "Bowl - Moss",
        ]  # fmt: skip

    def test_skus_that_do_not_tell_variants_apart_are_no_ids(self) -> None:
        rows = [
            "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price",
            "a,Apron,Color,Red,X,5",
            "a,,,Blue,X,5",
        ]
        assert list(Outcome(rows, FeedFormat.SHOPIFY_CSV).products) == ["a/Red", "a/Blue"]

    def test_without_the_shops_address_there_are_no_links(self) -> None:
        with pytest.raises(FeedUnreadable) as raised:
            list(read(FIXTURES / "shopify.csv", FeedFormat.SHOPIFY_CSV))
        assert raised.value.pointer == "/shop_url"
        assert raised.value.fix


class TestWooCommerceCsv:
    """The exporter's CSV of a German shop."""

    @cached_property
    def found(self) -> Outcome:
        return shipped(
            "woocommerce.csv",
            FeedFormat.WOOCOMMERCE_CSV,
            FeedOptions(currency="EUR", shop_url="https://shop.example/", timezone="Europe/Berlin"),
        )

    def test_variations_find_their_product_by_sku_and_by_id(self) -> None:
        assert {one.id: (one.title, one.item_group_id) for one in self.found.products.values()} == {
            "76": ("V-Neck T-Shirt - Red", "44"), "77": ("V-Neck T-Shirt - Green", "44"), "46": ("=Sum Album", None),
        }  # fmt: skip

    def test_a_sale_runs_on_the_shops_clock_through_its_last_day(self) -> None:
        red = self.found.products["76"]
        assert (red.price, red.sale_price) == (Decimal("1299.00"), Decimal("990.00"))
        assert red.sale_price_starts == datetime(2026, 5, 31, 22, tzinfo=UTC)
        assert red.sale_price_ends == datetime(2026, 6, 30, 22, tzinfo=UTC)

    def test_the_deepest_category_and_the_products_own_facts_are_kept(self) -> None:
        red = self.found.products["76"]
        assert red.product_type == "Clothing > Summer > Tees"
        assert (red.color, red.attributes) == ("Red", {"Fit": "Regular", "weight": "0.2 kg"})
        assert self.found.products["46"].attributes == {"Format": ["MP3", "FLAC, lossless"]}

    def test_line_breaks_of_the_exporter_are_none_in_the_text(self) -> None:
        assert self.found.products["76"].description == "Soft. Ringspun cotton. Pre-shrunk"

    def test_stock_below_zero_with_backorders_can_be_ordered(self) -> None:
        assert fields(self.found.products["77"], "availability", "stock") == {"availability": "backorder", "stock": 0}

    def test_drafts_private_and_grouped_ones_are_left_out(self) -> None:
        assert [(issue.line, issue.product_id) for issue in self.found.issues] == [(5, "78"), (7, "47"), (8, "48")]
        assert all(isinstance(issue, LeftOut) for issue in self.found.issues)

    def test_a_variation_of_nothing_is_reported(self) -> None:
        rows = ["ID,Type,Name,Parent,Regular price", "5,variation,,ghost,3"]
        assert "not in the feed" in Outcome(rows, FeedFormat.WOOCOMMERCE_CSV).reasons()


class TestWooCommerceRest:
    """Pages of the REST API."""

    @cached_property
    def found(self) -> Outcome:
        return shipped("woocommerce.json", FeedFormat.WOOCOMMERCE_JSON)

    def test_variations_are_told_by_type_or_by_their_products_list(self) -> None:
        assert {one.id: (one.title, one.item_group_id) for one in self.found.products.values()} == {
            "794": ("Canvas Tote", None),
            "732": ("Ship Your Idea - Black", "799"), "733": ("Ship Your Idea - Green", "799"),
        }  # fmt: skip

    def test_sales_end_by_gmt(self) -> None:
        tote = self.found.products["794"]
        assert (tote.price, tote.sale_price) == (Decimal("25.00"), Decimal("21.99"))
        assert tote.sale_price_ends == datetime(2026, 5, 31, 21, 59, 59, tzinfo=UTC)

    def test_stock_may_be_kept_by_the_product(self) -> None:
        assert self.found.products["732"].stock == 12
        assert self.found.products["733"].availability == "backorder"

    def test_a_variable_product_without_its_variations_has_no_price_to_tell(self) -> None:
        alone = [{"id": 1, "type": "variable", "name": "Tee", "permalink": "https://s.example/1", "price": "20"}]
        found = Outcome([json.dumps(alone)], FeedFormat.WOOCOMMERCE_JSON)
        assert not found.products
        assert "variations" in found.reasons()

    def test_one_object_a_line_reads_the_same(self) -> None:
        nodes = json.loads((FIXTURES / "woocommerce.json").read_text())
        again = Outcome([json.dumps(node) for node in nodes], FeedFormat.WOOCOMMERCE_JSON)
        assert again.products == self.found.products


class TestKlaviyo:
    """Catalog items and variants."""

    @cached_property
    def found(self) -> Outcome:
        return shipped("klaviyo.json", FeedFormat.KLAVIYO_JSON)

    def test_variants_are_told_by_either_side_of_the_relation(self) -> None:
        assert {one.id: (one.title, one.item_group_id) for one in self.found.products.values()} == {
            "SHIRT-M": ("Ocean Blue Shirt Medium", "SHIRT"), "SHIRT-L": ("Ocean Blue Shirt - Large", "SHIRT"),
            "SOCKS": ("Socks", None),
        }  # fmt: skip

    def test_a_variant_takes_what_it_leaves_empty_from_its_item(self) -> None:
        large = self.found.products["SHIRT-L"]
        assert fields(large, "link", "image_link", "product_type", "attributes", "price") == {
            "link": "https://shop.example/shirt", "image_link": "https://shop.example/shirt.jpg",
            "product_type": "Apparel", "attributes": {"Top Pick": True}, "price": Decimal(44),
        }  # fmt: skip

    def test_the_inventory_policy_decides_what_an_empty_shelf_means(self) -> None:
        assert self.found.products["SHIRT-L"].availability == "backorder"
        flat = shipped("klaviyo_feed.json", FeedFormat.KLAVIYO_JSON)
        assert {one.id: one.availability for one in flat.products.values()} == {
            "TSHIRT1": "in_stock", "TSHIRT2": "out_of_stock",
        }  # fmt: skip

    def test_unpublished_items_are_left_out(self) -> None:
        (issue,) = self.found.issues
        assert isinstance(issue, LeftOut)
        assert issue.product_id == "HAT"


def test_a_mapping_file_reads_a_table_with_names_of_its_own() -> None:
    options = FeedOptions().mapped(load_mapping(FIXTURES / "mapping.yaml"))

    found = shipped("mapped.csv", FeedFormat.CSV, options)

    table, stool = found.products["T 100"], found.products["T 200"]
    assert fields(table, "title", "description", "link", "price", "currency", "sale_price", "attributes") == {
        "title": "Esstisch 2,00 m", "description": "Geölt.", "link": "https://moebel.example/artikel/T%20100",
        "price": Decimal("1299.00"), "currency": "EUR", "sale_price": Decimal(999), "attributes": {"Holz": "Eiche"},
    }  # fmt: skip
    assert table.sale_price_ends == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert (stool.availability, stool.brand, stool.product_type) == ("out_of_stock", "Möbelhaus Nord", "Stühle")


def test_google_xml_forgives_what_shops_get_wrong_and_loses_only_the_broken_item() -> None:
    found = shipped("google.xml", FeedFormat.GOOGLE_XML, FeedOptions())

    assert {one.id: one.title for one in found.products.values()} == {"tea-1": "Gyokuro & Sencha", "tea-3": "Café cup"}
    assert found.lines == {"tea-1": 5, "tea-3": 18}
    assert [(issue.line, "line 16" in issue.reason) for issue in found.issues] == [(15, True)]
    tea = found.products["tea-1"]
    assert (tea.link, tea.image_link) == ("https://tea.example/gyokuro?a=1&b=2", "https://tea.example/gyokuro.jpg")


def test_google_tsv_keeps_inches_and_line_breaks() -> None:
    found = shipped("google.tsv", FeedFormat.GOOGLE_TSV, SHOP)

    assert found.products["tea-1"].description == 'Shaded "jade dew" tea. First flush.'
    assert found.products["tea-2"].title == 'Monitor 24" Stand'
    assert (found.lines["tea-2"], found.products["tea-2"].price) == (4, Decimal("1299.00"))


@pytest.mark.parametrize("price", [{"price": None}, {}])
def test_a_klaviyo_item_without_a_price_comes_in_and_the_report_says_what_that_means(price: dict[str, Any]) -> None:
    attributes = {"external_id": "GIFT", "title": "Gift wrap", "url": "https://s.example/gift", "published": True}
    item = {"data": {"type": "catalog-item", "id": "$custom:::$default:::GIFT", "attributes": attributes | price}}
    found = Outcome([json.dumps(item)], FeedFormat.KLAVIYO_JSON)
    assert found.products["GIFT"].price is None
    [note] = found.mended
    assert (note.product_id, note.field) == ("GIFT", "price")
    assert "never picked" in note.reason
