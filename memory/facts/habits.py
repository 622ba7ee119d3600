"""Facts of how somebody shops. But for how long something lasts them, they steer and are never said: nobody likes to
read that a shop has noticed how they wait for sales, whom they give to, or what they did not want.
"""

from __future__ import annotations

from collections.abc import Iterator

from memory.behaviour import Dislike, Season, Turned
from memory.facts.policy import fact_of
from memory.facts.wording import day, in_words, span, the
from memory.model import CustomerMemory, RememberedFact
from memory.shopping import MONTHS

OFTEN_REDUCED = 0.5
"""Share of what they buy from which they often buy reduced."""
_BEFORE = {
    "valentines_day": "before Valentine's Day",
    "mothers_day": "before Mother's Day",
    "back_to_school": "at the start of the school year",
    "halloween": "before Halloween",
    "black_friday": "around Black Friday",
    "end_of_year": "before the end of the year",
}
_TURNED: dict[Turned, str] = {
    "returned": "You sent {} back",
    "rated_low": "You rated {} low",
    "not_interested": "You told us that you do not care for {}",
    "ignored": "You passed over {} in our e-mails",
}


def cycles(memory: CustomerMemory) -> Iterator[RememberedFact]:
    """Of what they buy again at a pace of their own; how long it lasts others is no fact about them."""
    histories = {product.product_id: product for product in memory.products if product.name}
    for cycle in memory.cycles:
        product = histories.get(cycle.product_id)
        if cycle.basis == "own" and product is not None:
            yield fact_of(
                "cycle",
                cycle.product_id,
                f"You usually buy {the(product.name or '')} again after about {_after(cycle.every_days)}",
                cycle.last_at,
                value=cycle.every_days,
                sources=cycle.sources,
                about=(product.category,),
            )


def shopping(memory: CustomerMemory) -> Iterator[RememberedFact]:
    """Reduced prices, gifts, seasons."""
    discounts, gifts = memory.discounts, memory.gifts
    if discounts is not None and discounts.reduced_orders and memory.orders:
        often = "often" if discounts.share >= OFTEN_REDUCED else "sometimes"
        text = f"You {often} buy at a reduced price"
        latest = memory.orders[0].at
        yield fact_of("discount", "share", text, latest, value=round(discounts.share, 2), sources=discounts.sources)
    if gifts is not None:
        text = f"You have bought gifts here, last on {day(gifts.last_at)}"
        yield fact_of("gift", "gifts", text, gifts.last_at, value=gifts.gift_orders, sources=gifts.sources)
    for season in memory.seasons:
        text = f"You usually order {_when(season)}"
        yield fact_of("season", season.name, text, season.last_at, value=season.name, sources=season.sources)


def dislikes(memory: CustomerMemory) -> Iterator[RememberedFact]:
    """What they turned away, as far as there is a name for it."""
    for dislike in memory.dislikes:
        what = _what(dislike)
        if what:
            yield fact_of(
                "dislike",
                f"{dislike.kind}={dislike.value}",
                _TURNED[dislike.reasons[0]].format(what),
                dislike.at,
                value=dislike.value,
                sources=dislike.sources,
            )


def _after(days: float) -> str:
    said = span(days)
    return said if said[0].isdigit() else f"a {said}"


def _when(season: Season) -> str:
    return f"in {season.name.title()}" if season.name in MONTHS else _BEFORE[season.name]


def _what(dislike: Dislike) -> str | None:
    if dislike.kind == "product":
        return the(dislike.name) if dislike.name else None
    return in_words(dislike.value) if dislike.kind == "category" else dislike.value
