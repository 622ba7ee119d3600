"""How long, how often and how completely the reader is said to have had things. Part of `history.invented`, English.

`history.invented` reads measures of time beside verbs of buying; here are the other ways: summers, decades, ages of
things, sets counted, whole series.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from evals.checks.possession import SEASONS, owned_in
from evals.licences import stems_in
from evals.passage import Passage
from evals.rules import Finding
from evals.text.lexicon import word_list
from evals.text.names import Mention, stem
from evals.text.numerals import number_words
from evals.text.tokens import Sentence
from evals.world import World

_NUMBER = r"(?P<number>\d{1,2}|[a-z]+)"
_SEASONS = re.compile(rf"\b{_NUMBER} (?P<season>spring|summer|autumn|fall|winter)s\b", re.IGNORECASE)
_AGE = re.compile(
    rf"\b{_NUMBER} (?P<unit>year|month|decade)s?\s(?:old|later|on\b|with your|of your|in your|now\b)", re.IGNORECASE
)
_SETS = re.compile(
    rf"\b(?P<lead>after|those|your|these) {_NUMBER} (?:sets?|pairs?|orders?|packs?|bags?|bottles?|boxes|box|tins?|jars?"
    r"|rounds?|tubes?|cases?|refills?) of\s(?:\w+\s){0,2}$"
    rf"|\b{_NUMBER.replace('number', 'bare')} (?:sets?|pairs?|orders?|packs?|bags?|bottles?|boxes|tins?|jars?|rounds?"
    r"|cases?) of\s(?:\w+\s){0,2}$",
    re.IGNORECASE,
)
_SO_FAR = re.compile(r"\s(?:later|so far|already|this (?:year|winter|summer|spring|autumn|fall|season)|since)\b", re.I)
_ALL = re.compile(
    r"\b(?P<all>every|each|all (?:of )?(?:the|our)|all (?P<number>two|three|four|five|six|seven)(?: of the)?"
    r"|both|the (?:whole|complete|entire|full)|whole)\s(?:\w+\s){0,1}$",
    re.IGNORECASE,
)
_HAVE = frozenset(
    "read own have got bought ordered finished collected drunk worn used tried shelf bookshelf you've collection home "
    "gone went".split()
)
_YOU = frozenset("you your you've you'd".split())
_UNIT_DAYS = {"month": 30.4, "year": 365.25, "decade": 3652.5}
_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "tenth": 10}
COUNTED_WORDS = (
    "every each both whole complete entire full all springs summers autumns falls winters year years month months "
    "decade decades after those these later already since came arrived landed went moved reached turned left delivered "
    "depuis seit seitdem desde last letztes dernier derniere pasado que"
).split()
"""Words of which one stands in every text that this file judges."""
SLACK_DAYS = 45
_CAME = re.compile(r"\s(?:came|arrived|landed|went out|moved in|reached you|turned up|left us|was delivered)\b", re.I)
REACH = 24
"""Characters between the coming of a thing and its month."""


def spans_and_counts(passage: Passage, world: World) -> Iterable[Finding]:
    """Seasons, ages, numbers of sets and claims of completeness that the orders do not bear out."""
    orders = world.snapshot.person.orders
    if world.language != "en":
        return
    if not orders:
        yield from _arrived_without_order(passage, world)
        return
    dates = [order.date for order in orders]
    for match in _SEASONS.finditer(passage.text):
        number = _number(match["number"])
        if number and _is_owned(passage, world, match) and number > _seasons_since(match["season"], dates, world):
            yield Finding(match.span(), "They have not had it for so long.", source=_ordered(world))
    for match in _AGE.finditer(passage.text):
        yield from _wrong_age(passage, world, match)
    for mention in passage.mentions:
        yield from _wrong_arrival(passage, world, mention)
        yield from _wrong_sets(passage, world, mention)
        yield from _not_all(passage, world, mention)


def _number(word: str) -> int | None:
    word = word.lower()
    if word in ("a", "an", "one", "another"):
        return 1
    return int(word) if word.isdigit() else _ORDINALS.get(word) or number_words("en").get(word)


def _is_owned(passage: Passage, world: World, match: re.Match[str]) -> bool:
    part = passage.sentence_at(match.start())
    return owned_in(passage, world, part.start, part.end)


def _seasons_since(season: str, dates: Iterable[date], world: World) -> int:
    """How many of a season they may have seen with their oldest order, the one of its day and the running one in it."""
    sent, first = world.snapshot.send_date, min(dates)
    months = SEASONS[season.lower()]
    seen = {
        year for year in range(first.year, sent.year + 1) for month in months
        if (first.year, first.month) <= (year, month) <= (sent.year, sent.month)
    }  # fmt: skip
    return len(seen)


def _wrong_age(passage: Passage, world: World, match: re.Match[str]) -> Iterable[Finding]:
    number = _number(match["number"])
    if number is None or not _is_owned(passage, world, match):
        return
    days = number * _UNIT_DAYS[match["unit"].lower()]
    part = passage.sentence_at(match.start())
    titles = _titles_in(passage, world, part.start, part.end)
    dates = [order.date for order in world.snapshot.person.orders if order.product in titles]
    spans = [(world.snapshot.send_date - day).days for day in dates]
    if spans and not any(abs(span - days) <= max(SLACK_DAYS, span / 4) for span in spans):
        yield Finding(match.span(), "They have not had it for so long.", source=_ordered(world))


def _titles_in(passage: Passage, world: World, start: int, end: int) -> set[str]:
    return {
        world.names.things[number].title
        for mention in passage.mentions
        if start <= mention.start < end
        for number in mention.things
    }


def _wrong_arrival(passage: Passage, world: World, mention: Mention) -> Iterable[Finding]:
    """ "Your Tarn came in June": in the month of its order or the next, in which it may have arrived."""
    match = _coming(passage, mention)
    if match is None:
        return
    titles = {world.names.things[number].title for number in mention.things}
    months = {order.date.month for order in world.snapshot.person.orders if order.product in titles}
    for ref in passage.dates if months else ():
        beside = match.end() <= ref.start <= match.end() + REACH and ref.month and not ref.year
        if beside and ref.month not in months | {month % 12 + 1 for month in months}:
            yield Finding((mention.start, ref.end), "No order of it was then.", source=_ordered(world))
            return


def _coming(passage: Passage, mention: Mention) -> re.Match[str] | None:
    """ "Your Tarn came": what is theirs, and reached them."""
    before = passage.tokens[max(0, mention.first - 2) : mention.first]
    return _CAME.match(passage.text, mention.end) if any(token.word in _YOU for token in before) else None


def _arrived_without_order(passage: Passage, world: World) -> Iterable[Finding]:
    """The same of somebody who never ordered: nothing ever came. A text may be by somebody who knows how many orders
    there were and not of what; where there were any, it is given credit."""
    if world.snapshot.person.order_count:
        return
    for mention in passage.mentions:
        match = _coming(passage, mention)
        if match is not None and not passage.is_negated(mention.start, match.end()):
            yield Finding((mention.start, match.end()), "They have not ordered anything yet.", source="no orders")


def _times_ordered(passage: Passage, world: World, mention: Mention) -> int:
    """Orders whose titles hold the words of a mention."""
    words = {stem(token.word) for token in passage.tokens[mention.first : mention.last]}
    return sum(words <= stems_in(order.product) for order in world.snapshot.person.orders)


def _wrong_sets(passage: Passage, world: World, mention: Mention) -> Iterable[Finding]:
    """ "After three sets of tubes", "two orders of tubes later", "your fourth set of tubes": more than were ordered."""
    match = _SETS.search(passage.text, passage.sentence_at(mention.start).start, mention.start)
    times = _times_ordered(passage, world, mention) if match else 0
    if match is None or not times:
        return
    said = match["number"] or match["bare"] or ""
    number = _number(said)
    past = match["lead"] or _SO_FAR.match(passage.text, mention.end)
    next_one = said.lower() in _ORDINALS and number == times + 1
    if past and number and number > times and not next_one:
        yield Finding((match.start(), mention.end), f"They ordered it {times} times.", source=_ordered(world))


def _not_all(passage: Passage, world: World, mention: Mention) -> Iterable[Finding]:
    """ "You have read every Inspector Vane": something of that name is shown, or known, that they never ordered."""
    part = passage.sentence_at(mention.start)
    match = _ALL.search(passage.text, part.start, mention.start)
    if match is None or not _is_of_having(passage, part, match) or passage.is_negated(*match.span()):
        return
    if any(token.word in word_list("conditions") for token in passage.tokens_in(part.start, match.start())):
        return
    times = _times_ordered(passage, world, mention)
    named = {stem(token.word) for token in passage.tokens[mention.first : mention.last]}
    ordered = {order.product for order in world.snapshot.person.orders}
    rest = [thing for thing in world.things if thing.title not in ordered and named <= stems_in(thing.title)]
    needed = _number(match["number"]) if match["number"] else 2
    if times and (rest or times < (needed or 2)) and named <= _ordered_words(world):
        yield Finding((match.start(), mention.end), "They do not have them all.", source=_ordered(world))


def _is_of_having(passage: Passage, part: Sentence, match: re.Match[str]) -> bool:
    """ "You have read every", "you own the whole", "each … has gone to your shelf": a verb of having right before, or
    the words begin the sentence."""
    before = [token.word for token in passage.tokens_in(part.start, match.start())]
    if before:
        return not _HAVE.isdisjoint(before[-3:]) and not _YOU.isdisjoint(before)
    behind = {token.word for token in passage.tokens_in(match.end(), part.end)}
    return not _HAVE.isdisjoint(behind) and not _YOU.isdisjoint(behind)


def _ordered_words(world: World) -> set[str]:
    return {word for order in world.snapshot.person.orders for word in stems_in(order.product)}


def _ordered(world: World) -> str:
    orders = [f"{order.product} on {order.date.isoformat()}" for order in world.snapshot.person.orders[:3]]
    return "ordered: " + "; ".join(orders)
