"""Text to index terms: case and accents folded, model numbers whole and in parts, words cut to their stem.

The language of a shop is read off its own texts; the stemmers are Snowball's (Porter 2001).
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import Stemmer  # type: ignore[import-not-found]

Language = Literal["en", "de", "fr", "es", ""]
"""Empty: none of those that are stemmed."""

MAX_TOKEN = 40
"""Longer is an address or garbage."""
STOP_WORDS: dict[Language, frozenset[str]] = {
    "en": frozenset(
        "a an and any are as at be by for from he her him his i in is it its me my of on or our she some something "
        "that the their them they this to us we what which who with you your".split()
    ),
    "de": frozenset(
        "am an auf aus bei das dem den der die du ein eine einem einen einer fur ihr im in ist mit oder sich sie und "
        "von vom zu zum zur".split()
    ),
    "fr": frozenset(
        "a au aux avec ce cette d dans de des du en est et il l la le les ou par pour que qui sur un une vos "
        "votre".split()
    ),
    "es": frozenset("a al con de del el en es la las lo los o para por que se su sus un una unos y".split()),
}
_STEMMERS = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
_UNDECOMPOSED = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that Unicode does not take apart; `casefold` has made ß to ss before."""
_TOKEN = re.compile(r"[^\W_]+(?:[-./'’+][^\W_]+)*")
_JOINTS = re.compile(r"[-./+]")
_ELISION = re.compile(r"^(?:[a-z]|qu)['’](?=\w{2})")
_APOSTROPHE = re.compile(r"['’]s?$|['’]")
_LEAST_SHARE = 0.02
"""Of all words of a text in a language, stop words are a quarter or more; of a list of names, still one in fifty."""


def fold(text: str) -> str:
    """`text` without case and accents: "Crème Brûlée" and "CREME BRULEE" are one, "Straße" and "strasse" too."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_UNDECOMPOSED)


def tokens(text: str) -> Iterator[str]:
    """Folded words in order. What is joined by hyphen, dot or slash comes whole and in parts.

    "DMC-FZ35K" is `dmcfz35k`, `dmc`, `fz35k`, so that it is found however it is typed; "men's" is `men`.
    """
    for found in _TOKEN.findall(fold(text)):
        word = _APOSTROPHE.sub("", _ELISION.sub("", found)) if "'" in found or "’" in found else found
        if len(word) > MAX_TOKEN or not word:
            continue
        parts = _JOINTS.split(word)
        if len(parts) > 1:
            yield "".join(parts)
            yield from parts
        else:
            yield word


def language_of(texts: Iterable[str]) -> Language:
    """The language whose stop words are most frequent in `texts`; empty when they are hardly there at all."""
    counts: dict[Language, int] = dict.fromkeys(STOP_WORDS, 0)
    total = 0
    for text in texts:
        for word in tokens(text):
            total += 1
            for language, stop_words in STOP_WORDS.items():
                counts[language] += word in stop_words
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= max(1.0, _LEAST_SHARE * total) else ""


class _Stemmers(threading.local):
    """Those of one thread: a stemmer keeps its working memory in itself."""

    def __init__(self) -> None:
        self._made: dict[Language, Stemmer.Stemmer] = {}

    def of(self, language: Language) -> Stemmer.Stemmer:
        """Without its own cache; `stem` has one for all threads."""
        if language not in self._made:
            self._made[language] = Stemmer.Stemmer(_STEMMERS[language], 0)
        return self._made[language]


_stemmers = _Stemmers()


@lru_cache(maxsize=1 << 18)
def stem(word: str, language: Language) -> str:
    """The form all inflections of a word share. Words with digits, and short ones, are left as they are."""
    if not language or len(word) < 4 or not word.isalpha():
        return word
    return str(_stemmers.of(language).stemWord(word))


def terms(text: str, language: Language) -> list[str]:
    """The index terms of a text, stop words left out."""
    stop_words = STOP_WORDS.get(language, frozenset())
    return [stem(word, language) for word in tokens(text) if word not in stop_words]
