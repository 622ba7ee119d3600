"""`price.wrong`: every amount of money must be explained by the facts of the picks beside it, or by the offer.

The allowed amounts are computed, not listed: price, former price, their difference, the price after the
offer, the price of one in a pack, sums of picks. Hedges are evaluated ("under $60" is true of $59.90).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from evals.checks.bind import Role, bound_picks, role_of
from evals.licences import ProductView, words_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.snapshot import OfferFacts
from evals.text.numerals import find_digits, find_spelled
from evals.text.quantities import Compare, Kind, Quantity
from evals.text.units import COUNTED, UNITS
from evals.world import World

CENT = Decimal("0.01")
ABOUT = Decimal("0.03")
NEARLY = Decimal("0.05")
MAX_MULTIPLE = 12
_TWO = frozenset(("the pair", "pair", "duo", "das paar"))
_SPAN_KEY = re.compile(r"day|year|month|week|hour|return|warranty|guarantee|trial|exchange|refund")
_ONE = frozenset("a an per the each pro je par la le el un una une ein eine por".split())


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to the cent, as shops do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def offer_number(offer: OfferFacts | None) -> Decimal | None:
    """Value of a percent or amount offer; None for others. A snapshot read from JSON holds it as a string."""
    if offer is None or offer.kind not in ("percent", "amount") or offer.value is None:
        return None
    return Decimal(offer.value)


def after_offer(amount: Decimal, offer: OfferFacts | None) -> Decimal | None:
    """What is left to pay of an amount under the offer; None when the offer does not apply to it."""
    value = offer_number(offer)
    if offer is None or value is None or (offer.min_spend and amount < offer.min_spend):
        return None
    if offer.kind == "percent":
        return cents(amount * (100 - value) / 100)
    return amount - value if amount > value else None


def holds(quantity: Quantity, truth: Decimal) -> bool:
    """True when the amount as hedged is true of `truth`."""
    return any(_holds(said, quantity.compare, truth) for said in quantity.readings)


def _holds(said: Decimal, compare: Compare, truth: Decimal) -> bool:
    if compare is Compare.UNDER:
        return truth < said
    if compare is Compare.OVER:
        return said <= truth <= said * 2
    if compare is Compare.JUST_OVER:
        return said <= truth <= said * (1 + NEARLY)
    if compare is Compare.ABOUT:
        return abs(truth - said) <= truth * ABOUT
    if compare is Compare.NEARLY:
        return said * (1 - NEARLY) <= truth <= said
    return said == truth


def amounts_for(passage: Passage, quantity: Quantity, picks: Sequence[ProductView], world: World) -> set[Decimal]:
    """Every amount the facts allow at this place."""
    role = role_of(passage, quantity)
    if role is Role.FORMER:
        return _former(picks)
    if role is Role.OFF:
        return savings(picks, world)
    if role is Role.THRESHOLD:
        return thresholds(world)
    sums = _sums(passage, quantity, world)
    if sums and quantity.compare not in (Compare.EXACT, Compare.FROM):
        return _with_offer(sums, world)
    prices = {pick.facts.price for pick in picks if pick.facts.price is not None}
    allowed = _with_offer(prices | sums | _each(passage, quantity, picks), world) | savings(picks, world)
    if _is_beside_price(passage, quantity, prices):
        allowed |= _former(picks)
    return allowed | _terms(passage, quantity, world, allowed)


def _former(picks: Sequence[ProductView]) -> set[Decimal]:
    return {pick.facts.compare_at_price for pick in picks if pick.on_sale and pick.facts.compare_at_price}


def _with_offer(amounts: set[Decimal], world: World) -> set[Decimal]:
    reduced = (after_offer(amount, world.snapshot.offer) for amount in amounts)
    return amounts | {amount for amount in reduced if amount is not None}


def _is_beside_price(passage: Passage, quantity: Quantity, prices: set[Decimal]) -> bool:
    """ "A £60 pen for £48": a former price may stand where the price itself is in the sentence."""
    sentence = passage.sentence_at(quantity.start)
    others = (item for item in passage.quantities if item.kind is Kind.MONEY and item.start != quantity.start)
    return any(sentence.start <= item.start < sentence.end and prices & set(item.readings) for item in others)


def _terms(passage: Passage, quantity: Quantity, world: World, spent: set[Decimal]) -> set[Decimal]:
    """The offer's own amounts, and (beside a word of delivery) thresholds and what is missing to them."""
    offer = world.snapshot.offer
    allowed = {offer.min_spend} if offer and offer.min_spend else set[Decimal]()
    sentence = passage.sentence_at(quantity.start)
    if any(sentence.start <= hit.start < sentence.end for hit in passage.hits("shipping.word", "shipping.free")):
        allowed |= thresholds(world)
        allowed |= {threshold - amount for threshold in thresholds(world) for amount in spent if threshold > amount}
    return allowed


