"""Typed quantities: every number of a text as money, percent, measure, count or plain number.

Masking comes first: product names, codes, addresses, dates and times are blanked out by the caller, because
"U27, $329" would otherwise read as 27 dollars. Then spans are extracted, and only then parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from evals.text import money, units
from evals.text.canonical import fold
from evals.text.numerals import Number, find_digits, find_spelled, half_after
from evals.text.tokens import Token

BLANK = "\ufffc"
_SIGN_BEFORE = re.compile(r"(US\$|C\$|A\$|[$£€¥₹₩])[^\S\n]?\Z")
"""On its line: "29,90 €" above "18 % Rabatt" is the price above."""
_WORD_BEFORE = re.compile(r"\b([A-Za-z]{3})[^\S\n]?\Z")
_SIGN_AFTER = re.compile(r"(?:[.,]\s?[-–—]{1,2})?\s?(US\$|[$£€¥₹₩]|zł)")
_DASH_AFTER = re.compile(r"[.,]\s?(?:[-–—]{1,2})(?!\d)")
_WORD_AFTER = re.compile(r"[\s-]?([^\W\d_]+)")
_CENTS_AFTER = re.compile(
    r"\s?(\d{2})(?!\d|[.,]\d|\s?%)(?!\s?[^\W\d_])|\s?(\d{2})(?=\s(?:statt|und|et|y|au|en|pour)\b)"
)
_DECIMALS = re.compile(r"[.,]\d{1,2}\D{0,8}$")
_FRACTION = re.compile(r"\d[.,]\d")
_AND_CENTS = re.compile(r"\s(?:and|und|et|con|y)\s", re.IGNORECASE)
_TWO_DIGITS = re.compile(r"\d{2}(?![\d%]|[.,]\d|\s?(?:%|[$£€]|euros?\b|[^\W\d_]{1,2}\b(?<!\bde)(?<!\by)(?<!\ba)))")
""" "3 euros con 60": no measure, percentage or amount of its own behind it."""
_CENTS_WORD = re.compile(r"\s(?:cents?|pence|centimes|c[ée]ntimos)\b", re.IGNORECASE)
_PERCENT_AFTER = re.compile(r"[\s-]?(?:%|percent\b|per cent\b|prozent|pour\s?cent|por\s?ciento|pct\b)", re.IGNORECASE)
_FEW = {"two": 2, "five": 5, "ten": 10, "zwei": 2, "funf": 5, "zehn": 10, "deux": 2, "dix": 10, "dos": 2, "diez": 10}
_COIN = r"(?P<step>penny|pence|cent|nickel|dime|centime|centimo|dollar|pound|quid|buck|euro)"
_STEP = re.compile(
    rf"\b(?:(?:a|an|one|ein|einen|un|une|1)\s{_COIN}|(?P<count>{'|'.join(_FEW)}|\d{{1,2}})\s(?:cents?|pence|centimes))\s"
    r"(?:(?P<under>under|below|short of|shy of|(?:less|fewer) than|(?<=[ytle] )off|back from|back out of|change from"
    r"|unter|de moins que|menos de|menos que)|over|above|more than|uber|de plus que|mas que|mas de)\s(?:a\s)?$"
)
_STEP_BEHIND = re.compile(
    rf",?\s(?:(?P<under>less|minus|bar|[^.!?;]{{0,40}}\bwith)|plus)\s(?:a|one)\s{_COIN}\b"
    r"(?P<rest>\s(?:to spare|change|back|left|over))?"
)
""" "A tenner, less a penny", "a tenner buys it, with a penny to spare"."""
_COINED = re.compile(r"penny|pence|c[eé]nt|nickel|dime|dollar|pound|quid|buck|euro", re.IGNORECASE)
_COINS = {"nickel": Decimal("0.05"), "dime": Decimal("0.10")}
_BASIS = re.compile(r"\s?(?:/|per|pro|je|par|les|los|cada)\s?$", re.IGNORECASE)
_AGAINST = re.compile(
    r"\s?(?:→|->|-+>|statt|anstatt|instead of|rather than|au lieu de|plut[ôo]t que|en vez de|en lugar de|frente a"
    r"|contre|down to|to|auf|à|a|,\s?(?:jetzt|now|maintenant|ahora|heute|today))\s?(?:los\s|les\s)?$",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r",?\s?(?:statt|anstatt|instead of|rather than|not|au lieu de|plut[ôo]t que|en vez de|en lugar de|y no|et non)\s?",
    re.IGNORECASE,
)
_PAIR = re.compile(r"\d+(?:[.,]\d+)?\s?[x×]\s?\d+(?:[.,]\d+)?")

HALF = Decimal("0.5")
_WHOLE_STEPS = frozenset("dollar pound quid buck euro".split())
_ONE_OF = frozenset("a one ein einen einem un".split())


class Kind(StrEnum):
    MONEY = "money"
    PERCENT = "percent"
    MEASURE = "measure"
    COUNT = "count"
    PLAIN = "plain"


class Compare(StrEnum):
    """How a number is hedged. `ABOUT` allows 3 % either way, `NEARLY` and `JUST_OVER` 5 % one way."""

    EXACT = ""
    UNDER = "under"
    OVER = "over"
    JUST_OVER = "just_over"
    ABOUT = "about"
    NEARLY = "nearly"
    FROM = "from"
    UP_TO = "up_to"


class Quantity(NamedTuple):
    """A number with what it counts. `readings` are amounts (money, percent, plain, count) or base units (measure)."""

    kind: Kind
    start: int
    end: int
    readings: tuple[Decimal, ...]
    compare: Compare = Compare.EXACT
    what: str = ""
    """Dimension of a measure, noun of a count."""
    currencies: frozenset[str] = frozenset()
    spelled: bool = False

    @property
    def value(self) -> Decimal:
        """The reading usual in the text's language."""
        return self.readings[0]


