"""Finding names we know (products, brand, pets) in a text, also shortened or inflected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from evals.text.lexicon import word_list
from evals.text.tokens import Token, sentences, tokenise
from evals.text.units import UNITS

_ENDINGS = ("en", "er", "es", "em", "e", "s", "n")

_PLURAL_NUMBER = re.compile(r"[a-z]?\d+s")
"""Several of a model: "three Orbit 2s"."""
MIN_DISTINCTIVE = 3
MIN_STEM = 4


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A folded word without its commonest endings, so that "gusseiserne" meets "gusseiserner"."""
    if len(word) < 5:
        return word[:-1] if _PLURAL_NUMBER.fullmatch(word) else word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return stem(word[: -len(ending)])
    return word


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name: its title and what it is to this e-mail (`pick`, `order`, `cart`, `other` …)."""

    title: str
    kinds: frozenset[str]
    index: int = -1
    """Place among the snapshot's products; -1 for what is not a pick."""


@lru_cache(maxsize=8192)
def named(title: str, kinds: frozenset[str], index: int = -1) -> Named:
    """Something with a name, made once: the same products are the same things to many customers."""
    return Named(title, kinds, index)


class Mention(NamedTuple):
    """A name found. `strength` counts its words; a single everyday word of a title has strength 0."""

    start: int
    end: int
    first: int
    last: int
    things: frozenset[int]
    strength: int


@lru_cache(maxsize=4096)
def name_words(title: str, language: str) -> tuple[str, ...]:
    """Stemmed words of a title."""
    from_title = tokenise(title, language, sentences(title))
    return tuple(stem(token.word) for token in from_title)


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in UNITS


def _is_model(word: str) -> bool:
    """A word of letters and digits, such as U27 or 20K: a name in itself."""
    return len(word) > 1 and any(map(str.isdigit, word)) and any(map(str.isalpha, word)) and not _is_measure(word)


def _is_measure(word: str) -> bool:
    letters = word.lstrip("0123456789")
    return letters != word and letters in UNITS


@lru_cache(maxsize=4096)
def aliases_of(title: str, language: str) -> tuple[tuple[tuple[str, ...], int], ...]:
    """The ways to say a title. Cached: the same titles stand in many worlds."""
    words = name_words(title, language)
    return tuple(aliases(words)) if words else ()


def aliases(words: Sequence[str]) -> Iterable[tuple[tuple[str, ...], int]]:
    """Ways to say a title, with their strength: every run of two or more words that names something,
    every model number, and each distinctive word alone."""
    yield tuple(words), len(words)
    for size in range(2, len(words)):
        for at in range(len(words) - size + 1):
            run = words[at : at + size]
            if (
                not (run[0] in word_list("weak_words") and not _is_numero(run))
                and run[-1] not in word_list("weak_words")
                and not all(map(_is_number, run))
            ):
                yield tuple(run), size
    for word in words:
        if _is_model(word):
            yield (word,), 1
        elif (
            len(word) >= MIN_DISTINCTIVE
            and word not in word_list("weak_words")
            and word not in word_list("common_words")
            and not _is_number(word)
        ):
            yield (word,), 0


def _is_numero(run: Sequence[str]) -> bool:
    return run[0] in ("no", "nr") and run[1][0].isdigit()


_Runs = dict[tuple[str, ...], tuple[frozenset[int], int]]
"""Stems of a way to say a name, to the things that are called so and its strength."""


@lru_cache(maxsize=4096)
def _starts_of(title: str, language: str) -> frozenset[str]:
    """Stems with which the ways to say a title begin."""
    return frozenset(run[0] for run, _ in aliases_of(title, language))


def _runs_of(title: str, language: str, start: str) -> Iterable[tuple[tuple[str, ...], int]]:
    if start not in _starts_of(title, language):
        return ()
    return [(run, strength) for run, strength in aliases_of(title, language) if run[0] == start]


@lru_cache(maxsize=1024)
def _alone(number: int) -> frozenset[int]:
    """One thing. Kept: nearly every way to say a name names one, and each e-mail has hundreds of them."""
    return frozenset((number,))


class NameIndex:
    """Finds names in a token sequence, the longest first."""

    def __init__(self, things: Sequence[Named], language: str) -> None:
        self.things = tuple(things)
        self._language = language
        self._starts = frozenset[str]().union(*(_starts_of(thing.title, language) for thing in self.things))
        self._runs: dict[str, tuple[_Runs, int]] = {}
        """By their first stem, and how many words the longest has."""

    def find(self, tokens: Sequence[Token]) -> list[Mention]:
        """Mentions in reading order, none inside another."""
        stems = [stem(token.word) for token in tokens]
        found: list[Mention] = []
        if self._starts.isdisjoint(stems):
            return found
        at = 0
        while at < len(tokens):
            mention = self._longest_at(tokens, stems, at) if stems[at] in self._starts else None
            if mention:
                found.append(mention)
            at = mention.last if mention else at + 1
        return found

    def _longest_at(self, tokens: Sequence[Token], stems: Sequence[str], at: int) -> Mention | None:
        runs, longest = self._runs.get(stems[at]) or self._runs_from(stems[at])
        for size in range(min(longest, len(tokens) - at), 0, -1):
            known = runs.get(tuple(stems[at : at + size]))
            if known and tokens[at + size - 1].sentence == tokens[at].sentence:
                return self._grown(tokens, at, at + size, *known)
        return None

    def _runs_from(self, start: str) -> tuple[_Runs, int]:
        """Every way to say a name that begins with a word. Put together when a text has the word: few ever do."""
        runs: _Runs = {}
        for number, thing in enumerate(self.things):
            for run, strength in _runs_of(thing.title, self._language, start):
                known = runs.get(run)
                runs[run] = (known[0] | {number}, max(known[1], strength)) if known else (_alone(number), strength)
        self._runs[start] = found = runs, max(map(len, runs))
        return found

    def _grown(self, tokens: Sequence[Token], first: int, last: int, things: frozenset[int], strength: int) -> Mention:
        """Takes in a number of the same title right before the name ("the 2025 Dragonwell")."""
        before = tokens[first - 1] if first else None
        if (
            before
            and before.word.isdigit()
            and any(before.word in name_words(self.things[number].title, self._language) for number in things)
        ):
            first, strength = first - 1, strength + 1
        return Mention(tokens[first].start, tokens[last - 1].end, first, last, things, strength)
