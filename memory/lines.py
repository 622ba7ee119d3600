"""The products an event talks about, read leniently from Segment's e-commerce properties.

What cannot be read (a price of "call us", a quantity of -1) is left out, never guessed; the event itself is kept.
What a product is called and where it belongs is the catalog's word, as of the event: anybody with the write key of a
web page may send a name, and a name is said in e-mails. What was paid for it is the event's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from memory.events import MAX_ID_LENGTH, Event
from store.types import to_units

MAX_AMOUNT = 10**10
MAX_QUANTITY = 10**6
MAX_LABEL_LENGTH = 120
MAX_LINES = 100
MAX_ATTRIBUTES = 6
MAX_ATTRIBUTE_LENGTH = 40
MAX_LASTS_DAYS = 3_650
ATTRIBUTE_CONTAINERS = ("attributes", "options")
SPELLINGS = {"colour": "color", "flavour": "flavor"}
"""One attribute, one name: the one that feeds use."""
NOT_ATTRIBUTES = frozenset(
    """product_id sku id name title brand vendor category category_id product_type price currency quantity coupon
    discount position index list list_name value revenue total tax shipping url link image image_url handle barcode
    gtin ean upc mpn condition availability affiliation description note message gift_message reason rating review
    comment order_id cart_id wishlist_id checkout_id promotion_name creative_name location source channel campaign
    query status compare_at_price original_price regular_price list_price sale_price on_sale is_sale gift is_gift
    gift_wrap gift_note occasion review_body review_title body subject question answer answers
    consumable_days""".split()
)
"""Of an event's properties (the names of Segment, GA4 and Shopify): what names a product, not what it is like."""
_OF_OTHER_THINGS = ("_id", "_url", "_at", "_date", "_price", "_amount", "_name", "_token")
_UNITS = 10_000
MAX_UNITS = MAX_AMOUNT * _UNITS
"""The greatest amount there is, in 1/10000: what lines of an order come to together is cut to it."""
_WORD = re.compile(r"[^\W_]+")
_NO_HINTS: dict[str, Any] = {}


@dataclass(frozen=True)
class ProductHints:
    """What the catalog knows about a product, for events that come without it. Prices in units of currency."""

    name: str | None = None
    category: str | None = None
    brand: str | None = None
    price: Decimal | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    consumable_days: int | None = None
    """Days a unit usually lasts."""
    regular_price: Decimal | None = None
    """The price it is reduced from while `price` is a sale's."""

    @cached_property
    def plain(self) -> dict[str, Any]:
        """As it stands beside an event: plain JSON, prices in 1/10000 units."""
        regular, price = self.regular_price, self.price
        return {
            "name": label(self.name),
            "category": label(self.category),
            "brand": label(self.brand),
            "price": None if price is None else to_units(price),
            "attributes": _said(dict(self.attributes)),
            "consumable_days": self.consumable_days,
            "regular_price": None if regular is None else to_units(regular),
        }


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
    """Name -> value, both in lower case: `color` -> `sage`."""
    lasts_days: int


def lines(event: Event) -> list[Line]:
    """The lines of `properties.products`, or of the properties themselves; hints name them and fill what they lack."""
    properties = event.properties
    products = properties.get("products")
    hints = event.hints
    if isinstance(products, list):
        found = [_line(item, hints) for item in products[:MAX_LINES] if isinstance(item, dict)]
        return [line for line in found if line is not None]
    line = _line(properties, hints)
    return [] if line is None else [line]


def add_hints(event: Event, enrich: Enrich) -> None:
    """Write what `enrich` knows beside the products, as far as the event does not say the same itself.

    It becomes part of the stored event, so that a rebuild does not depend on what the catalog says by then.
    """
    hints: dict[str, dict[str, Any]] = {}
    for line in lines(event):
        known = enrich(line.product_id)
        if known is not None and (said := _unsaid(known.plain, line)):
            # One product may stand in several lines, of which only one bears another name.
            hints[line.product_id] = hints.get(line.product_id, {}) | said
    if hints:
        event.body["hints"] = hints


