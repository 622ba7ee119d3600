"""A price that is said to change on a day to come: a deadline in other words ("on Sunday it goes back to £17.50")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from evals.passage import Passage
from evals.rules import Finding
from evals.text.canonical import fold
from evals.text.phrases import Hit
from evals.text.quantities import Kind
from evals.text.tokens import Sentence
from evals.world import World

_COMING = re.compile(
    r"\b(?:next (?:week|month)|(?:over)?night|after (?:that|this)|this (?:week|month)|past the weekend"
    r"|nächste[nrs]? (?:woche|monat)|danach|diese woche|la semaine prochaine|ensuite|cette semaine"
    r"|la semana(?: que viene)?|después|este mes)\b",
    re.IGNORECASE,
)
_STAYS = ("stay", "remain", "hold", "keep")
BEHIND = 14
"""Characters between "back to" and its amount."""
_PRICED = frozenset(
    "price prices pricing dearer pricier expensive rrp preis preise teurer prix tarif cher chere precio precios caro "
    "cara".split()
)


def repriced(passage: Passage, world: World) -> Iterable[Finding]:
    """Sentences in which a price returns, rises or stays up to some day that is not the offer's last."""
    for hit in passage.hits("urgency.reprice"):
        part = passage.sentence_at(hit.start)
        if not _is_priced(passage, part) or not _is_of_price(passage, hit):
            continue
        refs = [ref for ref in passage.dates if part.start <= ref.start < part.end]
        # "Goes back in October": the words of the return are no "back in October".
        cues = [cue for cue in passage.hits("time.past") if not hit.start <= cue.start < hit.end]
        past = any(-2 <= ref.start - cue.end <= 8 for ref in refs for cue in cues)
        offer, sent = world.snapshot.offer, world.snapshot.send_date
        last = offer.expires if offer else None
        true = last and any(ref.can_mean(last, sent) or ref.can_mean(last + timedelta(days=1), sent) for ref in refs)
        coming = any(ref.year is None for ref in refs) or _COMING.search(passage.text, part.start, part.end)
        if coming and not past and not true:
            yield Finding((hit.start, hit.end), "Nothing says that the price will change.", "no such day in the facts")
            return


def _is_of_price(passage: Passage, hit: Hit) -> bool:
    """The amount, or a word for the price, stands in the phrase or right behind it: "goes back to £17.50", "is £17.50
    again". What stays past a day must be said not to; what stays until one has its end there."""
    said = fold(passage.text[hit.start : hit.end])
    negated = passage.is_negated(hit.start, hit.end)
    if said.startswith(_STAYS):
        return negated != said.endswith(("until", "till", "through"))
    beside = passage.tokens_in(hit.start, hit.end + BEHIND)
    prices = {pick.facts.price for pick in passage.world.picks}
    amount = any(
        item.kind is Kind.MONEY and hit.start <= item.start <= hit.end + BEHIND and item.value not in prices
        for item in passage.quantities
    )  # "here it is again: £5.40", which it costs today
    return not negated and (amount or any(token.word in _PRICED for token in beside))


def _is_priced(passage: Passage, part: Sentence) -> bool:
    """True when the sentence names an amount, or a price in words."""
    amounts = any(item.kind is Kind.MONEY and part.start <= item.start < part.end for item in passage.quantities)
    return amounts or any(token.word in _PRICED for token in passage.tokens_in(part.start, part.end))
