"""A customer in a few sentences, told to somebody at the shop: who, since when, what they buy and how often, what they
like, what they asked for. Read off the memory; the same memory gives the same words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from memory.facts.told import label_of, told_traits
from memory.facts.wording import day, in_words, span, the
from memory.model import CustomerMemory, Interest, Lifecycle
from memory.sensitive import SENSITIVE_TRAITS, sensitive_topic

STRONG = 0.15
"""Share among interests of a kind from which one is named (`memory.facts.shopping.STRONG_INTEREST`)."""
AT_MOST = 2
"""Of each kind: a portrait, not a list."""
_STAGES: dict[Lifecycle, str] = {
    "prospect": "who has not ordered yet{known}",
    "new": "a new customer{known}",
    "active": "a regular customer{since}",
    "at_risk": "a regular customer{since}, later than usual with the next order",
    "lapsed": "a customer of earlier days{known}",
}
_OBJECTIONS = {
    "personalisation": "Objects to e-mails written out of what is remembered, and gets what any stranger would get.",
    "predictions": "Objects to predictions, so none are made.",
}


def portrait(memory: CustomerMemory) -> str:
    """One paragraph; what may be sensitive is left out."""
    return " ".join(_sentences(memory))


def _sentences(memory: CustomerMemory) -> Iterator[str]:
    since = "" if memory.known_since is None else f" since {_month(memory.known_since)}"
    stage = _STAGES[memory.lifecycle].format(since=since, known=f", known{since}" if since else "")
    yield f"{memory.profile.first_name or 'Somebody'}, {stage}."
    yield from _orders(memory)
    yield from _again(memory)
    yield from _likes(memory)
    yield from _told(memory)
    yield from (_OBJECTIONS[purpose] for purpose in memory.objects_to)


def _orders(memory: CustomerMemory) -> Iterator[str]:
    if not memory.order_count:
        return
    times = "One order" if memory.order_count == 1 else f"{memory.order_count} orders"
    sums = " and ".join(f"{amount:,.2f} {currency}".strip() for currency, amount in sorted(memory.total_spent.items()))
    last = f", {'on' if memory.order_count == 1 else 'the last on'} {day(memory.orders[0].at)}" if memory.orders else ""
    yield f"{times}{f' for {sums}' if sums else ''}{last}."
    if memory.cadence_days:
        yield f"Orders about every {span(memory.cadence_days)}."


def _again(memory: CustomerMemory) -> Iterator[str]:
    names = {product.product_id: product.name for product in memory.products if product.name}
    own = [one for one in memory.cycles if one.basis == "own" and one.product_id in names]
    for one in [one for one in own if _fit(names[one.product_id])][:AT_MOST]:
        yield f"Buys {the(names[one.product_id] or '')} again about every {span(one.every_days)}."


def _likes(memory: CustomerMemory) -> Iterator[str]:
    goods = [in_words(one.value) for one in _strongest(memory, "category")]
    brands = [one.value for one in _strongest(memory, "brand")]
    if goods or brands:
        yield f"Likes {_list(goods)}{' by ' if goods and brands else ''}{_list(brands)}."


def _strongest(memory: CustomerMemory, kind: str) -> list[Interest]:
    strong = [one for one in memory.interests if one.kind == kind and one.strength >= STRONG and _fit(one.value)]
    return sorted(strong, key=lambda one: (-one.strength, one.value))[:AT_MOST]


def _told(memory: CustomerMemory) -> Iterator[str]:
    said = [
        f"{label_of(name)}: {value}"
        for name, value in sorted(told_traits(memory.profile.traits).items())
        if isinstance(value, str | int | float) and name not in SENSITIVE_TRAITS and _fit(f"{name} {value}")
    ]
    if said:
        yield f"Told the shop: {'; '.join(said[:AT_MOST])}."


def _fit(text: str | None) -> bool:
    return bool(text) and sensitive_topic(str(text)) is None


def _list(words: list[str]) -> str:
    return " and ".join(words)


def _month(moment: datetime) -> str:
    return f"{moment:%B %Y}"