def _unsaid(known: dict[str, Any], line: Line) -> dict[str, Any]:
    rest = {name: value for name, value in known.items() if value and value != getattr(line, name, None)}
    if line.price is not None:
        rest.pop("price", None)
    if "attributes" in rest:
        rest["attributes"] = {name: value for name, value in rest["attributes"].items() if name not in line.attributes}
    return {name: value for name, value in rest.items() if value}


def units(value: Any) -> int | None:
    """A non-negative amount of money in 1/10000 units, None when it is not one."""
    if type(value) is float and 0.0 <= value <= MAX_AMOUNT:
        return round(value * _UNITS)
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


@lru_cache(maxsize=16_384)
def _name(text: str) -> str | None:
    """`label` of what the shop calls something: a few thousand names, said over and over."""
    return label(text)


def _label(value: Any) -> str | None:
    return _name(value) if type(value) is str else None


def text_id(value: Any) -> str | None:
    """An id that may come as a string or an integer."""
    if isinstance(value, str):
        return value if 0 < len(value) <= MAX_ID_LENGTH else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _line(item: dict[str, Any], hints: dict[str, Any]) -> Line | None:
    get = item.get
    product_id = text_id(get("product_id")) or text_id(get("sku"))
    quantity = _quantity(get("quantity"))
    if product_id is None or quantity is None:
        return None
    price, lasts_days = units(get("price")), _days(get("consumable_days"))
    name, category, brand = _label(get("name")), _label(get("category")), _label(get("brand"))
    known = hints.get(product_id)
    if not known:
        return Line(product_id, quantity, price, name, category, brand, _attributes(item, _NO_HINTS), lasts_days or 0)
    return Line(
        product_id=product_id,
        quantity=quantity,
        price=price if price is not None else known.get("price"),
        name=known.get("name") or name,
        category=known.get("category") or category,
        brand=known.get("brand") or brand,
        attributes=_attributes(item, known.get("attributes") or _NO_HINTS),
        lasts_days=lasts_days or known.get("consumable_days") or 0,
    )


def _quantity(value: Any) -> int | None:
    """One when unsaid, None when it is no number of things."""
    if value is None:
        return 1
    if type(value) is int:
        return value if 1 <= value <= MAX_QUANTITY else None
    if isinstance(value, str):
        value = _decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return int(value) if math.isfinite(value) and 1 <= value <= MAX_QUANTITY else None


def _attributes(item: dict[str, Any], known: dict[str, str]) -> dict[str, str]:
    """What the event says of the product, and what the catalog says beside that; at most `MAX_ATTRIBUTES`."""
    if NOT_ATTRIBUTES.issuperset(item):
        return known
    found = {name: item[name] for name in item.keys() - NOT_ATTRIBUTES}
    for container in ATTRIBUTE_CONTAINERS:
        inner = found.pop(container, None)
        if isinstance(inner, dict):
            found |= inner
    return dict(islice((_said(found) | known).items(), MAX_ATTRIBUTES)) if known else _said(found)


def _said(found: dict[str, Any]) -> dict[str, str]:
    named = ((_attribute_name(name), _attribute_value(name, found[name])) for name in sorted(found))
    said = ((name, value) for name, value in named if name is not None and value is not None)
    return dict(islice(said, MAX_ATTRIBUTES))


@lru_cache(maxsize=4096)
def _attribute_name(name: str) -> str | None:
    name = "_".join(_WORD.findall(name.lower()))
    if not name or name in NOT_ATTRIBUTES or name.endswith(_OF_OTHER_THINGS):
        return None
    return SPELLINGS.get(name, name)[:MAX_ATTRIBUTE_LENGTH]


def _attribute_value(name: str, value: Any) -> str | None:
    """A short text. Numbers say nothing without their unit; sizes have none."""
    text = label(str(value) if name == "size" and type(value) is int else value)
    return text.lower() if text is not None and len(text) <= MAX_ATTRIBUTE_LENGTH else None


def _days(value: Any) -> int | None:
    return value if type(value) is int and 1 <= value <= MAX_LASTS_DAYS else None
