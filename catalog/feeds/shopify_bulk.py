"""Shopify's bulk results: JSONL of `bulkOperationRunQuery` over `products`, with what hangs on them.

Each line is one GraphQL object; those of a nested connection name their owner in `__parentId`. Owners need not be
near, nor in any order (shopify.dev/docs/api/usage/bulk-operations/queries; grouping is off by default since 2026-01).
What is read of each type: docs/feeds.md has the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from catalog.feeds.groups import Group, Groups, Part
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import LeftOut, RawRow, RawRows
from catalog.feeds.variants import amount, option_values, options_of, orderable, variant_title, whole
from store.files.source import Source, text_lines

PRODUCT, MEDIA, LEVEL, FACT, VARIANT = range(5)
RANKS = {
    "Product": PRODUCT,
    "MediaImage": MEDIA, "ProductImage": MEDIA, "Image": MEDIA, "ImageSource": MEDIA,
    "InventoryLevel": LEVEL, "InventoryItem": LEVEL,
    "Metafield": FACT,
    "ProductVariant": VARIANT,
}  # fmt: skip
FACT_NAMESPACES = frozenset({"custom", "facts", "descriptors"})
"""Metafields that merchants keep facts in; the others are apps' own."""

_GID = re.compile(r"gid://shopify/(\w+)/([^/?#\s]+)")

Node = dict[str, Any]


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """A row for each variant that is for sale; products that are drafts or not in the online shop are left out.

    Raises: FeedNotFound, FeedUnreadable.
    """
    with Groups() as groups:
        yield from _collect(source, groups)
        for group in groups:
            yield from _rows(group, options)


def _collect(source: Source, groups: Groups) -> Iterator[RowIssue]:
    for line, text in enumerate(text_lines(source), start=1):
        if not text.strip():
            continue
        try:
            node = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            yield RowIssue(line=line, reason=f"Not JSON: {error}.", fix="Download the bulk result again.")
            continue
        if not isinstance(node, dict):
            yield RowIssue(line=line, reason="Not a JSON object.", fix="Download the bulk result again.")
            continue
        _place(groups, line, node)


def _place(groups: Groups, line: int, node: Node) -> None:
    """Hang a node on its owner. Nodes without an id, like a price in a context, hang there by their owner alone."""
    own, owner = _text(node.get("id")), _text(node.get("__parentId"))
    kind = _kind(node, own)
    rank = RANKS.get(kind)
    if rank is None:
        return
    if rank == PRODUCT and not owner:
        groups.root(own or f"line {line}")
        groups.part(own or f"line {line}", rank, line, node)
        return
    if own and owner and rank != MEDIA:
        # One picture may hang on several products, everything else on one owner.
        groups.child(own, owner)
    item = node.get("inventoryItem")
    if isinstance(item, dict) and item.get("id") and own:
        groups.child(_text(item["id"]), own)
    groups.part(owner or own or f"line {line}", rank, line, node)


def _kind(node: Node, own: str) -> str:
    """The GraphQL type: from the id, from `__typename`, or from what only a metafield has."""
    found = _GID.match(own)
    if found:
        return found[1]
    named = _text(node.get("__typename"))
    return named or ("Metafield" if {"namespace", "key", "value"} <= node.keys() else "")


def _rows(group: Group, options: FeedOptions) -> RawRows:
    first = group.parts[0]
    if not group.known or first.rank != PRODUCT:
        if first.rank == VARIANT:
            yield RowIssue(
                line=first.line,
                product_id=_number(first.body.get("id")) or None,
                reason="The variant's product is not in the feed.",
                fix="Ask for products with their variants in one query.",
            )
        return
    if group.issue:
        yield group.issue
    reason = _unsold(first.body)
    if reason:
        yield LeftOut(line=first.line, product_id=_number(first.body.get("id")) or None, field="status", **reason)
        return
    yield from _variants(_Product(group.parts, options))


