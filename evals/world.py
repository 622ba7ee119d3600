"""The world of one e-mail as the checks read it: names to find, and what its facts license.

Derived once from a snapshot and kept for the blocks that follow, because an e-mail has nine of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from evals.licences import (
    ProductView,
    attribute_text,
    capitals_in,
    claims_in,
    folded_in,
    numbers_in,
    order_shingles,
    quantities_in,
    spaced,
    stems_in,
    types_in,
    view_of,
)
from evals.snapshot import Snapshot
from evals.text import lexicon
from evals.text.canonical import fold
from evals.text.keeping import once
from evals.text.names import Named, NameIndex, named
from evals.text.phrases import PhraseMatcher

T = TypeVar("T")


def union(sets: Iterable[frozenset[T]]) -> frozenset[T]:
    """All members of all sets."""
    return frozenset[T]().union(*sets)


@lru_cache(maxsize=64)
def _with(kinds: frozenset[str] | None, kind: str) -> frozenset[str]:
    return (kinds or frozenset()) | {kind}


class World:
    """A snapshot with everything derived from it that more than one check needs."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.locale = snapshot.locale
        self.language = snapshot.locale.replace("_", "-").split("-")[0].lower()
        self.picks = tuple(view_of(facts) for facts in snapshot.products)
        self.sound: set[tuple[str, str]] = set()
        """(block key, line) of blocks that passed every rule here: the finished message holds them once more."""

    @property
    def phrases(self) -> PhraseMatcher:
        """The lexicons as they apply to this locale."""
        return lexicon.matcher(self.language)

    @once
    def names(self) -> NameIndex:
        """Products of all roles, to be found in texts."""
        return NameIndex(self.things, self.language)

    @once
    def things(self) -> tuple[Named, ...]:
        """Every named product with its roles. Titles that are equal but for case are one thing."""
        person, kinds = self.snapshot.person, dict[str, frozenset[str]]()
        titles: dict[str, str] = {}
        index: dict[str, int] = {}
        roles = [
            *((product.name, "pick") for product in self.snapshot.products),
            *((order.product, "order") for order in person.orders),
            *((title, "cart") for title in person.cart),
            *((title, "browsed") for title in person.browsed),
            *((title, "other") for title in self.snapshot.other_titles),
        ]
        for number, (title, kind) in enumerate(roles):
            key = fold(title)
            titles.setdefault(key, title)
            kinds[key] = _with(kinds.get(key), kind)
            if kind == "pick":
                index.setdefault(key, number)
        return tuple(named(titles[key], kinds[key], index.get(key, -1)) for key in titles)

    @once
    def shared_texts(self) -> tuple[str, ...]:
        """What any block may take up: the brand's facts, what the person has and told us, the offer."""
        snapshot, person, offer = self.snapshot, self.snapshot.person, self.snapshot.offer
        return (
            snapshot.brand.name,
            *snapshot.brand.facts,
            *(order.product for order in person.orders),
            *person.cart,
            *(fact.text for fact in snapshot.facts if fact.say != "never"),
            attribute_text(person.declared),
            person.city or "",
            f"{offer.value or ''} {offer.terms}" if offer else "",
        )

    @once
    def fact_texts(self) -> tuple[str, ...]:
        """Everything sayable, text by text."""
        policies = self.snapshot.brand.policies.items()
        return (
            *(pick.soft_text for pick in self.picks),
            *(thing.title for thing in self.things),
            *self.shared_texts,
            *(f"{spaced(key)} {value}" for key, value in policies),
        )

    @once
    def fact_text(self) -> str:
        """Everything sayable, as one text."""
        return "\n".join(self.fact_texts)

    @once
    def known_words(self) -> frozenset[str]:
        """Stems of every word in the sayable facts."""
        return union(stems_in(text) for text in self.fact_texts)

    @once
    def fact_words(self) -> frozenset[str]:
        """Folded words of the sayable facts, as they stand."""
        return union(folded_in(text) for text in self.fact_texts)

    @once
    def product_types(self) -> tuple[str, ...]:
        """The families that name kinds of product."""
        return tuple(name for name in lexicon.families() if name.startswith("type:"))

    @once
    def shown_types(self) -> tuple[str, ...]:
        """The kinds of product among the picks."""
        shown = union(pick.types for pick in self.picks)
        return tuple(name for name in self.product_types if name in shown)

    @once
    def ordered_types(self) -> frozenset[str]:
        """Kinds of product among the orders."""
        return union(types_in(order.product) for order in self.snapshot.person.orders)

    @once
    def carted_types(self) -> frozenset[str]:
        """Kinds of product in the cart."""
        return union(types_in(title) for title in self.snapshot.person.cart)

    @once
    def carted_stems(self) -> frozenset[str]:
        """Stems of the words that only titles in the cart have."""
        return union(stems_in(title) for title in self.snapshot.person.cart) - self.ordered_stems

    @once
    def ordered_stems(self) -> frozenset[str]:
        """Stems of the words in the orders' titles."""
        return union(stems_in(order.product) for order in self.snapshot.person.orders)

    @once
    def shared_words(self) -> frozenset[str]:
        """Stems that any block may use."""
        return union(stems_in(text) for text in self.shared_texts)

    @once
    def shared_claims(self) -> frozenset[str]:
        """Attribute families licensed for any block."""
        return union(claims_in(text) for text in self.shared_texts)

    @once
    def shared_measures(self) -> frozenset[tuple[str, Decimal]]:
        """(dimension, amount) of the measures any block may use."""
        currency = self.snapshot.brand.currency
        found = (item for text in self.shared_texts for item in quantities_in(text, self.language, currency))
        return frozenset((item.what, reading) for item in found for reading in item.readings)

    @once
    def numbers(self) -> frozenset[Decimal]:
        """Every number that occurs in a sayable fact."""
        stated = union(numbers_in(text, self.language) for text in self.fact_texts)
        return stated.union(*(pick.numbers for pick in self.picks))

    @once
    def brand_words(self) -> frozenset[str]:
        """Folded words of the brand's name."""
        return folded_in(self.snapshot.brand.name)

    @once
    def offered_words(self) -> frozenset[str]:
        """Folded words of the picks and of all other things with a name, the shop's own name left out."""
        named = (thing.title for thing in self.things)
        return union(folded_in(text) for text in (*(pick.soft_text for pick in self.picks), *named))

    @once
    def declared_words(self) -> frozenset[str]:
        """Folded words of what the person told us."""
        return folded_in(attribute_text(self.snapshot.person.declared))

    @once
    def reviewers(self) -> frozenset[str]:
        """Folded names of those who wrote the stored reviews."""
        stored = (pick.facts.attributes.get("reviews") for pick in self.picks)
        entries = [entry for reviews in stored if isinstance(reviews, list) for entry in reviews]
        return folded_in(" ".join(str(entry.get("author", "")) for entry in entries if isinstance(entry, dict)))

    @once
    def capitals(self) -> frozenset[str]:
        """Words that the facts themselves write in capitals."""
        code = self.snapshot.offer.code if self.snapshot.offer else None
        return union(capitals_in(text) for text in (*self.fact_texts, code or ""))

    @once
    def injected_shingles(self) -> frozenset[tuple[str, ...]]:
        """Runs of six words out of sentences in untrusted fields that give orders."""
        untrusted = (text for pick in self.picks for text in (pick.facts.description, pick.attribute_text))
        return union(order_shingles(text) for text in untrusted)

    def pick(self, product_id: str | None) -> ProductView | None:
        """The pick with this id."""
        return next((pick for pick in self.picks if pick.facts.id == product_id), None)


_KEPT = 512
"""Worlds at hand: more than the e-mails that one process has in the making at once, some 50 KB each."""
_worlds: dict[int, World] = {}
"""By the identity of their snapshots, which they keep alive; the oldest first."""


def world_of(snapshot: Snapshot) -> World:
    """The world of a snapshot; the last 512 are kept, because the blocks of one e-mail come one by one, and those of
    many e-mails in turns."""
    world = _worlds.get(id(snapshot))
    if world is None:
        if len(_worlds) >= _KEPT:
            # Threads may do so at once, and then find the same one, or one already gone.
            for oldest in list(_worlds)[: 1 - _KEPT]:
                _worlds.pop(oldest, None)
        world = _worlds[id(snapshot)] = World(snapshot)
    return world


def forget_world(snapshot: Snapshot) -> None:
    """An e-mail is finished: whom it was about need not be remembered for it."""
    _worlds.pop(id(snapshot), None)
