"""Which pick an amount or a claim is about, and what role an amount plays in its clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

from evals.licences import ProductView, folded_in
from evals.passage import Passage, overlaps
from evals.text.canonical import fold
from evals.text.keeping import kept_with
from evals.text.names import Mention
from evals.text.phrases import Hit
from evals.text.quantities import Kind, Quantity
from evals.text.tokens import Sentence
from evals.world import World

_NEEDS_A_SECOND = frozenset(("from", "von", "de", "baisse de", "passe de", "baja de", "pasa de", "bajado de"))
"""Cues of a former price only where a second amount follows: "baisse de 30 €" names the saving."""
_PRONOUNS = frozenset("it its it's they them er sie es ihn il elle ils elles lo la los las".split())
_OWN = re.compile(r"\b(?:your|this|the|ihr|dein|votre|ton|tu|su)\s$", re.IGNORECASE)
""" "Your $92 basket" is a total, "a $92 basket" a threshold."""
_FROM = frozenset(("ab", "from", "des", "a partir de", "desde"))
_NOW = ("now ", "now:", "jetzt ", "maintenant ", "ahora ", "today ", "heute ", "aujourd", "hoy ")
_CUT = frozenset(",:;(–—")
""" "20% off: £16" names a price, "20% off £16" an amount to be spent."""
_BEFORE = re.compile(
    r"(?:before|vorher|zuvor|avant|antes|previously|originally|formerly|until (?:lately|recently)|auparavant"
    r"|(?:a|few) (?:week|month)s? ago|last (?:week|month|year|season))\b"
)
_WAS = re.compile(
    r"\b(?:was|were|war|waren|kostete|costaba|era|eran|valía|c'était|était|étaient|coûtait)\b", re.IGNORECASE
)
_WAS_IT = re.compile(
    r"\s(?:was|war|était|era)\s(?:the|what|its|their|it|der|le|el|son|su|sein|ihr|(?:not\s)?long ago)\b", re.IGNORECASE
)
""" "£48 was the price": it is none any more."""
_TO = re.compile(r"\s(?:down\s)?(?:to|auf|à|a|hasta|jusqu'à)\s(?:just\s|only\s|nur\s|los\s|solo\s)?", re.IGNORECASE)
_DOWN = re.compile(r"\bdown\s$", re.IGNORECASE)
_TO_AMOUNT = re.compile(r"(?<!\bup)\s(?:down\s)?to\s(?:just\s|only\s)?$", re.IGNORECASE)
""" "UNCORK15 takes that to $81.60" names what is left to pay."""
_FOR_AMOUNT = re.compile(r"\s(?:for|für|pour|por)\s(?:just\s|only\s|nur\s|solo\s)?$", re.IGNORECASE)
""" "Take both for $38.50" names what is to pay."""
_THE = frozenset("the das die den der le la les el los las".split())
COMPOUND = 9
"""Letters of a German compound that may stand for a pick."""
PART = 5
"""Letters of each of its parts."""
_USUAL = frozenset(
    "usual regular go-to ubliche ublicher ubliches ublichen gewohnte gewohnter habituel habituelle habitual".split()
)
_FALLEN = re.compile(r"\b(?:down|reduced|cut)\s[^,.;:]{0,28}\sfrom\s(?:just\s)?$", re.IGNORECASE)
NEXT = 16
"""Characters between the two amounts of "from $79 down to $69", at most."""
NEAR = 28
"""A name this many characters behind an amount may still own it ("$44 for the Beacon")."""


class Role(Enum):
    """What an amount of money stands for."""

    PRICE = auto()
    FORMER = auto()
    OFF = auto()
    THRESHOLD = auto()
    REMAINING = auto()
    """What is missing to a threshold, or goes beyond it."""


@kept_with
def bound_picks(passage: Passage, world: World, start: int, end: int) -> Sequence[ProductView]:
    """The picks that `[start, end)` may speak of: those named beside it, or else the one the block is about."""
    sentence = passage.sentence_at(start)
    named = passage.picks_named_in(sentence.start, sentence.end)
    if others := [item for item in alluded_to(passage, world) if sentence.start <= item[0].start < sentence.end]:
        named = sorted([*named, *others], key=lambda item: item[0].start)
        within = [pick for mention, pick in others if mention.start <= start and end <= mention.end]
        if within:
            return within
    if any(mention.strength for mention, _ in named):
        named = [(mention, pick) for mention, pick in named if mention.strength or _is_word_of(passage, mention, pick)]
    if passage.pick:
        # In a pitch, an everyday word of another title ("peas", "oolong") names nothing.
        named = [(mention, pick) for mention, pick in named if mention.strength or pick is passage.pick]
    if named and not any(mention.strength for mention, _ in named) and len(_before(passage, sentence.start)) == 1:
        # "£42 that can go on biscuits": a word of another title beside it, but the text is about what it named before.
        return _distinct([*_before(passage, sentence.start), *(pick for _, pick in named)])
    if named and end <= named[0][0].start and _takes_up(passage, sentence.start):
        # "It is $149. That is $30 you could spend on the stove": the amount is about what was named before.
        earlier = [pick for mention, pick in passage.picks_named_in(0, sentence.start)][-1:]
        return _distinct([*earlier, named[0][1]])
    if named and len(world.picks) > 1 and _are_more_prices(passage, sentence, len(named)):
        # More amounts than names: some name was not recognised, and any pick may be meant.
        return list(world.picks)
    if named:
        before = _owners(passage, [item for item in named if item[0].start < end])
        behind = [pick for mention, pick in named if end <= mention.start < end + NEAR][:1]
        return _distinct([*before, *behind]) or [named[0][1]]
    if passage.pick:
        return [passage.pick]
    earlier = _distinct([pick for _, pick in passage.picks_named_in(0, sentence.start)])
    taken_up = any(token.word in _PRONOUNS for token in passage.tokens_in(sentence.start, sentence.end))
    return earlier if len(earlier) == 1 and (taken_up or passage.name != "whole") else list(world.picks)


@kept_with
def alluded_to(passage: Passage, world: World) -> list[tuple[Mention, ProductView]]:
    """Picks named by other words than their title: "your usual" is one they ordered, an "Eichenbrett" the one pick
    whose facts have oak and whose name ends in board."""
    if len(world.picks) < 2:
        return []
    found = [*_usual(passage, world), *_kinds(passage, world)]
    named = [(mention.start, mention.end) for mention in passage.mentions if mention.strength]
    for at, token in enumerate(passage.tokens) if world.language == "de" else ():
        if len(token.word) < COMPOUND or not token.surface[0].isupper() or overlaps((token.start, token.end), named):
            continue
        like = [pick for pick in world.picks if _is_compound_of(token.word, pick)]
        if len(like) == 1:
            found.append((Mention(token.start, token.end, at, at + 1, frozenset(), 2), like[0]))
    return found


def _usual(passage: Passage, world: World) -> list[tuple[Mention, ProductView]]:
    ordered = {fold(order.product) for order in world.snapshot.person.orders}
    own = [pick for pick in world.picks if fold(pick.facts.name) in ordered]
    hits = [hit for hit in passage.hits("history.again") if passage.tokens[hit.last - 1].word in _USUAL]
    return [(Mention(*hit[1:], frozenset(), 2), own[0]) for hit in hits] if len(own) == 1 else []


def _kinds(passage: Passage, world: World) -> list[tuple[Mention, ProductView]]:
    """ "$58 buys you the pan": a kind of product that only one of the picks is, with a definite article."""
    found: list[tuple[Mention, ProductView]] = []
    for hit in passage.hits(*world.shown_types):
        before = passage.tokens[hit.first - 1].word if hit.first else ""
        like = [pick for pick in world.picks if hit.family in pick.types]
        named = any(mention.start <= hit.start < mention.end for mention in passage.mentions)
        if before in _THE and len(like) == 1 and not named:
            found.append((Mention(hit.start, hit.end, hit.first, hit.last, frozenset(), 2), like[0]))
    return found


def _is_compound_of(word: str, pick: ProductView) -> bool:
    """True when a word begins with one of a pick's facts and ends as a word of its name does."""
    words = [fact for fact in folded_in(pick.hard_text) if len(fact) >= PART]
    title = [name for name in folded_in(pick.facts.name) if len(name) >= PART]
    return any(word.startswith(fact) for fact in words) and any(
        word.endswith(name[-size:]) for name in title for size in (PART, len(name)) if not word.startswith(name)
    )