def _unsold(product: Node) -> dict[str, str] | None:
    status = _text(product.get("status")).upper()
    if status and status not in ("ACTIVE", "UNLISTED"):
        return {"reason": f"The shop keeps it as {status.lower()[:20]}.", "fix": "Set it to active to sell it."}
    unlisted = "publishedAt" in product and product["publishedAt"] is None
    hidden = "onlineStoreUrl" in product and product["onlineStoreUrl"] is None
    if status == "UNLISTED" or unlisted or (hidden and "publishedAt" not in product):
        return {"reason": "The product is not in the online shop.", "fix": "Publish it there to sell it."}
    return None


class _Product:
    """A product with everything that hangs on it, sorted by whom it hangs on."""

    def __init__(self, parts: list[Part], options: FeedOptions) -> None:
        self.line = parts[0].line
        self.node: Node = parts[0].body
        self.options = options
        self.variants = [part for part in parts if part.rank == VARIANT]
        self.variants += [Part(VARIANT, self.line, node) for node in _nodes(self.node.get("variants"))]
        self.again = [part for part in parts[1:] if part.rank == PRODUCT]
        self.images: dict[str, str] = {}
        self.levels: dict[str, list[Node]] = {}
        self.facts: dict[str, dict[str, object]] = {}
        for part in parts:
            self._sort(part)

    def _sort(self, part: Part) -> None:
        owner = _text(part.body.get("__parentId"))
        if part.rank == MEDIA:
            self.images.setdefault(owner, _image(part.body) or "")
        elif part.rank == LEVEL:
            self.levels.setdefault(owner, []).append(part.body)
        elif part.rank == FACT:
            self.facts.setdefault(owner, {}).update(_fact(part.body))

    def image(self, variant: Node) -> str | None:
        """The variant's own picture, else the product's first."""
        own, product = _text(variant.get("id")), _text(self.node.get("id"))
        media = [node for key in ("images", "media") for node in _nodes(self.node.get(key))]
        featured = [_image(self.node.get(key)) for key in ("featuredImage", "featuredMedia")]
        found = [_image(variant.get("image")), self.images.get(own), *featured, self.images.get(product)]
        return next(filter(None, [*found, *map(_image, media)]), None)


def _variants(product: _Product) -> RawRows:
    for part in product.again:
        yield RowIssue(
            line=part.line,
            product_id=_number(part.body.get("id")) or None,
            field="id",
            reason=f"The product is in the feed already, in line {product.line}.",
            fix="Ask for each product once.",
        )
    for part in product.variants:
        yield RawRow(part.line, _values(product, part.body))
    if not product.variants:
        yield RowIssue(
            line=product.line,
            product_id=_number(product.node.get("id")) or None,
            field="variants",
            reason="The product has no variants in the feed, so its price is not known.",
            fix="Add variants { edges { node { … } } } to the query.",
        )


def _values(product: _Product, variant: Node) -> dict[str, object]:
    node, options = product.node, options_of(_pairs(variant))
    price, currency = _money(variant.get("price"))
    was, _ = _money(variant.get("compareAtPrice"))
    item = variant.get("inventoryItem")
    cost, cost_currency = _money(item.get("unitCost") if isinstance(item, dict) else None)
    facts = {**product.facts.get(_text(node.get("id")), {}), **product.facts.get(_text(variant.get("id")), {})}
    return {
        **{f"custom:{name}": value for name, value in facts.items()},
        "id": _number(variant.get("id")),
        "item_group_id": _number(node.get("id")),
        "title": variant_title(_text(node.get("title")), options),
        "description": node.get("descriptionHtml") or node.get("bodyHtml") or node.get("description"),
        "link": _link(product, variant),
        "image_link": product.image(variant),
        "price": price,
        "compare_at_price": was,
        "currency": currency or _currency(node),
        "cost": cost,
        "cost_currency": cost_currency,
        "brand": node.get("vendor"),
        "gtin": variant.get("barcode"),
        "product_type": node.get("productType"),
        "google_product_category": _category(node),
        "added_at": node.get("publishedAt") or node.get("createdAt"),
        **option_values(options),
        **_stock(product, variant),
    }