def savings(picks: Sequence[ProductView], world: World) -> set[Decimal]:
    """Differences to the former price, of one pick or several, and the offer's amount."""
    each = [pick.saving for pick in picks if pick.saving]
    allowed = {sum(some, Decimal(0)) for size in range(1, len(each) + 1) for some in combinations(each, size)}
    offer = world.snapshot.offer
    value = offer_number(offer)
    if offer and value is not None:
        if offer.kind == "amount":
            allowed |= {value} | {saving + value for saving in each}
        else:
            prices = [pick.facts.price for pick in picks if pick.facts.price is not None]
            allowed |= {price - left for price in prices if (left := after_offer(price, offer)) is not None}
    return allowed


def thresholds(world: World) -> set[Decimal]:
    """Amounts from which something is granted: the offer's minimum, amounts (not spans of time) in the policies."""
    policies = world.snapshot.brand.policies.items()
    amounts = {
        Decimal(str(value))
        for key, value in policies
        if isinstance(value, int | float) and not isinstance(value, bool) and not _SPAN_KEY.search(key)
    }
    offer = world.snapshot.offer
    return amounts | ({offer.min_spend} if offer and offer.min_spend else set())


def _sums(passage: Passage, quantity: Quantity, world: World) -> set[Decimal]:
    """Sums of two or more picks, and multiples of one, when the sentence speaks of several."""
    sentence = passage.sentence_at(quantity.start)
    cues = [hit for hit in passage.hits("money.sum") if sentence.start <= hit.start < sentence.end]
    if not cues and len(passage.picks_named_in(sentence.start, sentence.end)) < 2:
        return set()
    prices = [pick.facts.price for pick in world.picks if pick.facts.price is not None]
    sums = {sum(some, Decimal(0)) for size in range(2, len(prices) + 1) for some in combinations(prices, size)}
    counts = {int(item.value) for item in _counts(passage, sentence.start, sentence.end)}
    counts |= {2} if any(passage.text[cue.start : cue.end].lower() in _TWO for cue in cues) else set()
    return sums | {price * count for price in prices for count in counts if 1 < count <= MAX_MULTIPLE}


def _counts(passage: Passage, start: int, end: int) -> list[Quantity]:
    return [
        item
        for item in passage.quantities
        if item.kind in (Kind.PLAIN, Kind.COUNT) and start <= item.start < end and item.value == int(item.value)
    ]


def _each(passage: Passage, quantity: Quantity, picks: Sequence[ProductView]) -> set[Decimal]:
    """Unit prices, when the clause says "each" or "per"."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    behind = [token.word for token in passage.tokens_in(quantity.end, quantity.end + 24)][:2]
    counted = len(behind) == 2 and behind[0] in _ONE and behind[1] in COUNTED
    if not counted and not any(start <= hit.start < end for hit in passage.hits("money.each")):
        return set()
    return {
        cents(pick.facts.price / share)
        for pick in picks
        if pick.facts.price is not None
        for share in unit_shares(pick)
        if share
    }


def unit_shares(pick: ProductView) -> set[Decimal]:
    """How many units a price may be divided by: pieces in the pack, hundred grams, kilos, litres."""
    tokens = words_in(pick.hard_text, "en")
    text = " ".join(token.word for token in tokens)
    shares: set[Decimal] = set()
    for number in (*find_digits(text, "en"), *find_spelled(tokens, "en")):
        following = text[number.end :].split(" ")
        word = next((part for part in following if part), "")
        unit = UNITS.get(word)
        if unit and unit.dimension in ("mass", "volume"):
            base = number.value * unit.factor
            shares |= {base, base / 100, base / 1000}
        elif word in COUNTED or number.value <= 500:
            shares.add(number.value)
    return shares


@rule("price.wrong", joined=True)
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
    if quantity.compare is Compare.FROM and role_of(passage, quantity) is Role.PRICE:
        lowest = min((pick.facts.price for pick in world.picks if pick.facts.price is not None), default=None)
        allowed = amounts_for(passage, quantity._replace(compare=Compare.EXACT), picks, world) | {lowest or Decimal(0)}
    else:
        allowed = amounts_for(passage, quantity, picks, world)
    if any(holds(quantity, truth) for truth in allowed):
        return None
    return f"“{said}” does not follow from any price, saving or offer of what is named beside it."


def _prices(picks: Sequence[ProductView]) -> str | None:
    priced = [f"{pick.facts.name}: {pick.facts.price} {pick.facts.currency}" for pick in picks[:3]]
    return "; ".join(priced) or None
