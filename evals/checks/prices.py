"""`price.wrong`: every amount of money must be explained by the facts of the picks beside it, or by the offer.

The allowed amounts are computed, not listed: price, former price, their difference, the price after the
offer, the price of one in a pack, sums of picks. Hedges are evaluated ("under $60" is true of $59.90).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from evals.checks.amounts import (
    after_offer,
    cents,
    former_prices,
    holds,
    offer_number,
    prices_of,
    savings,
    sums_of,
    thresholds,
    unit_shares,
    with_offer,
)
from evals.checks.bind import Role, bound_picks, role_of
from evals.checks.evidence import paragraph_of
from evals.licences import ProductView
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.canonical import fold
from evals.text.quantities import Compare, Kind, Quantity
from evals.text.units import UNITS
from evals.world import World

HEDGE = 6
"""Characters between a word of comparison and its amount."""
MAX_MULTIPLE = 12
MAX_COUNTS = 3
"""Different counts tried in sums."""
_DOUBLED = frozenset("second another both beide beiden deux ambos ambas dos zwei two".split())
_TWO = frozenset(("the pair", "pair", "duo", "das paar", "couple", "paar", "paire", "par"))
_PER = re.compile(
    r"\s?(?:/|(?:a|an|per|each|every|the|pro|je|das|die|der|den|par|la|le|l'|el|los|un|une|una|por|cada)\b\s?)\s?"
    r"(?!(?:day|week|month|year|time|tag|monat|jahr|woche|jour|mois|an|dia|mes)\b)[^\W\d_]{2,}",
    re.IGNORECASE,
)
""" "$9 a bag", "3,50 € pro Stift", "9 € la toalla"."""
_FOR_MEASURE = re.compile(
    r"\s?(?:/|für|for|pour|por|per|pro|je)\s?(?:(?:the|les|los|each|every|a|ein|einen)\s)?"
    r"(?:10{0,3}\s?(?:g|kg|ml|l|m)|(?:hundred|hundert|cent|cien)\s?(?:g|gram+e?s?|gramos|ml))\b",
    re.IGNORECASE,
)
""" "2,98 € für 100 g"."""
_BEFORE_OFFER = re.compile(r"\sbefore (?:the |your |any )?(?:discount|code|offer|reduction)\b", re.IGNORECASE)
_BY_TIME = re.compile(
    r"\s(?:a|an|per|each|every|im|pro|par|al|por|la)\s(year|month|week|jahr|monat|woche|an|mois|semaine|año|mes|semana)\b",
    re.IGNORECASE,
)
_WEAK = frozenset("usual usually normally from yesterday season von de".split())
"""Words before a former price that stand before the price itself as well."""
_STATED = re.compile(
    r"(?:\b(?:is|are|was|at|costs?|comes? to|comes? out at|makes?|pay|total|totals|kostet|kosten|macht|zahlst|zahlen"
    r"|zusammen|coute|coutent|revient a|reviennent a|est a|sont a|cuesta|cuestan|sale por|salen por|suman|suma"
    r"|queda en|quedan en|pagas)\s*|[:=]\s?)(?:only|just|nur|seulement|solo)?\s*[$£€]?$"
)
"""Words right before an amount that make it a price or a total."""


def amounts_for(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> set[Decimal]:
    """Every amount the facts allow at this place."""
    role = role_of(passage, quantity)
    if role is Role.FORMER:
        return _former(passage, quantity, picks, world)
    if role is Role.OFF:
        return savings_beside(passage, quantity, picks, world)
    if role is Role.THRESHOLD:
        return thresholds(world)
    totals = _totals(passage, quantity, world)
    if totals and quantity.compare not in (Compare.EXACT, Compare.FROM) and _is_summed(passage, quantity):
        # Of one pick, "both for less than $50" may be a set with one price.
        return with_offer(totals | (prices_of(picks) if len(world.picks) == 1 else set()), world)
    prices = prices_of(picks)
    allowed = with_offer(prices | totals, world) | _each(passage, quantity, picks, world)
    allowed |= _by_the_year(passage, quantity, prices)
    # Nearly every saving is under any price: "for under £85" must be true of a price.
    bare = not _is_stated(passage, quantity) and quantity.compare is not Compare.UNDER
    if bare or _speaks_of_saving(passage, quantity):
        allowed |= savings(picks, world)
    if _is_beside_price(passage, quantity, prices):
        # "Now $79: twenty dollars have gone missing": beside the price the saving needs no other word.
        allowed |= former_prices(picks) | savings(picks, world)
    return allowed | _terms(passage, quantity, world, role)


def _former(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> set[Decimal]:
    """Former prices, those of one piece where pieces were priced, and what was to pay before the offer.

    The price of what is not reduced may stand as a former one, too: it was that before.
    """
    steady = {pick.facts.price for pick in picks if not pick.on_sale and pick.facts.price is not None}
    if (world.snapshot.offer and _BEFORE_OFFER.match(passage.text, quantity.end)) or _is_led_weakly(passage, quantity):
        steady |= prices_of(picks)
    allowed = former_prices(picks) | steady | _former_sums(passage, quantity, world)
    if _says_each(passage, 0, passage.sentence_at(quantity.start).end, quantity):
        allowed |= {
            cents(price / share) for pick in picks for price in former_prices([pick]) for share in unit_shares(pick)
        }
    part = passage.sentence_at(quantity.start)
    if any(part.start <= hit.start < part.end for hit in passage.hits("shipping.free", "shipping.word")):
        allowed |= thresholds(world)  # "free from £50 rather than the usual £100"
    if world.snapshot.offer:
        allowed |= _totals(passage, quantity, world)
        allowed |= prices_of(picks) if _is_coded(passage, quantity) else set()
    return allowed


def _is_led_weakly(passage: Passage, quantity: Quantity) -> bool:
    """ "A fifth cheaper than usual at £36": the one amount of its sentence, behind a word that is no verb."""
    part = passage.sentence_at(quantity.start)
    amounts = [item for item in passage.quantities if item.kind is Kind.MONEY and part.start <= item.start < part.end]
    cues = [hit for hit in passage.hits("money.was") if part.start <= hit.start < part.end]
    return len(amounts) == 1 and all(fold(passage.text[cue.start : cue.end]) in _WEAK for cue in cues)


def _former_sums(passage: Passage, quantity: Quantity, world: World) -> set[Decimal]:
    """Sums of former prices, where sums are spoken of."""
    if not _speaks_of_several(passage, quantity, world):
        return set()
    before = [pick.facts.compare_at_price if pick.on_sale else pick.facts.price for pick in world.picks]
    return sums_of([price for price in before if price is not None], ())


def _is_coded(passage: Passage, quantity: Quantity) -> bool:
    code = world_code(passage.world)
    return bool(code) and code in passage.text


def world_code(world: World) -> str:
    """The offer's code; empty when there is none."""
    offer = world.snapshot.offer
    return (offer.code if offer else None) or ""


