"""Shopify's product CSV: one product over several rows that share a handle, a variant or a picture a row.

Columns by the names of both templates: `Handle`, `Variant Price` … and, since 2024, `URL handle`, `Price` …
(help.shopify.com/manual/products/import-export/using-csv). Rows of a handle need not stand together, since people
sort these files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from catalog.feeds.delimited import Table
from catalog.feeds.groups import Group, Groups, Part
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import LeftOut, RawRow, RawRows
from catalog.feeds.source import FeedUnreadable
from catalog.feeds.variants import amount, option_values, options_of, orderable, variant_title, whole
from store.files.delimited import Record
from store.files.source import Source

NEW_NAMES = {
    "url handle": "handle", "description": "body (html)", "product category": "product category",
    "published on online store": "published", "sku": "variant sku", "barcode": "variant barcode",
    "price": "variant price", "compare-at price": "variant compare at price",
    "inventory tracker": "variant inventory tracker", "inventory quantity": "variant inventory qty",
    "continue selling when out of stock": "variant inventory policy", "weight value (grams)": "variant grams",
    "product image url": "image src", "variant image url": "variant image",
    "google shopping / google product category": "google category",
    "google shopping / condition": "condition",
}  # fmt: skip
"""The newer template's names, by the older ones."""
TRACKER = "variant inventory tracker"
OF_VARIANT = ("variant price", "variant sku", "option1 value", "variant inventory qty")

_METAFIELD = re.compile(r"(.{1,60}) \(product\.metafields\.[\w.-]+\)", re.IGNORECASE)

Row = dict[str, str]


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """A row for each variant. Drafts, archived and unpublished products are left out.

    Links are built from `options.shop_url`, since the file has none. Raises: FeedNotFound, FeedUnreadable when the
    header lacks a handle or title, or the shop's address is not known.
    """
    table = Table(source)
    _check(table.columns, options)
    with Groups() as groups:
        yield from _collect(table, groups)
        for group in groups:
            yield from _rows(group, options)


def _check(columns: list[str], options: FeedOptions) -> None:
    known = {_name(column) for column in columns}
    missing = [name for name in ("handle", "title", "variant price") if name not in known]
    if missing:
        raise FeedUnreadable(
            f"The feed has no column {', '.join(missing)}.",
            pointer="line 1",
            fix="Export products from the Shopify admin as CSV, with all columns.",
        )
    if options.shop_url is None:
        raise FeedUnreadable(
            "A Shopify CSV has no links.",
            pointer="/shop_url",
            fix="Say where the shop is: shop_url, --shop-url https://shop.example.",
        )


def _name(column: str) -> str:
    plain = column.strip().casefold()
    return NEW_NAMES.get(plain, plain)


def _collect(table: Table, groups: Groups) -> Iterator[RowIssue]:
    handle = ""
    for record in table.records():
        if isinstance(record, RowIssue):
            yield record
            continue
        row = _plain(record)
        # A row without a handle goes on with the product above it, as in the exports of some apps.
        handle = row.get("handle", "").strip() or ("" if row.get("title") else handle)
        if not handle:
            yield RowIssue(line=record.line, field="id", reason="The row has no handle.", fix="Give it its product's.")
            continue
        groups.root(handle)
        groups.part(handle, 0, record.line, row)


def _plain(record: Record) -> Row:
    """Values by the older template's names; metafields keep their own."""
    row: Row = {}
    for column, value in record.values.items():
        name = column if _METAFIELD.fullmatch(column.strip()) else _name(column)
        # An empty tracker says that nothing is counted; a file without the column says nothing.
        if (value.strip() or name == TRACKER) and not row.get(name):
            row[name] = value
    return row


