"""All facts of one memory."""

from __future__ import annotations

from collections.abc import Iterator

from memory.facts import habits, shopping, told
from memory.facts.policy import POLICY
from memory.model import CustomerMemory, RememberedFact
from memory.words import facts as words


def derive(memory: CustomerMemory) -> tuple[RememberedFact, ...]:
    """All facts that have not expired at `memory.as_of`, by kind in the order of `POLICY`."""
    found: dict[str, list[RememberedFact]] = {kind: [] for kind in POLICY}
    said: set[str] = set()
    for fact in every_fact(memory):
        # Variants of a product share its name: once said is enough.
        if fact.text not in said and (fact.expires_at is None or fact.expires_at > memory.as_of):
            said.add(fact.text)
            found[fact.kind].append(fact)
    return tuple(fact for kind, facts in found.items() for fact in facts[: POLICY[kind].limit])


def every_fact(memory: CustomerMemory) -> Iterator[RememberedFact]:
    """Expired ones and however many there are."""
    yield from shopping.purchases(memory)
    yield from shopping.cart(memory)
    yield from told.declared(memory)
    yield from shopping.wishes(memory)
    yield from shopping.views(memory)
    yield from shopping.interests(memory)
    yield from shopping.cadence(memory)
    yield from habits.cycles(memory)
    yield from told.birthday(memory)
    yield from words.facts_of(memory.said, _names(memory))
    yield from told.searches(memory)
    yield from habits.dislikes(memory)
    yield from habits.shopping(memory)
    yield from told.standing(memory)


def _names(memory: CustomerMemory) -> dict[str, str]:
    return {product.product_id: product.name for product in memory.products if product.name}
