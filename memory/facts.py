"""Facts: what is remembered, one sentence each, with where it comes from and what may be done with it.

Sentences are in the second person and plain English, fit to be read by the customer. What may be said of them is
decided by `POLICY` alone, by kind; sensitive topics are neither used nor said, whatever their kind.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from memory.model import CustomerMemory, Interest, ProductHistory, RememberedFact, Say
from memory.sensitive import SENSITIVE_TRAITS, sensitive_topic
from memory.words import facts as words

MAX_SOURCES = 10
MAX_VALUE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be done with facts of one kind."""

    say: Say
    """`named`: the text may state it. `coarse`: only in general words, no dates or counts. `never`."""
    lasts: timedelta | None
    """How long after it was learned it may be used; None: until something newer replaces it."""
    limit: int
    """Facts of this kind kept, newest or strongest first."""


POLICY: dict[str, Policy] = {
    "purchase": Policy("named", timedelta(days=730), 20),
    "cart": Policy("named", timedelta(days=30), 10),
    "declared": Policy("named", None, 10),
    "wish": Policy("named", timedelta(days=180), 10),
    "view": Policy("coarse", timedelta(days=30), 10),
    "interest": Policy("coarse", timedelta(days=180), 8),
    "cadence": Policy("coarse", timedelta(days=365), 1),
    "said": Policy("named", timedelta(days=365), 8),
    "answer": Policy("named", timedelta(days=730), 10),
    "remark": Policy("never", timedelta(days=730), 10),
    "birthday": Policy("coarse", None, 1),
    "search": Policy("never", timedelta(days=30), 5),
    "engagement": Policy("never", timedelta(days=90), 1),
    "lifecycle": Policy("never", None, 1),
}

OFTEN = 2
"""Purchases of one category from which "often" is true."""
SHORTEST_CADENCE_DAYS = 5.0
"""Below it, the customer is a business or a test account, and the sentence sounds odd."""
STRONG_INTEREST = 0.15
"""Share of a kind's interest from which it is worth a fact."""
DECLARED_CONTAINERS = ("declared", "preferences", "quiz")
DECLARED_PREFIXES = ("favorite_", "favourite_", "preferred_")
"""Only these traits are taken as the customer's own words; others may be the shop's bookkeeping, such as scores."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def derive(memory: CustomerMemory) -> tuple[RememberedFact, ...]:
    """All facts that have not expired at `memory.as_of`, by kind in the order of `POLICY`."""
    found: dict[str, list[RememberedFact]] = {kind: [] for kind in POLICY}
    said: set[str] = set()
    for fact in _all(memory):
        # Variants of a product share its name: once said is enough.
        if fact.text not in said and (fact.expires_at is None or fact.expires_at > memory.as_of):
            said.add(fact.text)
            found[fact.kind].append(fact)
    return tuple(fact for kind, facts in found.items() for fact in facts[: POLICY[kind].limit])


def _all(memory: CustomerMemory) -> Iterator[RememberedFact]:
    yield from _purchases(memory)
    yield from _cart(memory)
    yield from _declared(memory)
    yield from _wishes(memory)
    yield from _views(memory)
    yield from _interests(memory)
    yield from _cadence(memory)
    yield from _birthday(memory)
    yield from words.facts_of(memory.said, _names(memory))
    yield from _searches(memory)
    yield from _standing(memory)


def _names(memory: CustomerMemory) -> dict[str, str]:
    return {product.product_id: product.name for product in memory.products if product.name}


def _fact(
    kind: str,
    key: str,
    text: str,
    learned_at: datetime,
    *,
    value: str | int | float | None = None,
    sources: tuple[str, ...] = (),
    about: tuple[str | None, ...] = (),
) -> RememberedFact:
    """`key` is what the fact is about: the same thing keeps its id. `about` is searched for sensitive topics."""
    policy = POLICY[kind]
    sensitive = sensitive_topic(text, *about) is not None
    return RememberedFact(
        id=f"{kind}:{hashlib.blake2b(key.encode(), digest_size=6).hexdigest()}",
        kind=kind,
        text=text,
        value=value,
        sources=sources[:MAX_SOURCES],
        learned_at=learned_at,
        expires_at=None if policy.lasts is None else learned_at + policy.lasts,
        use=not sensitive,
        say="never" if sensitive else policy.say,
    )


def day(moment: datetime) -> str:
    """`3 March 2026`."""
    return _date(moment.date())


@lru_cache(maxsize=4096)
def _date(of: date) -> str:
    return f"{of.day} {of:%B %Y}"


def the(name: str) -> str:
    """A product's name in a sentence: `the Linen Apron`."""
    return name if name.lower().startswith(("the ", "a ", "an ")) else f"the {name}"