def _saved_on_totals(passage: Passage, quantity: Quantity, world: World) -> set[Decimal]:
    """What the offer takes off sums: of a percentage, each sum another amount."""
    offer, totals = world.snapshot.offer, _totals(passage, quantity, world)
    left = {amount: after_offer(amount, offer) for amount in totals} if offer else {}
    percent = offer_number(offer) if offer and offer.kind == "percent" else None
    # Half a cent may be rounded up in what is paid and in what is saved.
    halves = {cents(amount * percent / 100) for amount, rest in left.items() if percent and rest is not None}
    return halves | {amount - rest for amount, rest in left.items() if rest is not None}


def _is_beside_price(passage: Passage, quantity: Quantity, prices: set[Decimal]) -> bool:
    """ "A £60 pen for £48": a former price may stand where the price itself is in the paragraph."""
    start, end = paragraph_of(passage, passage.sentence_at(quantity.start))
    kinds = (Kind.MONEY, Kind.PLAIN)  # "ninety dollars in winter, seventy-two in spring"
    others = (item for item in passage.quantities if item.kind in kinds and item.start != quantity.start)
    return any(start <= item.start < end and prices & set(item.readings) for item in others)


def _terms(passage: Passage, quantity: Quantity, world: World, role: Role) -> set[Decimal]:
    """Thresholds, where the amount is not stated as a price, and what is missing to them or goes beyond."""
    sentence = passage.sentence_at(quantity.start)
    allowed = set[Decimal]()
    offer = world.snapshot.offer
    priced = _is_stated(passage, quantity)
    if offer and offer.min_spend and not priced:
        allowed.add(offer.min_spend)
    shipping = any(sentence.start <= hit.start < sentence.end for hit in passage.hits("shipping.word", "shipping.free"))
    if shipping and (not priced or _is_of_delivery(passage, quantity)):
        allowed |= thresholds(world)
    if role is Role.REMAINING or shipping:
        spent = with_offer(_every_sum(passage, world) | prices_of(world.picks), world)
        allowed |= {abs(threshold - amount) for threshold in thresholds(world) for amount in spent}
    return allowed


