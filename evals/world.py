"""The world of one e-mail as the checks read it: names to find, and what each product's facts license.

Derived once from a snapshot and kept for the blocks that follow, because an e-mail has nine of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property

from evals.snapshot import AttributeValue, ProductFacts, Snapshot
from evals.text import lexicon
from evals.text.canonical import canonicalise, fold
from evals.text.names import Named, NameIndex, stem
from evals.text.numerals import find_digits
from evals.text.phrases import Hit, PhraseMatcher
from evals.text.quantities import Quantity, find_quantities
from evals.text.tokens import Token, sentences, tokenise

LICENCE_KEYS_SKIPPED = frozenset(("reviews", "stock_left", "rating", "review_count"))


class ProductView:
    """A pick with what its facts license. `hard` facts are typed fields; `soft` adds the description."""

    def __init__(self, facts: ProductFacts, index: int) -> None:
        self.facts = facts
        self.index = index
        self.attribute_text = attribute_text(facts.attributes)
        self.hard_text = "\n".join((facts.name, facts.brand or "", facts.category or "", self.attribute_text))
        self.soft_text = "\n".join((self.hard_text, facts.description, facts.reason))
        self.denied_text = "\n".join(_words_of(key) for key, value in facts.attributes.items() if value is False)

    @cached_property
    def hard_claims(self) -> frozenset[str]:
        """Attribute families the typed fields license."""
        return claims_in(self.hard_text)

    @cached_property
    def soft_claims(self) -> frozenset[str]:
        """Attribute families that also the description licenses."""
        return claims_in(self.soft_text)

    @cached_property
    def hard_stems(self) -> frozenset[str]:
        """Stems of the words of the typed fields."""
        return stems_in(self.hard_text)

    @cached_property
    def soft_stems(self) -> frozenset[str]:
        """Stems of the typed fields' and the description's words."""
        return stems_in(self.soft_text)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Typed numbers of its name, attributes and description."""
        text = canonicalise(self.soft_text).text
        tokens = tokenise(text, "en", sentences(text))
        return tuple(find_quantities(text, tokens, "en", self.facts.currency, ()))

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """Every number of its facts, prices and rating included."""
        attributes = self.facts.attributes
        extra = [attributes.get(key) for key in LICENCE_KEYS_SKIPPED]
        plain = {Decimal(str(value)) for value in extra if isinstance(value, int | float) and value is not True}
        return frozenset(reading for item in self.quantities for reading in item.readings) | plain

    @cached_property
    def types(self) -> frozenset[str]:
        """Kinds of product its name, category and description put it in."""
        return types_in(self.soft_text)

    @cached_property
    def denied_claims(self) -> frozenset[str]:
        """Attribute families a false attribute rules out."""
        return claims_in(self.denied_text)

    @property
    def on_sale(self) -> bool:
        """True when a former price above the price is known."""
        facts = self.facts
        return bool(facts.price is not None and facts.compare_at_price and facts.compare_at_price > facts.price)

    @property
    def stock_left(self) -> int | None:
        """Units left, when the shop told us."""
        value = self.facts.attributes.get("stock_left")
        return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def saving(self) -> Decimal:
        """Former price less price; 0 when it is not reduced."""
        facts = self.facts
        if facts.price is None or not facts.compare_at_price:
            return Decimal(0)
        return max(facts.compare_at_price - facts.price, Decimal(0))


def _words_of(key: str) -> str:
    return key.replace("_", " ").replace("-", " ")


def attribute_text(attributes: dict[str, AttributeValue]) -> str:
    """Attributes as text, one a line: true ones by their key, false ones not at all, numbers both ways round
    ("900 lumens", "spf 50")."""
    lines: list[str] = []
    for key, value in attributes.items():
        if key in LICENCE_KEYS_SKIPPED or value is None or value is False:
            continue
        words = _words_of(key)
        if isinstance(value, int | float) and value is not True:
            lines.append(f"{value} {words}")
        lines.append(words if value is True else f"{words} {_flat(value)}")
    return "\n".join(lines)


def _flat(value: AttributeValue) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_words_of(key)} {item}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_flat(item) if isinstance(item, dict) else str(item) for item in value)
    return str(value)


def words_in(text: str, language: str) -> tuple[Token, ...]:
    """Tokens of any text, canonicalised first."""
    canonical = canonicalise(text).text
    return tokenise(canonical, language, sentences(canonical))


def claims_in(text: str) -> frozenset[str]:
    """Attribute families that a fact's text states."""
    hits = lexicon.claims_matcher().find(words_in(text, "en"))
    return frozenset(hit.family for hit in without_exceptions(hits))


