"""The words a shop has for its own things: categories, brands and qualities, as somebody may write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from catalog.analysis import Language, fold, stem, tokens
from catalog.columns import Columns
from catalog.index import Rows
from catalog.postings import Postings
from catalog.view import CatalogView

Kind = Literal["category", "brand", "attribute"]

MAX_WORDS = 5
MEANT: dict[Kind, float] = {"category": 0.0, "brand": 0.6, "attribute": 0.5}
"""Share of the products that say a name which must also have it as that: below, "apple" is a fruit in this shop, or
"blue" is filled in for some products only, and a limit would hide what was asked for."""
NOT_SAID = frozenset({"condition", "size", "gender", "age_group"})
"""Qualities whose values are too short or too personal to be read out of a sentence."""

SPEAK_FOR_THEMSELVES = frozenset({"color", "colour", "material", "fabric", "flavour", "flavor", "pattern"})
"""Qualities whose value says what is meant: "linen". A roast must be called one: "light roast", as "light gifts" are
something else."""
TOO_COMMON = frozenset("light dark natural plain clear mixed multi fresh sweet soft warm rich fine original".split())


class Term(NamedTuple):
    """One thing of the shop's own: `value` as `Limits` takes it."""

    kind: Kind
    value: str
    products: int
    """How many have it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names by their stems. Made by `Vocabulary.of`; about 10 µs a name."""

    view: CatalogView
    language: Language
    names: dict[tuple[str, ...], Term]

    @classmethod
    def of(cls, view: CatalogView) -> Vocabulary:
        """All names of a view. Blocks; call it in a thread for large catalogs."""
        language, columns = view.columns.words.language, view.columns
        names: dict[tuple[str, ...], Term] = {}
        for term, name in _terms(columns):
            said = stems(name, language)
            if 0 < len(said) <= MAX_WORDS and _better(term, names.get(said)) and _is_meant(columns, term, said):
                names[said] = term
        return cls(view, language, names)

    def match(self, folded: Sequence[str]) -> tuple[int, Term] | None:
        """The longest name that these words begin with, and how many words it has."""
        said = [stem(fold(word), self.language) for word in folded[:MAX_WORDS]]
        for size in range(len(said), 0, -1):
            term = self.names.get(tuple(said[:size]))
            if term is not None:
                return size, term
        return None


def stems(name: str, language: Language) -> tuple[str, ...]:
    """A name as it is compared."""
    return tuple(stem(word, language) for word in tokens(name.replace("&", " ").replace("-", " ")))


def _terms(columns: Columns) -> Iterable[tuple[Term, str]]:
    for name, rows in _plain(columns.categories):
        yield Term("category", name, len(rows)), name
    for name, rows in columns.brands.items():
        yield Term("brand", name, len(rows)), name
    for name, rows in columns.attributes.items():
        quality, _, value = name.partition("=")
        if quality not in NOT_SAID and value.replace(" ", "").replace("-", "").isalpha():
            term = Term("attribute", name, len(rows))
            spoken = quality.replace("_", " ")
            yield from ((term, f"{value} {spoken}"), (term, f"{spoken} {value}"))
            if quality in SPEAK_FOR_THEMSELVES and value not in TOO_COMMON:
                yield term, value


def _plain(categories: Postings) -> Iterable[tuple[str, Rows]]:
    return ((name, rows) for name, rows in categories.items() if ">" not in name)


_ORDER: dict[Kind, int] = {"category": 2, "brand": 1, "attribute": 0}


def _better(term: Term, other: Term | None) -> bool:
    return other is None or (_ORDER[term.kind], term.products) > (_ORDER[other.kind], other.products)


def _is_meant(columns: Columns, term: Term, said: Sequence[str]) -> bool:
    """Whether whoever says it most likely means it: see `MEANT`."""
    least = MEANT[term.kind]
    saying = min(columns.words.count(word) for word in said)
    return not least or term.products >= least * saying
