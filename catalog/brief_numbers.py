"""Amounts that a brief writes in words: "twenty", "twenty-five", "dreißig", "quatre-vingts", "treinta y cinco"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

_UNITS = (
    "one two three four five six seven eight nine",
    "eins zwei drei vier funf sechs sieben acht neun",
    "un deux trois quatre cinq six sept huit neuf",
    "uno dos tres cuatro cinco seis siete ocho nueve",
)
_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn",
    "dix onze douze treize quatorze quinze seize",
    "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
)
_TENS = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig",
    "vingt trente quarante cinquante soixante septante huitante nonante",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
)
_HUNDREDS = frozenset("hundred hundert cent cien ciento".split())
_JOINTS = frozenset("- y et".split())
_EIGHTY = (("quatre", "-", "vingts"), ("quatre", "-", "vingt"), ("quatre", "vingts"), ("quatre", "vingt"))
_ARTICLES = frozenset("a an one".split())
LOOKALIKES = frozenset("once elf cent".split())
"""Numbers of one language that are other words in another: amounts only beside a currency."""


def _counted(lists: Sequence[str], first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * place for words in lists for place, word in enumerate(words.split())}


_UNIT: Mapping[str, int] = _counted(_UNITS, 1)
_TEEN: Mapping[str, int] = _counted(_TEENS, 10)
_TEN: Mapping[str, int] = _counted(_TENS, 20, 10)
_GERMAN = {
    f"{'ein' if unit == 'eins' else unit}und{ten}": 10 * tens + ones
    for ones, unit in enumerate(_UNITS[1].split(), 1)
    for tens, ten in enumerate(_TENS[1].split(), 2)
}
_SPANISH = {f"veinti{unit}": 20 + ones for ones, unit in enumerate(_UNITS[3].split(), 1)}
_SINGLE = {**_TEEN, **_GERMAN, **_SPANISH}


def number_in_words(folded: Sequence[str]) -> tuple[int, Decimal] | None:
    """How many of the next words are a number up to 999, and which; None where they are none."""
    size, hundreds = _hundreds(folded)
    joint = int(bool(size) and folded[size : size + 1] == ["and"])
    more, rest = _below_a_hundred(folded[size + joint :])
    if not size + more:
        return None
    return (size + joint + more if more else size), Decimal(hundreds + rest)


def _hundreds(folded: Sequence[str]) -> tuple[int, int]:
    words = [*folded[:2], "", ""]
    if words[0] in _HUNDREDS:
        return 1, 100
    if words[1] in _HUNDREDS and (words[0] in _UNIT or words[0] in _ARTICLES):
        return 2, 100 * _UNIT.get(words[0], 1)
    return 0, 0


def _below_a_hundred(folded: Sequence[str]) -> tuple[int, int]:
    eighty = next((len(words) for words in _EIGHTY if tuple(folded[: len(words)]) == words), 0)
    first = folded[0] if folded else ""
    if not eighty and first not in _TEN:
        value = _SINGLE.get(first) or _UNIT.get(first, 0)
        return int(bool(value)), value
    size, value = (eighty, 80) if eighty else (1, _TEN[first])
    joint = int(bool(folded[size:]) and folded[size] in _JOINTS)
    word = folded[size + joint] if len(folded) > size + joint else ""
    # French counts on to nineteen from sixty and eighty.
    more = _UNIT.get(word) or (_TEEN.get(word, 0) if value in (60, 80) else 0)
    return (size + joint + 1, value + more) if more else (size, value)
