"""What a product's facts license: its words, claims, kinds, numbers. Read once per text, because texts repeat.

The same products, order titles and brand facts stand in the worlds of many customers, so everything here is a
cached function of a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from evals.snapshot import AttributeValue, ProductFacts
from evals.text import lexicon
from evals.text.canonical import canonicalise, fold
from evals.text.keeping import once
from evals.text.names import stem
from evals.text.numerals import find_digits
from evals.text.phrases import without_exceptions
from evals.text.quantities import Kind, Quantity, find_quantities
from evals.text.tokens import Token, sentences, tokenise
from evals.text.units import UNITS

LICENCE_KEYS_SKIPPED = frozenset(("reviews", "stock_left", "rating", "review_count"))


class ProductView:
    """A pick with what its facts license. `hard` facts are typed fields; `soft` adds the description."""

    def __init__(self, facts: ProductFacts) -> None:
        self.facts = facts
        self.attribute_text = attribute_text(facts.attributes)
        keys = (spaced(key) for key, value in facts.attributes.items() if value is not None and value is not False)
        umlauts = " ".join(plain for key in keys if (plain := _DIGRAPH.sub(r"\1", key)) != key)
        self.hard_text = "\n".join((facts.name, facts.brand or "", facts.category or "", self.attribute_text, umlauts))
        # At the end of a name "in" is a length: "Skillet 10 in".
        inches = _INCHES_AT_END.sub(r"\1 inch", facts.name) if _INCHES_AT_END.search(facts.name) else ""
        self.soft_text = "\n".join((self.hard_text, facts.description, facts.reason, inches))
        self.denied_text = "\n".join(spaced(key) for key, value in facts.attributes.items() if value is False)

    @once
    def hard_claims(self) -> frozenset[str]:
        """Attribute families the typed fields license."""
        return claims_in(self.hard_text)

    @once
    def soft_claims(self) -> frozenset[str]:
        """Attribute families that also the description licenses."""
        return claims_in(self.soft_text)

    @once
    def hard_stems(self) -> frozenset[str]:
        """Stems of the words of the typed fields."""
        return stems_in(self.hard_text)

    @once
    def soft_stems(self) -> frozenset[str]:
        """Stems of the typed fields' and the description's words."""
        return stems_in(self.soft_text)

    @once
    def quantities(self) -> tuple[Quantity, ...]:
        """Typed numbers of its name, attributes and description."""
        return quantities_in(self.soft_text, "en", self.facts.currency)

    @once
    def readings(self) -> frozenset[Decimal]:
        """Every reading of those numbers."""
        return frozenset(reading for item in self.quantities for reading in item.readings)

    @once
    def numbers(self) -> frozenset[Decimal]:
        """Every number of its facts, prices and rating included."""
        attributes = self.facts.attributes
        extra = [attributes.get(key) for key in LICENCE_KEYS_SKIPPED]
        plain = {Decimal(str(value)) for value in extra if isinstance(value, int | float) and value is not True}
        return self.readings | plain

    @once
    def types(self) -> frozenset[str]:
        """Kinds of product its name, category and description put it in."""
        return types_in(self.soft_text)

    @once
    def denied_claims(self) -> frozenset[str]:
        """Attribute families a false attribute rules out, unless another attribute states them ("water resistant")."""
        return claims_in(self.denied_text) - self.hard_claims

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


@lru_cache(maxsize=1024)
def _view(product: str) -> ProductView:
    return ProductView(ProductFacts.model_validate_json(product))


def view_of(facts: ProductFacts) -> ProductView:
    """A pick as read once, by its content: the same products are shown to many customers."""
    return _view(facts.model_dump_json())


def spaced(key: str) -> str:
    """A field name as words."""
    return key.replace("_", " ").replace("-", " ")


def attribute_text(attributes: dict[str, AttributeValue]) -> str:
    """Attributes as text, one a line: true ones by their key, false ones not at all, numbers both ways round
    ("900 lumens", "spf 50"), with the unit a key may end in ("capacity_ml")."""
    lines: list[str] = []
    for key, value in attributes.items():
        if value is None or value is False or (key in LICENCE_KEYS_SKIPPED and not _is_grade(value)):
            continue
        words = spaced(key)
        value = _INCHES.sub(r"\1 inch", value) if isinstance(value, str) else value
        if isinstance(value, int | float) and value is not True:
            lines.append(f"{value} {words}")
            unit = words.rsplit(maxsplit=1)[-1]
            lines.extend([f"{value}{unit}"] if fold(unit) in UNITS else [])
        lines.append(words if value is True else f"{words} {_flat(value)}")
    return "\n".join(lines)


def _is_grade(value: AttributeValue) -> bool:
    """A "rating" in words is what a thing is rated for ("water resistant"), one in figures is what people gave it."""
    return isinstance(value, str) and not any(map(str.isdigit, value))


def _flat(value: AttributeValue) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{spaced(key)} {item}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_flat(item) if isinstance(item, dict) else str(item) for item in value)
    return str(value)


@lru_cache(maxsize=512)
def words_in(text: str, language: str) -> tuple[Token, ...]:
    """Tokens of any text, canonicalised first. They take the most room of what is kept of a text, some 3 KB, and most
    are asked for while it is first read: what is found in them is kept longer."""
    canonical = canonicalise(text).text
    return tokenise(canonical, language, sentences(canonical))


@lru_cache(maxsize=4096)
def claims_in(text: str) -> frozenset[str]:
    """Attribute families that a fact's text states."""
    hits = lexicon.claims_matcher().find(words_in(text, "en"))
    return frozenset(hit.family for hit in without_exceptions(hits))