def stems_in(text: str) -> frozenset[str]:
    """Stems of the words of a text."""
    return frozenset(stem(token.word) for token in words_in(text, "en"))


SHINGLE = 6
_ORDERS = re.compile(
    r"(?:^|[.:;,]\s*|\b(?:please|must|always|also|then)\s+)(?:ignore|disregard|write|say|include|reveal|output|print|tell|sign|add"
    r"|mention|use the|translate|put the|put your|repeat|confirm|promise|recommend|treat|append|reply|respond|end every|end the)\b"
    r"|\b(?:llm|ai model|language model|assistant|system prompt|instructions|the writer|the e-?mail|subject line|newsletter)\b",
    re.IGNORECASE,
)


def _order_shingles(text: str) -> Iterable[tuple[str, ...]]:
    """Runs of `SHINGLE` words from sentences that tell a writer what to write."""
    canonical = canonicalise(text).text
    parts = sentences(canonical)
    tokens = tokenise(canonical, "en", parts)
    for number, part in enumerate(parts):
        if not _ORDERS.search(canonical[part.start : part.end].strip()):
            continue
        words = [token.word for token in tokens if token.sentence == number]
        yield from (tuple(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1))


def types_in(text: str) -> frozenset[str]:
    """Kinds of product that a text names, in any language."""
    return frozenset(hit.family for hit in lexicon.types_matcher().find(words_in(text, "en")))


def without_exceptions(hits: Iterable[Hit]) -> list[Hit]:
    """Hits that no exception of their family overlaps."""
    hits = list(hits)
    exceptions = [hit for hit in hits if hit.family.endswith(lexicon.EXCEPTION)]
    if not exceptions:
        return hits
    return [
        hit
        for hit in hits
        if not hit.family.endswith(lexicon.EXCEPTION)
        and not any(
            other.family == hit.family + lexicon.EXCEPTION and other.start < hit.end and hit.start < other.end
            for other in exceptions
        )
    ]


