"""What amounts follow from the facts alone: prices after an offer, savings, sums, prices of one piece, thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import combinations

from evals.licences import ProductView, words_in
from evals.snapshot import OfferFacts
from evals.text.numerals import find_digits, find_spelled
from evals.text.quantities import Compare, Quantity
from evals.text.units import COUNTED, UNITS
from evals.world import World

CENT = Decimal("0.01")
ABOUT = Decimal("0.05")
A_LITTLE = Decimal("0.08")
"""How far a price may lie above "just over" and "gut dreißig": to say less promises too little."""
MAX_SUMMED = 4
"""Picks of which every sum is tried."""
_SETS = {"duo": 2, "pair": 2, "trio": 3, "quartet": 4, "quartett": 4}
"""Packs whose name counts them: a "Kräuter-Trio"."""
_SPAN_KEY = re.compile(r"day|year|month|week|hour|return|warranty|guarantee|trial|exchange|refund")


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
        return said <= truth <= said * (1 + A_LITTLE)
    if compare is Compare.ABOUT:
        return abs(truth - said) <= truth * ABOUT
    if compare is Compare.NEARLY:
        return said * (1 - ABOUT) <= truth <= said
    return said == truth


def prices_of(picks: Iterable[ProductView]) -> set[Decimal]:
    """The prices that are known."""
    return {pick.facts.price for pick in picks if pick.facts.price is not None}


def former_prices(picks: Iterable[ProductView]) -> set[Decimal]:
    """Prices before a reduction, of what is reduced."""
    return {pick.facts.compare_at_price for pick in picks if pick.on_sale and pick.facts.compare_at_price}


def with_offer(amounts: set[Decimal], world: World) -> set[Decimal]:
    """The amounts, and what is left to pay of each under the offer."""
    reduced = (after_offer(amount, world.snapshot.offer) for amount in amounts)
    return amounts | {amount for amount in reduced if amount is not None}


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


@lru_cache(maxsize=256)
def _sums_of(prices: tuple[Decimal, ...], counts: tuple[int, ...]) -> frozenset[Decimal]:
    sums = {(Decimal(0), 0)}
    for price in prices:
        sums |= {(total + price * count, items + count) for total, items in sums for count in (1, *counts)}
    return frozenset(total for total, items in sums if items > 1)


def sums_of(prices: Sequence[Decimal], counts: tuple[int, ...]) -> set[Decimal]:
    """Sums of two or more, of any of the prices, as often as one of `counts`; of many prices only two at a time."""
    if len(prices) <= MAX_SUMMED:
        return set(_sums_of(tuple(prices), counts))
    pairs = {first + second for first, second in combinations(prices, 2)}
    return {sum(prices, Decimal(0))} | pairs | {price * count for price in prices for count in counts}


def unit_shares(pick: ProductView) -> frozenset[Decimal]:
    """How many units a price may be divided by: pieces in the pack, hundred grams, kilos, litres."""
    return unit_shares_of(pick.hard_text)


@lru_cache(maxsize=4096)
def unit_shares_of(facts: str) -> frozenset[Decimal]:
    """The same of a text: its numbers, its measures in their units, and the size of a "trio"."""
    tokens = words_in(facts, "en")
    text = " ".join(token.word for token in tokens)
    shares: set[Decimal] = set()
    for number in (*find_digits(text, "en"), *find_spelled(tokens, "en")):
        following = text[number.end :].split(" ")
        word = next((part for part in following if part), "")
        unit = UNITS.get(word)
        if unit:
            base = number.value * unit.factor
            shares |= {base, base / 100, base / 1000} if unit.dimension in ("mass", "volume", "length") else set()
        elif word in COUNTED or number.value <= 500:
            shares.add(number.value)
    shares |= {Decimal(size) for word, size in _SETS.items() if word in text.split(" ")}
    return frozenset(shares)
