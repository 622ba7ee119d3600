"""What may be said of the reader, told to a model: in English as memory put it, in other languages anew.

A fact's own text is an English sentence. In a note for a German e-mail it would come out in English again, or be
translated by a model. So it is told by its kind with the words of `prompts/wording`, and a kind that has none there is
not told. Days are left out: "im Mai" is one more thing to get wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evals.snapshot import Fact, Snapshot
from prompts.environment import short_name
from prompts.wording import Spoken

LIKING = "liking"
LIKINGS = frozenset({"interest", "said"})
_DATED = r"(?: on \d{1,2} [A-Z][a-z]+ \d{4})?"
_NAMES = {
    "purchase": re.compile(rf"You (?:last )?bought (?:the )?(.+?){_DATED}(?:, \d+ times in all)?"),
    "cart": re.compile(rf"You left (?:the )?(.+?) in your cart{_DATED}"),
    "wish": re.compile(rf"You put (?:the )?(.+?) on your wish list{_DATED}"),
}
"""Where a fact names its product (`memory.facts.shopping`)."""


@dataclass(frozen=True)
class FactNotes:
    """What may be said of the reader: a sentence, and what it is about (`liking`, or the fact's kind)."""

    text: str
    kind: str


def told_in(spoken: Spoken, snapshot: Snapshot, facts: Iterable[Fact]) -> dict[str, FactNotes]:
    """By id of the fact, those that this language has words for."""
    return {fact.id: note for fact in facts if (note := _told(spoken, snapshot, fact))}


def _told(spoken: Spoken, snapshot: Snapshot, fact: Fact) -> FactNotes | None:
    kind = LIKING if fact.kind in LIKINGS else fact.kind
    pattern, about = spoken.facts.get(kind), _about(snapshot, fact)
    if pattern is None or not about:
        return None
    return FactNotes(pattern.replace("{name}", about), kind)


def _about(snapshot: Snapshot, fact: Fact) -> str:
    """The product's name as it is said, or the category as the shop writes it; empty for what has no such words: what
    they said themselves is kept in English, and a maker is no category."""
    if named := _NAMES.get(fact.kind):
        found = named.fullmatch(fact.text)
        return short_name(found[1]) if found else ""
    if fact.kind != "interest":
        return ""
    liked = str(fact.value).split(">")[-1].strip()
    categories = {(product.category or "").casefold(): product.category or "" for product in snapshot.products}
    return categories.get(liked.casefold(), "")
