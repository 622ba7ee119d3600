"""Feeds for tests: the shipped ones by name, and products written the way each system exports them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from catalog.feeds.normalise import to_product
from catalog.feeds.options import FeedOptions
from catalog.feeds.readers import read
from catalog.feeds.report import FeedFormat, RowIssue
from catalog.model import Product
from store.files.source import Source

FIXTURES = Path(__file__).parents[1] / "fixtures" / "feeds"
SHOP = FeedOptions(currency="EUR", shop_url="https://shop.example")


class Outcome:
    """What came of a feed."""

    def __init__(self, source: Source, feed_format: FeedFormat, options: FeedOptions = SHOP) -> None:
        self.products: dict[str, Product] = {}
        self.lines: dict[str, int] = {}
        self.issues: list[RowIssue] = []
        self.mended: list[RowIssue] = []
        for row in read(source, feed_format, options):
            found, mended = (row, []) if isinstance(row, RowIssue) else to_product(row, options)
            self.mended += mended
            if isinstance(found, RowIssue):
                self.issues.append(found)
            elif not isinstance(row, RowIssue):
                self.products[found.id] = found
                self.lines[found.id] = row.line

    def reasons(self) -> str:
        """Everything that was rejected, in words."""
        return " ".join(f"{issue.line}: {issue.reason}" for issue in self.issues)


def shipped(name: str, feed_format: FeedFormat, options: FeedOptions = SHOP) -> Outcome:
    """The outcome of a feed under tests/fixtures/feeds."""
    return Outcome(FIXTURES / name, feed_format, options)


def _table(rows: Iterable[dict[str, object]], delimiter: str = ",") -> str:
    listed = list(rows)
    out = io.StringIO()
    columns = list(dict.fromkeys(name for row in listed for name in row))
    writer = csv.DictWriter(out, columns, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()


def _asked(one: Product) -> tuple[Decimal | None, Decimal | None]:
    """What is asked now, and the former price beside it."""
    return (one.sale_price, one.price) if one.sale_price is not None else (one.price, None)


def _google(one: Product) -> dict[str, object]:
    def money(amount: Decimal | None) -> str:
        return "" if amount is None else f"{amount} {one.currency}"

    return {
        "id": one.id, "title": one.title, "description": one.description, "link": one.link,
        "image_link": one.image_link or "", "price": money(one.price), "sale_price": money(one.sale_price),
        "availability": one.availability, "brand": one.brand or "", "color": one.color or "", "stock": one.stock,
    }  # fmt: skip


def google_tsv(products: list[Product]) -> str:
    """Google Merchant TSV."""
    return _table(map(_google, products), "\t")


def google_xml(products: list[Product]) -> str:
    """Google Merchant RSS."""
    items = "\n".join(
        "<item>"
        + "".join(f"<g:{name}>{escape(str(value))}</g:{name}>" for name, value in _google(one).items())
        + "</item>"
        for one in products
    )
    return f'<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0"><channel>\n{items}\n</channel></rss>'


def ndjson(products: list[Product]) -> str:
    """One object a line."""
    return "\n".join(json.dumps(_google(one), default=str) for one in products)


def shopify_csv(products: list[Product]) -> str:
    """Shopify's product CSV, each product with one variant of one option."""
    return _table(
        {
            "Handle": one.id, "Title": one.title, "Body (HTML)": one.description, "Vendor": one.brand or "",
            "Published": "true", "Option1 Name": "Color", "Option1 Value": one.color or "", "Variant SKU": one.id,
            "Variant Inventory Tracker": "shopify" if one.stock is not None else "",
            "Variant Inventory Qty": one.stock, "Variant Inventory Policy": "deny",
            "Variant Price": _asked(one)[0], "Variant Compare At Price": _asked(one)[1] or "",
            "Image Src": one.image_link or "", "Status": "active",
        }
        for one in products
    )  # fmt: skip