class World:
    """A snapshot with everything derived from it that more than one check needs."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.locale = snapshot.locale
        self.language = snapshot.locale.replace("_", "-").split("-")[0].lower()
        self.picks = tuple(ProductView(facts, index) for index, facts in enumerate(snapshot.products))

    @property
    def phrases(self) -> PhraseMatcher:
        """The lexicons as they apply to this locale."""
        return lexicon.matcher(self.language)

    @cached_property
    def names(self) -> NameIndex:
        """Products of all roles, to be found in texts."""
        return NameIndex(self.things, self.language)

    @cached_property
    def things(self) -> tuple[Named, ...]:
        """Every named product with its roles. Titles that are equal but for case are one thing."""
        person, kinds = self.snapshot.person, dict[str, set[str]]()
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
            kinds.setdefault(key, set()).add(kind)
            if kind == "pick":
                index.setdefault(key, number)
        return tuple(Named(titles[key], frozenset(kinds[key]), index.get(key, -1)) for key in titles)

    @cached_property
    def brand_claims(self) -> frozenset[str]:
        """Attribute families the brand's own facts license for everything it sells."""
        return claims_in("\n".join((self.snapshot.brand.name, *self.snapshot.brand.facts)))

    @cached_property
    def fact_text(self) -> str:
        """Everything sayable, as one text: the pool for words and numbers that need only occur somewhere."""
        snapshot, person = self.snapshot, self.snapshot.person
        offer = snapshot.offer
        parts = [
            *(pick.soft_text for pick in self.picks),
            *(thing.title for thing in self.things),
            snapshot.brand.name,
            *snapshot.brand.facts,
            *(f"{_words_of(key)} {value}" for key, value in snapshot.brand.policies.items()),
            *(fact.text for fact in snapshot.facts if fact.say != "never"),
            attribute_text(person.declared),
            person.city or "",
            f"{offer.value or ''} {offer.terms}" if offer else "",
        ]
        return "\n".join(parts)

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Stems of every word in the sayable facts."""
        return frozenset(stem(token.word) for token in words_in(self.fact_text, self.language))

    @cached_property
    def fact_words(self) -> frozenset[str]:
        """Folded words of the sayable facts, as they stand."""
        return frozenset(token.word for token in words_in(self.fact_text, "en"))

    @cached_property
    def product_types(self) -> tuple[str, ...]:
        """The families that name kinds of product."""
        return tuple(name for name in lexicon.families() if name.startswith("type:"))

    @cached_property
    def ordered_types(self) -> frozenset[str]:
        """Kinds of product among the orders."""
        return frozenset().union(*(types_in(order.product) for order in self.snapshot.person.orders))

    @cached_property
    def ordered_stems(self) -> frozenset[str]:
        """Stems of the words in the orders' titles."""
        return stems_in("\n".join(order.product for order in self.snapshot.person.orders))

    @cached_property
    def shared_words(self) -> frozenset[str]:
        """Stems that any block may use: of the brand's facts, the person's own products and answers, the offer."""
        snapshot, person, offer = self.snapshot, self.snapshot.person, self.snapshot.offer
        parts = [
            snapshot.brand.name,
            *snapshot.brand.facts,
            *(order.product for order in person.orders),
            *person.cart,
            *(fact.text for fact in snapshot.facts if fact.say != "never"),
            attribute_text(person.declared),
            person.city or "",
            f"{offer.value or ''} {offer.terms}" if offer else "",
        ]
        return stems_in("\n".join(parts))

    @cached_property
    def shared_measures(self) -> dict[str, frozenset[Decimal]]:
        """Measures, by dimension, in the brand's facts, the gift, and the names of what the person has."""
        person, offer = self.snapshot.person, self.snapshot.offer
        titles = [*(order.product for order in person.orders), *person.cart]
        parts = [*self.snapshot.brand.facts, *titles, str(offer.value or "") if offer else ""]
        text = canonicalise("\n".join(parts)).text
        tokens = tokenise(text, self.language, sentences(text))
        found: dict[str, set[Decimal]] = {}
        for item in find_quantities(text, tokens, self.language, self.snapshot.brand.currency, ()):
            found.setdefault(item.what, set()).update(item.readings)
        return {what: frozenset(values) for what, values in found.items()}

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """Every number that occurs in a sayable fact."""
        text = canonicalise(self.fact_text).text
        stated = {reading for number in find_digits(text, self.language) for reading in number.readings}
        return frozenset(stated.union(*(pick.numbers for pick in self.picks)))

    @cached_property
    def shared_claims(self) -> frozenset[str]:
        """Attribute families licensed for any block: by the brand's facts and by what the person owns."""
        person, offer = self.snapshot.person, self.snapshot.offer
        owned = "\n".join((*(order.product for order in person.orders), *person.cart, attribute_text(person.declared)))
        gift = str(offer.value or "") if offer else ""
        return self.brand_claims | claims_in(f"{owned}\n{gift}")

    @cached_property
    def brand_words(self) -> frozenset[str]:
        """Folded words of the brand's name."""
        return frozenset(token.word for token in words_in(self.snapshot.brand.name, "en"))

    @cached_property
    def declared_words(self) -> frozenset[str]:
        """Folded words of what the person told us."""
        return frozenset(token.word for token in words_in(attribute_text(self.snapshot.person.declared), "en"))

    @cached_property
    def pet_names(self) -> frozenset[str]:
        """Folded words of declared values: pets and whoever else the person named."""
        return self.declared_words

    @cached_property
    def reviewers(self) -> frozenset[str]:
        """Folded names of those who wrote the stored reviews."""
        stored = (pick.facts.attributes.get("reviews") for pick in self.picks)
        entries = [entry for reviews in stored if isinstance(reviews, list) for entry in reviews]
        names = " ".join(str(entry.get("author", "")) for entry in entries if isinstance(entry, dict))
        return frozenset(token.word for token in words_in(names, "en"))

    @cached_property
    def capitals(self) -> frozenset[str]:
        """Words that the facts themselves write in capitals."""
        offer = self.snapshot.offer
        source = f"{self.fact_text}\n{offer.code or ''}" if offer else self.fact_text
        return frozenset(token.surface for token in words_in(source, "en") if token.surface.isupper())

    @cached_property
    def injected_shingles(self) -> frozenset[tuple[str, ...]]:
        """Runs of six words out of sentences in untrusted fields that give orders."""
        untrusted = (
            text for pick in self.picks for text in (pick.facts.description, pick.attribute_text, pick.facts.name)
        )
        return frozenset(shingle for text in untrusted for shingle in _order_shingles(text))

    def pick(self, product_id: str | None) -> ProductView | None:
        """The pick with this id."""
        return next((pick for pick in self.picks if pick.facts.id == product_id), None)


_KEPT = 64
_worlds: dict[str, World] = {}


def world_of(snapshot: Snapshot) -> World:
    """The world of a snapshot; the last 64 are kept, by content, because blocks of one e-mail come one by one."""
    key = snapshot.fingerprint()
    world = _worlds.get(key)
    if world is None:
        world = World(snapshot)
        for oldest in list(_worlds)[: max(0, len(_worlds) - _KEPT + 1)]:
            _worlds.pop(oldest, None)
        _worlds[key] = world
    return world
