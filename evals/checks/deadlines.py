"""`urgency.invented` and `scarcity.invented`: deadlines come from the offer, stock counts from the shop.

UCPD Annex I no. 7 forbids false limits of time; 16 CFR 233.5 the fictitious limited offer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from evals.checks.bind import bound_picks
from evals.licences import ProductView
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.text.dates import DateRef
from evals.text.phrases import Hit
from evals.text.quantities import Compare, Kind, Quantity
from evals.world import World

LOW_STOCK = 5
"""Up to so many left may be called the last few."""
SHORT = 3
"""Words of a line that holds nothing but a date."""
REACH = 48
"""Characters between a deadline's verb and its date."""


@rule("urgency.invented", joined=True)
def urgency(passage: Passage, world: World) -> Iterable[Finding]:
    """A deadline must be the offer's last day; without an offer there is none."""
    offer = world.snapshot.offer
    expires = offer.expires if offer else None
    for hit in (*passage.hits("urgency.deadline"), *_selling(passage, passage.hits("urgency.until"))):
        if not passage.is_negated(hit.start, hit.end) and not _is_no_offer(passage, hit):
            yield from _deadline(passage, world, hit, expires)
    for hit in passage.hits("urgency.pressure"):
        if passage.is_negated(hit.start, hit.end):
            continue
        if expires is None or (expires - world.snapshot.send_date).days > 1:
            yield Finding((hit.start, hit.end), "Nothing in the facts makes it urgent.", source=_last_day(expires))


def _selling(passage: Passage, hits: list[Hit]) -> list[Hit]:
    """ "Until Friday" is a deadline where the sentence sells something, or says nothing else."""
    commerce = passage.hits("urgency.commerce")
    found: list[Hit] = []
    for hit in hits:
        part = passage.sentence_at(hit.start)
        words = passage.tokens_in(part.start, part.end)
        if len(words) <= SHORT or any(part.start <= other.start < part.end for other in commerce):
            found.append(hit)
    return found


def _deadline(passage: Passage, world: World, hit: Hit, expires: date | None) -> Iterable[Finding]:
    ref = _date_beside(passage, hit)
    if ref is None:
        return
    span = (min(hit.start, ref.start), max(hit.end, ref.end))
    if expires is None:
        yield Finding(span, "No offer runs out, so there is no deadline.", source="no offer with a last day")
    elif not ref.can_mean(expires, world.snapshot.send_date):
        yield Finding(span, "The offer ends on another day.", source=_last_day(expires))


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
    return sold_out or any(hit.start - 8 <= other.start <= hit.end for other in passage.hits("time.past"))


def _last_day(expires: date | None) -> str:
    return f"the offer ends on {expires.isoformat()}" if expires else "no offer with a last day"


@rule("scarcity.invented", joined=True)
def scarcity(passage: Passage, world: World) -> Iterable[Finding]:
    """Numbers of items left, and talk of running out, need the shop's stock count."""
    for hit in passage.hits("scarcity.count"):
        quantity = _count_in(passage, hit)
        picks = bound_picks(passage, world, hit.start, hit.end)
        if quantity is None or _is_past_or_person(passage, hit):
            continue
        if not any(_is_true_count(quantity, pick) for pick in picks):
            yield Finding((hit.start, hit.end), "The shop counts another number, or none.", source=_stock(picks))
    for hit in passage.hits("scarcity.low"):
        picks = bound_picks(passage, world, hit.start, hit.end)
        low = any(_is_low(pick) for pick in picks)
        if not low and not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "Nothing says that it is running out.", source=_stock(picks))
    for hit in passage.hits("scarcity.demand"):
        if not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "Nothing says how many others want it.", source="no figures on demand")


def _is_low(pick: ProductView) -> bool:
    """What is sold out may be called so ("en rupture de stock")."""
    left = pick.stock_left
    return not pick.facts.in_stock or (left is not None and left <= LOW_STOCK * 3)


def _count_in(passage: Passage, hit: Hit) -> Quantity | None:
    inside = [item for item in passage.quantities if hit.start <= item.start < hit.end]
    return next((item for item in inside if item.kind in (Kind.PLAIN, Kind.COUNT, Kind.MEASURE)), None)


def _is_past_or_person(passage: Passage, hit: Hit) -> bool:
    """Points, days, minutes and cups "left" are not stock."""
    words = {token.word for token in passage.tokens_in(hit.start, hit.end + 12)}
    return bool(
        words & {"points", "days", "hours", "minutes", "weeks", "puntos", "punkte", "days'", "tage", "jours", "dias"}
    )


def _is_true_count(quantity: Quantity, pick: ProductView) -> bool:
    left = pick.stock_left
    if left is None:
        return False
    if quantity.compare is Compare.UNDER:
        return left < quantity.value
    return left in quantity.readings or (quantity.compare is Compare.ABOUT and abs(left - quantity.value) <= 1)


def _stock(picks: list[ProductView]) -> str:
    counted = [f"{pick.facts.name}: {pick.stock_left} left" for pick in picks if pick.stock_left is not None]
    return "; ".join(counted) or "no stock count"
