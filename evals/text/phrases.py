"""Phrase patterns over words, and a matcher that tries thousands of them in one pass.

A pattern is words with spaces between them. `a|b` is a choice of words, `(a b|c)` one of phrases, `stem*` any
word that begins so, `*end` one that ends so, `a?` may be left out, `..` lets up to three words stand between,
`_` is any one word, `#` a number in digits or words. Words are compared folded (case and accents removed), and
a phrase never runs over a sentence end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from evals.text.canonical import fold
from evals.text.tokens import Token

GAP_WORDS = 3
KEPT_WORDS = 16384
"""Words of which a matcher remembers what may begin with them."""
EXCEPTION = "!"
"""Ends the name of a family of exceptions."""
_HYPHENED_CHOICE = re.compile(r"(?<![\w(|-])(?=[^\s()]*\|)(?=[^\s()]*\w-\w)[^\s()?]+(?=\s|$)")
"""Choices of single words of which one has a hyphen: texts are split at hyphens, so it is two words."""
_GROUP = re.compile(r"\(([^()]*)\)")


class Hit(NamedTuple):
    """A phrase found: the family it belongs to, its character range, and its first and last+1 token."""

    family: str
    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a pattern. A gap has neither words nor stems."""

    words: frozenset[str] = frozenset()
    stems: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    optional: bool = False
    any_word: bool = False
    number: bool = False
    gap: bool = False

    @property
    def is_literal(self) -> bool:
        """True when only its listed words fit, and one must."""
        others = self.stems or self.ends or self.optional or self.any_word or self.number or self.gap
        return bool(self.words) and not others

    def accepts(self, word: str, numbers: Collection[str]) -> bool:
        if word in self.words or self.any_word:
            return True
        if self.number and (word[0].isdigit() or word in numbers):
            return True
        return word.startswith(self.stems) or word.endswith(self.ends)


class Pattern(NamedTuple):
    """A compiled phrase."""

    family: str
    elements: tuple[Element, ...]
    second: frozenset[str]
    """Words of which one must come second; empty when others may, or none need."""


@lru_cache(maxsize=65536)
def _compile_element(part: str) -> Element:
    if part == "..":
        return Element(gap=True)
    choices = part.rstrip("?").split("|")
    plain = (choice for choice in choices if "*" not in choice and choice not in "#_")
    return Element(
        words=frozenset(map(fold, plain)),
        stems=tuple(fold(choice[:-1]) for choice in choices if choice.endswith("*")),
        ends=tuple(fold(choice[1:]) for choice in choices if choice.startswith("*")),
        optional=part.endswith("?"),
        any_word="_" in choices,
        number="#" in choices,
    )


def expand(phrase: str) -> Iterable[str]:
    """The phrases a pattern stands for: one for each choice of each group, hyphens read as spaces."""
    split = _GROUP.split(_HYPHENED_CHOICE.sub(r"(\g<0>)", phrase).replace("-", " "))
    # Every second part is a group; between them stands what all phrases share.
    for choice in product(*(part.split("|") if at % 2 else (part,) for at, part in enumerate(split))):
        plain = "".join(choice)
        yield from expand(plain) if _GROUP.search(plain) else (plain,)


def compile_pattern(family: str, phrase: str) -> Pattern:
    """Raises ValueError when the phrase has no word to begin with, or ends in a gap."""
    elements = tuple(_compile_element(part) for part in phrase.split())
    if not any(element.words or element.stems or element.number for element in elements) or elements[0].ends:
        raise ValueError(f"the phrase {phrase!r} of {family!r} has no word to begin with")
    if elements[-1].gap:
        raise ValueError(f"the phrase {phrase!r} of {family!r} ends in a gap, which means nothing")
    return _pattern(family, elements)


def _pattern(family: str, elements: tuple[Element, ...]) -> Pattern:
    second = elements[1] if len(elements) > 1 else None
    return Pattern(family, elements, second.words if second is not None and second.is_literal else frozenset())


