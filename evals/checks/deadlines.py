"""`urgency.invented`: deadlines come from the offer.

UCPD Annex I no. 7 forbids false limits of time; 16 CFR 233.5 the fictitious limited offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from evals.checks.passing import is_of_other_things, passes_by_itself
from evals.checks.promises import policy_spans
from evals.checks.repricing import repriced
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.dates import DateRef
from evals.text.phrases import Hit
from evals.text.quantities import Kind
from evals.text.units import UNITS
from evals.world import World

_FROM = frozenset("from ab des desde partir".split())
_TIME = frozenset(word for word, unit in UNITS.items() if unit.dimension == "time" and len(word) > 1)
_BY_ITSELF = frozenset(("won't", "se", "finit", "endet"))
DAY = Decimal(86400)
_YOU_OR_WE = frozenset("you you'd you'll we we'd we'll du sie wir vous nous te nos".split())
LONE = 5
"""Words from which a clause with a subject of its own speaks for itself."""
SHORT = 3
"""Words of a line that holds nothing but a date."""
REACH = 48
"""Characters between a deadline's verb and its date."""


@rule("urgency.invented", joined=True, when=has(Sign.CODE, families=("urgency.",)))
def urgency(passage: Passage, world: World) -> Iterable[Finding]:
    """A deadline must be the offer's last day; without an offer there is none."""
    offer = world.snapshot.offer
    expires = offer.expires if offer else None
    yield from wrong_last_days(passage, world)
    yield from repriced(passage, world)
    yield from _spans_of_code(passage, world)
    for hit in passage.hits("urgency.span"):
        if _is_of_policy(passage, world, hit):
            continue  # "zurückgeben können Sie 30 Tage lang"
        if _is_of_offer(passage, world, hit) and not _is_true_limit(passage, hit, expires, world.snapshot.send_date):
            yield Finding((hit.start, hit.end), "The offer runs for another time.", source=_last_day(expires))
    for hit in passage.hits("urgency.pressure"):
        if passage.is_negated(hit.start, hit.end) or _is_true_limit(passage, hit, expires, world.snapshot.send_date):
            continue
        if passage.tokens[hit.first].word in _BY_ITSELF and passes_by_itself(passage, hit):
            continue  # "summer won't last forever"
        if is_of_other_things(passage, hit):
            continue  # "don't miss the moon tonight"
        if expires is None or (expires - world.snapshot.send_date).days > 1:
            yield Finding((hit.start, hit.end), "Nothing in the facts makes it urgent.", source=_last_day(expires))


def _is_of_policy(passage: Passage, world: World, hit: Hit) -> bool:
    """True of a span that a policy has, in a sentence that speaks of it."""
    part = passage.sentence_at(hit.start)
    spans = [item for item in passage.quantities if hit.start <= item.start < hit.end]
    promised = any(part.start <= other.start < part.end for other in passage.hits("policy.promise"))
    return promised and any(not policy_spans(world).isdisjoint(item.readings) for item in spans)


def wrong_last_days(passage: Passage, world: World) -> Iterable[Finding]:
    """Days that are called the last and are not: with an offer, this misstates it as well."""
    offer = world.snapshot.offer
    expires = offer.expires if offer else None
    for hit in (*passage.hits("urgency.deadline"), *_selling(passage, passage.hits("urgency.until"))):
        if not passage.is_negated(hit.start, hit.end) and not _is_no_offer(passage, hit):
            yield from _deadline(passage, world, hit, expires)
    yield from _dates_of_code(passage, world)


def _is_of_offer(passage: Passage, world: World, hit: Hit) -> bool:
    """True when there is an offer with a last day and the sentence speaks of it."""
    offer = world.snapshot.offer
    if offer is None or offer.expires is None:
        return False
    part = passage.sentence_at(hit.start)
    cues = passage.hits("offer.cue", "shipping.free", "discount.free", "discount.claim")
    coded = bool(offer.code) and str(offer.code) in passage.text[part.start : part.end]
    return coded or any(part.start <= cue.start < part.end for cue in cues)


