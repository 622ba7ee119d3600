"""From the folded state to `CustomerMemory`: everything the house may know about one customer at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from memory import measures, shopping
from memory.choices import Purpose
from memory.contacting.quiet import zone_of
from memory.cycles import cycles
from memory.dislikes import dislikes
from memory.facts.deriving import derive
from memory.measures import Placed
from memory.model import CartLine, CustomerMemory, Order, OrderLine, ProductHistory, Profile, Search
from memory.parts.forgetting import hides, without_forgotten
from memory.parts.interests import known_of
from memory.predictions.reading import Buyer, predictions_of
from memory.response_reading import Habits
from memory.sensitive import sensitive_topic
from memory.shop import NOTHING_LEARNED, Shop
from memory.state import Entry, State, micros, moment_of, order_key
from memory.traits import traits_of
from memory.words.statements import statements_of
from store.ids import CustomerId
from store.types import from_units

MAX_SOURCES = 10
PRODUCTS = 100
"""Product histories shown, latest contact first."""


def to_memory(
    customer_id: CustomerId,
    external_id: str,
    state: State,
    profile: Profile,
    as_of: datetime,
    *,
    shop: Shop = NOTHING_LEARNED,
    predicted: Any = None,
    objects_to: tuple[Purpose, ...] = (),
) -> CustomerMemory:
    """Put one customer's memory together. Pure. `shop`: what to lean on where their own history is short; `predicted`:
    their row of predictions (`memory.predictions.tables`); `objects_to`: who objects to predictions has none."""
    state = without_forgotten(state)
    placed = measures.placed_orders(state)
    cadence = measures.cadence_days(placed)
    rfm = measures.rfm(placed, as_of)
    interests = tuple(measures.interests(state, as_of))
    used_up = cycles(state, placed, shop.cycles, as_of)
    buyer = Buyer(len(placed), rfm.recency_days if rfm else 0.0, cadence, used_up)
    memory = CustomerMemory(
        customer_id=customer_id,
        external_id=external_id,
        as_of=as_of,
        profile=profile,
        known_since=None if state["first"] is None else moment_of(state["first"]),
        lifecycle=measures.lifecycle(placed, cadence, as_of),
        rfm=rfm,
        cadence_days=cadence,
        traits=traits_of(rfm, interests, shop.fifths),
        predictions=None if "predictions" in objects_to else predictions_of(predicted, buyer, as_of, shop.predictions),
        order_count=len(placed),
        total_spent=measures.spent(placed),
        interests=interests,
        products=_products(state, placed),
        orders=tuple(_order(state, order) for order in placed),
        cart=_cart(state, placed),
        searches=_searches(state),
        engagement=measures.engagement(state, as_of),
        cycles=used_up,
        discounts=shopping.discounts(placed, shop.habits),
        gifts=shopping.gifts(state, placed, shop.habits),
        seasons=shopping.seasons(placed, shop.habits),
        dislikes=dislikes(state, placed, as_of),
        said=statements_of(state, as_of, shop.choices),
        objects_to=objects_to,
    )
    zone = zone_of(profile.timezone, shop.hours.timezone)
    memory.lean_on(Habits(state, zone, as_of, shop.responses, shop.hours))
    if state["forgotten"]:
        memory = memory.model_copy(update=_remembered(memory, state))
    return memory.model_copy(update={"facts": derive(memory)})


def _remembered(memory: CustomerMemory, state: State) -> dict[str, Any]:
    """What was read off several events at once, without what they asked to be forgotten."""

    def kept(subject: str, at: datetime) -> bool:
        return not hides(state, subject, micros(at))

    discounts, gifts = memory.discounts, memory.gifts
    ordered = memory.orders[0].at if memory.orders else memory.as_of
    return {
        "cycles": tuple(one for one in memory.cycles if kept(f"cycle={one.product_id}", one.last_at)),
        "seasons": tuple(one for one in memory.seasons if kept(f"season={one.name}", one.last_at)),
        "dislikes": tuple(one for one in memory.dislikes if kept(f"dislike={one.kind}={one.value}", one.at)),
        "discounts": discounts if kept("habit=discount", ordered) else None,
        "gifts": gifts if gifts is None or kept("habit=gift", gifts.last_at) else None,
        "cadence_days": memory.cadence_days if kept("habit=cadence", ordered) else None,
    }


def _name(state: State, product_id: str) -> str | None:
    return known_of(state, product_id).name or None


def _amount(units: int | None) -> Decimal | None:
    return None if units is None else from_units(units)


def _order(state: State, order: Placed) -> Order:
    return Order(
        order_id=order.order_id,
        at=order.at,
        total=_amount(order.entry[2]),
        currency=order.currency,
        lines=tuple(
            OrderLine(product_id=product, name=_name(state, product), quantity=quantity, price=_amount(price))
            for product, quantity, price in order.entry[4]
        ),
        refunded=from_units(order.refunded),
        event_id=order.entry[1],
    )


def _cart(state: State, placed: Sequence[Placed]) -> tuple[CartLine, ...]:
    """What was put in since the last order and not taken out, newest first."""
    last_order = placed[0].entry[0] if placed else -1
    left = [(product, e) for product, e in state["cart"].items() if e[2] and e[0] > last_order]
    return tuple(
        CartLine(
            product_id=product,
            name=_name(state, product),
            quantity=entry[2],
            price=_amount(entry[3]),
            at=moment_of(entry[0]),
            event_id=entry[1],
        )
        for product, entry in sorted(left, key=lambda item: order_key(item[1]), reverse=True)
    )


def _searches(state: State) -> tuple[Search, ...]:
    return tuple(
        Search(query=query, at=moment_of(time), event_id=event_id)
        for time, event_id, query in state["searches"]
        if not sensitive_topic(query)
    )


def _products(state: State, placed: Sequence[Placed]) -> tuple[ProductHistory, ...]:
    """One history a product, put together from the bounded lists; latest contact first."""
    touches: dict[str, list[Entry]] = defaultdict(list)
    fields: dict[str, dict[str, Any]] = defaultdict(dict)
    for order in reversed(placed):
        _bought(order, touches, fields)
    for entry in reversed(state["views"]):
        history = fields[entry[2]]
        history["views"] = history.get("views", 0) + 1
        _touch(touches, fields, entry[2], entry, "last_viewed_at")
    for entry in reversed(state["refunds"]):
        for product in entry[4]:
            _touch(touches, fields, product, entry, "last_returned_at")
    for field, part in (("last_carted_at", state["cart"]), ("last_wished_at", state["wishes"])):
        for product, entry in part.items():
            if entry[2]:
                _touch(touches, fields, product, entry, field)
    latest = sorted(touches, key=lambda product: (max(map(order_key, touches[product])), product), reverse=True)
    return tuple(_history(state, product, touches[product], fields[product]) for product in latest[:PRODUCTS])


def _touch(
    touches: dict[str, list[Entry]], fields: dict[str, dict[str, Any]], product: str, entry: Entry, field: str
) -> None:
    touches[product].append(entry)
    fields[product][field] = moment_of(entry[0])


def _bought(order: Placed, touches: dict[str, list[Entry]], fields: dict[str, dict[str, Any]]) -> None:
    """Orders come oldest first."""
    quantities: dict[str, int] = defaultdict(int)
    for product, quantity, _ in order.entry[4]:
        quantities[product] += quantity
    for product, quantity in quantities.items():
        history = fields[product]
        history["bought_times"] = history.get("bought_times", 0) + 1
        history["bought_quantity"] = history.get("bought_quantity", 0) + quantity
        history.setdefault("first_bought_at", order.at)
        _touch(touches, fields, product, order.entry, "last_bought_at")


def _history(state: State, product: str, touches: list[Entry], fields: dict[str, Any]) -> ProductHistory:
    known = known_of(state, product)
    newest = sorted(touches, key=order_key, reverse=True)[:MAX_SOURCES]
    return ProductHistory(
        product_id=product,
        name=known.name or None,
        category=known.category or None,
        brand=known.brand or None,
        sources=tuple(dict.fromkeys(entry[1] for entry in newest)),
        **fields,
    )
