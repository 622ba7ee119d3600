"""Klaviyo's catalog: items and variants as its API has them (JSON:API, revision 2026-07-15), or the flat custom feed.

Items and variants may come in any order, on pages or one a line. A variant knows its item by
`relationships.item`, or its item lists it in `relationships.variants`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.feeds.groups import Group, Groups, Part
from catalog.feeds.json_items import items
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import LeftOut, RawRow, RawRows, column_name, put
from catalog.feeds.variants import whole
from catalog.text import clean_text
from store.files.json_items import Item
from store.files.source import Source

ITEM, VARIANT = range(2)
CATEGORY = "catalog-category"
MAX_CATEGORIES = 100_000
NAMES = {
    "external_id": "id", "url": "link", "image_full_url": "image_link", "image_thumbnail_url": "image_link",
    "created": "added_at", "catalog_type": "", "integration_type": "", "updated": "", "published": "",
    "inventory_quantity": "", "inventory_policy": "", "custom_metadata": "", "images": "", "categories": "",
    "sku": "", "relationships": "", "links": "", "type": "", "variants": "",
}  # fmt: skip
"""Klaviyo's keys by our columns; an empty one is read on its own, or says nothing of the product."""
CONTINUE = frozenset({0, 2})
"""Inventory policies under which an item is offered whatever its count (the API's words for `inventory_policy`)."""

Node = dict[str, Any]


def read(source: Source, options: FeedOptions = DEFAULTS) -> RawRows:
    """A row for each variant, and for each item without variants; unpublished ones are left out.

    Raises: FeedNotFound, FeedUnreadable.
    """
    categories: dict[str, str] = {}
    with Groups() as groups:
        for item in items(source):
            if isinstance(item, RowIssue):
                yield item
            else:
                yield from _place(groups, item, categories)
        for group in groups:
            yield from _rows(group, categories)


def _place(groups: Groups, item: Item, categories: dict[str, str]) -> Iterator[RowIssue]:
    line, node = item
    node = node["data"] if isinstance(node.get("data"), dict) else node
    kind, own = _text(node.get("type")), _text(node.get("id")) or _text(_attributes(node).get("external_id"))
    if not own:
        yield RowIssue(line=line, field="id", reason="There is no id.", fix="Give every item an external_id.")
        return
    if kind == CATEGORY:
        if len(categories) < MAX_CATEGORIES:
            categories[own] = clean_text(_text(_attributes(node).get("name")))[:200]
        return
    if kind == "catalog-variant":
        for item_id in _related(node, "item"):
            groups.child(own, item_id)
        groups.part(own, VARIANT, line, node)
        return
    groups.root(own)
    groups.part(own, ITEM, line, node)
    for variant_id in _related(node, "variants"):
        groups.child(variant_id, own)


def _rows(group: Group, categories: dict[str, str]) -> RawRows:
    if group.issue:
        yield group.issue
    found = [part for part in group.parts if part.rank == ITEM]
    variants = [part for part in group.parts if part.rank == VARIANT]
    item = found[0] if found else None
    for part in found[1:]:
        yield _issue(part, f"The item is in the feed already, in line {found[0].line}.", "Send each item once.")
    if item and _is_unpublished(item.body):
        yield _left_out(item)
        return
    if item and not variants:
        yield RawRow(item.line, _values(item.body, {}, categories))
    for variant in variants:
        if _is_unpublished(variant.body):
            yield _left_out(variant)
        else:
            yield RawRow(variant.line, _values(variant.body, item.body if item else {}, categories))


def _issue(part: Part, reason: str, fix: str) -> RowIssue:
    return RowIssue(line=part.line, product_id=_external_id(part.body) or None, field="id", reason=reason, fix=fix)


def _left_out(part: Part) -> LeftOut:
    return LeftOut(
        line=part.line,
        product_id=_external_id(part.body) or None,
        field="published",
        reason="It is not published in the catalog.",
        fix="Publish it to sell it.",
    )


def _attributes(node: Node) -> Node:
    """What describes it: under `attributes` in JSON:API, beside the id in the flat feed."""
    found = node.get("attributes") if "type" in node else None
    flat = found if isinstance(found, dict) else node
    # Fields of the legacy feed may carry the mark of Klaviyo's own: `$inventory_quantity`.
    return {str(key).removeprefix("$"): value for key, value in flat.items()}


def _is_unpublished(node: Node) -> bool:
    return _attributes(node).get("published") is False


def _external_id(node: Node) -> str:
    """`SHIRT-M` of `$custom:::$default:::SHIRT-M`."""
    given = _text(_attributes(node).get("external_id")) or _text(_attributes(node).get("id")) or _text(node.get("id"))
    return clean_text(given.rpartition(":::")[2])[:128]


def _values(node: Node, item: Node, categories: dict[str, str]) -> dict[str, object]:
    own, of = _attributes(node), _attributes(item)
    values: dict[str, object] = {"id": _external_id(node), "item_group_id": _external_id(item) if item else None}
    values["title"] = _title(_text(own.get("title")), _text(of.get("title")))
    values |= _stock(own)
    metadata = [of.get("custom_metadata"), own.get("custom_metadata")]
    for facts in metadata:
        if isinstance(facts, dict):
            values |= {f"custom:{name}": value for name, value in facts.items()}
    put(values, "product_type", _category(node, item, categories))
    for key, value in (*own.items(), *((key, of[key]) for key in of if key in NAMES or key == "description")):
        column = NAMES.get(key, column_name(key))
        if column and value is not None:
            put(values, column, value)
    put(values, "image_link", _first(own.get("images")) or _first(of.get("images")))
    return values


def _title(own: str, item: str) -> str:
    """The variant's title where it says the item's as well, else both."""
    if not own or not item or clean_text(item).casefold() in clean_text(own).casefold():
        return own or item
    return f"{item} - {own}"


def _stock(attributes: Node) -> dict[str, object]:
    """Policy 1 hides what is out of stock; under the others it is offered on, so it can only be ordered."""
    quantity, policy = whole(attributes.get("inventory_quantity")), whole(attributes.get("inventory_policy"))
    if quantity is None:
        return {}
    if quantity > 0:
        return {"availability": "in_stock", "stock": quantity}
    return {"availability": "backorder" if policy in CONTINUE else "out_of_stock", "stock": 0}


def _category(node: Node, item: Node, categories: dict[str, str]) -> object:
    """The first category by name; an id is shown to nobody."""
    listed = _attributes(node).get("categories") or _attributes(item).get("categories")
    named = [
        categories[one] for one in (*_related(node, "categories"), *_related(item, "categories")) if one in categories
    ]
    return next(filter(None, named), None) or _first(listed)


def _related(node: Node, name: str) -> list[str]:
    """The ids under `relationships.NAME.data`, be it one or a list."""
    relationships = node.get("relationships")
    relation = relationships.get(name) if isinstance(relationships, dict) else None
    data = relation.get("data") if isinstance(relation, dict) else None
    listed = data if isinstance(data, list) else [data]
    return [_text(one.get("id")) for one in listed if isinstance(one, dict) and _text(one.get("id"))]


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else values if isinstance(values, str) else None


def _text(value: object) -> str:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value).strip() if plain else ""