_COMPARATORS: dict[Compare, str] = {
    Compare.UNDER: "under|less than|fewer than|below|beneath|inside|cheaper than|not even|south of|unter|weniger als"
    "|fur unter"
    "|keine|keinen|nicht einmal|nicht mal|moins de|a moins de|meme pas|sous les|sous|menos de|por debajo de"
    "|por menos de|inferior a|ni siquiera|no llega a|no llegan a|change from|change out of|change back from"
    "|wechselgeld auf|ruckgeld auf|wechselgeld von|monnaie sur|la monnaie de|rend la monnaie sur|vuelta de|cambio de"
    "|no pasa de|no pasan de|no supera los",
    Compare.NEARLY: "nearly|almost|just under|a little under|a shade under|a touch under|a hair under|just shy of"
    "|shy of|just below|close to|not quite|as good as|all but|just south of|getting on for|a whisker under"
    "|knapp|fast|beinahe|nicht ganz|gerade mal|kaum|presque|pres de|a peine|casi"
    "|cerca de|apenas",
    Compare.ABOUT: "about|around|roughly|approximately|approx|some|about the|circa|ca|rund|etwa|ungefahr|environ"
    "|autour de|dans les|quelque|unos|unas|aproximadamente|alrededor de|sobre los|a eso de"
    "|call it|in the region of|in the neighbourhood of|in the neighborhood of|somewhere around|close on|near enough",
    Compare.JUST_OVER: "just over|a little over|little over|a shade over|barely over|slightly over|a touch over"
    "|a hair over|just above|kaum uber|etwas uber|knapp uber|gut"
    "|kaum mehr als|un peu plus de|a peine plus de|poco mas de|algo mas de",
    Compare.OVER: "over|more than|above|upwards of|at least|uber|mehr als|mindestens|plus de|au moins|minimum|mas de"
    "|por encima de|al menos",
    Compare.FROM: "from|starting at|starts at|starting from|ab|a partir de|des|desde",
    Compare.UP_TO: "up to|as much as|bis zu|maximal|max|jusqu'a|hasta",
}
_HEDGES = {phrase: compare for compare, phrases in _COMPARATORS.items() for phrase in phrases.split("|")}
_HEDGE_WORDS = max(len(phrase.split()) for phrase in _HEDGES)
_FILLERS = frozenset("a only just the nur los les der den die un una ein eine einen einem el la".split())
_ABOUT_BEHIND = re.compile(
    r"^,?\s\(?(?:give or take|near enough|near as makes no difference|as near as (?:makes|no)|more or less|or so\b"
    r"|or thereabouts|in round (?:figures|numbers)|rounded (?:up|down)|roughly|approximately|all but a)"
)
_AFTER_OVER = re.compile(
    r"^\s?(?:\+|or more|and up|oder mehr|et plus|o mas|y pico|et quelques|and a bit|and change|und etwas)"
)


