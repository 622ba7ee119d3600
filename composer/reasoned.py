"""What the reason above a pick says of it, read back from its words: a template may claim no more than stands there.

The closed world holds the reason as the reader gets it, in their language. Its wordings are the catalog's own
(`catalog.reason_words`), so that each can be told again; one that an old record worded otherwise says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from catalog.reason_words import words_for
from catalog.text import short_title
from evals.snapshot import ProductFacts, Snapshot

Tie = Literal["goes_with", "alike", ""]
_SAID: tuple[tuple[Tie, str], ...] = (("goes_with", "goes_with_bought"), ("alike", "like_bought"))


class Tied(NamedTuple):
    """How the first pick is tied to something the person bought, and to what; both empty where its reason says none."""

    tie: Tie = ""
    bought: str = ""


def lead_tied(snapshot: Snapshot) -> Tied:
    """What the reason of the first pick says."""
    lead = next(iter(snapshot.products), None)
    if lead is None or not lead.reason:
        return Tied()
    return _tied(lead.reason, snapshot.locale, dict.fromkeys(order.product for order in snapshot.person.orders))


def _tied(reason: str, locale: str, bought: Iterable[str]) -> Tied:
    words = words_for(locale)
    for name in bought:
        for tie, key in _SAID:
            if reason in words.say(key, title=short_title(name)):
                return Tied(tie, name)
    return Tied("goes_with") if reason in words.say("goes_with") else Tied()


def runs_low(product: ProductFacts, locale: str) -> bool:
    """Whether its reason is that it may be running low: how long it lasts is known (`catalog.history`)."""
    return bool(product.reason) and product.reason in words_for(locale).say("running_low")
