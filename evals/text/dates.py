"""Dates, weekdays and times of day in running text, in English, German, French and Spanish.

Found so that their numbers are not mistaken for claims, and so that deadlines and purchase dates can be
compared with the facts.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from evals.text.canonical import fold
from evals.text.tokens import Token

_MONTHS = (
    "january jan januar janner janvier enero ene",
    "february feb februar fevrier febrero",
    "march mar marz mars marzo",
    "april apr avril abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet julio",
    "august aug aout agosto ago",
    "september sep sept septembre septiembre",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez decembre diciembre dic",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_MONTH_OR_WORD = frozenset("may mar jan sep sept dec mars ago mai dic ene".split())
"""Month words that are also other words: a month only beside a day, a year or a preposition."""
_WEEKDAYS = (
    "monday montag lundi lunes mon",
    "tuesday dienstag mardi martes tue tues",
    "wednesday mittwoch mercredi miercoles wed",
    "thursday donnerstag jeudi jueves thu thurs",
    "friday freitag vendredi viernes fri",
    "saturday samstag sonnabend samedi sabado",
    "sunday sonntag dimanche domingo",
)
WEEKDAYS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()}
_WEEKDAY_OR_WORD = frozenset(("mon", "wed", "fri", "thu", "tue"))
_RELATIVE = {
    "today": 0, "tonight": 0, "midnight": 0, "heute": 0, "mitternacht": 0, "aujourd": 0, "hoy": 0, "medianoche": 0,
    "minuit": 0, "tomorrow": 1, "demain": 1, "manana": 1, "ubermorgen": 2, "overmorrow": 2,
}  # fmt: skip
_NUMERIC = re.compile(
    r"(?<![\d.,$£€])(?<![$£€]\s)\b(?:(?P<y>20\d\d|19\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-](?P<y2>(?:19|20)\d\d|\d\d)\b"
    r"|(?P<dd>\d{1,2})\.(?P<mm>\d{1,2})\.(?=\s[a-z0-9]|$|,)"
    r"|(?P<sa>\d{1,2})/(?P<sb>\d{1,2})(?![\d/]))"
)
_CLOCK = re.compile(
    r"\b(?:\d{1,2}:\d{2}\s?(?:am|pm|uhr|h)?\b|\d{1,2}\.\d{2}\s?(?:am\b|pm\b|a\.m\.|p\.m\.|uhr\b)|\d{1,2}\s?(?:am\b|pm\b|a\.m\.|p\.m\.|uhr\b|o'clock\b)"
    r"|\d{1,2}\s?h\s?\d{2}\b|24/7|\bthe\s\d{1,2}[.:]\d{2}(?=\s(?:to|from|train|bus|ferry)\b)"
    r"|\b(?:il est|dès|vers|jusqu'à|avant|après|à)\s\d{1,2}\s?(?:h|heures?)\b"
    r"|\b(?:a las?|à|um|at)\s\d{1,2}(?=\s(?:in the|at night|de la|du soir|uhr|heures|h\b)))",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s?(?:[%€£$]|prozent\b|percent\b|pour cent\b|por ciento\b|euros?\b)", re.IGNORECASE)
_BEFORE_MONTH = frozenset("in im since seit until till last bis early late anfang mitte ende en depuis desde".split())
_END_OF = frozenset(("end", "ende", "fin", "finales"))
_YEAR = re.compile(r"(?:19|20)\d\d")
_ORDINAL = re.compile(
    r"\b(?:the\s(?P<en>\d{1,2})(?:st|nd|rd|th)(?!\s(?:of|order|time|cup|page|place|floor|century|birthday|edition))"
    r"|(?:am|zum|bis)\s(?P<de>\d{1,2})\.(?=\s[a-z]|\s?$|[,;!)])|(?:le|au)\s(?P<fr>\d{1,2})(?=\s?[.,;!)]|\s?$)"
    r"|(?:el|día|dia)\s(?:día\s|dia\s)?(?P<es>\d{1,2})(?=\s?[.,;!)]|\s?$))(?!\d)",
    re.IGNORECASE,
)
_MONTH_END = re.compile(
    r"\b(?:(?:the )?end of (?:the|this) month|month'?s end|month-end"
    r"|(?:zum |bis )?monatsende|ende (?:des|dieses) monats"
    r"|(?:la )?fin (?:du|de ce) mois|(?:finales|final|fin) de (?:este )?mes)\b",
    re.IGNORECASE,
)
_WEEK = re.compile(
    r"\b(?P<weekend>(?:this|the) weekend|(?:dieses|am|das|übers) wochenende|ce week-?end|(?:este|el) fin de semana)\b"
    r"|\b(?:this week|diese woche|cette semaine|esta semana)\b",
    re.IGNORECASE,
)
_FROM_NOW = re.compile(
    r"\b(?P<count>a|one|two|three|four|five|six|seven|ten|\d{1,2})\s(?P<unit>day|week|fortnight)s?"
    r"(?:\sfrom\s(?P<base>now|today|tomorrow)|\s(?P<today>today))\b|\b(?:this|the same) day next week\b",
    re.IGNORECASE,
)
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_TIME_WORDS = frozenset((*MONTHS, *_RELATIVE, *WEEKDAYS, *(f"{word}s" for word in WEEKDAYS), "morgen"))
"""Words without which no word of a text is a date, but for years in digits."""
_MONTH_WORDS = ("month", "monat", "mois", "mes")
_WEEK_WORDS = ("week", "woche", "semaine", "semana")
_DIGIT = re.compile(r"\d")
_NEXT = frozenset("next week nachste nachsten nachster prochain prochaine proximo proxima".split())
_WEEK_LATER = re.compile(r"\s(?:in einer woche|week\b|en huit|en ocho días|dentro de una semana)", re.IGNORECASE)
""" "Freitag in einer Woche", "vendredi en huit": of next week, too."""
_BESIDE = re.compile(r",?\s?(?:\(|the |den |dem |der |le |el |,)?", re.IGNORECASE)
_AT_NIGHT = frozenset("midnight mitternacht minuit medianoche".split())
NIGHT_REACH = 24
"""Characters between "midnight" and the day it belongs to."""
_UNIT_BEHIND = re.compile(
    r"\s?(?:[%€$£]|prozent|pour\s?cent|por\s?ciento|euros?\b|eur\b|usd\b|gbp\b|chf\b)", re.IGNORECASE
)
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|\.)?", re.IGNORECASE)


class DateRef(NamedTuple):
    """A date as written. Unset parts are None; `offset` counts days from the send date."""

    start: int
    end: int
    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    offset: int | None = None
    alternative: tuple[int, int] | None = None
    """(day, month) the other way round, for "03/04/2026"."""
    month_end: bool = False
    """The last day of the month of sending."""
    week: str = ""
    """`week` or `weekend`: any of its days, in the week of sending."""
    is_next: bool = False
    """A weekday of next week."""

    def can_mean(self, wanted: date, sent: date) -> bool:
        """True when a reader on `sent` may take it for `wanted`."""
        if self.offset is not None:
            return sent + timedelta(days=self.offset) == wanted
        if self.month_end:
            return wanted == sent.replace(day=monthrange(sent.year, sent.month)[1])
        if self.week:
            same = wanted.isocalendar()[:2] == sent.isocalendar()[:2]
            return same and (self.week == "week" or wanted.weekday() >= 4)
        if self.weekday is not None and self.day is None:
            return self.weekday == wanted.weekday() and abs((wanted - sent).days) <= (13 if self.is_next else 7)
        if self.weekday is not None and self.weekday != wanted.weekday():
            return False
        if self.year is not None and self.year != wanted.year:
            return False
        pairs = {(self.day, self.month)} | ({self.alternative} if self.alternative else set())
        return any(day in (None, wanted.day) and month in (None, wanted.month) for day, month in pairs)


def find_dates(text: str, tokens: Sequence[Token], language: str) -> list[DateRef]:
    """Every date in reading order, longest reading first, none inside another.

    "1.10." is a date in German only; elsewhere it is an amount at the end of a sentence.
    """
    found = _numeric(text, language)
    words = [token.word for token in tokens]
    if not _TIME_WORDS.isdisjoint(words) or any(map(_YEAR.fullmatch, words)):
        found += _with_month(text, tokens) + _single_words(text, tokens)
    found += _phrases(text, language)
    if not found:
        return []
    found.sort(key=lambda ref: (ref.start, -ref.end))
    kept: list[DateRef] = []
    for ref in found:
        if not kept or ref.start >= kept[-1].end:
            kept.append(ref)
    return _without_nights(text, _with_weekdays(text, kept))


def _with_weekdays(text: str, refs: list[DateRef]) -> list[DateRef]:
    """Joins a weekday and the date beside it ("Sunday, 15 March"): a day must be both."""
    joined: list[DateRef] = []
    for ref in refs:
        last = joined[-1] if joined else None
        if last is not None and _BESIDE.fullmatch(text, last.end, ref.start):
            if last.weekday is not None and last.day is None and ref.day is not None:
                joined[-1] = ref._replace(start=last.start, weekday=last.weekday)
                continue
            if ref.weekday is not None and last.day is not None and last.weekday is None:
                joined[-1] = last._replace(end=ref.end, weekday=ref.weekday)
                continue
        joined.append(ref)
    return joined


def _phrases(text: str, language: str) -> list[DateRef]:
    """Ends of the month, weeks, weekends, and bare days ("the 12th", "le 19")."""
    lowered, found = text.lower(), list[DateRef]()
    if any(word in lowered for word in _MONTH_WORDS):
        found += [DateRef(*match.span(), month_end=True) for match in _MONTH_END.finditer(text)]
    if any(word in lowered for word in _WEEK_WORDS):
        found += [
            DateRef(*match.span(), week="weekend" if match["weekend"] else "week") for match in _WEEK.finditer(text)
        ]
    if language == "en" and any(word in lowered for word in (" today", " now", " tomorrow", "day next")):
        found += [DateRef(*match.span(), offset=_days_from_now(match)) for match in _FROM_NOW.finditer(text)]
    for match in _ORDINAL.finditer(text) if _DIGIT.search(text) else ():
        day = match.groupdict().get(language)
        if day and 1 <= int(day) <= 31:
            found.append(DateRef(match.start(language), match.end(), day=int(day)))
    return found


def _days_from_now(match: re.Match[str]) -> int:
    """Days from the day of sending that "a week from today" or "three days from tomorrow" stands for."""
    if match["count"] is None:
        return 7
    count = match["count"].lower()
    days = (_COUNTS.get(count) or int(count)) * _UNIT_DAYS[match["unit"].lower()]
    return days + ((match["base"] or "").lower() == "tomorrow")


def _without_nights(text: str, refs: list[DateRef]) -> list[DateRef]:
    """Without the midnight of a day that is named beside it: "midnight on Sunday" is not tonight."""
    nights = [ref for ref in refs if fold(text[ref.start : ref.end]) in _AT_NIGHT]
    named = [ref for ref in refs if ref not in nights] if nights else []
    return [
        ref
        for ref in refs
        if ref not in nights
        or not any(max(other.start - ref.end, ref.start - other.end) <= NIGHT_REACH for other in named)
    ]


def find_clock_times(text: str) -> list[tuple[int, int]]:
    """Ranges of times of day ("11 pm", "20 Uhr", "24/7")."""
    return [match.span() for match in _CLOCK.finditer(text)]


def _numeric(text: str, language: str) -> list[DateRef]:
    if not _DIGIT.search(text):
        return []
    matches = (match for match in _NUMERIC.finditer(text) if match["dd"] is None or language == "de")
    refs = (_numeric_ref(match) for match in matches)
    return [ref for ref in refs if ref is not None]


def _numeric_ref(match: re.Match[str]) -> DateRef | None:
    parts = {name: int(value) for name, value in match.groupdict().items() if value}
    if "y" in parts:
        return _checked(match, parts["d"], parts["m"], parts["y"])
    if "dd" in parts:
        return _checked(match, parts["dd"], parts["mm"], None)
    first, second = parts.get("a", parts.get("sa", 0)), parts.get("b", parts.get("sb", 0))
    year = parts.get("y2")
    full = year + 2000 if year is not None and year < 100 else year
    if year is None and second > 12 and first > 12:
        return None
    return _checked(match, first, second, full) or _checked(match, second, first, full)


def _checked(match: re.Match[str], day: int, month: int, year: int | None) -> DateRef | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    swapped = (month, day) if day <= 12 else None
    return DateRef(match.start(), match.end(), day, month, year, alternative=swapped)


def _with_month(text: str, tokens: Sequence[Token]) -> list[DateRef]:
    found: list[DateRef] = []
    for index, token in enumerate(tokens):
        month = MONTHS.get(token.word)
        if month is None:
            continue
        first, last, day, year = _around_month(tokens, index)
        if last > index and year is None and _COUNTED.match(text, tokens[last].end):
            last, day = index, None  # "bis Ende Oktober 10 % weniger"
        if token.word in _MONTH_OR_WORD and day is None and year is None and not _is_month_use(tokens, index):
            continue
        if day is None and {word.word for word in tokens[max(0, first - 3) : first]} & _END_OF:
            day = monthrange(year or 2000, month)[1]
        found.append(DateRef(tokens[first].start, tokens[last].end, day, month, year))
    return found


def _around_month(tokens: Sequence[Token], index: int) -> tuple[int, int, int | None, int | None]:
    """(first token, last token, day, year) of the date around the month word at `index`."""
    first = last = index
    day = year = None
    before = index - 1
    while before >= 0 and tokens[before].word in ("de", "of", "the") and index - before < 3:
        before -= 1
    if before >= 0 and (match := _DAY.fullmatch(tokens[before].word)) and 1 <= int(match[1]) <= 31:
        first, day = before, int(match[1])
    after = index + 1
    if day is None and after < len(tokens):
        match = _DAY.fullmatch(tokens[after].word)
        if match and 1 <= int(match[1]) <= 31 and tokens[after].start - tokens[index].end <= 2:
            last, day = after, int(match[1])
            after += 1
    while after < len(tokens) and tokens[after].word in ("de", "del"):
        after += 1
    if after < len(tokens) and _YEAR.fullmatch(tokens[after].word):
        last, year = after, int(tokens[after].word)
    return first, last, day, year


def _is_month_use(tokens: Sequence[Token], index: int) -> bool:
    before = tokens[index - 1].word if index else ""
    return tokens[index].surface[0].isupper() and before in _BEFORE_MONTH


def _single_words(text: str, tokens: Sequence[Token]) -> list[DateRef]:
    found: list[DateRef] = []
    for index, token in enumerate(tokens):
        if token.word in _RELATIVE and not (token.word == "manana" and index and tokens[index - 1].word == "la"):
            found.append(DateRef(token.start, token.end, offset=_RELATIVE[token.word]))
        elif token.word == "morgen" and token.surface == "morgen":
            found.append(DateRef(token.start, token.end, offset=1))
        elif (weekday := _weekday(token)) is not None:
            day = _day_behind(text, tokens, index)
            if day:
                found.append(DateRef(token.start, tokens[index + 1].end, day=day, weekday=weekday))
                continue
            beside = {other.word for other in tokens[max(0, index - 1) : index + 2]}
            later = _WEEK_LATER.match(text, token.end)
            end, is_next = later.end() if later else token.end, later is not None or not beside.isdisjoint(_NEXT)
            found.append(DateRef(token.start, end, weekday=weekday, is_next=is_next))
        elif token.word[:2] in ("19", "20") and _YEAR.fullmatch(token.word) and _is_year_use(tokens, index):
            found.append(DateRef(token.start, token.end, year=int(token.word)))
    return found


def _day_behind(text: str, tokens: Sequence[Token], index: int) -> int:
    """The 18 of "domingo 18"; 0 when no day follows, or a month does (and the day is read with it)."""
    after = tokens[index + 1 : index + 4]
    if not after or after[0].start - tokens[index].end > 2 or not after[0].word.isdigit():
        return 0
    if _UNIT_BEHIND.match(text, after[0].end):
        return 0  # "bis Sonntag 10 %", "hasta el domingo 15 €"
    has_month = any(token.word in MONTHS for token in after[1:])
    day = int(after[0].word)
    return 0 if has_month or tokens[index].word.endswith("day") or not 1 <= day <= 31 else day


def _weekday(token: Token) -> int | None:
    if token.word in _WEEKDAY_OR_WORD:
        return None
    return WEEKDAYS.get(token.word.removesuffix("s")) if token.word.endswith("days") else WEEKDAYS.get(token.word)


def _is_year_use(tokens: Sequence[Token], index: int) -> bool:
    before = tokens[index - 1].word if index else ""
    return before in ("in", "since", "seit", "depuis", "desde", "en", "spring", "summer", "autumn", "fall", "winter",
                      "jahr", "of", "late", "early", "anfang", "ende", "fruhjahr", "sommer", "herbst")  # fmt: skip