def comparator(text: str, start: int, end: int) -> Compare:
    """The hedge around the number at `[start, end)`."""
    words = fold(text[max(0, start - 32) : start]).rstrip("$£€ ").rsplit(maxsplit=_HEDGE_WORDS + 1)
    if words and words[-1] in _FILLERS and words[-1] not in _HEDGES:
        words.pop()
    for size in range(min(_HEDGE_WORDS, len(words)), 0, -1):
        compare = _HEDGES.get(" ".join(words[-size:]).lstrip("(\"'-–"))
        if compare is not None:
            return compare
    behind = fold(text[end : end + 32])
    if _ABOUT_BEHIND.match(behind):
        return Compare.ABOUT
    return Compare.OVER if _AFTER_OVER.match(behind) else Compare.EXACT


def find_quantities(
    text: str, tokens: Sequence[Token], language: str, currency: str, masked: Iterable[tuple[int, int]]
) -> list[Quantity]:
    """Typed quantities of a canonical text in reading order; nothing inside `masked` ranges is read."""
    blanked = blank(text, masked)
    open_tokens = [token for token in tokens if blanked[token.start] != BLANK]
    numbers = sorted(find_digits(blanked, language) + find_spelled(open_tokens, language))
    found: list[Quantity] = []
    done = 0
    for position, number in enumerate(numbers):
        if number.start < done:
            continue
        following = numbers[position + 1] if position + 1 < len(numbers) else None
        quantity = _typed(blanked, _with_half(blanked, number), following, currency)
        done = quantity.end
        found.append(quantity)
    found = _without_steps(blanked, _without_bases(blanked, _compared(blanked, found)))
    slang = _slang(blanked, open_tokens, currency) if any(token.word in money.SLANG for token in open_tokens) else []
    return sorted(found + slang, key=lambda item: item.start) if slang else found


def _with_half(text: str, number: Number) -> Number:
    """Takes in "and a half" behind a number."""
    end = half_after(text, number.end)
    return number._replace(end=end, readings=tuple(value + HALF for value in number.readings)) if end else number


def _compared(text: str, found: list[Quantity]) -> list[Quantity]:
    """Gives a bare number the currency of the amount it is compared with: "129 statt 159 Euro", "32 € statt 40"."""
    for at, (item, after) in enumerate(pairwise(found)):
        bare = item.kind is Kind.PLAIN and not item.spelled and after.kind is Kind.MONEY
        if bare and _AGAINST.fullmatch(text, item.end, after.start):
            found[at] = item._replace(kind=Kind.MONEY, currencies=after.currencies)
        behind = item.kind is Kind.MONEY and after.kind is Kind.PLAIN and not after.spelled
        if behind and _INSTEAD.fullmatch(text, item.end, after.start):
            found[at + 1] = after._replace(kind=Kind.MONEY, currencies=item.currencies)
    return found


def _without_bases(text: str, found: list[Quantity]) -> list[Quantity]:
    """Leaves out the measure a price is per: "£3.60 per 100 g" does not say that anything weighs 100 g."""
    return [
        item
        for before, item in zip([None, *found], found, strict=False)
        if not (
            before is not None
            and before.kind is Kind.MONEY
            and item.kind is Kind.MEASURE
            and _BASIS.fullmatch(text, before.end, item.start)
        )
    ]


def _without_steps(text: str, found: list[Quantity]) -> list[Quantity]:
    """Leaves out the coin by which an amount is told: "one cent short of $120" names no price of a cent."""
    if len(found) < 2:
        return found
    kept = found[-1:]
    for item, after in reversed(list(pairwise(found))):
        both_money = item.kind is Kind.MONEY and after.kind is Kind.MONEY
        if not both_money or not _STEP.search(fold(text[item.start : after.start]).rstrip("$£€")):
            kept.insert(0, item)
    return kept