def _openings(pattern: Pattern) -> Iterable[tuple[Pattern, Element]]:
    """The pattern from each element it may begin with (leading optional elements left out or not)."""
    for index, element in enumerate(pattern.elements):
        yield (pattern if index == 0 else _pattern(pattern.family, pattern.elements[index:])), element
        if not element.optional:
            return


class _Candidate(NamedTuple):
    """A pattern that may begin at a word."""

    rank: int
    """Its place among the hits that begin there."""
    pattern: Pattern
    matched: int
    """How many of its elements are matched already."""
    needed: frozenset[str]
    """Words of which the text must hold one; empty when there is no telling."""


class _Beginning(NamedTuple):
    """What may begin with a word. Most patterns need a certain second word, or another further on, so most never
    come up."""

    by_second: Mapping[str, Sequence[_Candidate]]
    by_needed: Mapping[str, Sequence[_Candidate]]
    others: Sequence[_Candidate]


_NOTHING = _Beginning({}, {}, ())
SHORT = 4
"""Letters up to which a word is likely to stand in any text."""


def _needed(elements: Iterable[Element]) -> frozenset[str]:
    """The words of the element that the fewest texts will fit; none when every element can do without a listed one."""
    literal = (element.words for element in elements if element.is_literal)
    return min(literal, key=lambda words: (min(map(len, words)) <= SHORT, len(words)), default=frozenset())


def _beginning_of(patterns: Iterable[Pattern]) -> _Beginning:
    by_second: dict[str, list[_Candidate]] = {}
    by_needed: dict[str, list[_Candidate]] = {}
    others: list[_Candidate] = []
    for rank, pattern in enumerate(patterns):
        matched = 2 if pattern.second else 1
        candidate = _Candidate(rank, pattern, matched, _needed(pattern.elements[matched:]))
        for second in pattern.second:
            by_second.setdefault(second, []).append(candidate)
        for word in () if pattern.second else candidate.needed:
            by_needed.setdefault(word, []).append(candidate)
        if not pattern.second and not candidate.needed:
            others.append(candidate)
    return _Beginning(by_second, by_needed, others) if by_second or by_needed or others else _NOTHING


