"""What is said of everybody and of no product: "everyone loves a long lunch", "people say it's only a game"."""

from __future__ import annotations

from evals.passage import Passage
from evals.text.phrases import Hit

_ANY = frozenset("a an to some something ein eine einen einem un une une una uno des".split())
"""Articles of any thing of a kind, which is no thing of ours."""
_ALL = frozenset(
    "everyone everybody people others some most many nobody alle jeder jede jeden leute viele tout tous toutes gens "
    "todo todos todas gente".split()
)
"""Those of whom something is said in general; "our customers" are not among them."""


def is_proverb(passage: Passage, hit: Hit) -> bool:
    """True where everybody is said to do something with any thing of a kind, and no product is named in the clause."""
    start, end = passage.clause_at(hit.start, hit.end)
    first = passage.tokens[hit.first].word
    behind = passage.tokens[hit.last : hit.last + 1]
    if first not in _ALL or not behind or behind[0].start >= end or behind[0].word not in _ANY:
        return False
    return not any(start <= mention.start < end and mention.strength for mention in passage.mentions)
