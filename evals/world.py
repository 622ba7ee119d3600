"""The world of one e-mail as the checks read it: names to find, and what each product's facts license.

Derived once from a snapshot and kept for the blocks that follow, because an e-mail has nine of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property

from evals.snapshot import AttributeValue, ProductFacts, Snapshot
from evals.text import lexicon
from evals.text.canonical import canonicalise, fold
from evals.text.names import Named, NameIndex, stem
from evals.text.phrases import Hit, PhraseMatcher
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
        self.denied_text = "\n".join(
            _words_of(key) for key, value in facts.attributes.items() if value is False
        )

    @cached_property
    def hard_claims(self) -> frozenset[str]:
        """Attribute families the typed fields license."""
        return claims_in(self.hard_text)

    @cached_property
    def soft_claims(self) -> frozenset[str]:
        """Attribute families that also the description licenses."""
        return claims_in(self.soft_text)

    @cached_property
    def denied_claims(self) -> frozenset[str]:
        """Attribute families a false attribute rules out."""
        return claims_in(self.denied_text)

    @property
    def on_sale(self) -> bool:
        """True when a former price above the price is known."""
        facts = self.facts
        return bool(
            facts.price is not None and facts.compare_at_price and facts.compare_at_price > facts.price
        )

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
    """Attributes as text, one a line. True ones stand by their key, false ones are left out."""
    lines: list[str] = []
    for key, value in attributes.items():
        if key in LICENCE_KEYS_SKIPPED or value is None or value is False:
            continue
        lines.append(_words_of(key) if value is True else f"{_words_of(key)} {_flat(value)}")
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
