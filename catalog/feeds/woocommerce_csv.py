"""WooCommerce's product CSV, as its own exporter writes it (class-wc-product-csv-exporter.php).

Variations name their product in `Parent`, by SKU or as `id:44`. Prices are in the shop's number format, dates on its
clock, values in a cell are joined with commas (a comma within one is `\\,`), and a cell that begins like a formula has
a quote before it. Columns are called by their English names here, whatever the shop's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.feeds.costing import meta_cost
from catalog.feeds.delimited import Table
from catalog.feeds.groups import Groups
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRows
from catalog.feeds.source import FeedUnreadable
from catalog.feeds.variants import amount, option_values, options_of, variant_title, whole
from catalog.feeds.woocommerce import (
    NOT_SOLD_ITSELF,
    PARENT,
    VARIABLE,
    VARIATION,
    VARIATIONS,
    Shape,
    Values,
    availability,
    described,
    inherited,
    rows,
)
from catalog.feeds.woocommerce_headers import CATCH_ALL, english
from store.files.delimited import Record
from store.files.source import Source

MAX_ATTRIBUTES = 40
INHERITED = ("categories", "brands", "brand", "tags", "sku", "images", "external url")

_FORMULA = re.compile(r"'(?=[=+\-@\t\r])")
_WEIGHT = re.compile(r"weight \((\w{1,5})\)")

Row = dict[str, str]


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """A row for each simple product and variation; drafts, private and hidden ones are left out.

    Links are built from `options.shop_url` and the product's id, which WordPress turns into its page.
    Raises: FeedNotFound, FeedUnreadable when the header is not WooCommerce's, or the shop's address is not known.
    """
    table = Table(source)
    _check({english(column) for column in table.columns}, options)
    shape = Shape(_unsold, lambda row: _types(row) & VARIABLE != set(), lambda row, of: _values(row, of, options))
    with Groups() as groups:
        yield from _collect(table, groups)
        for group in groups:
            yield from rows(group, shape)


def _check(columns: set[str], options: FeedOptions) -> None:
    missing = [name for name in ("type", "name", "regular price") if name not in columns]
    missing += ["id or sku"] if not columns & {"id", "sku"} else []
    if missing:
        raise FeedUnreadable(
            f"The feed has no column {', '.join(missing)}.",
            pointer="line 1",
            fix="Export products in WooCommerce with all columns, in English, German, French or Spanish; or give a "
            "mapping file.",
        )
    if options.shop_url is None:
        raise FeedUnreadable(
            "A WooCommerce CSV has no links.",
            pointer="/shop_url",
            fix="Say where the shop is: shop_url, --shop-url https://shop.example.",
        )


def _collect(table: Table, groups: Groups) -> Iterator[RowIssue]:
    for record in table.records():
        if isinstance(record, RowIssue):
            yield record
            continue
        row = _plain(record)
        own = f"line {record.line}"
        names = [f"id:{row['id']}"] if row.get("id") else []
        names += [f"sku:{row['sku'].casefold()}"] if row.get("sku") else []
        if _types(row) & VARIATIONS:
            groups.part(_owner(row.get("parent", "")), VARIATION, record.line, row)
            continue
        groups.root(*(names or [own]))
        groups.part((names or [own])[0], PARENT, record.line, row)


def _owner(parent: str) -> str:
    found = re.fullmatch(r"id:\s*(\d+)", parent.strip(), re.IGNORECASE)
    return f"id:{found[1]}" if found else f"sku:{parent.strip().casefold()}"


def _plain(record: Record) -> Row:
    return {
        english(name): _FORMULA.sub("", value, count=1) if value.startswith("'") else value
        for name, value in record.values.items()
        if value.strip()
    }


def _types(row: Row) -> set[str]:
    """`simple, downloadable, virtual`."""
    return {part.strip().casefold() for part in row.get("type", "simple").split(",")}


def _unsold(row: Row) -> str | None:
    published = row.get("published", "1").strip()
    if published not in ("1", "yes", "true"):
        named = {"0": "private", "-1": "draft", "2": "pending"}.get(published, "not published")
        return f"The shop keeps it as {named}."
    if row.get("visibility in catalog", "visible").strip().casefold() == "hidden":
        return "The product is hidden in the shop's catalog."
    if _types(row) & NOT_SOLD_ITSELF:
        return "The product is a group of others, which are sold one by one."
    return None


def _values(row: Row, parent: Row | None, options: FeedOptions) -> Values:
    of = parent or {}
    chosen = options_of((name, value) for name, values in _attributes(row) for value in values[:1]) if parent else {}
    shared = inherited(row, of, INHERITED)
    group = (of.get("id") or of.get("sku")) if parent else None
    return {
        **_facts(row, of, chosen),
        "id": row.get("id") or row.get("sku"),
        "item_group_id": group,
        "title": variant_title(of.get("name", ""), chosen) if parent else row.get("name"),
        "description": described(row.get("short description"), row.get("description"))
        or described(of.get("short description"), of.get("description")),
        "link": _link(row, of, options),
        "image_link": next(iter(_split(str(shared["images"] or ""))), None),
        "price": row.get("regular price"),
        "cost": _cost(row) or _cost(of),
        "sale_price": row.get("sale price"),
        "sale_price_starts": row.get("date sale price starts"),
        "sale_price_ends": row.get("date sale price ends"),
        "brand": shared["brands"] or shared["brand"],
        "gtin": row.get("gtin, upc, ean, or isbn"),
        "product_type": deepest(_split(str(shared["categories"] or ""))),
        **option_values(chosen),
        **_stock(row, of),
    }


def _cost(row: Row) -> object | None:
    """WooCommerce's own column (since 9.5), or a plugin's meta; both are written with a decimal point."""
    meta = {name.removeprefix("meta: "): value for name, value in row.items() if name.startswith("meta: ")}
    return amount(row.get("cost of goods") or meta_cost(meta))


def _link(row: Row, parent: Row, options: FeedOptions) -> str | None:
    """WordPress finds the page of any product by its id, whatever the shop's permalinks are."""
    page = parent.get("id") or row.get("id")
    return options.address(f"?post_type=product&p={page}") if page else row.get("external url")