def shopify_jsonl(products: list[Product]) -> str:
    """Bulk results, ungrouped: all products, then all variants, last first."""
    tops = [
        {
            "id": f"gid://shopify/Product/p{one.id}", "title": one.title, "descriptionHtml": one.description,
            "vendor": one.brand, "status": "ACTIVE", "onlineStoreUrl": one.link,
            "featuredImage": {"url": one.image_link} if one.image_link else None,
        }
        for one in products
    ]  # fmt: skip
    variants = [
        {
            "id": f"gid://shopify/ProductVariant/{one.id}", "price": str(_asked(one)[0]),
            "compareAtPrice": str(_asked(one)[1]) if _asked(one)[1] else None, "inventoryQuantity": one.stock,
            "inventoryPolicy": "DENY", "inventoryItem": {"tracked": one.stock is not None},
            "selectedOptions": [{"name": "Color", "value": one.color or "Default Title"}],
            "__parentId": f"gid://shopify/Product/p{one.id}",
        }
        for one in reversed(products)
    ]  # fmt: skip
    return "\n".join(map(json.dumps, [*tops, *variants]))


def woocommerce_csv(products: list[Product]) -> str:
    """WooCommerce's CSV: variations before the products they are of."""
    rows: list[dict[str, object]] = []
    for number, one in enumerate(products, start=1):
        rows.append({
            "ID": one.id, "Type": "variation", "SKU": "", "Parent": f"id:{9000 + number}", "Published": 1,
            "Name": "", "Regular price": one.price, "Sale price": one.sale_price or "", "Description": one.description,
            "In stock?": int(one.availability == "in_stock"), "Stock": one.stock, "Images": one.image_link or "",
            "Attribute 1 name": "Color", "Attribute 1 value(s)": one.color or "", "Brands": one.brand or "",
        })  # fmt: skip
    for number, one in enumerate(products, start=1):
        rows.append({"ID": 9000 + number, "Type": "variable", "Published": 1, "Name": one.title})
    return _table(rows)


def woocommerce_json(products: list[Product]) -> str:
    """A page of the REST API, in one line."""
    return json.dumps([
        {
            "id": one.id, "type": "simple", "name": one.title, "permalink": one.link, "status": "publish",
            "description": one.description, "regular_price": str(one.price), "sale_price": str(one.sale_price or ""),
            "manage_stock": one.stock is not None, "stock_quantity": one.stock,
            "stock_status": "instock" if one.availability == "in_stock" else "outofstock",
            "images": [{"src": one.image_link}] if one.image_link else [], "brands": [{"name": one.brand}],
        }
        for one in products
    ])  # fmt: skip


def klaviyo_json(products: list[Product]) -> str:
    """A JSON:API page over several lines."""
    data = [
        {
            "type": "catalog-item", "id": f"$custom:::$default:::{one.id}",
            "attributes": {
                "external_id": one.id, "title": one.title, "description": one.description, "url": one.link,
                "price": float(one.price or 0), "image_full_url": one.image_link, "published": True,
                "inventory_quantity": one.stock, "inventory_policy": 1, "custom_metadata": {"brand": one.brand},
            },
        }
        for one in products
    ]  # fmt: skip
    return json.dumps({"data": data, "links": {"next": None}}, indent=2)


WRITERS: dict[FeedFormat, Callable[[list[Product]], str]] = {
    FeedFormat.GOOGLE_TSV: google_tsv,
    FeedFormat.GOOGLE_XML: google_xml,
    FeedFormat.NDJSON: ndjson,
    FeedFormat.SHOPIFY_CSV: shopify_csv,
    FeedFormat.SHOPIFY_JSONL: shopify_jsonl,
    FeedFormat.WOOCOMMERCE_CSV: woocommerce_csv,
    FeedFormat.WOOCOMMERCE_JSON: woocommerce_json,
    FeedFormat.KLAVIYO_JSON: klaviyo_json,
}


def fields(product: Product, *names: str) -> dict[str, Any]:
    """Some fields of a product."""
    return {name: getattr(product, name) for name in names}
