"""One customer's year as Segment calls, verbatim as a source would POST them.

Names and properties follow Segment's e-commerce v2 and e-mail specs
(https://segment.com/docs/connections/spec/ecommerce/v2/, …/spec/email/).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.model import Product
from demo.people import Person

FREE_SHIPPING_OVER = Decimal(45)
SHIPPING = Decimal("3.95")
CURRENCY = "GBP"
_CONTEXT = {"library": {"name": "hollin-row-shop", "version": "1.0.0"}}


class Journal:
    """Collects what one person did; `calls()` gives it back in order, with ids that never change."""

    def __init__(self, person: Person, seed: int, now: datetime) -> None:
        self.person = person
        self._seed = seed
        self._now = now
        self._entries: list[tuple[datetime, dict[str, Any]]] = []
        self._orders = 0

    def calls(self) -> list[dict[str, Any]]:
        """The calls up to now, oldest first. Ids: `demo<seed>-<customer>-<number>`."""
        past = sorted((entry for entry in self._entries if entry[0] <= self._now), key=lambda entry: entry[0])
        prefix = f"demo{self._seed}-{self.person.external_id}"
        return [self._call(f"{prefix}-{number:04d}", at, body) for number, (at, body) in enumerate(past)]

    def identify(self, at: datetime, **more: Any) -> None:
        """Who it is, with `createdAt` and further traits."""
        traits = self.person.traits() | {"createdAt": _iso(at)} | more
        self._entries.append((at, {"type": "identify", "traits": traits}))

    def viewed(self, at: datetime, product: Product) -> None:
        self._track(at, "Product Viewed", _properties(product, at))

    def searched(self, at: datetime, query: str) -> None:
        self._track(at, "Products Searched", {"query": query})

    def wished(self, at: datetime, product: Product) -> None:
        self._track(at, "Product Added to Wishlist", {"wishlist_name": "Saved"} | _properties(product, at))

    def added(self, at: datetime, product: Product, quantity: int = 1) -> None:
        """Into the cart."""
        self._track(at, "Product Added", _properties(product, at) | {"quantity": quantity})

    def reviewed(self, at: datetime, product: Product, body: str, rating: int) -> None:
        self._track(at, "Product Reviewed", {"product_id": product.id, "review_body": body, "rating": str(rating)})

    def ordered(self, at: datetime, lines: Sequence[tuple[Product, int]], *, coupon: str | None = None) -> str:
        """Cart, checkout, order; returns the order id."""
        self._orders += 1
        order_id = f"HR-{self.person.index:04d}-{self._orders:02d}"
        for position, (product, quantity) in enumerate(lines):
            self.added(at - timedelta(minutes=9 - min(position, 5)), product, quantity)
        revenue = sum((_price(product, at) * quantity for product, quantity in lines), Decimal(0))
        shipping = Decimal(0) if revenue >= FREE_SHIPPING_OVER else SHIPPING
        order: dict[str, Any] = {
            "order_id": order_id,
            "total": float(revenue + shipping),
            "revenue": float(revenue),
            "shipping": float(shipping),
            "tax": 0.0,
            "discount": 0.0,
            "currency": CURRENCY,
            "products": [_properties(product, at) | {"quantity": quantity} for product, quantity in lines],
        }
        if coupon:
            order["coupon"] = coupon
        self._track(at - timedelta(minutes=2), "Checkout Started", order)
        self._track(at, "Order Completed", order)
        return order_id

    def refunded(self, at: datetime, order_id: str, product: Product, ordered_at: datetime) -> None:
        """One line sent back."""
        line = _properties(product, ordered_at) | {"quantity": 1}
        self._track(
            at,
            "Order Refunded",
            {"order_id": order_id, "total": line["price"], "currency": CURRENCY, "products": [line]},
        )

    def mailed(self, at: datetime, number: int, *, opened: bool = False, clicked: bool = False) -> None:
        """A past e-mail of the shop, and what became of it."""
        mail = {
            "email_id": f"{self.person.external_id}-mail-{number}",
            "email_subject": "Notes from the Row",
            "campaign_id": f"notes-{number:02d}",
            "campaign_name": "Notes from the Row",
        }
        self._track(at, "Email Delivered", mail)
        if opened:
            self._track(at + timedelta(hours=3, minutes=self.person.index % 50), "Email Opened", mail)
        if clicked:
            link = {"link_url": "https://www.hollinrow.example/new", "link_id": "new"}
            self._track(at + timedelta(hours=3, minutes=52), "Email Link Clicked", mail | link)

    def unsubscribed(self, at: datetime, number: int) -> None:
        self._track(
            at,
            "Unsubscribed",
            {"email_id": f"{self.person.external_id}-mail-{number}", "campaign_id": f"notes-{number:02d}"},
        )

    def _track(self, at: datetime, event: str, properties: dict[str, Any]) -> None:
        self._entries.append((at, {"type": "track", "event": event, "properties": properties}))

    def _call(self, message_id: str, at: datetime, body: dict[str, Any]) -> dict[str, Any]:
        return {
            **body,
            "messageId": message_id,
            "userId": self.person.external_id,
            "timestamp": _iso(at),
            "context": _CONTEXT,
        }


def _properties(product: Product, at: datetime) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "sku": product.id,
        "name": product.title,
        "brand": product.brand,
        "category": product.product_type,
        "variant": product.color,
        "price": float(_price(product, at)),
        "currency": CURRENCY,
        "url": product.link,
        "image_url": product.image_link,
    }


def _price(product: Product, at: datetime) -> Decimal:
    price = product.current_price(at)
    assert price is not None, f"every demo product has a price, {product.id} has none"
    return price


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
