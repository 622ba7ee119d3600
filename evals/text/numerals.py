"""Numbers in digits and in words, in English, German, French and Spanish."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from evals.text.canonical import fold
from evals.text.tokens import Token

# Groups of three behind a separator, then a fraction; ",-" and ",–" are how German writes round amounts.
_DIGITS = re.compile(r"(?<![\w.,])\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?(?![\d])|\d+(?:[.,]\d+)?")
_NUMBERED = re.compile(r"\b(?:no|nr|num|n[°º])\.?\s?$", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?")
_ENGLISH = {
    **{w: i for i, w in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen "
       "fourteen fifteen sixteen seventeen eighteen nineteen".split())},
    **{w: 20 + 10 * i for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())},
    "hundred": 100, "thousand": 1000, "dozen": 12,
}  # fmt: skip
_FRENCH = {
    **{w: i for i, w in enumerate("zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
       "quinze seize".split())},
    "une": 1, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60,
    "septante": 70, "huitante": 80, "nonante": 90, "cent": 100, "cents": 100, "mille": 1000,
    "dizaine": 10, "dizaines": 10, "douzaine": 12, "douzaines": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30,
    "cinquantaine": 50, "centaine": 100,
}  # fmt: skip
_SPANISH = {
    **{w: i for i, w in enumerate("cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce "
       "quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro "
       "veinticinco veintiseis veintisiete veintiocho veintinueve".split())},
    "un": 1, "una": 1, "veintiun": 21, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70,
    "ochenta": 80, "noventa": 90, "cien": 100, "ciento": 100, "doscientos": 200, "doscientas": 200,
    "trescientos": 300, "trescientas": 300, "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600,
    "setecientos": 700, "ochocientos": 800, "novecientos": 900, "mil": 1000, "docena": 12, "docenas": 12, "decena": 10,
}  # fmt: skip
_GERMAN_ONES = ["", "ein", "zwei", "drei", "vier", "funf", "sechs", "sieben", "acht", "neun"]
_GERMAN_TEENS = "zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn".split()
_GERMAN_TENS = "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig".split()
_PHRASES: dict[str, tuple[tuple[str, Decimal], ...]] = {
    language: tuple((phrase, Decimal(value)) for phrase, value in phrases)
    for language, phrases in {
        "en": (("half a dozen", "6"), ("half dozen", "6"), ("a dozen", "12")),
        "de": (("ein halbes dutzend", "6"), ("halbes dutzend", "6"), ("anderthalb", "1.5"), ("eineinhalb", "1.5"),
               ("zweieinhalb", "2.5"), ("dreieinhalb", "3.5"), ("viereinhalb", "4.5"), ("siebeneinhalb", "7.5")),
        "fr": (("une demi douzaine", "6"), ("demi douzaine", "6"), ("une douzaine", "12")),
        "es": (("media docena", "6"), ("una docena", "12")),
    }.items()
}  # fmt: skip
"""Numbers that are said in a way of their own; the longer before the shorter."""
_OPENINGS = {
    language: frozenset(phrase.split(" ")[0] for phrase, _ in phrases) for language, phrases in _PHRASES.items()
}
_HALF = re.compile(r"\s(?:and a half|et demie?|y medi[oa])\b", re.IGNORECASE)
_OF_TENS = ("et", "y")
"""They join ones to tens alone: "cien por cien y cuarenta euros" holds two numbers."""
_JOINERS = {"en": "and", "fr": "et", "es": "y", "de": "und"}
LANGUAGES = ("en", "de", "fr", "es")


class Number(NamedTuple):
    """A number in the text. `readings` has one value, or two where separators are ambiguous ("1.249")."""

    start: int
    end: int
    readings: tuple[Decimal, ...]
    spelled: bool = False

    @property
    def value(self) -> Decimal:
        """The reading the text's language prefers."""
        return self.readings[0]


def _german() -> dict[str, int]:
    below_hundred = {"null": 0, "eins": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "dutzend": 12}
    below_hundred |= {word: value for value, word in enumerate(_GERMAN_ONES) if word}
    below_hundred |= {word: 10 + index for index, word in enumerate(_GERMAN_TEENS)}
    for index, ten in enumerate(_GERMAN_TENS):
        below_hundred[ten] = 20 + 10 * index
        for value, one in enumerate(_GERMAN_ONES[1:], 1):
            below_hundred[f"{one}und{ten}"] = 20 + 10 * index + value
    words = dict(below_hundred)
    for value, one in enumerate(["", *_GERMAN_ONES[1:]]):
        hundreds = max(value, 1) * 100
        words[f"{one}hundert"] = hundreds
        words |= {f"{one}hundert{rest}": hundreds + small for rest, small in below_hundred.items() if small}
    return words | {"tausend": 1000, "eintausend": 1000}


