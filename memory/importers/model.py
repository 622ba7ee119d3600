"""What every reader makes of a row, before it becomes messages. Pure data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from store.files.issues import RowIssue

Said = Literal["yes", "no", "unsubscribed", "complained", "bounced"]


class OrderIssue(RowIssue):
    """What is wrong with a row, and whose order it is of."""

    order_id: str | None = None
    """As the shop's export names it; None where the row names none, or is of no order."""


class Note(RowIssue):
    """Something that was left out or changed on the way; the row itself came in."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What an export says about marketing e-mail."""

    said: Said
    at: datetime | None = None
    """None where the export does not date it."""
    proof: Mapping[str, Any] = field(default_factory=dict)
    """What the other system keeps as proof: method, form, double opt-in."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row is about: an account, an address, or both."""

    user_id: str | None = None
    email: str | None = None
    traits: Mapping[str, Any] = field(default_factory=dict)
    """By Segment's names; the address is added."""
    consents: tuple[Consent, ...] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """A row of a list of customers."""

    line: int
    person: Person
    at: datetime | None = None
    """When it was so; None where the export does not say."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order. `quantity` below zero is a return."""

    product_id: str
    quantity: int
    price: Decimal | None = None
    name: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    """Other properties of Segment's products: sku, brand, category, variant …"""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on an order."""

    at: datetime
    amount: Decimal
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """One order, as the export has it now. Amounts are of `currency`."""

    line: int
    order_id: str
    person: Person
    at: datetime
    currency: str | None
    lines: tuple[Line, ...]
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    """total, revenue, shipping, tax, discount: those the export has."""
    coupon: str | None = None
    gift: bool = False
    refunds: tuple[Refund, ...] = ()
    """In the order they were made; one of all that was given back so far, where the export does not list them."""
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of another system."""

    line: int
    id: str
    person: Person
    name: str
    at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A line that is one of Segment's messages already."""

    line: int
    body: Any


Found = Customer | Order | Happened | Message
Rows = Iterator[Found | RowIssue]
"""What a reader yields."""
