"""Anybody's CSV or NDJSON, by a mapping file: a list of customers, or a purchase log with one row an order line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from memory.importers import cells
from memory.importers.model import Consent, Customer, Line, Note, Order, Person, Refund, Rows
from memory.importers.options import DOCS, CustomerMapping, ImportOptions
from memory.importers.sheet import Row, each, each_row, grouped, reading, rows_of
from memory.importers.spool import SpooledRow
from memory.sensitive import SENSITIVE_TRAITS, sensitive_topic
from store.files.delimited import Record, Table
from store.files.issues import RowIssue
from store.files.json_items import items
from store.files.mapping import Look, check_columns, looking_into, value_of
from store.files.source import FileUnreadable, text_lines

CENTS = Decimal("0.0001")
TRAITS = {
    "first_name": "firstName", "last_name": "lastName", "name": "name", "phone": "phone", "birthday": "birthday",
    "locale": "locale", "timezone": "timezone",
}  # fmt: skip
ADDRESS = {"street": "street", "city": "city", "postal_code": "postalCode", "state": "state", "country": "country"}
PRODUCT = ("category", "brand", "variant", "sku")
AMOUNTS = ("total", "revenue", "shipping", "tax", "discount")


def is_sensitive(trait: str) -> bool:
    """Whether a trait of this name is neither used nor said."""
    return trait.casefold() in SENSITIVE_TRAITS or sensitive_topic(trait.replace("_", " ")) is not None


def notes_on(options: ImportOptions) -> Iterator[Note]:
    """What of a mapping is not followed."""
    for name in options.mapping.traits if options.mapping else ():
        if is_sensitive(name):
            yield Note(
                line=1,
                field=f"traits/{name}",
                reason=f"The trait {name!r} touches a sensitive topic and was left out of every row.",
                fix="Take it out of the mapping: such traits are neither used nor said.",
            )


def extra_traits(record: Mapping[str, object], options: ImportOptions) -> dict[str, Any]:
    """The traits a mapping asks for beside the ones the format has."""
    if options.mapping is None or not options.mapping.traits:
        return {}
    look = looking_into(record)
    found = {name: value_of(rule, look) for name, rule in options.mapping.traits.items() if not is_sensitive(name)}
    return cells.compact({name: _trait(value) for name, value in found.items()})


def _trait(value: object) -> object:
    return value if isinstance(value, bool | int) else cells.text(value)


def customers(file: Path, options: ImportOptions) -> Rows:
    """A list of customers. Raises: FileMissing, FileUnreadable."""
    given = _mapping(options, ("customer_id", "email"))
    read = partial(_customer, given=given, options=options)
    if _is_json(file):
        for found in items(file):
            yield found if isinstance(found, RowIssue) else reading(found.line, read, found.line, found.values)
        return
    yield from each(_rows(file, given), read)


def orders(file: Path, options: ImportOptions) -> Rows:
    """Orders of a purchase log. Raises: FileMissing, FileUnreadable."""
    given = _mapping(options, ("order_id",), ("customer_id", "email"), ("at",), ("product_id",))
    read = partial(_read, given, options)
    yield from grouped(_records(file) if _is_json(file) else _rows(file, given), partial(_order_id, given), read)


def _mapping(options: ImportOptions, *needed: tuple[str, ...]) -> CustomerMapping:
    given = options.mapping
    if given is None or not given.fields:
        raise FileUnreadable(
            "Nothing tells what the columns of this file are.",
            pointer="line 1",
            fix=f"Give a mapping file (--mapping, see {DOCS}), or name the system it is from (--format).",
        )
    for names in needed:
        if not set(names) & given.fields.keys():
            raise FileUnreadable(
                f"The mapping does not say where {' or '.join(names)} comes from.",
                pointer="/fields",
                fix=f"Add it under fields, see {DOCS}.",
            )
    return given


def _is_json(file: Path) -> bool:
    first = next((line for line in text_lines(file) if line.strip()), "")
    return first.lstrip().startswith(("{", "["))


def _rows(file: Path, given: CustomerMapping) -> Iterator[Record | RowIssue]:
    check_columns(given.rules(), Table(file).columns)
    return rows_of(file, (), "the shop")


def _records(file: Path) -> Iterator[Record | RowIssue]:
    for found in items(file):
        yield found if isinstance(found, RowIssue) else Record(found.line, found.values)


def _customer(line: int, row: Mapping[str, object], given: CustomerMapping, options: ImportOptions) -> Customer:
    look = looking_into(row)
    at = cells.moment(_get(given, look, "updated_at"), "updated_at", options)
    return Customer(line, _person(row, look, given, options), at)


def _get(given: CustomerMapping, look: Look, field: str) -> object:
    rule = given.fields.get(field)
    return None if rule is None else value_of(rule, look)


def _person(row: Mapping[str, object], look: Look, given: CustomerMapping, options: ImportOptions) -> Person:
    traits = {theirs: cells.text(_get(given, look, ours)) for ours, theirs in TRAITS.items() if ours in given.fields}
    address = {part: cells.text(_get(given, look, field)) for field, part in ADDRESS.items() if field in given.fields}
    return Person(
        user_id=cells.identifier(_get(given, look, "customer_id"), "customer_id") or None,
        email=cells.email(_get(given, look, "email")),
        traits=cells.compact({**traits, "address": cells.compact(address), **extra_traits(row, options)}),
        consents=tuple(_consents(look, given, options)),
    )


def _consents(look: Look, given: CustomerMapping, options: ImportOptions) -> Iterator[Consent]:
    at = cells.moment(_get(given, look, "consent_at"), "consent_at", options)
    said = cells.said(_get(given, look, "accepts_marketing"))
    if said is not None:
        yield Consent(said, at, cells.compact({"method": cells.text(_get(given, look, "consent_method"))}))
    gone = cells.moment(_get(given, look, "unsubscribed_at"), "unsubscribed_at", options)
    if gone is not None:
        yield Consent("unsubscribed", gone)


def _order_id(given: CustomerMapping, row: Row) -> str:
    return cells.text(_get(given, looking_into(row), "order_id"))


def _read(given: CustomerMapping, options: ImportOptions, rows: list[SpooledRow]) -> Rows:
    """A purchase; rows with a quantity below zero are a return, of the order named or by itself."""
    sold = [row for row in rows if not _is_skipped(given, row.values)]
    if not sold:
        return
    lines = list(each_row(sold, lambda row: _line(row, given, options)))
    bought = tuple(line for line in lines if line.quantity > 0)
    returned = tuple(line for line in lines if line.quantity < 0)
    yield _order(sold[0], bought, returned, given, options)


def _is_skipped(given: CustomerMapping, row: Mapping[str, object]) -> bool:
    if not given.skip:
        return False
    look = looking_into(row)
    return any(cells.text(_get(given, look, field)) in values for field, values in given.skip.items())


def _order(
    first: SpooledRow,
    bought: tuple[Line, ...],
    returned: tuple[Line, ...],
    given: CustomerMapping,
    options: ImportOptions,
) -> Order:
    row = first.values
    look = looking_into(row)
    order_id = cells.identifier(_get(given, look, "order_id"), "order_id")
    fix = "Write the date of the order into its first row."
    at = cells.needed(cells.moment(_get(given, look, "at"), "at", options), "at", "date", fix)
    amounts = {name: cells.amount(_get(given, look, name), name, options) for name in AMOUNTS}
    refunded = cells.given_back(_get(given, look, "refunded"), "refunded", options)
    return Order(
        line=first.line,
        order_id=order_id,
        person=_person(row, look, given, options),
        at=at,
        currency=cells.currency(_get(given, look, "currency"), options),
        lines=bought,
        amounts=cells.compact(amounts),
        coupon=cells.text(_get(given, look, "coupon")) or None,
        gift=cells.flag(_get(given, look, "gift")),
        refunds=given_back(refunded + _sum(returned), at, returned),
        cancelled_at=cells.moment(_get(given, look, "cancelled_at"), "cancelled_at", options),
    )


def given_back(amount: Decimal, at: datetime, lines: tuple[Line, ...] = ()) -> tuple[Refund, ...]:
    """All that was given back, as one refund; none where nothing was."""
    return (Refund(at, amount, lines),) if amount or lines else ()


def _sum(lines: tuple[Line, ...]) -> Decimal:
    return sum((abs(line.quantity) * line.price for line in lines if line.price is not None), Decimal(0))


def _line(row: SpooledRow, given: CustomerMapping, options: ImportOptions) -> Line:
    look = looking_into(row.values)
    product = cells.identifier(_get(given, look, "product_id"), "product_id")
    amount = cells.quantity(_get(given, look, "quantity"))
    details = {name: cells.text(_get(given, look, name)) for name in PRODUCT if name in given.fields}
    details |= {name: cells.text(value_of(rule, look)) for name, rule in given.attributes.items()}
    return Line(
        product_id=cells.needed(product, "product_id", "product", "Give every row the id of its product."),
        quantity=amount,
        price=_price(look, amount, given, options),
        name=cells.text(_get(given, look, "product_name")) or None,
        details=cells.compact(details),
    )


def _price(look: Look, quantity: int, given: CustomerMapping, options: ImportOptions) -> Decimal | None:
    """Of one piece, also where the log has only what the whole line came to."""
    price = cells.amount(_get(given, look, "price"), "price", options)
    whole = cells.given_back(_get(given, look, "line_total"), "line_total", options)
    if price is None and whole:
        return (whole / abs(quantity)).quantize(CENTS)
    return price
