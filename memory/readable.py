"""Which orders say enough to be one: refused before they are stored, with the field and what to send.

What cannot be read beside something that can is left out (`memory.lines`). An order of which neither an amount nor a
product can be read would count as one all the same: it would empty the cart and end what is written about it.
"""

from __future__ import annotations

from collections.abc import Iterable

from memory.events import Event, EventRejected
from memory.lines import lines, text_id, units

AMOUNTS = ("total", "revenue", "value")
"""Where the amount of an order stands, the first that can be read counts."""
_AMOUNTS = {"Order Completed": AMOUNTS, "Order Refunded": ("total",)}
"""What must say something, and the amounts that are read of it."""


def check(event: Event) -> None:
    """Raises: EventRejected, with a pointer, for an order or a refund of which nothing can be read.

    An order that is named and says nothing of money or products is one whose money is not known; a refund that says
    nothing is all of the order. Amounts that are none are neither.
    """
    amounts = _AMOUNTS.get(event.name)
    if amounts is None:
        return
    properties = event.properties
    if any(units(properties.get(name)) is not None for name in amounts) or lines(event):
        return
    said = [name for name in (*amounts, "products", "price", "quantity") if name in properties]
    is_refund = event.name == "Order Refunded"
    if is_refund and all(properties[name] is None for name in said):
        return
    if said or not (is_refund or text_id(properties.get("order_id"))):
        raise _nothing_readable(event.name, said)


def _nothing_readable(name: str, said: Iterable[str]) -> EventRejected:
    field = next(iter(said), "total")
    return EventRejected(
        f"{name!r} holds neither an amount nor a product that can be read.",
        pointer=f"/properties/{field}",
        fix='Send "total" as a number from 0 on, or "products" as a list of {"product_id", "quantity", "price"}.',
        reason="unreadable_order",
    )
