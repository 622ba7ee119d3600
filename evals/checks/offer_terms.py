"""What a text makes of an offer beyond value and minimum: for how long it runs, and which gift comes with it how often.

Part of `offer.misstated`. The spans are read in English only; elsewhere the phrases of `offer.stacking` must do.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

from evals.licences import words_in
from evals.passage import Passage
from evals.rules import Finding
from evals.snapshot import OfferFacts
from evals.text.dates import MONTHS
from evals.text.lexicon import word_list
from evals.text.numerals import find_digits, find_spelled
from evals.text.phrases import Hit
from evals.text.tokens import Sentence, Token

_SEASON_ENDS = {"spring": 5, "summer": 8, "autumn": 11, "fall": 11, "winter": 2, "season": 5}
_MONTH = "|".join(word for word in MONTHS if len(word) > 4 or word in ("may", "june", "july"))
_SPAN = re.compile(
    r"\b(?:any ?time|any (?:day|evening|night)|every day|all(?: of| through)?|through(?:out)?"
    r"|the (?:whole|entire|full)(?: of)?|(?:for )?the rest of)\s(?:in |during |of |this |the )*"
    rf"(?P<span>week|month|year|{'|'.join(_SEASON_ENDS)}|{_MONTH})\b(?!\s?\d|\s(?:the )?\d)",
    re.IGNORECASE,
)
""" "Any time this month", "all March", "throughout the spring"; not "through March 15"."""
_COUNTED = re.compile(
    r"\b(?:two|three|four|five|six|[2-9]|a (?:pair|couple|set|trio) of|both|several)\s(?:free|complimentary|bonus)\b"
    r"|\b(?:free|complimentary|bonus)\s(?:pair|couple|trio|set)\b"
    r"|\b(?:two|three|four|five|six|[2-9])\s\w+\sof\s(?:[\w&'-]+\s){1,4}(?:come |comes |are )?free\b",
    re.IGNORECASE,
)
_FOR_EACH = re.compile(
    r"\b(?:with|for)\s(?:every|each)\b(?!\s(?:order|basket|purchase|shop)\b)|\bfor (?:life|ever|good)\b"
    r"|\b(?:every|each) (?:week|month|time|year)\b",
    re.IGNORECASE,
)
_STOPS = frozenset("when with if once on for from until at as while by after before over to and or".split())
NAMED = 8
"""Words behind "free" that may name the gift."""


def wrong_span(passage: Passage, offer: OfferFacts, part: Sentence) -> Iterable[Finding]:
    """ "Any time this month" of an offer that ends before the month does."""
    expires, sent = offer.expires, passage.world.snapshot.send_date
    if expires is None or passage.world.language != "en":
        return
    for match in _SPAN.finditer(passage.text, part.start, part.end):
        inside = (ref for ref in passage.dates if part.start <= ref.start < part.end)
        dated = any(ref.can_mean(expires, sent) for ref in inside if not match.start() <= ref.start < match.end())
        if not dated and expires < _end_of(match["span"].lower(), sent):
            yield Finding(match.span(), "The offer ends before that.", f"it ends on {expires.isoformat()}")


def _end_of(span: str, sent: date) -> date:
    """The last day that a span holds, for a reader on `sent`; of a week, its Friday."""
    if span == "week":
        return sent + timedelta(days=max(4 - sent.weekday(), 0))
    if span == "year":
        return date(sent.year, 12, 31)
    month = sent.month if span == "month" else MONTHS.get(span) or _SEASON_ENDS[span]
    year = sent.year + (month < sent.month)
    return date(year, month, monthrange(year, month)[1])


def wrong_gift(passage: Passage, offer: OfferFacts, part: Sentence) -> Iterable[Finding]:
    """Another gift than the one granted, more than one of it, or one for each thing bought."""
    if offer.kind != "gift":
        return
    source = str(offer.value)
    gift = {token.word for token in words_in(source, "en")} - word_list("function_words_en") - {"free"}
    # What is free is named behind the word in English alone: in other languages its name stands before.
    for hit in passage.hits("discount.free") if passage.world.language == "en" else ():
        if part.start <= hit.start < part.end and _is_another(passage, hit, part, gift):
            yield Finding((hit.start, hit.end), "The gift is another one.", source)
    numbers = (*find_digits(source, "en"), *find_spelled(words_in(source, "en"), "en"))
    counted = None if any(number.value > 1 for number in numbers if _counts(source, number.end)) else _COUNTED
    for pattern in (counted, _FOR_EACH):
        match = pattern.search(passage.text, part.start, part.end) if pattern else None
        if match and _speaks_of_gift(passage, part, gift):
            yield Finding(match.span(), "The gift is granted once.", source)


def _counts(text: str, end: int) -> bool:
    """False for the number of a measure ("150 g")."""
    return not re.match(r"\s?(?:g|kg|ml|cl|l|oz|lb|mg|cm|mm|m|in)\b", text[end:])


def _speaks_of_gift(passage: Passage, part: Sentence, gift: set[str]) -> bool:
    free = passage.hits("discount.free", "offer.gift")
    said = {token.word for token in passage.tokens_in(part.start, part.end)}
    return bool(said & gift) and (any(part.start <= hit.start < part.end for hit in free) or "free" in said)


def _is_another(passage: Passage, hit: Hit, part: Sentence, gift: set[str]) -> bool:
    """True when what is called free has a name that the gift lacks, or shares no word with it."""
    tokens = passage.tokens
    behind: list[Token] = []
    clause_end = passage.clause_at(hit.start, hit.end)[1]
    for token in tokens[hit.first : hit.first + NAMED]:
        if token.start >= min(part.end, clause_end) or (token.word in _STOPS and behind):
            break
        behind.append(token)
    common = word_list("function_words_en") | {"free", "complimentary", "bonus"}
    person = {word.lower() for word in (passage.world.snapshot.person.first_name or "").split()}
    named = [token for token in behind if token.word not in common]
    titled = [token for token in named if token.surface[0].isupper() and token.start != part.start]
    shouted = passage.text[part.start : part.end].isupper()
    if not shouted and any(token.word not in gift | person | passage.world.declared_words for token in titled):
        return True
    said = {token.word for token in passage.tokens_in(part.start, part.end)}
    return len({token.word for token in named}) >= 2 and not said & gift