def _is_true_limit(passage: Passage, hit: Hit, expires: date | None, sent: date) -> bool:
    """ "Two days left", "its last day is Sunday": pressure that states how long the offer really runs.

    From the moment of sending to the last day's end: "two days left" on Friday runs to Saturday or Sunday.
    """
    if expires is None:
        return False
    days = (expires - sent).days
    spans = [item for item in passage.quantities if item.start < hit.end and hit.start < item.end]
    timed = [item.readings for item in spans if item.kind is Kind.MEASURE and item.what == "time"]
    unit = next((UNITS[token.word] for token in passage.tokens_in(hit.start, hit.end) if token.word in _TIME), None)
    if unit and not timed:  # "ten more days"
        timed = [tuple(value * unit.factor for value in item.readings) for item in spans if item.kind is Kind.PLAIN]
    if timed:
        return all(any(days * DAY <= value <= (days + 1) * DAY for value in readings) for readings in timed)
    sentence = passage.sentence_at(hit.start)
    return any(sentence.start <= ref.start < sentence.end and ref.can_mean(expires, sent) for ref in passage.dates)


def _dates_of_code(passage: Passage, world: World) -> Iterable[Finding]:
    """Whatever the verb: a day to come in a sentence that names the code is taken for its last one."""
    offer, sent = world.snapshot.offer, world.snapshot.send_date
    code = offer.code if offer else None
    if offer is None or not code or offer.expires is None or code not in passage.text:
        return
    for ref in passage.dates:
        part = passage.sentence_at(ref.start)
        if code not in passage.text[part.start : part.end] or not _is_to_come(passage, ref, sent):
            continue
        before = [token.word for token in passage.tokens_in(max(0, ref.start - 14), ref.start)]
        if (
            before[-1:] in (["a"], ["an"])
            and offer.expires.strftime("%A").lower() in passage.text[ref.start : ref.end].lower()
        ):
            continue  # "until the 17th, which is a Friday"
        starts = bool(before) and before[-1] in _FROM  # "from Monday it costs $20 again"
        if not ref.can_mean(offer.expires + timedelta(days=1) if starts else offer.expires, sent):
            yield Finding((ref.start, ref.end), "The offer ends on another day.", source=_last_day(offer.expires))


def _spans_of_code(passage: Passage, world: World) -> Iterable[Finding]:
    """ "You've ten days to use WOOLLY", "PHARE3 expire dans trois jours": a span beside the code is what is left."""
    offer = world.snapshot.offer
    code = (offer.code if offer else None) or ""
    if offer is None or not code or offer.expires is None or code not in passage.text:
        return
    days = (offer.expires - world.snapshot.send_date).days
    known = policy_spans(world) | {
        reading for pick in world.picks for item in pick.quantities for reading in item.readings
    }
    for item in passage.quantities:
        start, end = passage.sentence_at(item.start)
        if (
            not known.isdisjoint(item.readings)
            or item.kind is not Kind.MEASURE
            or item.what != "time"
            or code not in passage.text[start:end]
        ):
            continue
        elsewhere = passage.hits("policy.promise", "time.past", "shipping.speed")
        other = any(start <= hit.start < end for hit in elsewhere)
        if not other and not any(days * DAY <= value <= (days + 1) * DAY for value in item.readings):
            yield Finding((item.start, item.end), "The offer runs for another time.", _last_day(offer.expires))


def _is_to_come(passage: Passage, ref: DateRef, sent: date) -> bool:
    """False for today, for what lies behind, and for a word of time that "since" or "last" leads."""
    if ref.offset == 0 or any(-2 <= ref.start - hit.end <= 8 for hit in passage.hits("time.past")):
        return False
    if ref.month is None:
        return ref.year is None or ref.year >= sent.year
    latest = (ref.year or sent.year, ref.month, ref.day or 31)
    return latest >= (sent.year, sent.month, sent.day)


def _selling(passage: Passage, hits: list[Hit]) -> list[Hit]:
    """ "Until Friday" is a deadline where the sentence sells something, or says nothing else."""
    commerce = passage.hits("urgency.commerce")
    offer = passage.world.snapshot.offer
    code = (offer.code if offer else None) or ""
    found: list[Hit] = []
    for hit in hits:
        part = passage.sentence_at(hit.start)
        words = passage.tokens_in(part.start, part.end)
        coded = bool(code) and code in passage.text[part.start : part.end]
        start, end = passage.clause_at(hit.start, hit.end)
        inner = [token.word for token in passage.tokens_in(start, end)]
        own = len(inner) > LONE and not _YOU_OR_WE.isdisjoint(inner[:3])
        first, last = (start, end) if own else (part.start, part.end)  # "…, and you'd have toast until March"
        priced = any(item.kind is Kind.MONEY and first <= item.start < last for item in passage.quantities)
        if coded or priced or len(words) <= SHORT or any(first <= other.start < last for other in commerce):
            found.append(hit)
    return found