def _owners(passage: Passage, ahead: Sequence[tuple[Mention, ProductView]]) -> list[ProductView]:
    """The pick named last, and the one before where an everyday word of another title stands between and no amount:
    "A Pilea in a 12 cm pot is £14"."""
    if len(ahead) < 2 or ahead[-1][0].strength or _amount_between(passage, ahead[-2][0].end, ahead[-1][0].start):
        return [pick for _, pick in ahead[-1:]]
    return [pick for _, pick in ahead[-2:]]


def _takes_up(passage: Passage, start: int) -> bool:
    """True when the sentence at `start` opens with a word for what the one before spoke of."""
    first = passage.tokens_in(start, start + 12)[:1]
    return bool(first) and first[0].word in ("that", "that's", "which", "it", "it's")


def _is_word_of(passage: Passage, mention: Mention, pick: ProductView) -> bool:
    """True of "peas" for a soup with peas; a "drive" beside a full name names no driver."""
    title = folded_in(pick.facts.name)
    words = [token.word for token in passage.tokens[mention.first : mention.last]]
    return all(word in title or word.removesuffix("s") in title or f"{word}s" in title for word in words)


def _before(passage: Passage, start: int) -> list[ProductView]:
    """The picks named in full before a place."""
    return _distinct([pick for mention, pick in passage.picks_named_in(0, start) if mention.strength])


