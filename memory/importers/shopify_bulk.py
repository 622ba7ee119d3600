"""Orders and customers of Shopify's bulk operations: JSONL of GraphQL objects, an order's lines on lines of their own.

Field names are those of the Admin API (shopify.dev/docs/api/admin-graphql): ask for what `docs/memory/importing.md`
lists. A line names its order in `__parentId`, and may stand anywhere behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from memory.importers import cells
from memory.importers.model import Consent, Customer, Line, Order, Person, Refund, Rows
from memory.importers.options import ImportOptions
from memory.importers.plain import extra_traits
from memory.importers.sheet import issue_of, of_order, reading
from memory.importers.spool import MAX_ROWS, Spool, SpooledRow
from store.files.issues import RowIssue
from store.files.json_items import items

Node = dict[str, Any]
ADDRESS = {
    "address1": "street", "city": "city", "zip": "postalCode", "provinceCode": "state", "countryCodeV2": "country",
}  # fmt: skip
STATES = {"SUBSCRIBED": "yes", "UNSUBSCRIBED": "unsubscribed"}
"""The others (NOT_SUBSCRIBED, PENDING, INVALID, REDACTED) say neither yes nor no."""
AMOUNTS = {
    "total": "totalPriceSet", "revenue": "subtotalPriceSet", "shipping": "totalShippingPriceSet",
    "tax": "totalTaxSet", "discount": "totalDiscountsSet",
}  # fmt: skip


def customers(file: Path, options: ImportOptions) -> Rows:
    """Customers. Raises: FileMissing, FileUnreadable."""
    for found in items(file):
        if isinstance(found, RowIssue):
            yield found
        elif "gid://shopify/Customer/" in str(found.values.get("id")):
            yield reading(found.line, _customer, found.line, found.values, options)


def _customer(line: int, node: Node, options: ImportOptions) -> Customer:
    at = cells.moment(node.get("updatedAt") or node.get("createdAt"), "updatedAt", options)
    return Customer(line, _person(node, options), at)


def _person(node: Node, options: ImportOptions) -> Person:
    address = _node(node, "defaultAddress")
    mail = _node(node, "defaultEmailAddress")
    phone = _node(node, "defaultPhoneNumber").get("phoneNumber") or node.get("phone")
    parts = {part: cells.text(address.get(name)) for name, part in ADDRESS.items()}
    traits = {
        "firstName": cells.text(node.get("firstName")),
        "lastName": cells.text(node.get("lastName")),
        "phone": cells.text(phone),
        "locale": cells.text(node.get("locale")),
        "address": cells.compact(parts),
    }
    return Person(
        user_id=_number(node.get("id")) or None,
        email=cells.email(mail.get("emailAddress") or node.get("email")),
        traits=cells.compact({**traits, **extra_traits(node, options)}),
        consents=tuple(_consents(_node(node, "emailMarketingConsent") or mail, options)),
    )


def _consents(given: Node, options: ImportOptions) -> Iterator[Consent]:
    said = STATES.get(str(given.get("marketingState")))
    if said is None:
        return
    at = given.get("consentUpdatedAt") or given.get("marketingUpdatedAt")
    proof = {"opt_in_level": cells.text(given.get("marketingOptInLevel"))}
    yield Consent(
        "yes" if said == "yes" else "unsubscribed",
        cells.moment(at, "consentUpdatedAt", options),
        cells.compact(proof),
    )


def orders(file: Path, options: ImportOptions) -> Rows:
    """Orders; tests and drafts are left out. Raises: FileMissing, FileUnreadable."""
    with Spool() as spool:
        for found in items(file):
            if isinstance(found, RowIssue):
                yield found
                continue
            own = found.values.get("__parentId") or found.values.get("id")
            if isinstance(own, str) and own.startswith("gid://shopify/Order/"):
                spool.add(own, found.line, found.values)
        for rows in spool.groups():
            for made in _read(rows, options):
                yield of_order(made, _named(rows)) if isinstance(made, RowIssue) else made


def _named(rows: list[SpooledRow]) -> str:
    """What the shop calls the order, `#1001`; else its number."""
    first = rows[0].values
    own = cells.text(first.get("__parentId") or first.get("id")).rpartition("/")[2]
    return next((cells.text(row.values.get("name")) for row in rows if "__parentId" not in row.values), "") or own


def _read(rows: list[SpooledRow], options: ImportOptions) -> Rows:
    head = next((row for row in rows if "__parentId" not in row.values), None)
    if head is None or len(rows) > MAX_ROWS:
        reason = "The lines of an order stand here without the order." if head is None else "The order is too long."
        yield RowIssue(line=rows[0].line, field="__parentId", reason=reason, fix="Export the orders again, whole.")
        return
    if head.values.get("test") is True:
        return
    lines = [row.values for row in rows if "LineItem/" in str(row.values.get("id"))]
    try:
        yield _order(head.line, head.values, lines + _inside(head.values), options)
    except cells.BadCell as error:
        yield issue_of(head.line, error)


def _inside(node: Node) -> list[Node]:
    """The lines of an order that was not exported in bulk: they stand inside of it."""
    found = _node(node, "lineItems").get("nodes") or []
    return [line for line in found if isinstance(line, dict)]


def _order(line: int, node: Node, lines: list[Node], options: ImportOptions) -> Order:
    at = cells.moment(node.get("processedAt") or node.get("createdAt"), "createdAt", options)
    codes = node.get("discountCodes") or [node.get("discountCode")]
    amounts = {ours: _money(node, theirs, options) for ours, theirs in AMOUNTS.items()}
    code = node.get("currencyCode") or _node(_node(node, "totalPriceSet"), "shopMoney").get("currencyCode")
    return Order(
        line=line,
        order_id=_number(node["id"]),
        person=_buyer(node, options),
        at=cells.needed(at, "createdAt", "date", "Ask for createdAt."),
        currency=cells.currency(code, options),
        lines=tuple(_line(one, options) for one in lines),
        amounts=cells.compact(amounts),
        coupon=cells.text(codes[0]) or None,
        gift=cells.gift(node.get("note"), node.get("customAttributes")),
        refunds=tuple(sorted(_refunds(node, options), key=lambda refund: refund.at)),
        cancelled_at=cells.moment(node.get("cancelledAt"), "cancelledAt", options),
    )


def _buyer(node: Node, options: ImportOptions) -> Person:
    """The account, by id; its traits and consent come with the customers."""
    customer = _node(node, "customer")
    return Person(
        user_id=_number(customer.get("id")) or None, email=cells.email(node.get("email") or customer.get("email"))
    )


def _refunds(node: Node, options: ImportOptions) -> Iterator[Refund]:
    for refund in node.get("refunds") or []:
        at = cells.moment(refund.get("createdAt"), "refunds", options)
        fix = "Ask for refunds { id createdAt totalRefundedSet { shopMoney { amount } } }."
        amount = _money(refund, "totalRefundedSet", options)
        yield Refund(
            cells.needed(at, "refunds", "date of a refund", fix),
            amount if amount is not None else Decimal(0),
        )


def _line(node: Node, options: ImportOptions) -> Line:
    variant = _node(node, "variant")
    sku = cells.identifier(node.get("sku") or variant.get("sku"), "sku")
    price = _money(node, "discountedUnitPriceSet", options)
    name = cells.text(node.get("name") or node.get("title"))
    return Line(
        product_id=_number(variant.get("id")) or sku or name,
        quantity=cells.quantity(node.get("quantity")),
        price=price if price is not None else _money(node, "originalUnitPriceSet", options),
        name=name or None,
        details=cells.compact({"sku": sku, "brand": cells.text(node.get("vendor"))}),
    )


def _money(node: Node, name: str, options: ImportOptions) -> Decimal | None:
    """The amount in the shop's own currency."""
    return cells.amount(_node(_node(node, name), "shopMoney").get("amount"), name, options)


def _node(node: Node, name: str) -> Node:
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: object) -> str:
    """The number of a global id: `gid://shopify/Order/450789469` → `450789469`, as other exports have it."""
    return cells.identifier(value, "id").rpartition("/")[2].partition("?")[0]