def _link(product: _Product, variant: Node) -> str | None:
    """The product's page; with several variants, opened at this one."""
    handle = _text(product.node.get("handle"))
    page = product.node.get("onlineStoreUrl") or (product.options.address(f"products/{handle}") if handle else None)
    if not page or len(product.variants) == 1:
        return page
    return f"{page}{'&' if '?' in page else '?'}variant={_number(variant.get('id'))}"


def _stock(product: _Product, variant: Node) -> dict[str, object]:
    item = variant.get("inventoryItem")
    tracked = not (isinstance(item, dict) and item.get("tracked") is False)
    names = [_text(variant.get("id")), _text(item.get("id")) if isinstance(item, dict) else ""]
    levels = [level for name in names if name for level in product.levels.get(name, [])]
    quantity = whole(variant.get("inventoryQuantity"))
    if quantity is None:
        counted = [count for level in levels if (count := _available(level)) is not None]
        quantity = sum(counted) if counted else None
    found = orderable(quantity, tracked, _text(variant.get("inventoryPolicy")).upper() == "CONTINUE")
    if variant.get("availableForSale") is False:
        found["availability"] = "out_of_stock"
    return found


def _available(level: Node) -> int | None:
    """What one location can sell: `quantities(names: ["available"])`, or `available` of older versions."""
    for quantity in _list(level.get("quantities")):
        if isinstance(quantity, dict) and quantity.get("name") == "available":
            return whole(quantity.get("quantity"))
    return whole(level.get("available"))


def _pairs(variant: Node) -> list[tuple[object, object]]:
    chosen = variant.get("selectedOptions")
    if not isinstance(chosen, list):
        return [("Variant", variant.get("title"))]
    return [(option.get("name"), option.get("value")) for option in chosen if isinstance(option, dict)]


def _money(value: object) -> tuple[object, str]:
    """The scalar `"12.00"`, or `{"amount": "12.00", "currencyCode": "EUR"}`."""
    if isinstance(value, Mapping):
        return amount(value.get("amount")), _text(value.get("currencyCode"))
    return amount(value), ""


def _currency(product: Node) -> str:
    prices = product.get("priceRangeV2") or product.get("priceRange")
    least = prices.get("minVariantPrice") if isinstance(prices, dict) else None
    return _text(least.get("currencyCode")) if isinstance(least, dict) else ""


def _category(product: Node) -> object:
    category = product.get("category")
    return category.get("fullName") or category.get("name") if isinstance(category, dict) else None


def _image(value: object) -> str | None:
    """The address in any of the shapes of a picture: Image, MediaImage, a media's preview."""
    if not isinstance(value, Mapping):
        return None
    for key in ("image", "preview"):
        if isinstance(value.get(key), Mapping):
            return _image(value[key])
    return next((str(value[key]) for key in ("url", "originalSrc", "src", "transformedSrc") if value.get(key)), None)


def _fact(metafield: Node) -> dict[str, object]:
    """A metafield that states a fact; those that point at other objects do not."""
    name, value = _text(metafield.get("key")), metafield.get("value")
    if metafield.get("namespace") not in FACT_NAMESPACES or not name or "gid://" in _text(value):
        return {}
    if _text(metafield.get("type")).startswith("list."):
        try:
            value = orjson.loads(_text(value))
        except orjson.JSONDecodeError:
            return {}
    return {name.replace("_", " "): value}


def _nodes(connection: object) -> list[Node]:
    """The objects of a connection that stands in line: `nodes`, `edges { node }`, or a bare list."""
    edges = connection
    if isinstance(connection, dict):
        edges = connection.get("nodes") or connection.get("edges")
    found = [edge.get("node", edge) if isinstance(edge, dict) else None for edge in _list(edges)]
    return [node for node in found if isinstance(node, dict)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(gid: object) -> str:
    """The number in `gid://shopify/ProductVariant/123`, which is also what events and web pages call it."""
    found = _GID.match(_text(gid))
    return found[2] if found else _text(gid)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""
