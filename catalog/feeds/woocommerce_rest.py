"""Products and variations as WooCommerce's REST API v3 answers them (woocommerce.github.io/woocommerce-rest-api-docs).

Pages of `/products` and of `/products/ID/variations` may follow each other in any order, as arrays or one object a
line. A variation knows its product by `parent_id`, or its product lists it in `variations`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.feeds.costing import meta_cost
from catalog.feeds.groups import Groups
from catalog.feeds.json_items import items
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRows
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
    rows,
)
from catalog.feeds.woocommerce_headers import CATCH_ALL
from store.files.json_items import Item
from store.files.source import Source

Node = dict[str, Any]


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """A row for each simple product and variation; drafts, private and hidden ones are left out.

    Raises: FeedNotFound, FeedUnreadable.
    """
    shape = Shape(_unsold, lambda node: _text(node.get("type")) in VARIABLE, _values)
    with Groups() as groups:
        for item in items(source):
            if isinstance(item, RowIssue):
                yield item
            else:
                yield from _place(groups, item)
        for group in groups:
            yield from rows(group, shape)


def _place(groups: Groups, item: Item) -> Iterator[RowIssue]:
    line, node = item
    own = _text(node.get("id"))
    if not own:
        yield RowIssue(line=line, field="id", reason="There is no id.", fix="Export every product with its id.")
        return
    if _is_variation(node):
        if _text(node.get("parent_id")) not in ("", "0"):
            groups.child(own, _text(node["parent_id"]))
        groups.part(own, VARIATION, line, node)
        return
    groups.root(own)
    groups.part(own, PARENT, line, node)
    for variation in _list(node.get("variations")):
        if isinstance(variation, dict):
            groups.part(own, VARIATION, line, variation)
        else:
            groups.child(_text(variation), own)


def _is_variation(node: Node) -> bool:
    """By its type; before WooCommerce 8.6 by what only variations have: one option an attribute, one image."""
    if _text(node.get("type")):
        return _text(node["type"]) in VARIATIONS
    chosen = any(isinstance(one, dict) and "option" in one for one in _list(node.get("attributes")))
    return chosen or ("image" in node and "images" not in node)


def _unsold(node: Node) -> str | None:
    status = _text(node.get("status")) or "publish"
    if status != "publish":
        return f"The shop keeps it as {status[:20]}."
    if _text(node.get("catalog_visibility")) == "hidden":
        return "The product is hidden in the shop's catalog."
    if _text(node.get("type")) in NOT_SOLD_ITSELF:
        return "The product is a group of others, which are sold one by one."
    if node.get("purchasable") is False and _text(node.get("type")) not in (*VARIABLE, "external"):
        return "The shop says that it cannot be bought."
    return None


def _values(node: Node, parent: Node | None) -> Values:
    of = parent or {}
    chosen = options_of(_pairs(node)) if parent is not None else {}
    return {
        **_facts(node, of, chosen),
        "id": _text(node.get("id")),
        "item_group_id": _text(of.get("id")),
        "title": variant_title(_text(of.get("name")), chosen) if parent is not None else node.get("name"),
        "description": described(node.get("short_description"), node.get("description"))
        or described(of.get("short_description"), of.get("description")),
        "link": node.get("permalink") or of.get("permalink"),
        "image_link": _image(node) or _image(of),
        **_prices(node),
        "cost": _cost(node) or _cost(of),
        "brand": _first_name(node.get("brands")) or _first_name(of.get("brands")),
        "gtin": node.get("global_unique_id"),
        "product_type": _first_name(node.get("categories")) or _first_name(of.get("categories")),
        "added_at": _text(node.get("date_created_gmt") or of.get("date_created_gmt")),
        **option_values(chosen),
        **_stock(node, of),
    }


def _prices(node: Node) -> Values:
    """The regular price and the sale with its window; GMT dates are preferred, since they need no time zone."""
    values: Values = {
        "price": amount(_text(node.get("regular_price")) or _text(node.get("price"))),
        "sale_price": amount(_text(node.get("sale_price"))),
    }
    for ours, theirs in (("sale_price_starts", "date_on_sale_from"), ("sale_price_ends", "date_on_sale_to")):
        gmt = _text(node.get(f"{theirs}_gmt"))
        values[ours] = f"{gmt.removesuffix('Z')}Z" if gmt else node.get(theirs)
    return values


def _cost(node: Node) -> object | None:
    """WooCommerce's own figure where the shop keeps it (since 9.5), or that of a plugin."""
    own = node.get("cost_of_goods_sold")
    total = _text(own.get("total_value")) if isinstance(own, dict) else ""
    meta = {_text(one.get("key")): one.get("value") for one in _list(node.get("meta_data")) if isinstance(one, dict)}
    return amount(total if total not in ("", "0") else meta_cost(meta))


def _pairs(node: Node) -> list[tuple[object, object]]:
    """`[{"name": "Color", "option": "Red"}]` of a variation."""
    found = [one for one in _list(node.get("attributes")) if isinstance(one, dict)]
    return [(one.get("name"), one.get("option")) for one in found]


def _facts(node: Node, parent: Node, chosen: dict[str, str]) -> Values:
    """Attributes the shop shows; what a variation varies in is its own value, not its product's list."""
    facts: Values = {}
    for one in _list((parent or node).get("attributes")):
        if not isinstance(one, dict) or one.get("visible") is False or (parent and one.get("variation")):
            continue
        name, options = _text(one.get("name")), [option for option in _list(one.get("options")) if option]
        if name and options and name not in chosen:
            facts[f"custom:{name}"] = options if len(options) > 1 else options[0]
    return facts


def _image(node: Node) -> object:
    pictures = [node.get("image"), *_list(node.get("images"))]
    return next((one["src"] for one in pictures if isinstance(one, dict) and one.get("src")), None)


def _first_name(terms: object) -> str | None:
    names = [_text(term.get("name")) for term in _list(terms) if isinstance(term, dict)]
    return next((name for name in names if name and name.casefold() not in CATCH_ALL), None)


def _stock(node: Node, parent: Node) -> Values:
    managed = node.get("manage_stock")
    counted = parent if managed == "parent" else node
    quantity = whole(counted.get("stock_quantity")) if managed else None
    status = _text(node.get("stock_status")) or ("outofstock" if node.get("in_stock") is False else "")
    return availability(status, quantity, _text(counted.get("backorders")) in ("yes", "notify"))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value).strip() if plain else ""
