"""Facts of what somebody told us, searched for, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from memory.facts.policy import fact_of
from memory.facts.wording import day
from memory.model import CustomerMemory, RememberedFact
from memory.sensitive import SENSITIVE_TRAITS

MAX_VALUE_LENGTH = 120
DECLARED_CONTAINERS = ("declared", "preferences", "quiz")
DECLARED_PREFIXES = ("favorite_", "favourite_", "preferred_")
"""Only these traits are taken as the customer's own words; others may be the shop's bookkeeping, such as scores."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def birthday(memory: CustomerMemory) -> Iterator[RememberedFact]:
    born = memory.profile.birthday
    if born is not None:
        text = f"Your birthday is on {born.day} {born:%B}"
        learned = memory.known_since or memory.as_of
        yield fact_of("birthday", "birthday", text, learned, value=f"{born:%m-%d}")


def searches(memory: CustomerMemory) -> Iterator[RememberedFact]:
    for search in memory.searches:
        text = f"You searched for “{search.query}”"
        yield fact_of("search", search.event_id, text, search.at, value=search.query, sources=(search.event_id,))


def standing(memory: CustomerMemory) -> Iterator[RememberedFact]:
    opened = memory.engagement.last_opened_at
    if opened is not None:
        level = memory.engagement.level
        yield fact_of("engagement", "email", f"You last opened an e-mail on {day(opened)}", opened, value=level)
    text = f"You are {LIFECYCLE_WORDS[memory.lifecycle]}"
    yield fact_of("lifecycle", "lifecycle", text, memory.as_of, value=memory.lifecycle)


LIFECYCLE_WORDS = {
    "prospect": "yet to place a first order",
    "new": "new here",
    "active": "a regular customer",
    "at_risk": "later than usual with your next order",
    "lapsed": "a customer of earlier days",
}


def declared(memory: CustomerMemory) -> Iterator[RememberedFact]:
    learned = memory.known_since or memory.as_of
    for name, value in sorted(told_traits(memory.profile.traits).items()):
        words = _value_in_words(value)
        if words and name not in SENSITIVE_TRAITS:
            text = f"You told us your {label_of(name)} is {words}"
            yield fact_of("declared", name, text, learned, value=words, about=(name,))


def told_traits(traits: dict[str, Any]) -> dict[str, Any]:
    """Those that are the customer's own words, by name."""
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


def label_of(name: str) -> str:
    """A trait's name in words: `favoriteTea` is `favorite tea`."""
    return _snake(name).replace("_", " ").strip()
