"""Who writes in a made-up shop."""

from __future__ import annotations

from composer.documents import Brand
from composer.simulation.shelf import CURRENCY, DOMAIN

BRAND = Brand.model_validate(
    {
        "id": "simulated",
        "name": "Simulated Home",
        "url": f"https://{DOMAIN}/",
        "domain": DOMAIN,
        "currency": CURRENCY,
        "locale": "en-GB",
        "sender": {"name": "Simulated Home", "email": f"hello@{DOMAIN}"},
        "postal_address": "Simulated Home, 1 Nowhere Street, Exampleton",
        "voice": {"description": "plain and friendly"},
        "public_url": f"https://mail.{DOMAIN}/",
    }
)
