"""What a text says against a typed field: another age, another number of the parts it counts, another grade, another
place, or the opposite of a style. Part of `attribute.invented`; read in English only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache

from evals.checks.bind import bound_picks
from evals.licences import ProductView, spaced, words_in
from evals.passage import Passage
from evals.rules import Finding
from evals.text.canonical import fold
from evals.text.dates import MONTHS, WEEKDAYS
from evals.text.keeping import kept_with
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.numerals import find_digits, find_spelled
from evals.text.quantities import Compare, Kind, Quantity
from evals.text.units import UNITS
from evals.verdict import Severity
from evals.world import World, union

_AGE_KEY = re.compile(r"(?:^|_)ages?(?:_|$)|min_age|age_from")
_AGED = re.compile(r"\b(?:ages?|aged|age of)\s(?:of\s)?$")
_FROM = re.compile(r"\b(?:from|over|above)\s(?:about\s|the age of\s|age\s)?$")
_AND_UP = re.compile(
    r"(?:\s?\+|(?:[\s-]olds?)?\s(?:and|or) (?:up|upwards|over|older|above)|\son(?:wards)?\b|[\s-]olds?\b)"
)
_BIRTH = re.compile(r"\b(?:from birth|for newborns?|from day one|from the first day)\b", re.IGNORECASE)
_SPARE = re.compile(r"\b(?:a|one|the) (?:second|spare|extra|additional|further) (?P<noun>[^\W\d_]+)", re.IGNORECASE)
_PAIR_OF = re.compile(r"\b(?:a|the) (?:pair|couple) of (?P<noun>[^\W\d_]+)", re.IGNORECASE)
_MORE = frozenset("second spare extra additional further pair couple".split())
"""One of them stands in each match of the two patterns."""
_GRADE = re.compile(r"\bip(?:x\d|\d[\dx])\b", re.IGNORECASE)
_PLACE_KEY = re.compile(r"origin|region|country|made_in|grown|harvested|provenance")
_PLACE = re.compile(r"\b(?:[Ff]rom|[Ii]n|[Gg]rown on)\s(?:the\s)?(?P<place>[A-Z][^\W\d_]{2,})")
_OPPOSITES = {
    "dry": ("sweet",), "sweet": ("dry",), "matte": ("glossy", "shiny", "dewy", "satin"), "glossy": ("matte",),
    "paperback": ("hardback", "hardcover"), "hardback": ("paperback",), "mild": ("hot", "spicy"), "hot": ("mild",),
    "still": ("sparkling",), "sparkling": ("still",), "salted": ("unsalted",), "unsalted": ("salted",),
    "decaf": ("caffeinated",), "smooth": ("crunchy",), "crunchy": ("smooth",), "white": ("red",), "red": ("white",),
}  # fmt: skip
_YEAR, _MONTH = UNITS["years"].factor, UNITS["months"].factor
_FEW = 4
"""A number this many times smaller than the field's is of some of them ("three pages a morning")."""
ADULT = 18
DAY = 86_400


def contradictions(passage: Passage, world: World) -> Iterable[Finding]:
    """All of them, in no order. Most picks have none of these fields, and then nothing is looked for."""
    if world.language != "en":
        return
    fields = _told_by_picks(world)
    for item in passage.quantities if "age" in fields or "parts" in fields else ():
        yield from _wrong_age(passage, world, item) if "age" in fields else ()
        yield from _wrong_parts(passage, world, item) if "parts" in fields else ()
    if "age" in fields:
        yield from _from_birth(passage, world)
    if "parts" in fields:
        yield from _spare_parts(passage, world)
    yield from _wrong_grade(passage, world)
    if "place" in fields:
        yield from _wrong_place(passage, world)
    if "style" in fields:
        yield from _opposite(passage, world)


@kept_with
def _told_by_picks(world: World) -> frozenset[str]:
    """Of what the fields of any pick tell."""
    return union(map(_telling_fields, world.picks))