def _deadline(passage: Passage, world: World, hit: Hit, expires: date | None) -> Iterable[Finding]:
    ref = _date_beside(passage, hit)
    if ref is None:
        return
    span = (min(hit.start, ref.start), max(hit.end, ref.end))
    if expires is None:
        yield Finding(span, "No offer runs out, so there is no deadline.", source="no offer with a last day")
    elif not (ref.can_mean(expires, world.snapshot.send_date) or _is_day_before(passage, hit, ref, expires)):
        yield Finding(span, "The offer ends on another day.", source=_last_day(expires))


_UP_TO = frozenset("before vor avant antes ahead".split())


def _is_day_before(passage: Passage, hit: Hit, ref: DateRef, expires: date) -> bool:
    """ "Before April" of an offer that ends with March, "before Sunday" of one that ends on Saturday."""
    next_day = expires + timedelta(days=1)
    led = {token.word for token in passage.tokens_in(hit.start, ref.start)[-3:]}
    if led.isdisjoint(_UP_TO) or (ref.month is not None and ref.day is None and next_day.day != 1):
        return False
    return ref.can_mean(next_day, passage.world.snapshot.send_date)


def _date_beside(passage: Passage, hit: Hit) -> DateRef | None:
    """The date the phrase runs up to, in the same sentence."""
    sentence = passage.sentence_at(hit.start)
    near = [
        ref
        for ref in passage.dates
        if (sentence.start <= ref.start < sentence.end and -2 <= ref.start - hit.end <= REACH)
        or hit.start <= ref.start < hit.end
    ]
    return near[0] if near else None


def _is_no_offer(passage: Passage, hit: Hit) -> bool:
    """ "since March" is about the past, "sold out until April" about stock."""
    sentence = passage.sentence_at(hit.start)
    sold_out = any(sentence.start <= other.start < sentence.end for other in passage.hits("stock.sold_out"))
    past = any(hit.start - 8 <= other.start <= hit.end for other in passage.hits("time.past"))
    return sold_out or past or _goes_elsewhere(passage, hit) or _is_of_order(passage, hit) or _is_over(passage, hit)


def _is_over(passage: Passage, hit: Hit) -> bool:
    """ "It was the end of May 2025": a month of a year that is behind presses nobody."""
    ref, sent = _date_beside(passage, hit), passage.world.snapshot.send_date
    return ref is not None and ref.year is not None and (ref.year, ref.month or 12) < (sent.year, sent.month)


def _goes_elsewhere(passage: Passage, hit: Hit) -> bool:
    """ "The Monstera goes back inside in October": what goes to another place ends nothing, unless a price stands
    there."""
    said = passage.text[hit.start : hit.end].lower()
    behind = _PLACE.match(passage.text, hit.end)
    part = passage.sentence_at(hit.start)
    priced = any(item.kind is Kind.MONEY and part.start <= item.start < part.end for item in passage.quantities)
    return said.startswith("goes") and behind is not None and not priced


_PLACE = re.compile(
    r"\s(?:inside|indoors|outside|outdoors|out|in its|in the|in your|on its|on the|on your|into|onto|under|behind|home"
    r"|to (?:the|its|your) (?!full|normal|usual|old|former|regular|original|price))\b",
    re.IGNORECASE,
)
_AT_THE = re.compile(r"\b(?:at|from|since|towards?|around|near|by) (?:the|about the)?\s?$", re.IGNORECASE)


def _is_of_order(passage: Passage, hit: Hit) -> bool:
    """ "You ordered it at the end of December" tells when they bought, where an order of that month is known."""
    if not passage.text.startswith("end of", hit.start) and not passage.text.startswith("end", hit.start):
        return False
    ref = _date_beside(passage, hit)
    world = passage.world.snapshot
    if ref is None or ref.month is None or not _AT_THE.search(passage.text, 0, hit.start):
        return False
    offered = world.offer is not None and world.offer.expires is not None and world.offer.expires.month == ref.month
    return not offered and any(order.date.month == ref.month for order in world.person.orders)


def _last_day(expires: date | None) -> str:
    return f"the offer ends on {expires.isoformat()}" if expires else "no offer with a last day"
