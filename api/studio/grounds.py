"""What the sentences of an e-mail rest on, numbered in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api.studio.reasons import SAY
from api.studio.wording import day, words
from composer.formats import money, offer_phrase
from evals.snapshot import Fact, Snapshot
from memory.account.model import Source
from memory.account.outlining import outline_of
from memory.account.words import IN_ENGLISH


@dataclass(frozen=True)
class Ground:
    """One thing a sentence may rest on, or a fact that no sentence does."""

    number: int
    """0 for what no sentence rests on."""
    kind: str
    text: str
    note: str = ""
    say: str = ""
    """Of a fact: what may be done with it, in words."""
    origins: tuple[str, ...] = ()
    """Of a fact: the events it was learned from, newest first."""


class Grounds:
    """Hands out a number to each source when a sentence is first found to rest on it.

    Unless `full`, facts are told in outline (`memory.account.outlining`), and those that no sentence rests on are not.
    """

    def __init__(self, snapshot: Snapshot, sources: Mapping[str, Source], *, full: bool) -> None:
        self._full = full
        self._snapshot = snapshot
        self._sources = sources
        self._facts = {fact.id: fact for fact in snapshot.facts}
        self._products = {product.id: product for product in snapshot.products}
        self._used: dict[str, Ground] = {}

    @property
    def used(self) -> tuple[Ground, ...]:
        """Those with a number, in their order."""
        return tuple(self._used.values())

    @property
    def silent(self) -> tuple[Ground, ...]:
        """Facts that no sentence rests on."""
        if not self._full:
            return ()
        return tuple(self._of_fact(fact, 0) for fact in self._snapshot.facts if fact.id not in self._used)

    def number(self, source: str) -> int:
        """The number of a source as `composer.licences.Licensor.sentences` names it."""
        if source not in self._used:
            self._used[source] = self._told(source, len(self._used) + 1)
        return self._used[source].number

    def _told(self, source: str, number: int) -> Ground:
        kind, _, key = source.partition(":")
        if source in self._facts:
            return self._of_fact(self._facts[source], number)
        if kind == "product":
            return self._of_product(key, number)
        if kind == "brand":
            return Ground(number, "The shop", self._snapshot.brand.facts[int(key)])
        if kind == "policy":
            value = self._snapshot.brand.policies[key]
            return Ground(number, "The shop", f"{words(key)[:1].upper()}{words(key)[1:]}: {value}")
        if source == "name":
            return Ground(number, "Customer", "Their first name", note="Filled in by us; no model was given it.")
        return self._of_offer(number)

    def _of_fact(self, fact: Fact, number: int) -> Ground:
        return Ground(
            number,
            "Remembered",
            fact.text if self._full else _outline(fact),
            note=f"Learned {day(fact.learned_at)}",
            say=SAY[fact.say] if fact.use else "Not used",
            origins=origins_of(fact.sources, self._sources),
        )

    def _of_product(self, key: str, number: int) -> Ground:
        product, locale = self._products[key], self._snapshot.locale
        price = "" if product.price is None else money(product.price, product.currency, locale)
        details = (price, product.category or "", product.brand or "")
        return Ground(number, "Product", product.name, note=" · ".join(one for one in details if one))

    def _of_offer(self, number: int) -> Ground:
        offer = self._snapshot.offer
        if offer is None:
            return Ground(number, "Offer", "")
        ends = f"until {offer.expires:%d %B %Y}" if offer.expires else ""
        details = (f"code {offer.code}" if offer.code else "", ends, offer.terms)
        text = offer_phrase(offer, self._snapshot.brand.currency, self._snapshot.locale)
        return Ground(number, "Offer", text, note=" · ".join(one for one in details if one))


def _outline(fact: Fact) -> str:
    if not fact.use:
        return IN_ENGLISH["outline.sensitive"]
    return outline_of(fact.kind, fact.say, IN_ENGLISH) or fact.text


def origins_of(message_ids: Iterable[str], sources: Mapping[str, Source]) -> tuple[str, ...]:
    """`Order Completed, 3 Mar 2026, sent by the shop's systems`: each event that is still stored."""
    found = (sources[one] for one in message_ids if one in sources)
    return tuple(f"{source.event}, {day(source.at)}, {source.via}" for source in found)
