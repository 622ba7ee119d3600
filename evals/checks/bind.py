"""Which pick an amount or a claim is about, and what role an amount plays in its clause."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache

from evals.licences import ProductView
from evals.passage import Passage
from evals.text.canonical import fold
from evals.text.phrases import Hit
from evals.text.quantities import Kind, Quantity
from evals.world import World

_NEEDS_A_SECOND = frozenset(("from", "von", "de", "baisse de", "passe de", "baja de", "pasa de", "bajado de"))
"""Cues of a former price only where a second amount follows: "baisse de 30 €" names the saving."""
NEAR = 28
"""A name this many characters behind an amount may still own it ("$44 for the Beacon")."""


class Role(Enum):
    """What an amount of money stands for."""

    PRICE = auto()
    FORMER = auto()
    OFF = auto()
    THRESHOLD = auto()


def bound_picks(passage: Passage, world: World, start: int, end: int) -> list[ProductView]:
    """The picks that `[start, end)` may speak of: those named beside it, or else the one the block is about."""
    sentence = passage.sentence_at(start)
    named = passage.picks_named_in(sentence.start, sentence.end)
    if passage.pick:
        # In a pitch, an everyday word of another title ("peas", "oolong") names nothing.
        named = [(mention, pick) for mention, pick in named if mention.strength or pick is passage.pick]
    if named and len(named) < len(_prices_in(passage, sentence.start, sentence.end)) and len(world.picks) > 1:
        # More amounts than names: some name was not recognised, and any pick may be meant.
        return list(world.picks)
    if named:
        before = [pick for mention, pick in named if mention.start < end][-1:]
        behind = [pick for mention, pick in named if end <= mention.start < end + NEAR][:1]
        return _distinct([*before, *behind]) or [named[0][1]]
    if passage.pick:
        return [passage.pick]
    earlier = _distinct([pick for _, pick in passage.picks_named_in(0, sentence.start)])
    return earlier if len(earlier) == 1 else list(world.picks)


def _prices_in(passage: Passage, start: int, end: int) -> list[Quantity]:
    """Amounts that stand as plain prices, former ones left out."""
    return [
        item
        for item in passage.quantities
        if item.kind is Kind.MONEY and start <= item.start < end and role_of(passage, item) is Role.PRICE
    ]


def _distinct(picks: list[ProductView]) -> list[ProductView]:
    return list({pick.facts.id: pick for pick in picks}.values())


@lru_cache(maxsize=64)
def role_of(passage: Passage, quantity: Quantity) -> Role:
    """What an amount stands for, by the cues around it."""
    sentence = passage.sentence_at(quantity.start)
    if _is_threshold(passage, quantity, sentence.start, sentence.end):
        return Role.THRESHOLD
    if _is_off(passage, quantity):
        return Role.OFF
    return Role.FORMER if _is_former(passage, quantity) else Role.PRICE


def _is_off(passage: Passage, quantity: Quantity) -> bool:
    """ "$20 off", "save $20", "20 € günstiger", "40 € menos"."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    behind = [hit for hit in passage.hits("money.off") if quantity.end <= hit.start < min(end, quantity.end + 24)]
    if behind and not _amount_between(passage, quantity.end, behind[0].start):
        return True
    before = [hit for hit in passage.hits("money.save") if start <= hit.start < quantity.start]
    return (
        bool(before)
        and quantity.start - before[-1].end <= 22
        and not _amount_between(passage, before[-1].end, quantity.start)
    )


def _is_threshold(passage: Passage, quantity: Quantity, start: int, end: int) -> bool:
    """ "over £30", "ab 80 € Bestellwert": a threshold cue right beside it, and an offer or delivery in the sentence."""
    near = [cue for cue in passage.hits("money.threshold") if 0 <= quantity.start - cue.end <= 3]
    near += [cue for cue in passage.hits("money.threshold_after") if 0 <= cue.start - quantity.end <= 3]
    saves = passage.hits("money.save")
    if not near or any(0 <= cue.start - hit.end <= 1 for cue in near for hit in saves):
        return False
    offer = passage.world.snapshot.offer
    coded = bool(offer and offer.code and offer.code in passage.text[start:end])
    about = [hit for hit in passage.hits("shipping.word", "offer.cue", "discount.free") if start <= hit.start < end]
    spend = any(_is_spending(passage.text[cue.start : cue.end]) for cue in near)
    return coded or bool(about) or spend or bool(_percent_off(passage, start, end))


def _is_spending(cue: str) -> bool:
    return cue.lower().startswith(("spend", "order", "bestell", "einkauf", "basket"))


def _percent_off(passage: Passage, start: int, end: int) -> list[Quantity]:
    return [item for item in passage.quantities if item.kind is Kind.PERCENT and start <= item.start < end]


def _is_former(passage: Passage, quantity: Quantity) -> bool:
    """ "was $90", "statt 149 €", "$90, now $72", "249 € vorher"."""
    start, _ = passage.clause_at(quantity.start, quantity.end)
    cues = [
        hit
        for hit in passage.hits("money.was")
        if start - 3 <= hit.start < quantity.start and quantity.start - hit.end <= 14
    ]
    if any(
        not _amount_between(passage, cue.end, quantity.start) and not _is_starting_price(passage, quantity, cue)
        for cue in cues
    ):
        return True
    tail = passage.text[quantity.end : quantity.end + 12].lower().lstrip(" ,;)")
    if tail.startswith(("now ", "now:", "jetzt ", "maintenant ", "ahora ")):
        return True
    after = _amount_between(passage, quantity.end, quantity.end + 24)
    return tail.startswith(("before", "vorher", "avant", "antes")) and not after


def _is_starting_price(passage: Passage, quantity: Quantity, cue: Hit) -> bool:
    """ "from $24" names a lowest price; "from $90 to $72" a former one."""
    if fold(passage.text[cue.start : cue.end]) not in _NEEDS_A_SECOND:
        return False
    later = [item for item in passage.quantities if item.kind is Kind.MONEY and 0 < item.start - quantity.end <= 8]
    return not later


def _amount_between(passage: Passage, start: int, end: int) -> bool:
    return any(item.kind is Kind.MONEY and start <= item.start < end for item in passage.quantities)
