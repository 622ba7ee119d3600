"""Products, views and tastes for tests, without a database or a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from catalog.embedding import Encoder, HashingEncoder, product_text
from catalog.model import Product, Signal
from catalog.signals import Popular
from catalog.view import CatalogView, build_view

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ENCODER = HashingEncoder(64)


def product(product_id: str, title: str = "", **fields: Any) -> Product:
    """A product in stock at 10 EUR, unless said otherwise."""
    given: dict[str, Any] = {
        "title": title or f"Product {product_id}",
        "link": f"https://shop.example/{product_id}",
        "price": Decimal("10.00"),
        "currency": "EUR",
        "added_at": NOW - timedelta(days=400),
    }
    return Product.model_validate({"id": product_id, **given, **fields})


def signal(product_id: str, kind: str, days_ago: float = 3, times: int = 1) -> Signal:
    """Something that happened `days_ago`, with one source event."""
    return Signal.model_validate(
        {
            "product_id": product_id,
            "kind": kind,
            "at": NOW - timedelta(days=days_ago),
            "times": times,
            "sources": (f"event-{kind}-{product_id}",),
        }
    )


def learned(popularity: float = 0.0, with_: Iterable[tuple[str, float, int]] = ()) -> Popular:
    """What baskets taught about one product."""
    return Popular(popularity, orjson.dumps([list(one) for one in with_]).decode())


def view(
    products: Iterable[Product], signals: Mapping[str, Popular] | None = None, encoder: Encoder = ENCODER
) -> CatalogView:
    """A view as the service would build it."""
    listed = list(products)
    vectors = encoder.encode([product_text(one) for one in listed])
    raws = [tuple(getattr(one, name) for name in Product.model_fields) for one in listed]
    return build_view(raws, signals or {}, vectors)


def tea_shop() -> list[Product]:
    """Twelve products in three categories: enough for every kind of pick."""
    green, black, pots = "Tea > Green tea", "Tea > Black tea", "Teaware > Teapots"
    return [
        product("sencha", "Sencha Uji green leaf", product_type=green, brand="Aoki", consumable_days=30),
        product("gyokuro", "Gyokuro shade grown green leaf", product_type=green, brand="Aoki", price="24.00"),
        product("matcha", "Matcha ceremonial powder", product_type=green, brand="Aoki", price="32.00"),
        product("jasmine", "Jasmine pearls green leaf", product_type=green, brand="Lin"),
        product("assam", "Assam Dikom malty black leaf", product_type=black, brand="Dikom"),
        product("darjeeling", "Darjeeling first flush black leaf", product_type=black, brand="Margaret"),
        product("earlgrey", "Earl Grey bergamot black leaf", product_type=black, brand="Dikom", price="8.00"),
        product("pot-blue", "Cast iron teapot blue", product_type=pots, item_group_id="pot", color="Blue"),
        product("pot-red", "Cast iron teapot red", product_type=pots, item_group_id="pot", color="Red"),
        product("kyusu", "Kyusu clay side handle", product_type=pots, price="45.00", sale_price="39.00"),
        product("gone", "Oolong mountain leaf", product_type="Tea > Oolong", availability="out_of_stock"),
        product("unpriced", "Pu-erh cake", product_type="Tea > Dark tea", price=None, currency=None),
    ]
