"""Orders and customers of WooCommerce's REST API v3 (woocommerce.github.io/woocommerce-rest-api-docs)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from memory.importers import cells
from memory.importers.model import Customer, Line, Order, Person, Refund, Rows
from memory.importers.options import ImportOptions
from memory.importers.plain import extra_traits
from memory.importers.sheet import of_order, reading
from memory.importers.woocommerce_csv import NO_ORDER
from store.files.issues import RowIssue
from store.files.json_items import items

ADDRESS = {
    "address_1": "street", "city": "city", "postcode": "postalCode", "state": "state", "country": "country",
}  # fmt: skip


def customers(file: Path, options: ImportOptions) -> Rows:
    """Customers. Raises: FileMissing, FileUnreadable."""
    read = partial(_customer, options=options)
    for found in items(file):
        yield found if isinstance(found, RowIssue) else reading(found.line, read, found.line, found.values)


def orders(file: Path, options: ImportOptions) -> Rows:
    """Orders that were placed. Raises: FileMissing, FileUnreadable."""
    placed = partial(_order, options=options)
    for found in items(file):
        if isinstance(found, RowIssue):
            yield found
        elif cells.text(found.values.get("status")) not in NO_ORDER:
            made = reading(found.line, placed, found.line, found.values)
            yield of_order(made, found.values.get("id")) if isinstance(made, RowIssue) else made


def _moment(node: dict[str, Any], name: str, options: ImportOptions) -> datetime | None:
    """`…_gmt` has no offset and is UTC; the other is on the shop's clock."""
    utc = node.get(f"{name}_gmt")
    return cells.moment(f"{utc}Z" if utc else node.get(name), name, options)


def _customer(line: int, node: dict[str, Any], options: ImportOptions) -> Customer:
    at = _moment(node, "date_modified", options) or _moment(node, "date_created", options)
    return Customer(line, _person(node, node.get("id"), node.get("email"), options), at)


def _person(node: dict[str, Any], account: object, email: object, options: ImportOptions) -> Person:
    given = node.get("billing")
    billing: dict[str, Any] = given if isinstance(given, dict) else {}
    address = {part: cells.text(billing.get(name)) for name, part in ADDRESS.items()}
    traits = {
        "firstName": cells.text(node.get("first_name") or billing.get("first_name")),
        "lastName": cells.text(node.get("last_name") or billing.get("last_name")),
        "phone": cells.text(billing.get("phone")),
        "address": cells.compact(address),
    }
    user_id = cells.identifier(account, "customer_id")
    return Person(
        user_id=user_id if user_id not in ("", "0") else None,
        email=cells.email(email or billing.get("email")),
        traits=cells.compact({**traits, **extra_traits(node, options)}),
    )


def _order(line: int, node: dict[str, Any], options: ImportOptions) -> Order:
    at = cells.needed(_moment(node, "date_created", options), "date_created", "date", "Export the order's date.")
    changed = _moment(node, "date_modified", options) or at
    status = cells.text(node.get("status"))
    names = {"total": "total", "shipping": "shipping_total", "tax": "total_tax", "discount": "discount_total"}
    amounts = {ours: cells.amount(node.get(theirs), theirs, options) for ours, theirs in names.items()}
    coupons = _list(node, "coupon_lines")
    return Order(
        line=line,
        order_id=cells.needed(cells.identifier(node.get("id"), "id"), "id", "order id", "Export orders with their id."),
        person=_person(node, node.get("customer_id"), None, options),
        at=at,
        currency=cells.currency(node.get("currency"), options),
        lines=tuple(_line(item, options) for item in _list(node, "line_items")),
        amounts=cells.compact(amounts),
        coupon=(cells.text(coupons[0].get("code")) or None) if coupons else None,
        gift=cells.gift(node.get("customer_note")),
        refunds=tuple(_refunds(node, changed, options)),
        cancelled_at=changed if status == "cancelled" else None,
    )


def _refunds(node: dict[str, Any], at: datetime, options: ImportOptions) -> Iterator[Refund]:
    """One by one, but undated: when the order last changed is the nearest there is."""
    for refund in _list(node, "refunds"):
        amount = cells.given_back(refund.get("total"), "refunds", options)
        yield Refund(at, amount)


def _list(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = node.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _line(item: dict[str, Any], options: ImportOptions) -> Line:
    variation = cells.identifier(item.get("variation_id"), "variation_id")
    product = cells.identifier(item.get("product_id"), "product_id")
    sku, name = cells.text(item.get("sku")), cells.text(item.get("name"))
    return Line(
        product_id=variation if variation not in ("", "0") else (product if product != "0" else "") or sku or name,
        quantity=cells.quantity(item.get("quantity")),
        price=cells.amount(item.get("price"), "price", options),
        name=name or None,
        details=cells.compact({"sku": sku}),
    )
