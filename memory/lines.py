"""The products an event talks about, read leniently from Segment's e-commerce properties.

What cannot be read (a price of "call us", a quantity of -1) is left out, never guessed; the event itself is kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from memory.events import MAX_ID_LENGTH, Event
from store.types import to_units

MAX_AMOUNT = 10**10
MAX_QUANTITY = 10**6
MAX_LABEL_LENGTH = 120
MAX_LINES = 100
MAX_ATTRIBUTES = 6
ATTRIBUTE_PROPERTIES = ("color", "colour", "size", "material", "variant", "flavor", "flavour", "style")
_UNITS = 10_000


@dataclass(frozen=True, slots=True)
class ProductHints:
    """What the catalog knows about a product, for events that come without it. `price` in units of currency."""

    name: str | None = None
    category: str | None = None
    brand: str | None = None
    price: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


Enrich = Callable[[str], ProductHints | None]
"""Product id -> hints. Handed in at ingest, because memory knows no catalog."""


@dataclass(slots=True)
class Line:
    """One product of an event."""

    product_id: str
    quantity: int
    price: int | None
    """Units of 1/10000."""
    name: str | None
    category: str | None
    brand: str | None
    attributes: dict[str, str]


def lines(event: Event) -> list[Line]:
    """The lines of `properties.products`, or of the properties themselves; hints fill what they lack."""
    properties = event.properties
    products = properties.get("products")
    items = products[:MAX_LINES] if isinstance(products, list) else [properties]
    hints = event.hints
    found = (_line(item, hints) for item in items if isinstance(item, dict))
    return [line for line in found if line is not None]


def add_hints(event: Event, enrich: Enrich) -> None:
    """Write what `enrich` knows beside the products that lack a name, category, brand or price.

    It becomes part of the stored event, so that a rebuild does not depend on what the catalog says by then.
    """
    hints: dict[str, dict[str, Any]] = {}
    for line in lines(event):
        if None in (line.name, line.category, line.brand, line.price):
            known = enrich(line.product_id)
            if known is not None:
                hints[line.product_id] = _plain(known)
    if hints:
        event.body["hints"] = hints


def units(value: Any) -> int | None:
    """A non-negative amount of money in 1/10000 units, None when it is not one."""
    if isinstance(value, str):
        value = _decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if not math.isfinite(value) or not 0 <= value <= MAX_AMOUNT:
        return None
    return round(value * _UNITS)


def label(value: Any) -> str | None:
    """A short text on one line, None when there is none."""
    if not isinstance(value, str):
        return None
    return " ".join(value.split())[:MAX_LABEL_LENGTH] or None


def text_id(value: Any) -> str | None:
    """An id that may come as a string or an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and 0 < len(value) <= MAX_ID_LENGTH:
        return value
    return None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _line(item: dict[str, Any], hints: dict[str, Any]) -> Line | None:
    product_id = text_id(item.get("product_id")) or text_id(item.get("sku"))
    quantity = _quantity(item.get("quantity"))
    if product_id is None or quantity is None:
        return None
    known: dict[str, Any] = hints.get(product_id) or {}
    price = units(item.get("price"))
    return Line(
        product_id=product_id,
        quantity=quantity,
        price=price if price is not None else known.get("price"),
        name=label(item.get("name")) or known.get("name"),
        category=label(item.get("category")) or known.get("category"),
        brand=label(item.get("brand")) or known.get("brand"),
        attributes=_attributes(item) | (known.get("attributes") or {}),
    )


def _quantity(value: Any) -> int | None:
    """One when unsaid, None when it is no number of things."""
    if value is None:
        return 1
    if isinstance(value, str):
        value = _decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return int(value) if math.isfinite(value) and 1 <= value <= MAX_QUANTITY else None


def _attributes(item: dict[str, Any]) -> dict[str, str]:
    found = ((name, label(item.get(name))) for name in ATTRIBUTE_PROPERTIES if name in item)
    return {name: value for name, value in found if value is not None}


def _plain(known: ProductHints) -> dict[str, Any]:
    attributes = ((label(name), label(value)) for name, value in list(known.attributes.items())[:MAX_ATTRIBUTES])
    return {
        "name": label(known.name),
        "category": label(known.category),
        "brand": label(known.brand),
        "price": None if known.price is None else to_units(known.price),
        "attributes": {name: value for name, value in attributes if name and value},
    }
