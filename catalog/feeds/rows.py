"""A row as it stands in a feed, before anything in it is believed; and the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from catalog.feeds.report import RowIssue

ALIASES = {
    "product_id": "id", "item_id": "id", "sku": "id", "offer_id": "id", "handle": "id",
    "name": "title", "product_name": "title", "product_title": "title",
    "body_html": "description", "product_description": "description",
    "url": "link", "product_url": "link", "product_link": "link",
    "image": "image_link", "image_url": "image_link", "image_src": "image_link",
    "category": "product_type", "categories": "product_type", "product_category": "product_type",
    "vendor": "brand", "manufacturer": "brand",
    "colour": "color",
    "quantity": "stock", "inventory": "stock", "stock_quantity": "stock", "inventory_quantity": "stock",
    "created_at": "added_at", "date_added": "added_at",
    "barcode": "gtin", "ean": "gtin", "upc": "gtin",
    "in_stock": "availability",
    "cost_of_goods_sold": "cost", "cost_of_goods": "cost", "cogs": "cost", "cost_per_item": "cost",
    "cost_price": "cost", "unit_cost": "cost", "item_cost": "cost", "product_cost": "cost", "purchase_price": "cost",
    "einkaufspreis": "cost", "ek_preis": "cost", "ek": "cost", "prix_d'achat": "cost", "prix_achat": "cost",
    "precio_de_compra": "cost", "precio_de_coste": "cost", "coste": "cost",
}  # fmt: skip
"""Names other systems give the Google Merchant columns."""
REQUIRED = ("id", "title", "link")
MAX_TITLE = 150
"""Google Merchant's own limit, in characters."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row: where it begins (from 1), and its values by canonical column name."""

    line: int
    values: dict[str, object]
    notes: tuple[RowIssue, ...] = ()
    """What the reader had to mend already. It need not know the product's id."""


class LeftOut(RowIssue):
    """A row the shop itself does not sell: a draft, a hidden product. Nothing is wrong with it."""


class BrokenOff(RowIssue):
    """Where a feed ends before its end: what would have come is not known, so nothing may be taken for missing."""


RawRows = Iterator[RawRow | RowIssue]
"""What every reader yields: rows, and the rows it could not take apart."""


@lru_cache(maxsize=4096)
def column_name(header: str) -> str:
    """The canonical name of a column: `g:Image Link` → `image_link`; `custom:Roast` keeps its words."""
    name = header.strip().removeprefix("\ufeff").strip()
    if name.casefold().startswith("custom:"):
        return "custom:" + name[7:].strip()
    plain = re.sub(r"[\s-]+", "_", name.casefold().removeprefix("g:").strip())
    return ALIASES.get(plain, plain)


def put(values: dict[str, object], column: str, value: object) -> None:
    """Add a value: the first that is not empty wins, since a feed may have `sku` beside `id`."""
    if values.get(column) in (None, "", []):
        values[column] = value