class PhraseMatcher:
    """All patterns of a language, indexed by how they begin."""

    def __init__(self, families: Mapping[str, Iterable[str]], numbers: Collection[str] = ()) -> None:
        self._numbers = numbers
        self._by_word: dict[str, list[Pattern]] = {}
        self._by_stem: dict[str, list[Pattern]] = {}
        self._by_number: list[Pattern] = []
        self._beginnings: dict[str, _Beginning] = {}
        for family, phrases in families.items():
            for phrase in phrases:
                for plain in expand(phrase):
                    self._add(compile_pattern(family, plain))
        self._stems = tuple(self._by_stem)
        self._stem_lengths = sorted(set(map(len, self._stems)))
        self._any_number = _beginning_of(self._by_number)

    def _add(self, pattern: Pattern) -> None:
        for tail, element in _openings(pattern):
            for word in element.words:
                self._by_word.setdefault(word, []).append(tail)
            for stem in element.stems:
                self._by_stem.setdefault(stem, []).append(tail)
            if element.number:
                self._by_number.append(tail)

    def find(self, tokens: Sequence[Token]) -> list[Hit]:
        """Every phrase in the text, longest match of each pattern at each place, in reading order."""
        words = frozenset([token.word for token in tokens])
        hits: list[Hit] = []
        for index, token in enumerate(tokens):
            beginning = self._beginnings.get(token.word) or self._learnt(token.word)
            if beginning is not _NOTHING:
                hits += self._hits_at(tokens, index, beginning, words)
        return hits

    def _hits_at(
        self, tokens: Sequence[Token], index: int, beginning: _Beginning, words: frozenset[str]
    ) -> Sequence[Hit]:
        """Hits that begin at `index`, in the order of their ranks. `words` are all of the text."""
        token = tokens[index]
        found: dict[int, Hit] = {}
        for rank, pattern, matched, _ in _coming_up(tokens, index, beginning, words):
            last = self._match(tokens, index + matched, token.sentence, pattern.elements, matched)
            if last:
                found[rank] = Hit(pattern.family, token.start, tokens[last - 1].end, index, last)
        return [found[rank] for rank in sorted(found)] if len(found) > 1 else list(found.values())

    def _learnt(self, word: str) -> _Beginning:
        """What may begin with a word, kept for the next time: texts are made of few words."""
        if len(self._beginnings) >= KEPT_WORDS:
            self._beginnings.clear()
        if word in self._by_word or word.startswith(self._stems):
            beginning = _beginning_of(self._beginning_with(word))
        else:
            beginning = self._any_number if self._is_number(word) else _NOTHING
        self._beginnings[word] = beginning
        return beginning

    def _beginning_with(self, word: str) -> Iterable[Pattern]:
        """Patterns whose first element is the word, a stem of it, or any number."""
        yield from sorted(self._by_word.get(word, ()), key=lambda pattern: not pattern.second)
        for length in self._stem_lengths:
            yield from self._by_stem.get(word[:length], ()) if length <= len(word) else ()
        if self._is_number(word):
            yield from self._by_number

    def _is_number(self, word: str) -> bool:
        return word[0].isdigit() or word in self._numbers

    def _match(self, tokens: Sequence[Token], index: int, sentence: int, elements: tuple[Element, ...], at: int) -> int:
        """Index after the last token matched, 0 when the elements from `at` do not match from `index`."""
        if at == len(elements):
            return index
        element = elements[at]
        if element.gap:
            return self._match_gap(tokens, index, sentence, elements, at + 1)
        fits = index < len(tokens) and tokens[index].sentence == sentence
        if fits and element.accepts(tokens[index].word, self._numbers):
            end = self._match(tokens, index + 1, sentence, elements, at + 1)
            if end:
                return end
        return self._match(tokens, index, sentence, elements, at + 1) if element.optional else 0

    def _match_gap(
        self, tokens: Sequence[Token], index: int, sentence: int, elements: tuple[Element, ...], at: int
    ) -> int:
        """The elements from `at`, up to `GAP_WORDS` words further on; a look at the word comes before recursion."""
        element = elements[at]
        for place in range(index, min(index + GAP_WORDS + 1, len(tokens))):
            if tokens[place].sentence != sentence:
                return 0
            loose = element.gap or element.optional
            if (loose or element.accepts(tokens[place].word, self._numbers)) and (
                end := self._match(tokens, place, sentence, elements, at)
            ):
                return end
        return 0


def _coming_up(
    tokens: Sequence[Token], index: int, beginning: _Beginning, words: frozenset[str]
) -> Iterable[_Candidate]:
    """The candidates whose second word is the next one, and those whose needed words the text has; one may come
    twice."""
    yield from beginning.others
    if index + 1 < len(tokens) and tokens[index + 1].sentence == tokens[index].sentence:
        for candidate in beginning.by_second.get(tokens[index + 1].word, ()):
            if not candidate.needed or not candidate.needed.isdisjoint(words):
                yield candidate
    if not words.isdisjoint(beginning.by_needed):
        for word in words & beginning.by_needed.keys():
            yield from beginning.by_needed[word]


def without_exceptions(hits: Iterable[Hit]) -> list[Hit]:
    """Hits that no exception of their family overlaps."""
    hits = list(hits)
    exceptions = [hit for hit in hits if hit.family.endswith(EXCEPTION)]
    if not exceptions:
        return hits
    return [
        hit
        for hit in hits
        if not hit.family.endswith(EXCEPTION)
        and not any(
            other.family == hit.family + EXCEPTION and other.start < hit.end and hit.start < other.end
            for other in exceptions
        )
    ]
