"""Facts of what somebody bought, left in the cart, wished for, looked at and leans to."""

from __future__ import annotations

from collections.abc import Iterator

from memory.facts.policy import fact_of
from memory.facts.wording import day, in_words, span, the
from memory.model import CustomerMemory, Interest, ProductHistory, RememberedFact

OFTEN = 2
"""Purchases of one category from which "often" is true."""
SHORTEST_CADENCE_DAYS = 5.0
"""Below it, the customer is a business or a test account, and the sentence sounds odd."""
STRONG_INTEREST = 0.15
"""Share of a kind's interest from which it is worth a fact."""


def purchases(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for product in _by(memory, "last_bought_at"):
        assert product.last_bought_at is not None
        if product.last_returned_at is not None and product.last_returned_at >= product.last_bought_at:
            # Nobody likes to be reminded of what they sent back.
            continue
        times = f", {product.bought_times} times in all" if product.bought_times > 1 else ""
        verb = "last bought" if product.bought_times > 1 else "bought"
        yield fact_of(
            "purchase",
            product.product_id,
            f"You {verb} {the(product.name or '')} on {day(product.last_bought_at)}{times}",
            product.last_bought_at,
            value=product.product_id,
            sources=product.sources,
            about=(product.category,),
        )


def _by(memory: CustomerMemory, field: str) -> list[ProductHistory]:
    """Products with a name and this moment, latest first. Without a name there is nothing to say."""
    having = [product for product in memory.products if product.name and getattr(product, field) is not None]
    return sorted(having, key=lambda product: (getattr(product, field), product.product_id), reverse=True)


def cart(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for line in memory.cart:
        if line.name:
            yield fact_of(
                "cart",
                line.product_id,
                f"You left {the(line.name)} in your cart on {day(line.at)}",
                line.at,
                value=line.product_id,
                sources=(line.event_id,),
            )


def wishes(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for product in _by(memory, "last_wished_at"):
        assert product.last_wished_at is not None
        yield fact_of(
            "wish",
            product.product_id,
            f"You put {the(product.name or '')} on your wish list on {day(product.last_wished_at)}",
            product.last_wished_at,
            value=product.product_id,
            sources=product.sources,
            about=(product.category,),
        )


def views(memory: CustomerMemory) -> Iterator[RememberedFact]:
    """Coarse: the category, not the product; one fact a category."""
    seen: set[str] = set()
    for product in _by(memory, "last_viewed_at"):
        if product.category and product.category not in seen and product.last_viewed_at is not None:
            seen.add(product.category)
            yield fact_of(
                "view",
                product.category,
                f"You recently looked at {in_words(product.category)}",
                product.last_viewed_at,
                value=product.product_id,
                sources=product.sources,
                about=(product.name,),
            )


def interests(memory: CustomerMemory) -> Iterator[RememberedFact]:
    bought: dict[str | None, int] = {}
    for product in memory.products:
        bought[product.category] = bought.get(product.category, 0) + product.bought_times
    strong = [one for one in memory.interests if one.strength >= STRONG_INTEREST]
    for interest in strong:
        text = _liking(interest, bought)
        if text is not None:
            yield fact_of(
                "interest",
                f"{interest.kind}={interest.value}",
                text,
                interest.last_at,
                value=interest.value,
                sources=interest.sources,
            )


def _liking(interest: Interest, bought: dict[str | None, int]) -> str | None:
    if interest.kind == "category":
        often = bought.get(interest.value, 0) >= OFTEN
        return f"You {'often buy' if often else 'like'} {in_words(interest.value)}"
    if interest.kind == "brand":
        return f"You like {interest.value}"
    # Colours and price bands steer picks; told to someone, they sound like being watched.
    return None


def cadence(memory: CustomerMemory) -> Iterator[RememberedFact]:
    if memory.orders and (memory.cadence_days or 0.0) >= SHORTEST_CADENCE_DAYS:
        assert memory.cadence_days is not None
        yield fact_of(
            "cadence",
            "orders",
            f"You usually reorder about every {span(memory.cadence_days)}",
            memory.orders[0].at,
            value=round(memory.cadence_days, 1),
            sources=tuple(order.event_id for order in memory.orders),
        )