@lru_cache(maxsize=8)
def number_words(language: str) -> dict[str, int]:
    """Folded number words of a language; empty for languages we do not read."""
    return {"en": _ENGLISH, "fr": _FRENCH, "es": _SPANISH}.get(language) or (_german() if language == "de" else {})


def parse_digits(literal: str, language: str) -> tuple[Decimal, ...]:
    """Values a digit literal may have, the one usual in `language` first.

    "1.249" is 1249 to a German and 1.249 to an American; we keep both and let the facts decide.
    """
    if _GROUPED.fullmatch(literal):
        whole = re.sub(r"[.,' ](?=\d{3}(?!\d))", "", literal)
        grouped = Decimal(whole.replace(",", "."))
        if literal.count(".") + literal.count(",") + literal.count(" ") + literal.count("'") > 1 or " " in literal:
            return (grouped,)
        plain = Decimal(literal.replace(",", ".").replace("'", ""))
        thousands = "," if language == "en" else "."
        return (grouped, plain) if thousands in literal or "'" in literal else (plain, grouped)
    return (Decimal(literal.replace(",", ".")),)


def find_digits(text: str, language: str) -> list[Number]:
    """Digit literals in reading order."""
    found: list[Number] = []
    for match in _DIGITS.finditer(text):
        literal, start = match.group(), match.start()
        if " " in literal and _NUMBERED.search(text, max(0, start - 8), start):
            first, rest = literal.split(" ", 1)  # "No. 12 125 g": the number of a thing, and what it weighs
            found.append(Number(start, start + len(first), parse_digits(first, language)))
            literal, start = rest, start + len(first) + 1
        found.append(Number(start, match.end(), parse_digits(literal, language)))
    return found


def find_spelled(tokens: Sequence[Token], language: str) -> list[Number]:
    """Runs of number words, each read as one number ("two hundred and nine", "quatre-vingt-dix")."""
    words = number_words(language)
    found: list[Number] = []
    index = 0
    openings = _OPENINGS.get(language, frozenset())
    while index < len(tokens):
        if tokens[index].word not in words and tokens[index].word not in openings:
            index += 1
            continue
        value, after = _read_phrase(tokens, index, language) or _read_run(
            tokens, index, words, _JOINERS.get(language, "")
        )
        if after > index:
            found.append(Number(tokens[index].start, tokens[after - 1].end, (Decimal(value),), spelled=True))
        index = max(after, index + 1)
    return found


def _read_phrase(tokens: Sequence[Token], index: int, language: str) -> tuple[Decimal, int] | None:
    """Value and the index after a phrase such as "half a dozen" at `index`."""
    opening = tokens[index].word
    for phrase, value in _PHRASES.get(language, ()):
        if not phrase.startswith(opening):
            continue
        size = phrase.count(" ") + 1
        if " ".join(token.word for token in tokens[index : index + size]) == phrase:
            return value, index + size
    return None


def half_after(text: str, end: int) -> int:
    """Where "and a half" ends that begins at `end`; 0 when there is none."""
    match = _HALF.match(text, end)
    return match.end() if match else 0


def _read_run(tokens: Sequence[Token], index: int, words: dict[str, int], joiner: str) -> tuple[Decimal | int, int]:
    """Value of the number that starts at `index` and the index after it; `index` itself when there is none."""
    total = current = 0
    last: int | None = None
    at = after = index
    while at < len(tokens) and tokens[at].sentence == tokens[index].sentence:
        word = tokens[at].word
        if word == joiner and last is not None and at == after and (last < 100 or joiner not in _OF_TENS):
            at += 1
            continue
        value = words.get(word)
        if value is None or not _continues(last, value, current):
            break
        total, current = _add(total, current, value)
        last = value
        at += 1
        after = at
    return total + current, after


def _continues(last: int | None, value: int, current: int) -> bool:
    """True when a number word may follow the one before: "twenty five" may, "five twenty" may not."""
    if last is None:
        return True
    if last == 1000:
        return value < 1000
    if value in (100, 1000, 12) and last != 12:
        return 0 < current < value or value == 1000
    if last == 4 and value == 20 and current % 100 == 4:
        return True
    return value < 20 if last in (60, 20, 80) and value >= 10 else value < 10 <= last or value < 100 <= last


def _add(total: int, current: int, value: int) -> tuple[int, int]:
    if value == 1000:
        return total + max(current, 1) * 1000, 0
    if value == 100:
        return total, max(current, 1) * 100
    if value == 12 and current:
        return total, current * 12
    if value == 20 and current % 100 == 4:
        return total, current - 4 + 80
    return total, current + value


def spell(value: int, language: str) -> str | None:
    """The shortest single word for a small number, folded; None when it takes several."""
    return next((word for word, number in number_words(language).items() if number == value), None)


__all__ = [
    "LANGUAGES",
    "Number",
    "find_digits",
    "find_spelled",
    "fold",
    "half_after",
    "number_words",
    "parse_digits",
    "spell",
]