def _are_more_prices(passage: Passage, part: Sentence, names: int) -> bool:
    """True when a sentence has more amounts that stand as plain prices, former ones left out, than names."""
    amounts = [item for item in passage.quantities if item.kind is Kind.MONEY and part.start <= item.start < part.end]
    return len(amounts) > names and sum(role_of(passage, item) is Role.PRICE for item in amounts) > names


def _distinct(picks: list[ProductView]) -> list[ProductView]:
    return list({pick.facts.id: pick for pick in picks}.values())


@kept_with
def role_of(passage: Passage, quantity: Quantity) -> Role:
    """What an amount stands for, by the cues around it."""
    sentence = passage.sentence_at(quantity.start)
    if _is_remaining(passage, quantity, sentence.start, sentence.end):
        return Role.REMAINING
    if _is_threshold(passage, quantity, sentence.start, sentence.end):
        return Role.THRESHOLD
    if _is_off(passage, quantity):
        return Role.OFF
    return Role.FORMER if _is_former(passage, quantity) else Role.PRICE


def _is_off(passage: Passage, quantity: Quantity) -> bool:
    """ "$20 off", "save $20", "down $20 to $60", "20 € günstiger", "40 € menos"."""
    start, end = passage.clause_at(quantity.start, quantity.end)
    if _DOWN.search(passage.text, start, quantity.start):
        return True
    behind = [hit for hit in passage.hits("money.off") if quantity.end <= hit.start < min(end, quantity.end + 24)]
    led = behind and "before" in passage.text[quantity.end : behind[0].start]  # "$28 before the discount"
    # "At $219 it's eighty less than it was": what is less is the number right before.
    nearer = behind and any(quantity.end <= item.start < behind[0].start for item in passage.quantities)
    if behind and not led and not nearer:
        return True
    before = [hit for hit in passage.hits("money.save") if start <= hit.start < quantity.start]
    return (
        bool(before)
        and quantity.start - before[-1].end <= 22
        and not _FOR_AMOUNT.search(passage.text, before[-1].end, quantity.start)
        and not _TO_AMOUNT.search(passage.text, before[-1].end, quantity.start)
        and not _amount_between(passage, before[-1].end, quantity.start)
        and not any(before[-1].end <= was.start < quantity.start for was in passage.hits("money.was"))
    )


def _is_remaining(passage: Passage, quantity: Quantity, start: int, end: int) -> bool:
    """ "£6.80 away", "noch 4,10 € bis", "te faltan 11 €", where the text speaks of delivery or an offer."""
    near = any(0 <= quantity.start - cue.end <= 3 for cue in passage.hits("money.remaining"))
    behind = [cue for cue in passage.hits("money.remaining_after") if 0 <= cue.start - quantity.end <= 3]
    if not (near or behind) or any(
        cue.start < hit.end for cue in behind for hit in passage.hits("money.threshold_after") if hit.start <= cue.start
    ):
        return False
    return _speaks_of_terms(passage, start, end) or bool(passage.hits("shipping.word", "shipping.free"))


def _speaks_of_terms(passage: Passage, start: int, end: int) -> bool:
    """True when a range holds the offer's code, or a word of offers, gifts or delivery."""
    offer = passage.world.snapshot.offer
    coded = bool(offer and offer.code and offer.code in passage.text[start:end])
    gift = ("offer.gift",) if offer and offer.kind == "gift" else ()
    hits = passage.hits("shipping.word", "shipping.free", "offer.cue", "discount.free", *gift)
    return coded or any(start <= hit.start < end for hit in hits)