def _is_of_delivery(passage: Passage, quantity: Quantity) -> bool:
    """ "Shipping turns free at $120", "at $120 the delivery is on us": the clause is about delivery and names no pick
    before the amount, so that it is no price."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    about = any(start <= hit.start < end for hit in passage.hits("shipping.word", "shipping.free"))
    return about and not passage.picks_named_in(start, quantity.start)


def _is_stated(passage: Passage, quantity: Quantity) -> bool:
    """ "is $24", "come to $24": the words before the amount make it a price or a total."""
    start = max(passage.sentence_at(quantity.start).start, quantity.start - 24)
    return bool(_STATED.search(fold(passage.text[start : quantity.start])))


def _speaks_of_saving(passage: Passage, quantity: Quantity) -> bool:
    part = passage.sentence_at(quantity.start)
    former = ("money.was", "discount.claim") if quantity.compare is not Compare.UNDER else ()
    cues = passage.hits("money.off", "money.save", *former)
    # The "menos" of "menos de 6 €" hedges the amount and saves nothing.
    hedge = quantity.start - HEDGE if quantity.compare is Compare.UNDER else quantity.start
    return any(part.start <= cue.start < part.end and not hedge <= cue.end <= quantity.start for cue in cues)


def savings_beside(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> set[Decimal]:
    """What is saved on the picks, or on all of them where the text speaks of several, and by the offer on their sum."""
    several = _speaks_of_several(passage, quantity, world)
    beside = savings(world.picks, world) | _saved_on_totals(passage, quantity, world) if several else set[Decimal]()
    return beside | savings(picks, world)


def _totals(passage: Passage, quantity: Quantity, world: World) -> set[Decimal]:
    """Sums of picks and multiples of one, when the text up to here speaks of several."""
    return _every_sum(passage, world) if _speaks_of_several(passage, quantity, world) else set()


def _speaks_of_several(passage: Passage, quantity: Quantity, world: World) -> bool:
    end = passage.sentence_at(quantity.start).end
    cues = passage.hits("money.sum", "money.several", "money.cart")
    if any(cue.start < end for cue in cues):
        return True
    return len({pick.facts.id for _, pick in passage.picks_named_in(0, end)}) > 1


def _every_sum(passage: Passage, world: World) -> set[Decimal]:
    prices = [pick.facts.price for pick in world.picks if pick.facts.price is not None]
    both = passage.hits("money.sum")
    counts = {
        int(item.value)
        for item in _counts(passage, 0, len(passage.text))
        if 1 < item.value <= MAX_MULTIPLE and not any(cue.start <= item.start < cue.end for cue in both)
    }
    counts |= {
        int(item.value / fact.value)
        for item in passage.quantities
        if item.kind is Kind.MEASURE and item.what != "time"
        for pick in world.picks
        for fact in pick.quantities
        if fact.what == item.what and fact.value and 1 < item.value / fact.value <= MAX_MULTIPLE
        if item.value % fact.value == 0  # "three metres come to £40.50" of what is sold by the metre
    }
    counts |= (
        {2}
        if any(fold(passage.text[cue.start : cue.end]) in _TWO for cue in passage.hits("money.sum", "money.several"))
        else set()
    )
    doubled = _DOUBLED if len(prices) == 1 else ("second", "another")
    counts |= set() if passage.words.isdisjoint(doubled) else {2}
    return sums_of(prices, tuple(sorted(counts)[:MAX_COUNTS]))


def _is_summed(passage: Passage, quantity: Quantity) -> bool:
    """ "Together under £60" speaks of the sum and of nothing else."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    return any(start <= cue.start < end for cue in passage.hits("money.sum"))


def _counts(passage: Passage, start: int, end: int) -> list[Quantity]:
    return [
        item
        for item in passage.quantities
        if item.kind in (Kind.PLAIN, Kind.COUNT) and start <= item.start < end and item.value == int(item.value)
    ]


