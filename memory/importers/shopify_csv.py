"""Shopify's CSV of orders and of customers, as the admin exports them (help.shopify.com, "Exporting orders").

An order takes a row for each of its lines; only the first of them says whose it is, and what it came to.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from pathlib import Path

from memory.importers import cells
from memory.importers.model import Consent, Customer, Line, Order, Person, Rows
from memory.importers.options import ImportOptions
from memory.importers.plain import extra_traits, given_back
from memory.importers.sheet import Row, each, each_row, grouped, rows_of
from memory.importers.spool import SpooledRow

SYSTEM = "Shopify"
MOMENTS = ("created at", "paid at", "fulfilled at")
TRAITS = {
    "first name": "firstName", "last name": "lastName", "phone": "phone",
}  # fmt: skip
ADDRESS = {
    "default address address1": "street", "default address city": "city", "default address zip": "postalCode",
    "default address province code": "state", "default address country code": "country",
}  # fmt: skip
OLDER_ADDRESS = {"address1": "street", "city": "city", "zip": "postalCode", "province": "state", "country": "country"}
"""Headers of exports from before 2023."""


def customers(file: Path, options: ImportOptions) -> Rows:
    """Customers. The file dates nothing. Raises: FileMissing, FileUnreadable."""
    columns = (("email",), ("accepts email marketing", "accepts marketing"))
    return each(rows_of(file, columns, SYSTEM), partial(_customer, options=options))


def _customer(line: int, row: Row, options: ImportOptions) -> Customer:
    said = cells.said(row.get("accepts email marketing") or row.get("accepts marketing"))
    traits = {ours: cells.text(row.get(theirs)) for theirs, ours in TRAITS.items()}
    address = {
        part: cells.text(row.get(column))
        for columns in (OLDER_ADDRESS, ADDRESS)
        for column, part in columns.items()
        if row.get(column)
    }
    person = Person(
        user_id=cells.identifier(row.get("customer id"), "customer_id") or None,
        email=cells.email(row.get("email")),
        traits=cells.compact({**traits, "address": cells.compact(address), **extra_traits(row, options)}),
        consents=(Consent(said, proof={"column": "Accepts Email Marketing"}),) if said else (),
    )
    return Customer(line, person)


def orders(file: Path, options: ImportOptions) -> Rows:
    """Orders. Raises: FileMissing, FileUnreadable."""
    columns = (("name",), ("email",), ("created at",), ("lineitem quantity",), ("lineitem name",), ("lineitem price",))
    return grouped(rows_of(file, columns, SYSTEM), lambda row: row.get("name", "").strip(), partial(_read, options))


def _read(options: ImportOptions, rows: list[SpooledRow]) -> Rows:
    yield _order(rows, options)


def _order(rows: list[SpooledRow], options: ImportOptions) -> Order:
    line, head = rows[0]
    moments = {name: cells.moment(head.get(name), name, options) for name in MOMENTS}
    at = cells.needed(moments["created at"], "Created at", "date", "Export the order with its first row.")
    last = max(moment for moment in moments.values() if moment)
    voided = cells.text(head.get("financial status")).lower() == "voided"
    return Order(
        line=line,
        order_id=cells.identifier(head.get("id") or head["name"], "Id"),
        person=_buyer(head, options),
        at=at,
        currency=cells.currency(head.get("currency"), options),
        lines=tuple(each_row(filter(_is_line, rows), lambda row: _line(row.values, options))),
        amounts=_amounts(head, options),
        coupon=cells.text(head.get("discount code")) or None,
        gift=cells.gift(head.get("notes"), head.get("note attributes"), head.get("tags")),
        refunds=given_back(cells.given_back(head.get("refunded amount"), "Refunded Amount", options), last),
        cancelled_at=cells.moment(head.get("cancelled at"), "Cancelled at", options) or (last if voided else None),
    )


def _is_line(row: SpooledRow) -> bool:
    return bool(row.values.get("lineitem name") or row.values.get("lineitem sku"))


def _buyer(head: Row, options: ImportOptions) -> Person:
    """Who bought. Not ticking the box in the checkout takes no earlier yes back: only a yes counts here."""
    said = cells.said(head.get("accepts marketing"))
    traits = {"name": cells.text(head.get("billing name")), **extra_traits(head, options)}
    consents = (Consent("yes", proof={"column": "Accepts Marketing", "order": True}),) if said == "yes" else ()
    return Person(email=cells.email(head.get("email")), traits=cells.compact(traits), consents=consents)


def _amounts(head: Row, options: ImportOptions) -> dict[str, Decimal]:
    columns = {
        "total": "total", "revenue": "subtotal", "shipping": "shipping", "tax": "taxes", "discount": "discount amount",
    }  # fmt: skip
    return cells.compact({ours: cells.amount(head.get(theirs), theirs, options) for ours, theirs in columns.items()})


def _line(row: Row, options: ImportOptions) -> Line:
    sku, name = cells.identifier(row.get("lineitem sku"), "Lineitem sku"), cells.text(row.get("lineitem name"))
    return Line(
        product_id=sku or name,
        quantity=cells.quantity(row.get("lineitem quantity"), "Lineitem quantity"),
        price=cells.amount(row.get("lineitem price"), "Lineitem price", options),
        name=name or None,
        details=cells.compact({"sku": sku, "brand": cells.text(row.get("vendor"))}),
    )