def _purchases(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for product in _by(memory, "last_bought_at"):
        assert product.last_bought_at is not None
        times = f", {product.bought_times} times in all" if product.bought_times > 1 else ""
        verb = "last bought" if product.bought_times > 1 else "bought"
        yield _fact(
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


def _cart(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for line in memory.cart:
        if line.name:
            yield _fact(
                "cart",
                line.product_id,
                f"You left {the(line.name)} in your cart on {day(line.at)}",
                line.at,
                value=line.product_id,
                sources=(line.event_id,),
            )


def _wishes(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for product in _by(memory, "last_wished_at"):
        assert product.last_wished_at is not None
        yield _fact(
            "wish",
            product.product_id,
            f"You put {the(product.name or '')} on your wish list on {day(product.last_wished_at)}",
            product.last_wished_at,
            value=product.product_id,
            sources=product.sources,
            about=(product.category,),
        )


def _views(memory: CustomerMemory) -> Iterator[RememberedFact]:
    """Coarse: the category, not the product; one fact a category."""
    seen: set[str] = set()
    for product in _by(memory, "last_viewed_at"):
        if product.category and product.category not in seen and product.last_viewed_at is not None:
            seen.add(product.category)
            yield _fact(
                "view",
                product.category,
                f"You recently looked at {in_words(product.category)}",
                product.last_viewed_at,
                value=product.product_id,
                sources=product.sources,
                about=(product.name,),
            )


def in_words(category: str) -> str:
    """The last step of a category path as it stands in a sentence: `Drinks > Green Tea` is `green tea`."""
    last = re.split(r"\s*[>/|]\s*", category.strip(" >/|"))[-1]
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in last.split())


def _interests(memory: CustomerMemory) -> Iterator[RememberedFact]:
    bought: dict[str | None, int] = {}
    for product in memory.products:
        bought[product.category] = bought.get(product.category, 0) + product.bought_times
    strong = [one for one in memory.interests if one.strength >= STRONG_INTEREST]
    for interest in strong:
        text = _liking(interest, bought)
        if text is not None:
            yield _fact(
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


def _cadence(memory: CustomerMemory) -> Iterator[RememberedFact]:
    if memory.orders and (memory.cadence_days or 0.0) >= SHORTEST_CADENCE_DAYS:
        assert memory.cadence_days is not None
        yield _fact(
            "cadence",
            "orders",
            f"You usually reorder about every {_span(memory.cadence_days)}",
            memory.orders[0].at,
            value=round(memory.cadence_days, 1),
            sources=tuple(order.event_id for order in memory.orders),
        )


def _span(days: float) -> str:
    for unit, size, most in (("day", 1, 10), ("week", 7, 60), ("month", 30.4, 10_000)):
        if days <= most:
            count = max(round(days / size), 1)
            return unit if count == 1 else f"{count} {unit}s"
    return "year"


def _birthday(memory: CustomerMemory) -> Iterator[RememberedFact]:
    birthday = memory.profile.birthday
    if birthday is not None:
        text = f"Your birthday is on {birthday.day} {birthday:%B}"
        learned = memory.known_since or memory.as_of
        yield _fact("birthday", "birthday", text, learned, value=f"{birthday:%m-%d}")


def _searches(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for search in memory.searches:
        text = f"You searched for “{search.query}”"
        yield _fact("search", search.event_id, text, search.at, value=search.query, sources=(search.event_id,))


def _standing(memory: CustomerMemory) -> Iterator[RememberedFact]:
    opened = memory.engagement.last_opened_at
    if opened is not None:
        level = memory.engagement.level
        yield _fact("engagement", "email", f"You last opened an e-mail on {day(opened)}", opened, value=level)
    text = f"You are {LIFECYCLE_WORDS[memory.lifecycle]}"
    yield _fact("lifecycle", "lifecycle", text, memory.as_of, value=memory.lifecycle)


LIFECYCLE_WORDS = {
    "prospect": "yet to place a first order",
    "new": "new here",
    "active": "a regular customer",
    "at_risk": "later than usual with your next order",
    "lapsed": "a customer of earlier days",
}


def _declared(memory: CustomerMemory) -> Iterator[RememberedFact]:
    learned = memory.known_since or memory.as_of
    for name, value in sorted(_told(memory.profile.traits).items()):
        words = _value_in_words(value)
        if words and name not in SENSITIVE_TRAITS:
            text = f"You told us your {_label(name)} is {words}"
            yield _fact("declared", name, text, learned, value=words, about=(name,))


def _told(traits: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in traits.items() if _snake(name).startswith(DECLARED_PREFIXES)}
    for container in DECLARED_CONTAINERS:
        inner = traits.get(container)
        if isinstance(inner, dict):
            told |= inner
    return told


def _value_in_words(value: Any) -> str | None:
    if isinstance(value, list):
        parts = [str(item) for item in value if isinstance(item, str | int | float)]
        return " and ".join(parts)[:MAX_VALUE_LENGTH] or None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(str(value).split())[:MAX_VALUE_LENGTH] or None


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


def _label(name: str) -> str:
    return _snake(name).replace("_", " ").strip()