def _each(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> set[Decimal]:
    """Prices of one piece or measure, also under the offer, once the text says "each", "per" or "a glass"."""
    sentence = passage.sentence_at(quantity.start)
    if not _says_each(passage, 0, sentence.end, quantity):
        return set()
    named = {pick.facts.id for _, pick in passage.picks_named_in(sentence.start, sentence.end)}
    # "Two bags are $30.60 with the code, $15.30 a bag": shares of an amount, which is judged where it stands.
    counts = [int(item.value) for item in _counts(passage, 0, sentence.end) if 1 < item.value <= MAX_MULTIPLE]
    whole = [item.value for item in passage.quantities if item.kind is Kind.MONEY and item.end <= quantity.start]
    shares = {cents(amount / count) for amount in whole for count in counts}
    picks = [pick for pick in picks if pick.facts.id in named] or picks
    return shares | {
        cents(amount / share)
        for pick in picks
        for amount in with_offer(prices_of([pick]), world)
        for share in unit_shares(pick)
        if share
    }


def _by_the_year(passage: Passage, quantity: Quantity, prices: set[Decimal]) -> set[Decimal]:
    """ "A 25-year warranty, so call it £2.36 a year": the price over a number of years, months or weeks that the text
    names."""
    unit = _BY_TIME.match(passage.text, quantity.end)
    factor = UNITS[fold(unit[1])].factor if unit else None
    spans = [item.value / factor for item in passage.quantities if factor and item.what == "time"]
    return {cents(price / span) for price in prices for span in spans if span > 1}


def _says_each(passage: Passage, start: int, end: int, quantity: Quantity) -> bool:
    """True when the amount is per something, or the range says so of an amount in it."""
    amounts = [item for item in passage.quantities if item.kind is Kind.MONEY and start <= item.start < end]
    if _FOR_MEASURE.match(passage.text, quantity.end):
        return True
    return any(_PER.match(passage.text, item.end) for item in (*amounts, quantity)) or any(
        start <= hit.start < end for hit in passage.hits("money.each")
    )


@rule("price.wrong", joined=True, when=has(Sign.NUMBER))
def wrong_price(passage: Passage, world: World) -> Iterable[Finding]:
    """An amount that no fact explains, of the wrong product, or in the wrong currency."""
    for quantity in money_in(passage):
        picks = bound_picks(passage, world, quantity.start, quantity.end)
        problem = _problem(passage, quantity, picks, world)
        if problem:
            yield Finding((quantity.start, quantity.end), problem, source=_prices(picks))


def money_in(passage: Passage) -> list[Quantity]:
    """Amounts of money; a number with two decimals and no unit is one too."""
    return [
        item
        for item in passage.quantities
        if item.kind is Kind.MONEY or (item.kind is Kind.PLAIN and item.value.as_tuple().exponent == -2)
    ]


def _problem(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> str | None:
    said = passage.text[quantity.start : quantity.end].strip()
    currency = picks[0].facts.currency if picks else world.snapshot.brand.currency
    if quantity.currencies and currency not in quantity.currencies:
        return f"“{said}” is not in {currency}."
    if _is_plain_price(passage, quantity, picks):
        return None
    if quantity.compare is Compare.FROM and role_of(passage, quantity) is Role.PRICE:
        lowest = min((pick.facts.price for pick in world.picks if pick.facts.price is not None), default=None)
        allowed = amounts_for(passage, quantity._replace(compare=Compare.EXACT), picks, world) | {lowest or Decimal(0)}
    else:
        allowed = amounts_for(passage, quantity, picks, world)
    if any(holds(quantity, truth) for truth in allowed):
        return None
    return f"“{said}” does not follow from any price, saving or offer of what is named beside it."


def _is_plain_price(passage: Passage, quantity: Quantity, picks: Sequence[ProductView]) -> bool:
    """True of most amounts: the price of what is named beside it, which `amounts_for` allows as well."""
    stated = quantity.compare in (Compare.EXACT, Compare.FROM)
    return (
        stated
        and any(holds(quantity, price) for price in prices_of(picks))
        and role_of(passage, quantity) in (Role.PRICE, Role.REMAINING)
    )


def _prices(picks: Sequence[ProductView]) -> str | None:
    priced = [f"{pick.facts.name}: {pick.facts.price} {pick.facts.currency}" for pick in picks[:3]]
    return "; ".join(priced) or None
