"""The demo shop's product feed.

`shop/products.ndjson` holds one product a line under Google Merchant names, with three differences that keep
it fresh whenever the demo is started: `sale_days` is the sale window in days from today, `added_days_ago` the
age of the listing, and `image_link` is left out, because the pictures are served by whoever draws them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from catalog.model import Product
from demo.documents import SHOP

PUBLIC_URL = "http://localhost:8000"
PICTURE_PATH = "/demo/pictures"
RESTOCKED = (
    "ceremony-matcha", "gyokuro-yame", "woodsmoke-candle", "fig-leaf-candle", "porridge-bowl-moss",
    "beech-rolling-pin", "piston-fountain-pen-ink", "hand-trowel", "clothbound-notebook-ink",
)  # fmt: skip
"""What was sold out, and came back the day before."""


def feed(now: datetime, public_url: str = PUBLIC_URL) -> list[dict[str, Any]]:
    """The feed as of `now` (timezone-aware): plain Google Merchant rows, ready to be imported."""
    lines = (SHOP / "products.ndjson").read_text(encoding="utf-8").splitlines()
    return [_dated(json.loads(line), now, public_url) for line in lines]


def write_feed(path: Path, now: datetime, public_url: str = PUBLIC_URL) -> Path:
    """Write the feed as NDJSON."""
    lines = (json.dumps(row, ensure_ascii=False) for row in feed(now, public_url))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def products(now: datetime, public_url: str = PUBLIC_URL) -> tuple[Product, ...]:
    """The same as products."""
    return tuple(_product(row) for row in feed(now, public_url))


def _dated(row: dict[str, Any], now: datetime, public_url: str) -> dict[str, Any]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    row["image_link"] = f"{public_url.rstrip('/')}{PICTURE_PATH}/{row['id']}.jpg"
    row["added_at"] = (today - timedelta(days=row.pop("added_days_ago"))).isoformat()
    if window := row.pop("sale_days", None):
        starts, ends = (today + timedelta(days=days) for days in window)
        row["sale_price_effective_date"] = f"{starts.isoformat()}/{ends.isoformat()}"
    return row


def _product(row: Mapping[str, Any]) -> Product:
    fields = dict(row)
    amount, currency = fields.pop("price").split()
    sale = fields.pop("sale_price", None)
    starts, ends = fields.pop("sale_price_effective_date", "/").split("/")
    return Product.model_validate(
        fields
        | {
            "price": Decimal(amount),
            "currency": currency,
            "sale_price": Decimal(sale.split()[0]) if sale else None,
            "sale_price_starts": starts or None,
            "sale_price_ends": ends or None,
        }
    )
