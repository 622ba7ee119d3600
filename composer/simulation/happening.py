"""What happened, as the events that shops and mail senders report: Segment's names and fields.

Sources: segment.com/docs/connections/spec/ecommerce/v2 and segment.com/docs/connections/spec/email; the e-mail's
properties are those of `POST /v1/outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from composer.simulation.shelf import CURRENCY, Shelf

CAMPAIGN = "newsletter"
APPLE = "Mozilla/5.0"
"""What Apple's Mail Privacy Protection says of itself when it loads the images of every e-mail."""
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gwen", "Hugo", "Iris", "Jon")


def user(customer: int) -> str:
    """The shop's own id of its n-th customer."""
    return f"c{customer:05d}"


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail that was sent, as far as its reader is concerned."""

    customer: int
    email_id: str
    week: int
    products: tuple[int, ...]
    """Places on the shelf, in the order shown."""
    arms: Mapping[str, str]
    """Dimension -> arm."""
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: when, and the message about it."""

    at: datetime
    message: Mapping[str, Any]
    sure: bool = False
    """It cannot get lost: mail senders report who leaves until they are heard."""


@dataclass(slots=True)
class Journal:
    """Writes down what happens to one customer in a week."""

    shelf: Shelf
    customer: int
    week: int
    happened: list[Happened] = field(default_factory=list)

    def joined(self, at: datetime) -> None:
        """They sign up, and say yes to e-mails."""
        name = NAMES[self.customer % len(NAMES)]
        address = f"{user(self.customer)}@post.example"
        traits = {"first_name": name, "email": address, "email_consent": True, "locale": "en-GB", "timezone": "UTC"}
        self._put(at, {"type": "identify", "traits": traits}, sure=True)

    def viewed(self, at: datetime, product: int) -> None:
        """They looked at a product."""
        self._track(at, "Product Viewed", self._product(product))

    def carted(self, at: datetime, product: int) -> None:
        """They put it into the cart."""
        self._track(at, "Product Added", {**self._product(product), "quantity": 1})

    def ordered(self, at: datetime, product: int, *, guest: bool) -> str:
        """They bought one of it; the order's id."""
        order = f"o{self.week}-{self.customer}-{len(self.happened)}"
        total = float(self.shelf.price[product])
        products = [{**self._product(product), "quantity": 1}]
        properties = {"order_id": order, "total": total, "currency": CURRENCY, "products": products}
        self._track(at, "Order Completed", properties, anonymous=guest)
        return order

    def returned(self, at: datetime, order: str, product: int, *, guest: bool) -> None:
        """They sent it back and have their money."""
        properties = {"order_id": order, "total": float(self.shelf.price[product]), "currency": CURRENCY}
        self._track(at, "Order Refunded", properties, anonymous=guest)

    def mailed(self, at: datetime, event: str, letter: Letter, *, sure: bool = False, **more: object) -> None:
        """Something happened to an e-mail."""
        self._track(at, event, {"email_id": letter.email_id, "campaign_id": CAMPAIGN, **more}, sure=sure)

    def _product(self, product: int) -> dict[str, Any]:
        return {"product_id": self.shelf.products[product].id, "price": float(self.shelf.price[product])}

    def _track(
        self, at: datetime, event: str, properties: Mapping[str, Any], *, sure: bool = False, anonymous: bool = False
    ) -> None:
        self._put(at, {"type": "track", "event": event, "properties": properties}, sure=sure, anonymous=anonymous)

    def _put(self, at: datetime, said: Mapping[str, Any], *, sure: bool = False, anonymous: bool = False) -> None:
        number = f"{self.week}-{self.customer}-{len(self.happened)}"
        who = {"anonymousId": f"guest {number}"} if anonymous else {"userId": user(self.customer)}
        message = {**said, **who, "messageId": number, "timestamp": at.isoformat()}
        self.happened.append(Happened(at, message, sure))