@lru_cache(maxsize=1024)
def _telling_fields(pick: ProductView) -> frozenset[str]:
    """Of what the fields of a pick tell: age, parts, place, style."""
    keys = pick.facts.attributes.keys()
    words = {token.word for token in words_in(pick.attribute_text, "en")}
    told = {
        "age": any(map(_AGE_KEY.search, keys)),
        "parts": bool(_counts_of(pick)),
        "place": any(map(_PLACE_KEY.search, keys)),
        "style": not words.isdisjoint(_OPPOSITES),
    }
    return frozenset(name for name, is_told in told.items() if is_told)


def _ages(picks: Sequence[ProductView]) -> set[Decimal]:
    """Seconds of the ages in the fields for ages; 0 is from birth."""
    return {age for pick in picks for key, value in pick.facts.attributes.items() if _AGE_KEY.search(key)
            for age in _ages_in(str(value))}  # fmt: skip


@lru_cache(maxsize=1024)
def _ages_in(value: str) -> frozenset[Decimal]:
    if "birth" in value.lower() or "newborn" in value.lower():
        return frozenset((Decimal(0),))
    unit = _MONTH if re.search(r"month|\bm\b|mo\b", value, re.IGNORECASE) else _YEAR
    return frozenset(number.value * unit for number in find_digits(value, "en"))


def _wrong_age(passage: Passage, world: World, item: Quantity) -> Iterable[Finding]:
    """ "Safe from twelve months" of what is for three years and up."""
    known = _ages(bound_picks(passage, world, item.start, item.end))
    if not known:
        return
    before = passage.text[max(0, item.start - 24) : item.start].lower()
    behind = passage.text[item.end : item.end + 24].lower()
    timed = item.kind is Kind.MEASURE and item.what == "time" and item.value >= 28 * DAY
    aged = _AGED.search(before) is not None and (timed or item.kind is Kind.PLAIN)
    if not (aged or (timed and (_FROM.search(before) or _AND_UP.match(behind)))):
        return
    said = item.value if timed else item.value * _YEAR
    if said <= ADULT * _YEAR and not any(abs(said - age) <= 31 * DAY for age in known):
        yield Finding((item.start, item.end), "The facts give another age.", "the age in the facts")


def _from_birth(passage: Passage, world: World) -> Iterable[Finding]:
    for match in _BIRTH.finditer(passage.text) if "birth" in passage.text or "first day" in passage.text else ():
        known = _ages(bound_picks(passage, world, *match.span()))
        if known and 0 not in known and not passage.is_negated(*match.span()):
            yield Finding(match.span(), "The facts give another age.", "the age in the facts")


@lru_cache(maxsize=1024)
def _counts_of(pick: ProductView) -> dict[str, frozenset[Decimal]]:
    """Stems of the fields' last words to the numbers in them, and their sum ("batteries: 1 included")."""
    found: dict[str, frozenset[Decimal]] = {}
    for key, value in pick.facts.attributes.items():
        text = str(value)
        if isinstance(value, bool) or value is None or isinstance(value, dict | list) or _AGE_KEY.search(key):
            continue
        numbers = [one.value for one in (*find_digits(text, "en"), *find_spelled(words_in(text, "en"), "en"))]
        noun = spaced(key).rsplit(maxsplit=1)[-1]
        if numbers and noun.endswith("s") and len(noun) > 3:
            found[_singular(noun)] = frozenset((*numbers, sum(numbers, Decimal(0))))
    return found


def _singular(noun: str) -> str:
    noun = fold(noun)
    return noun[:-3] + "y" if noun.endswith("ies") else noun.removesuffix("s")


def _allowed(noun: str, picks: Sequence[ProductView]) -> frozenset[Decimal]:
    """Numbers that the fields give for a noun; empty where none counts it."""
    return frozenset[Decimal]().union(*(_counts_of(pick).get(_singular(noun), frozenset()) for pick in picks))


