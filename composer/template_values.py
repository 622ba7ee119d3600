"""The values a fallback line may read: brand, picks, offer, and the memory that may be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from composer.basket_fact import BASKET
from composer.formats import day, money, offer_phrase, round_money
from composer.policies import free_shipping_over, is_amount
from composer.reasoned import lead_tied
from composer.sayings import highlight, quotable_sentence
from evals.snapshot import Fact, ProductFacts, Snapshot
from prompts.environment import short_name
from prompts.model import Flow
from prompts.wording import ENGLISH, Wording


def brand_values(snapshot: Snapshot, seed: int) -> dict[str, str]:
    """Name, one of the brand's facts (by seed), the policies a line may name; empty where there is none."""
    brand = snapshot.brand
    days = brand.policies.get("returns_days")
    threshold = free_shipping_over(brand.policies)
    return {
        "name": brand.name,
        "fact": brand.facts[seed % len(brand.facts)] if brand.facts else "",
        "returns_days": str(days) if is_amount(days) else "",
        "free_shipping_over": round_money(threshold, brand.currency, snapshot.locale) if threshold else "",
    }


def pick_values(
    product: ProductFacts, locale: str, phrases: Mapping[str, str], wording: Wording = ENGLISH
) -> dict[str, str]:
    """One pick in words; empty where there is nothing to say. `saving` and `compare_at` only when on sale."""
    price, before = product.price, product.compare_at_price
    reduced = price is not None and before is not None and before > price
    return {
        "id": product.id,
        "name": product.name,
        "short": short_name(product.name),
        "category": product.category or "",
        "price": money(price, product.currency, locale) if price is not None else "",
        "compare_at": money(before, product.currency, locale) if before and reduced else "",
        "saving": round_money(before - price, product.currency, locale) if before and price and reduced else "",
        "highlight": highlight(product, phrases, wording),
        "description": quotable_sentence(product.description, wording.not_quoted),
    }


def offer_values(snapshot: Snapshot, wording: Wording = ENGLISH) -> dict[str, str]:
    """The granted offer in words; an empty mapping when there is none."""
    offer = snapshot.offer
    if offer is None:
        return {}
    return {
        "phrase": offer_phrase(offer, snapshot.brand.currency, snapshot.locale, wording),
        "code": offer.code or "",
        "expires": wording.dated(day(offer.expires, snapshot.locale)) if offer.expires else "",
    }


def memory_values(snapshot: Snapshot, flow: Flow, *, by_reasons: bool = True) -> dict[str, Any]:
    """What may be said of the past: only what the flow's rule and the fact's own policy both allow.

    `cart` holds the names of carted products that are picks, `last_purchase` one bought product,
    `top_category` a category the person likes and a pick belongs to, `basket` what cart and picks come to.
    """
    picked = [product.name for product in snapshot.products]
    sayable = [fact for fact in snapshot.facts if fact.kind in flow.memory.say and fact.say != "never"]
    carted = _named(snapshot.person.cart, [fact for fact in sayable if fact.kind == "cart"])
    bought = _named(
        (order.product for order in snapshot.person.orders),
        [fact for fact in sayable if fact.kind == "purchase"],
    )
    return {
        "cart": [name for name in picked if name in carted],
        "last_purchase": _last_purchase(bought, picked, snapshot, flow, by_reasons=by_reasons),
        "basket": next((fact.text for fact in sayable if fact.id == BASKET), ""),
        "top_category": _top_category(snapshot, [fact for fact in sayable if fact.kind == "interest"]),
    }


def _named(names: Iterable[str], facts: list[Fact]) -> list[str]:
    """The names that a fact with `say: named` is about, in their order."""
    said = [f"{fact.text}\n{fact.value}".casefold() for fact in facts if fact.say == "named"]
    return [name for name in names if any(name.casefold() in text for text in said)]


def _last_purchase(bought: list[str], picked: list[str], snapshot: Snapshot, flow: Flow, *, by_reasons: bool) -> str:
    """When the e-mail offers the same again, the first pick; else a purchase that is not among the picks: the one for
    which the first pick is shown, or the latest. Of whom the e-mail thanks for an order it is always the latest.

    Without `by_reasons` any pick that was bought, or the latest.
    """
    again = "running_low" in flow.picks.lead
    fitting = [name for name in bought if (name in picked) == again]
    if by_reasons and again:
        fitting = [name for name in picked[:1] if name in bought]
    elif by_reasons and flow.name != "post_purchase" and (tied := lead_tied(snapshot).bought) in fitting:
        return tied
    return next(iter(fitting), "")


def _top_category(snapshot: Snapshot, facts: list[Fact]) -> str:
    categories = {(product.category or "").casefold(): product.category for product in snapshot.products}
    liked = [str(fact.value).removeprefix("category=").casefold() for fact in facts]
    return next((categories[value] or "" for value in liked if value and value in categories), "")
