"""Klaviyo's metrics, by Segment's names and with Segment's properties."""

from __future__ import annotations

from typing import Any

from memory.importers import cells

NAMES = {
    "Viewed Product": "Product Viewed",
    "Added to Cart": "Product Added",
    "Checkout Started": "Checkout Started",
    "Started Checkout": "Checkout Started",
    "Placed Order": "Order Completed",
    "Refunded Order": "Order Refunded",
    "Cancelled Order": "Order Cancelled",
    "Received Email": "Email Delivered",
    "Opened Email": "Email Opened",
    "Clicked Email": "Email Link Clicked",
    "Bounced Email": "Email Bounced",
    "Marked Email as Spam": "Email Marked as Spam",
    "Unsubscribed": "Unsubscribed",
    "Unsubscribed from Email Marketing": "Unsubscribed",
}
"""Others keep their own. `Ordered Product` repeats the lines of `Placed Order` under a name nothing is folded from."""
ORDERS = frozenset({"Placed Order", "Refunded Order", "Cancelled Order"})
PRODUCT_NAMES = {
    "product_id": ("ProductID", "ProductId", "Product ID", "VariantID", "SKU"),
    "sku": ("SKU",),
    "name": ("ProductName", "Name", "Product Name", "Title"),
    "brand": ("Brand", "Vendor"),
    "category": ("ProductCategories", "Categories", "Category"),
    "quantity": ("Quantity",),
    "price": ("ItemPrice", "Price", "Item Price"),
}
Given = dict[str, Any]


def properties_of(metric: str, given: Given) -> Given:
    """The event's properties as Segment would have them; what it does not know is left out."""
    items = given.get("Items")
    products = [_product(item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if metric in ORDERS:
        return cells.compact(
            {
                "order_id": cells.identifier(given.get("OrderId") or given.get("$event_id"), "OrderId"),
                "total": given.get("$value"),
                "currency": cells.text(given.get("$currency_code") or given.get("$value_currency")),
                "coupon": cells.text(given.get("DiscountCode") or given.get("Discount Code")),
                "products": products,
            }
        )
    if metric == "Bounced Email":
        return cells.compact({"bounce_type": cells.text(given.get("Bounce Type") or given.get("bounce_type"))})
    return cells.compact({"products": products}) or _product(given)


def _product(item: Given) -> Given:
    found = {ours: next((item[one] for one in theirs if item.get(one)), None) for ours, theirs in PRODUCT_NAMES.items()}
    category = found["category"]
    found["category"] = category[0] if isinstance(category, list) and category else category
    return cells.compact(
        {name: value if isinstance(value, int | float) else cells.text(value) for name, value in found.items()}
    )