def _attributes(row: Row) -> Iterator[tuple[str, list[str]]]:
    for number in range(1, MAX_ATTRIBUTES + 1):
        name = row.get(f"attribute {number} name")
        if name:
            yield name, _split(row.get(f"attribute {number} value(s)", ""))


def _facts(row: Row, parent: Row, chosen: dict[str, str]) -> Values:
    """Attributes the shop shows, and the weight. Where a variation varies it has its own value, not the list."""
    facts: Values = {}
    for number, (name, values) in enumerate(_attributes(parent or row), start=1):
        shown = (parent or row).get(f"attribute {number} visible", "1").strip() != "0"
        # A variation that leaves an attribute open comes in any of its values: none of them is its own.
        varies = parent and len(values) > 1
        if shown and values and not varies and name not in chosen:
            facts[f"custom:{name}"] = values if len(values) > 1 else values[0]
    for column in (*row, *parent):
        found = _WEIGHT.fullmatch(column)
        if found:
            weight = row.get(column) or parent[column]
            facts.setdefault("custom:weight", f"{'0' if weight.startswith('.') else ''}{weight} {found[1]}")
    return facts


def _split(cell: str) -> list[str]:
    """Values joined with commas; a comma within a value has a backslash before it."""
    return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", cell) if part.strip()]


def deepest(paths: list[str]) -> str | None:
    """The first of the longest category paths, `A > B`; the catch-all only where there is no other."""
    named = [path for path in paths if path.casefold() not in CATCH_ALL] or paths
    return max(named, key=lambda path: path.count(">"), default=None)


def _stock(row: Row, parent: Row) -> Values:
    counted = parent if row.get("stock", "").strip().casefold() == "parent" else row
    backorders = counted.get("backorders allowed?", "0").strip().casefold() in ("1", "notify", "yes")
    return availability(row.get("in stock?", ""), whole(counted.get("stock")), backorders)