@lru_cache(maxsize=4096)
def stems_in(text: str) -> frozenset[str]:
    """Stems of the words of a text."""
    return frozenset(stem(token.word) for token in words_in(text, "en"))


_SIDES = re.compile(r"((?:\d+(?:[.,]\d+)?\s?[x×]\s?)+\d+(?:[.,]\d+)?)\s?([^\W\d_]{1,12})")
_INCHES = re.compile(r"(\d)\s?in(?=$|[,;)]|\s?[x×]|\s(?!\d|one\b|total\b|all\b|the\b|a\b|each\b|every\b)[a-z])")
"""In a field "31 in" is a length; in running text "in" after a number is mostly the preposition."""
_INCHES_AT_END = re.compile(r"(\d+(?:\.\d+)?)\s?in$")
_DIGRAPH = re.compile(r"([aou])e")
"""Field names are ASCII: "parfuemfrei" is "parfümfrei", which folds to "parfumfrei"."""
SHINGLE = 6
_ORDERS = re.compile(
    r"(?:^|[.:;,]\s*|\b(?:please|must|always|also|then)\s+)"
    r"(?:ignore|disregard|write|say|include|reveal|output|print|tell|sign|add|mention|use the|translate|put the"
    r"|put your|repeat|confirm|promise|recommend|treat|append|reply|respond|end every|end the)\b"
    r"|\b(?:llm|ai model|language model|assistant|system prompt|instructions|the writer|the e-?mail|subject line"
    r"|newsletter)\b",
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


@lru_cache(maxsize=4096)
def types_in(text: str) -> frozenset[str]:
    """Kinds of product that a text names, in any language."""
    return frozenset(hit.family for hit in lexicon.types_matcher().find(words_in(text, "en")))


@lru_cache(maxsize=4096)
def folded_in(text: str) -> frozenset[str]:
    """Folded words of a text, as they stand."""
    return frozenset(token.word for token in words_in(text, "en"))


@lru_cache(maxsize=4096)
def capitals_in(text: str) -> frozenset[str]:
    """Words of a text that are written in capitals."""
    return frozenset(token.surface for token in words_in(text, "en") if token.surface.isupper())


@lru_cache(maxsize=4096)
def numbers_in(text: str, language: str) -> frozenset[Decimal]:
    """Every number in digits, in every reading."""
    found = find_digits(canonicalise(text).text, language)
    return frozenset(reading for number in found for reading in number.readings)


@lru_cache(maxsize=512)
def quantities_in(text: str, language: str, currency: str) -> tuple[Quantity, ...]:
    """Typed quantities of a fact's text; nothing is masked, facts may be read at their word."""
    canonical = canonicalise(text).text
    found = find_quantities(canonical, words_in(text, language), language, currency, ())
    return (*found, *_dimensions(canonical))


def _dimensions(text: str) -> Iterable[Quantity]:
    """Every side of "43 x 20 x 20 cm", whose unit stands only behind the last."""
    for match in _SIDES.finditer(text):
        unit = UNITS.get(fold(match[2]))
        sides = re.findall(r"\d+(?:[.,]\d+)?", match[1]) if unit else []
        for side in sides:
            amount = Decimal(side.replace(",", ".")) * (unit.factor if unit else 1)
            yield Quantity(Kind.MEASURE, *match.span(), (amount,), what=unit.dimension if unit else "")


@lru_cache(maxsize=4096)
def order_shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Runs of `SHINGLE` words from sentences that tell a writer what to write."""
    return frozenset(_order_shingles(text))
