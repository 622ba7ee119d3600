"""`shipping.invented`: free or fast delivery is promised only where the offer or a policy grants it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from evals.checks.bind import Role, bound_picks, role_of
from evals.licences import words_in
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.text.phrases import Hit
from evals.text.quantities import Kind, Quantity
from evals.world import World

_THRESHOLD_KEYS = ("free_shipping_over", "free_delivery_over", "free_shipping_from", "free_shipping_threshold")
_SPEED_KEYS = ("dispatch", "delivery", "shipping_days", "shipping_time", "delivery_days", "express")


def free_from(world: World) -> Decimal | None:
    """The order value from which delivery is free by policy; 0 when it always is; None when it never is."""
    policies = world.snapshot.brand.policies
    if policies.get("free_shipping") is True:
        return Decimal(0)
    values = (policies.get(key) for key in _THRESHOLD_KEYS)
    amounts = (value for value in values if isinstance(value, int | float) and not isinstance(value, bool))
    return next((Decimal(str(amount)) for amount in amounts), None)


_DENIED = re.compile(
    r"\bno (?:es|son|sale|será|va)\b|\bnicht (?:gratis|kosten|frei|umsonst)|n[o']t (?:be )?free\b"
    r"|\bpas (?:gratuit|offert)",
    re.IGNORECASE,
)
"""A "no" between the delivery and its price; "no delivery charge" is the other way round."""


@rule("shipping.invented", joined=True, when=has(families=("shipping.free", "shipping.speed")))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Free delivery without cause or with the wrong threshold, and speeds nobody promised."""
    for hit in passage.hits("shipping.free"):
        denied = passage.is_negated(hit.start, hit.end) or _DENIED.search(passage.text, hit.start, hit.end + 1)
        if not denied and (problem := _why_not_free(passage, world, hit)):
            yield Finding((hit.start, hit.end), problem, source=_policy(world))
    for hit in passage.hits("shipping.speed"):
        if not passage.is_negated(hit.start, hit.end) and not _is_promised(passage, world, hit):
            yield Finding((hit.start, hit.end), "No policy promises this delivery.", source=_policy(world))


def _why_not_free(passage: Passage, world: World, hit: Hit) -> str | None:
    offer, threshold = world.snapshot.offer, free_from(world)
    granted = offer is not None and offer.kind == "free_shipping"
    if not granted and threshold is None:
        return "Nobody granted free delivery."
    stated = None if _is_conditional(passage, hit) else _stated_threshold(passage, hit)
    if stated is not None:
        minimum = (offer.min_spend if offer and granted else None) or threshold or Decimal(0)
        true = any(value in (minimum, threshold) or value == 0 for value in stated.readings)
        if role_of(passage, stated) is Role.PRICE and stated.value >= minimum:
            return None  # "add the tea, and the basket is at £44.50": a sum, which is judged as one
        return None if true else "Delivery is free from another amount."
    if granted and (offer is None or offer.min_spend is None):
        return None
    minimum = (offer.min_spend if offer and granted else None) or threshold or Decimal(0)
    part = passage.sentence_at(hit.start)
    universal = minimum > 0 and _ON_ALL.search(passage.text, hit.start, part.end) is not None
    if not universal and _names_dear_pick(passage, hit, minimum):
        return None
    if not universal and _is_enough(passage, world, hit, minimum):
        return None
    return f"Delivery is free only from {minimum}, and the text does not say so."


_ON_ALL = re.compile(
    r"\b(?:on|for|with) (?:every|each|any) (?:order|purchase)\b|\bon all orders\b|\bbei jeder bestellung\b"
    r"|\b(?:toutes les|chaque|n'importe quelle) commandes?\b|\b(?:todos los|cada|cualquier) pedidos?\b",
    re.IGNORECASE,
)
""" "On every order, however small": no price in the text makes that true."""


def _is_enough(passage: Passage, world: World, hit: Hit, minimum: Decimal) -> bool:
    """What the text speaks of reaches the amount, or it promises nothing yet."""
    reached = _total(passage, world, hit) >= minimum or _is_reached(passage, hit, minimum)
    return reached or _is_conditional(passage, hit)


def _names_dear_pick(passage: Passage, hit: Hit, minimum: Decimal) -> bool:
    """ "Delivery is free at that price": in a whole e-mail, what was named with a price that suffices by itself."""
    if passage.name != "whole":
        return False
    named = (pick.facts.price for _, pick in passage.picks_named_in(0, hit.start))
    return any(price is not None and price >= minimum for price in named)


def _is_reached(passage: Passage, hit: Hit, minimum: Decimal) -> bool:
    """An amount in the sentence suffices ("£39.50 together, so delivery is free"); prices are judged elsewhere."""
    sentence = passage.sentence_at(hit.start)
    amounts = (item for item in passage.quantities if item.kind is Kind.MONEY)
    return any(sentence.start <= item.start < sentence.end and item.value >= minimum for item in amounts)


def _stated_threshold(passage: Passage, hit: Hit) -> Quantity | None:
    """The amount the sentence names as a condition: the nearest amount with a threshold cue beside it, one of the same
    clause before those of others ("12% off from $50, and free delivery from $60")."""
    sentence = passage.sentence_at(hit.start)
    cues = passage.hits("money.threshold", "money.threshold_after", "money.remaining")
    amounts = [
        item
        for item in passage.quantities
        if item.kind in (Kind.MONEY, Kind.PLAIN)
        and sentence.start <= item.start < sentence.end
        and any(-2 <= item.start - cue.end <= 16 or -2 <= cue.start - item.end <= 6 for cue in cues)
    ]
    start, end = passage.clause_at(hit.start, hit.end)
    return min(amounts, key=lambda item: (not start <= item.start < end, abs(item.start - hit.start)), default=None)


def _is_conditional(passage: Passage, hit: Hit) -> bool:
    """ "£9 away from free delivery" promises nothing yet."""
    sentence = passage.sentence_at(hit.start)
    return any(
        sentence.start <= item.start < sentence.end and role_of(passage, item) is Role.REMAINING
        for item in passage.quantities
        if item.kind is Kind.MONEY
    )


def _total(passage: Passage, world: World, hit: Hit) -> Decimal:
    """What the order is worth that the sentence speaks of: the pick it is about, or all of them."""
    picks = bound_picks(passage, world, hit.start, hit.end)
    prices = [pick.facts.price for pick in picks if pick.facts.price is not None]
    return min(prices, default=Decimal(0)) if passage.pick or len(picks) == 1 else Decimal(0)


def _is_promised(passage: Passage, world: World, hit: Hit) -> bool:
    """A speed is licensed when the policies or the brand's facts use the same numbers and words for it."""
    policies = world.snapshot.brand.policies
    promises = [f"{key} {value}" for key, value in policies.items() if any(name in key for name in _SPEED_KEYS)]
    said = {token.word for token in passage.tokens_in(hit.start, hit.end)}
    known = {
        token.word
        for text in (*promises, *world.snapshot.brand.facts)
        for token in words_in(text.replace("_", " "), "en")
    }
    return bool(promises) and len(said & known) * 2 >= len(said)


def _policy(world: World) -> str | None:
    threshold = free_from(world)
    return f"delivery is free from {threshold}" if threshold is not None else "no policy on delivery"