def _rows(group: Group, options: FeedOptions) -> RawRows:
    if group.issue:
        yield group.issue
    parts = group.parts
    product = _product(parts)
    reason = _unsold(product)
    if reason:
        yield LeftOut(
            line=parts[0].line, product_id=product["handle"][:128], field="status", reason=reason,
            fix="Set it to active and publish it to sell it.",
        )  # fmt: skip
        return
    variants = [part for part in parts if any(part.body.get(name) for name in OF_VARIANT)]
    ids = _ids(product["handle"], variants)
    for part, variant_id in zip(variants, ids, strict=True):
        yield RawRow(part.line, _values(product, part.body, variant_id, options))
    if not variants:
        yield RowIssue(
            line=parts[0].line, product_id=product["handle"][:128], field="price",
            reason="No row of the product has a price.", fix="Export it again with its variants.",
        )  # fmt: skip


def _product(parts: list[Part]) -> Row:
    """What the product's rows say together: the first value of each column, so it matters not which row has it."""
    product: Row = {}
    for part in parts:
        for name, value in part.body.items():
            product.setdefault(name, value)
    return product


def _unsold(product: Row) -> str | None:
    status = product.get("status", "active").strip().casefold()
    if status != "active":
        return f"The shop keeps it as {status[:20]}."
    if product.get("published", "true").strip().casefold() in ("false", "no", "0"):
        return "The product is not published."
    return None


def _ids(handle: str, variants: list[Part]) -> list[str]:
    """The SKU where it tells the variants apart; else the handle, with the options where there are several."""
    skus = [_sku(part.body) for part in variants]
    seen = Counter(skus)
    return [
        sku if sku and seen[sku] == 1 else "/".join((handle, *_chosen(part.body).values()))
        for sku, part in zip(skus, variants, strict=True)
    ]


def _sku(row: Row) -> str:
    # Excel's trick to keep leading zeros: a quote before the digits.
    return row.get("variant sku", "").strip().removeprefix("'")


def _chosen(row: Row, product: Row | None = None) -> dict[str, str]:
    """The options of a variant. Their names stand in the product's first row only."""
    named = product or row
    pairs = [
        (row.get(f"option{n} name") or named.get(f"option{n} name") or f"Option {n}", row.get(f"option{n} value"))
        for n in (1, 2, 3)
    ]
    return options_of(pairs)


def _values(product: Row, row: Row, variant_id: str, options: FeedOptions) -> dict[str, object]:
    chosen = _chosen(row, product)
    return {
        **_facts(product, row),
        "id": variant_id,
        "item_group_id": product["handle"],
        "title": variant_title(product.get("title", ""), chosen),
        "description": product.get("body (html)"),
        "link": options.address(f"products/{product['handle'].strip()}"),
        "image_link": row.get("variant image") or product.get("image src"),
        "price": amount(row.get("variant price")),
        "compare_at_price": amount(row.get("variant compare at price")),
        "cost": amount(row.get("cost per item")),
        "brand": product.get("vendor"),
        "gtin": row.get("variant barcode", "").removeprefix("'"),
        "product_type": product.get("type"),
        "google_product_category": product.get("google category") or product.get("product category"),
        "condition": product.get("condition"),
        **option_values(chosen),
        **_stock(row),
    }


def _facts(product: Row, row: Row) -> dict[str, object]:
    facts: dict[str, object] = {}
    for name, value in product.items():
        found = _METAFIELD.fullmatch(name.strip())
        if found and "gid://" not in value:
            parts = [part.strip() for part in value.split(";") if part.strip()]
            facts[f"custom:{found[1]}"] = parts if len(parts) > 1 else value
    grams = row.get("variant grams", "").strip()
    if re.fullmatch(r"[1-9]\d{0,7}(?:\.0*)?", grams):
        facts["custom:weight"] = f"{grams.partition('.')[0]} g"
    return facts


def _stock(row: Row) -> dict[str, object]:
    policy = row.get("variant inventory policy", "").strip().casefold()
    tracked = bool(row.get(TRACKER, "shopify").strip())
    return orderable(whole(row.get("variant inventory qty")), tracked, policy in ("continue", "true", "yes"))