def _wrong_parts(passage: Passage, world: World, item: Quantity) -> Iterable[Finding]:
    """ "Two batteries in every box" of what comes with one."""
    if item.kind is not Kind.PLAIN or item.compare is not Compare.EXACT:
        return
    for token in passage.tokens_in(item.end, item.end + 24)[:1]:
        if not token.word.endswith("s"):
            continue
        known = _allowed(token.word, bound_picks(passage, world, item.start, item.end))
        told = known and (item.value > max(known) or item.value * _FEW >= max(known))
        if told and known.isdisjoint(item.readings) and not passage.is_negated(item.start, item.end):
            yield Finding((item.start, token.end), "The facts count another number.", "a field counts them")


def _spare_parts(passage: Passage, world: World) -> Iterable[Finding]:
    patterns = () if passage.words.isdisjoint(_MORE) else (_SPARE, _PAIR_OF)
    for pattern in patterns:
        for match in pattern.finditer(passage.text):
            known = _allowed(match["noun"], bound_picks(passage, world, *match.span()))
            if known and max(known) < 2 and not passage.is_negated(*match.span()):
                yield Finding(match.span(), "The facts count fewer.", "a field counts them")


def _wrong_grade(passage: Passage, world: World) -> Iterable[Finding]:
    """ "IPX8" of what is IPX6: the grades differ by what they withstand."""
    graded = passage.has_digits and "ip" in passage.text.lower()
    for match in _GRADE.finditer(passage.text) if graded else ():
        picks = bound_picks(passage, world, *match.span())
        if picks and not any(match.group().lower() in fold(pick.soft_text) for pick in picks):
            told = any(match.group().lower() in fold(pick.soft_text) for pick in world.picks)
            weight = Severity.WARN if told else None  # of another pick: "HDMI, IPX7, TT-3"
            yield Finding(match.span(), "The facts give another grade.", "the grade in the facts", severity=weight)


def _wrong_place(passage: Passage, world: World) -> Iterable[Finding]:
    """ "From the Mosel" of what the facts place elsewhere."""
    for match in _PLACE.finditer(passage.text):
        word = fold(match["place"])
        picks = bound_picks(passage, world, *match.span())
        placed = [pick for pick in picks if any(_PLACE_KEY.search(key) for key in pick.facts.attributes)]
        known = stem(word) in world.known_words or word in world.brand_words or word in world.reviewers
        other = word in MONTHS or word in WEEKDAYS or word in word_list("first_names")
        if placed and len(placed) == len(picks) and not (known or other or passage.is_negated(*match.span())):
            weight = Severity.WARN if is_beside_place(passage, match.end(), placed) else None
            yield Finding(match.span(), "The facts give another place.", "the place in the facts", severity=weight)


def is_beside_place(passage: Passage, end: int, picks: Sequence[ProductView]) -> bool:
    """ "From China's Zhejiang province": right behind it stands the place that a field gives, which may lie in it."""
    fields = [str(value) for pick in picks for key, value in pick.facts.attributes.items() if _PLACE_KEY.search(key)]
    return any(token.word in fold(" ".join(fields)) for token in passage.tokens_in(end, end + 24)[:2])


def _opposite(passage: Passage, world: World) -> Iterable[Finding]:
    """ "A sweet Riesling" of one that is dry: an adjective right before the name, or before the field's own word."""
    for mention, pick in passage.picks_named_in(0, len(passage.text)):
        before = passage.tokens[mention.first - 1] if mention.first else None
        fields = words_in(pick.attribute_text, "en")
        denied = {word for token in fields for word in _OPPOSITES.get(token.word, ())}
        if before and before.word in denied - {token.word for token in words_in(pick.soft_text, "en")}:
            yield Finding((before.start, mention.end), "The facts say the opposite.", pick.attribute_text)