def _slang(text: str, tokens: Sequence[Token], currency: str) -> list[Quantity]:
    """Banknotes by name: "a tenner", "einen Zehner"."""
    found: list[Quantity] = []
    for before, token in pairwise(tokens):
        value = money.SLANG.get(token.word)
        if value is None or before.word not in _ONE_OF or text[token.end : token.end + 1] == "-":
            continue
        amount = _amount(before.start, token.end, (Decimal(value),), frozenset((currency,)))
        found.append(_hedged(text, amount))
    return found


def blank(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """`text` with the ranges replaced by as many blanks, so that positions stay."""
    for start, end in ranges:
        text = text[:start] + BLANK * (end - start) + text[end:]
    return text


def _typed(text: str, number: Number, following: Number | None, currency: str) -> Quantity:
    quantity = (
        _money(text, number, following, currency)
        or _percent(text, number)
        or _measure(text, number)
        or Quantity(Kind.PLAIN, number.start, number.end, number.readings, spelled=number.spelled)
    )
    return _hedged(text, quantity)


def _hedged(text: str, quantity: Quantity) -> Quantity:
    """The quantity with its hedge; "a penny under ten pounds" is £9.99 to the penny."""
    if quantity.kind is Kind.MONEY and (step := _step_at(text, quantity)):
        size = _size_of(step)
        shift = -size if step["under"] else size
        return quantity._replace(readings=tuple(value + shift for value in quantity.readings))
    return quantity._replace(compare=comparator(text, quantity.start, quantity.end))


def _size_of(step: re.Match[str]) -> Decimal:
    """What a step is worth: "ten cents", "a dollar"."""
    if count := step.groupdict().get("count"):
        return Decimal(_FEW.get(count) or count) / 100
    return Decimal(1) if step["step"] in _WHOLE_STEPS else _COINS.get(step["step"], Decimal("0.01"))


def _step_at(text: str, quantity: Quantity) -> re.Match[str] | None:
    """A coin by which the amount is told, before it or behind."""
    if not _COINED.search(text, max(0, quantity.start - 40), quantity.end + 80):
        return None
    before = _STEP.search(fold(text[max(0, quantity.start - 40) : quantity.start]).rstrip("$£€"))
    behind = before or _STEP_BEHIND.match(fold(text[quantity.end : quantity.end + 80]))
    if before or behind is None or "with" not in (behind["under"] or "") or behind["rest"]:
        return behind
    return None


def _money(text: str, number: Number, following: Number | None, currency: str) -> Quantity | None:
    start, end, currencies = number.start, number.end, frozenset[str]()
    if not number.spelled and (sign := _SIGN_BEFORE.search(text, max(0, start - 4), start)):
        start, currencies = sign.start(), money.SIGNS[sign[1]]
        if dash := _DASH_AFTER.match(text, end):
            end = dash.end()
    elif not number.spelled and (sign := _SIGN_AFTER.match(text, end)):
        end, currencies = sign.end(), money.SIGNS[sign[1]]
    elif word := _currency_word(text, end, currency):
        end, currencies = word
        if currencies is money.CENTS:
            return _amount(start, end, tuple(value / 100 for value in number.readings), frozenset((currency,)))
    elif not number.spelled and (word_before := _WORD_BEFORE.search(text, max(0, start - 5), start)):
        currencies = money.WORDS.get(fold(word_before[1]), frozenset()) if word_before[1].isupper() else frozenset()
        start = word_before.start() if currencies else start
    elif not number.spelled and (dash := _DASH_AFTER.match(text, end)):
        end, currencies = dash.end(), frozenset((currency,))
    if not currencies:
        return None
    readings, end = _with_cents(text, start, end, number.readings, following)
    if half := half_after(text, end):
        readings, end = tuple(value + HALF for value in readings), half
    return _amount(start, end, readings, currencies)._replace(spelled=number.spelled)


def _amount(start: int, end: int, readings: tuple[Decimal, ...], currencies: frozenset[str]) -> Quantity:
    return Quantity(Kind.MONEY, start, end, readings, currencies=currencies)


def _currency_word(text: str, end: int, currency: str) -> tuple[int, frozenset[str]] | None:
    if dash := _DASH_AFTER.match(text, end):
        end = dash.end()
    match = _WORD_AFTER.match(text, end)
    if match is None:
        return None
    word = fold(match[1])
    if word in money.CENTS and word not in ("ct",):
        return match.end(), money.CENTS
    currencies = money.WORDS.get(word)
    # "Five pound bag" is a weight unless the shop counts in pounds.
    if currencies is None or (word.startswith(("pound", "pfund", "livre", "libra")) and currency != "GBP"):
        return None
    return match.end(), currencies


def _with_cents(
    text: str, start: int, end: int, readings: tuple[Decimal, ...], following: Number | None
) -> tuple[tuple[Decimal, ...], int]:
    """Adds "fifty" to "eleven pounds fifty", "90" to "27 € 90", and the cents of "nine dollars and ten cents".

    An amount that has said its cents ("£12.00 eight pencils") or ends its line is complete.
    """
    said = text[start:end]
    if following is None or following.start < end or _FRACTION.search(said) or "\n" in text[end : following.start]:
        return readings, end
    joined = _AND_CENTS.fullmatch(text, end, following.start)
    word = _CENTS_WORD.match(text, following.end) if joined else None
    in_words = following.spelled and not any(map(str.isdigit, said)) and 0 < following.value < 100
    in_digits = not following.spelled and _TWO_DIGITS.match(text, following.start) is not None
    if joined and text[joined.start() : joined.end()].strip() == "con" and (in_words or in_digits):
        return tuple(value + following.value / 100 for value in readings), following.end
    beside = following.start - end <= 1 and (in_words or _CENTS_AFTER.match(text, end))
    if word is None and not beside:
        return readings, end
    return tuple(value + following.value / 100 for value in readings), word.end() if word else following.end


def _percent(text: str, number: Number) -> Quantity | None:
    match = _PERCENT_AFTER.match(text, number.end)
    if match is None:
        return None
    return Quantity(Kind.PERCENT, number.start, match.end(), number.readings, spelled=number.spelled)


def _measure(text: str, number: Number) -> Quantity | None:
    match = _WORD_AFTER.match(text, number.end)
    if match is None:
        return _inch_mark(text, number)
    word, attached = fold(match[1]), match.start(1) == number.end
    unit = units.UNITS.get(word)
    if unit is None or not _is_unit(word, number, attached):
        return _count(text, number, match)
    half = half_after(text, match.end())
    values = [value + HALF for value in number.readings] if half else number.readings
    readings = tuple(value * unit.factor for value in values)
    end = half or match.end()
    return Quantity(Kind.MEASURE, number.start, end, readings, what=unit.dimension, spelled=number.spelled)


def _is_unit(word: str, number: Number, attached: bool) -> bool:
    """False for words that only look like units: "33s" is a plural, "12 in a box" no inches."""
    if word == "s":
        return not attached and not number.spelled
    if word in units.PREPOSITIONS and not attached:
        return False
    return word not in units.AMBIGUOUS or not number.spelled


def _inch_mark(text: str, number: Number) -> Quantity | None:
    if number.spelled or text[number.end : number.end + 1] != '"':
        return None
    readings = tuple(value * units.UNITS["inch"].factor for value in number.readings)
    return Quantity(Kind.MEASURE, number.start, number.end + 1, readings, what="length")


def _count(text: str, number: Number, match: re.Match[str]) -> Quantity | None:
    """A counted noun directly behind the number or one word later ("twelve USB ports")."""
    second = _WORD_AFTER.match(text, match.end())
    for candidate in (match, second):
        noun = units.COUNTED.get(fold(candidate[1])) if candidate else None
        if candidate and noun:
            return Quantity(
                Kind.COUNT, number.start, candidate.end(), number.readings, what=noun, spelled=number.spelled
            )
    return None
