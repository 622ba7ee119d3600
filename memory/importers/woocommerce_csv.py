"""WooCommerce's CSV: the customers of its Analytics, and what the known export plugins write.

Orders come one row a line (`item_…` columns) or one row an order, its lines packed into `line_items` or into
`line_item_1`, `line_item_2` …: `name:Sencha|product_id:7|quantity:2|total:10.00`. Analytics' own orders report names
neither an address nor a price, and cannot be imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

from memory.importers import cells
from memory.importers.model import Customer, Line, Order, Person, Rows
from memory.importers.options import ImportOptions
from memory.importers.plain import CENTS, extra_traits, given_back
from memory.importers.sheet import Row, each, each_row, grouped, rows_of
from memory.importers.spool import SpooledRow

SYSTEM = "WooCommerce"
NO_ORDER = frozenset({"pending", "failed", "checkout-draft", "draft", "trash", "auto-draft"})
"""Statuses of what nobody bought: not paid, given up, thrown away."""
ADDRESS = {
    "billing_address_1": "street", "billing_city": "city", "billing_postcode": "postalCode", "billing_state": "state",
    "billing_country": "country", "city": "city", "region": "state", "postal code": "postalCode",
    "country / region": "country",
}  # fmt: skip
_PACKED = re.compile(r"line_item_\d+")


def customers(file: Path, options: ImportOptions) -> Rows:
    """Customers. Raises: FileMissing, FileUnreadable."""
    return each(rows_of(file, (("email", "user_email", "billing_email"),), SYSTEM), partial(_customer, options=options))


def _customer(line: int, row: Row, options: ImportOptions) -> Customer:
    return Customer(line, _person(row, options))


def _person(row: Row, options: ImportOptions) -> Person:
    first = cells.text(row.get("first_name") or row.get("billing_first_name"))
    last = cells.text(row.get("last_name") or row.get("billing_last_name"))
    account = cells.identifier(row.get("customer_id") or row.get("customer_user") or row.get("id"), "customer_id")
    address = {part: cells.text(row.get(column)) for column, part in ADDRESS.items() if row.get(column)}
    traits = {
        "firstName": first,
        "lastName": last,
        "name": "" if first or last else cells.text(row.get("name")),
        "phone": cells.text(row.get("billing_phone")),
        "address": cells.compact(address),
    }
    address_of = row.get("email") or row.get("user_email") or row.get("customer_email") or row.get("billing_email")
    return Person(
        # A guest's order says 0.
        user_id=account if account not in ("", "0") else None,
        email=cells.email(address_of),
        traits=cells.compact({**traits, **extra_traits(row, options)}),
    )


def orders(file: Path, options: ImportOptions) -> Rows:
    """Orders that were placed. Raises: FileMissing, FileUnreadable."""
    columns = (("order_id",), ("order_date", "date"), ("billing_email", "customer_email"), ("order_total",))
    return grouped(rows_of(file, columns, SYSTEM), lambda row: row.get("order_id", "").strip(), partial(_read, options))


def _read(options: ImportOptions, rows: list[SpooledRow]) -> Rows:
    status = cells.text(rows[0].values.get("status")).lower().removeprefix("wc-")
    if status not in NO_ORDER:
        yield _order(status, rows, options)


def _order(status: str, rows: list[SpooledRow], options: ImportOptions) -> Order:
    line, head = rows[0]
    at = cells.moment(head.get("order_date") or head.get("date"), "order_date", options)
    placed = cells.needed(at, "order_date", "date", "Export the order's date.")
    amounts = _amounts(head, options)
    refunded = cells.given_back(head.get("refunded_total"), "refunded_total", options)
    if status == "refunded" and not refunded:
        refunded = amounts.get("total", refunded)
    return Order(
        line=line,
        order_id=cells.identifier(head["order_id"], "order_id"),
        # `id` and `name` are the customer's in a list of customers, and anything in an order.
        person=_person({name: value for name, value in head.items() if name not in ("id", "name")}, options),
        at=placed,
        currency=cells.currency(head.get("order_currency") or head.get("currency"), options),
        lines=tuple(line for lines in each_row(rows, lambda row: list(_lines(row.values, options))) for line in lines),
        amounts=amounts,
        coupon=_coupon(head),
        gift=cells.gift(head.get("customer_note")),
        refunds=given_back(
            refunded or (amounts.get("total", Decimal(0)) if status == "refunded" else Decimal(0)), placed
        ),
        cancelled_at=placed if status == "cancelled" else None,
    )


def _amounts(head: Row, options: ImportOptions) -> dict[str, Decimal]:
    columns = {"total": "order_total", "shipping": "shipping_total", "tax": "tax_total", "discount": "discount_total"}
    return cells.compact({ours: cells.amount(head.get(theirs), theirs, options) for ours, theirs in columns.items()})


def _coupon(head: Row) -> str | None:
    """The first code: `code:WELCOME10|amount:5.00`, or the code alone."""
    packed = _unpacked(head.get("coupon_items") or head.get("coupons") or "")
    first = next(packed, {})
    return cells.text(first.get("code") or head.get("coupon_code")) or None


def _lines(row: Row, options: ImportOptions) -> Iterator[Line]:
    """Of one row: a line of its own, or all of them packed into cells."""
    if row.get("item_name") or row.get("item_product_id"):
        item = {name.removeprefix("item_"): value for name, value in row.items() if name.startswith("item_")}
        yield _line(item, options)
        return
    packed = [row[name] for name in row if name == "line_items" or _PACKED.fullmatch(name)]
    for item in _unpacked(";".join(packed)):
        yield _line(item, options)


def _unpacked(text: str) -> Iterator[Row]:
    """The parts of a packed cell; `meta` may hold anything, and is not looked at."""
    for part in text.split(";"):
        pairs = (pair.partition(":") for pair in part.split("|"))
        found = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
        if found:
            yield found


def _line(item: Row, options: ImportOptions) -> Line:
    name, sku = cells.text(item.get("name")), cells.text(item.get("sku"))
    variation = cells.identifier(item.get("variation_id"), "variation_id")
    product = cells.identifier(item.get("product_id"), "product_id")
    quantity = cells.quantity(item.get("quantity"), "item_quantity")
    whole = cells.amount(item.get("total") or item.get("subtotal"), "item_total", options)
    price = cells.amount(item.get("price"), "item_price", options)
    if price is None and whole is not None:
        price = (whole / abs(quantity)).quantize(CENTS)
    return Line(
        product_id=variation if variation not in ("", "0") else product or sku or name,
        quantity=quantity,
        price=price,
        name=name or None,
        details=cells.compact({"sku": sku}),
    )