def _is_threshold(passage: Passage, quantity: Quantity, start: int, end: int) -> bool:
    """ "over £30", "ab 80 € Bestellwert": a threshold cue right beside it, and an offer or delivery in the sentence."""
    near = [
        cue
        for cue in passage.hits("money.threshold")
        if 0 <= quantity.start - cue.end <= 3 and _CUT.isdisjoint(passage.text[cue.end : quantity.start])
    ]
    near += [
        cue
        for cue in passage.hits("money.threshold_after")
        if 0 <= cue.start - quantity.end <= 3 and not passage.text[quantity.end : cue.start].strip(" +,")
        if not any(0 <= item.start - cue.end <= 1 for item in passage.quantities)  # "£35.15, and over £35 …"
    ]
    if _FALLEN.search(passage.text, start, quantity.start):
        return False
    saves = passage.hits("money.save")
    led = any(0 <= quantity.start - was.end <= 3 and was.last - was.first > 1 for was in passage.hits("money.was"))
    if near and (led or _leads_down(passage, quantity)):
        return False
    if not near or any(
        0 <= cue.start - hit.end <= 1
        for cue in near
        for hit in saves
        if fold(_said(passage, cue)) not in _FROM and not _is_spending(_said(passage, cue))
    ):
        return False
    if near[0].start > quantity.start and _OWN.search(passage.text, max(0, quantity.start - 8), quantity.start):
        return False
    spend = any(_is_spending(_said(passage, cue)) for cue in near)
    return spend or _speaks_of_terms(passage, start, end) or bool(_percent_off(passage, start, end))


def _leads_down(passage: Passage, quantity: Quantity) -> bool:
    """ "from $79 to $69", "von 79 € auf 69 €": the first of two amounts with only a "to" between."""
    after = next((item for item in passage.quantities if item.start > quantity.start), None)
    if after is None or after.kind is not Kind.MONEY or after.start - quantity.end > NEXT:
        return False
    return _TO.fullmatch(passage.text, quantity.end, after.start) is not None


def _said(passage: Passage, hit: Hit) -> str:
    return passage.text[hit.start : hit.end]


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
        if start - 3 <= hit.start < quantity.start and quantity.start - hit.end <= _reach_of(passage, hit)
    ]
    if any(
        not _amount_between(passage, cue.end, quantity.start) and not _is_starting_price(passage, quantity, cue)
        for cue in cues
    ):
        return True
    tail = passage.text[quantity.end : quantity.end + 24].lower().lstrip(" ,;)")
    if tail.startswith(_NOW):
        # "$90, now $72" goes down; "$32 now instead of $40" has the former price behind.
        led = any(quantity.end <= cue.start < quantity.end + 24 for cue in passage.hits("money.was"))
        return not led and _amount_between(passage, quantity.end, quantity.end + 24)
    if _WAS_IT.match(passage.text, quantity.end):
        return True
    if not _BEFORE.match(tail) or _amount_between(passage, quantity.end, quantity.end + 40):
        return False
    # "Fifty-nine euros, before it was seventy-two": the number behind has no sign of its own.
    behind = [item for item in passage.quantities if 0 < item.start - quantity.end <= NEAR]
    return not (behind and _WAS.search(passage.text, quantity.end, behind[0].start))


def _reach_of(passage: Passage, cue: Hit) -> int:
    """Characters between a cue and its amount: "jeu de ciseaux à 62,50 €" is no "de 85 € à 68 €"."""
    return 5 if fold(_said(passage, cue)) == "de" else 14


def _is_starting_price(passage: Passage, quantity: Quantity, cue: Hit) -> bool:
    """ "from $24" names a lowest price; "from $90 to $72" and "down twenty dollars from $99" a former one."""
    if _FALLEN.search(passage.text, passage.sentence_at(quantity.start).start, quantity.start):
        return False
    if fold(passage.text[cue.start : cue.end]) not in _NEEDS_A_SECOND:
        return False
    later = [item for item in passage.quantities if item.kind is Kind.MONEY and 0 < item.start - quantity.end <= 8]
    return not later


def _amount_between(passage: Passage, start: int, end: int) -> bool:
    return any(item.kind is Kind.MONEY and start <= item.start < end for item in passage.quantities)
