"""Why somebody is due, in plain words: for the marketer who asks, never for the e-mail."""

from __future__ import annotations

from datetime import datetime

_REASONS = {
    "welcome": "Agreed to e-mail, or was first heard of, on {since}.",
    "birthday": "Has their birthday today, where they live.",
    "abandoned_cart": "Filled a cart from {since} on and has not ordered since.",
    "browse_abandonment": "Looked at products, last on {since} at {product}, and put nothing into the cart.",
    "post_purchase": "Ordered on {since}, and kept it.",
    "cross_sell": "Ordered on {since}, and kept it.",
    "replenishment": "Bought {product} on {since}, and it runs out soon.",
    "win_back": "Ordered last on {since}: longer ago than twice their own gap between orders.",
    "vip": "Became a VIP with the order of {since}.",
    "price_drop": "Wants {product}, which became cheaper on {since}.",
    "back_in_stock": "Wants {product}, which can be ordered again since {since}.",
}


def reason(flow: str, since: datetime, product_id: str) -> str:
    """One sentence."""
    return _REASONS[flow].format(since=f"{since.day} {since:%B %Y}", product=f"product {product_id}")
