"""The phrase lists beside the code (`evals/lexicons/*.yaml`), compiled once per language.

A file maps family to language to phrases. A phrase that begins with `!` is an exception of its family:
hits that overlap one do not count. `everywhere: true` keeps a family's English active in every locale, for
what a model says in English whatever it was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from evals.text.numerals import LANGUAGES, number_words
from evals.text.phrases import EXCEPTION, PhraseMatcher
from store.plain_yaml import read_words

Families = dict[str, dict[str, Any]]


@lru_cache(maxsize=1)
def families() -> Families:
    """Every family of every file. Raises ValueError when two files define the same one."""
    found: Families = {}
    for entry in sorted((files("evals") / "lexicons").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".yaml"):
            loaded = read_words(entry.read_text(encoding="utf-8"))
            twice = found.keys() & loaded.keys()
            if twice:
                raise ValueError(f"{entry.name} defines {sorted(twice)} again")
            found |= loaded
    return found


def phrases_of(family: Mapping[str, Any], languages: Iterable[str]) -> list[str]:
    """The phrases of a family for some languages, `any` included."""
    found: list[str] = []
    for language in (*languages, "any"):
        listed = family.get(language) or ()
        # Only English keeps its apostrophes ("don't"); the other languages are split there ("l'eau").
        found.extend(str(phrase) if language in ("en", "any") else str(phrase).replace("'", " ") for phrase in listed)
    return found


@lru_cache(maxsize=8)
def matcher(language: str) -> PhraseMatcher:
    """All families as they apply to texts in `language`."""
    wanted = {
        name: phrases_of(family, {language, "en"} if family.get("everywhere") else {language})
        for name, family in families().items()
    }
    return PhraseMatcher(_with_exceptions(wanted), number_words(language))


@lru_cache(maxsize=1)
def claims_matcher() -> PhraseMatcher:
    """The attribute families in all languages at once: what facts say, whatever language they are kept in."""
    return _in_all_languages("attribute:")


@lru_cache(maxsize=1)
def types_matcher() -> PhraseMatcher:
    """The kinds of product in all languages at once."""
    return _in_all_languages("type:")


def _in_all_languages(prefix: str) -> PhraseMatcher:
    wanted = {name: phrases_of(family, LANGUAGES) for name, family in families().items() if name.startswith(prefix)}
    return PhraseMatcher(_with_exceptions(wanted), number_words("en"))


def _with_exceptions(wanted: Mapping[str, list[str]]) -> dict[str, list[str]]:
    split: dict[str, list[str]] = {}
    for name, phrases in wanted.items():
        split[name] = [phrase for phrase in phrases if not phrase.startswith(EXCEPTION)]
        exceptions = [phrase[1:] for phrase in phrases if phrase.startswith(EXCEPTION)]
        if exceptions:
            split[name + EXCEPTION] = exceptions
    return split


def has_word_list(name: str) -> bool:
    """True when there is a file `evals/wordlists/<name>.txt`."""
    return (files("evals") / "wordlists" / f"{name}.txt").is_file()


@lru_cache(maxsize=32)
def word_list(name: str) -> frozenset[str]:
    """The folded words of `evals/wordlists/<name>.txt`."""
    return frozenset((files("evals") / "wordlists" / f"{name}.txt").read_text(encoding="utf-8").split())
