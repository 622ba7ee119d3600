"""What a pitch says comes along that no fact tells of: "you get a notebook in ink blue, and a fountain pen".

Small models make a second thing of the last words of a description. Part of `attribute.invented`; English only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.passage import Passage
from evals.rules import Finding
from evals.world import World

_ALSO = re.compile(r"\byou(?:'ll)? get\b(?P<one>[^.!?;]{3,120}?)\band (?P<other>an?\s[^.!?;,]{3,40})", re.IGNORECASE)
_BROUGHT = r"\b(?:and|with|plus|includ\w+|comes with|has)\s(?:an?|its|the|one)\s[^.;]{0,24}\b"
_OTHERS = frozenset(
    "cup gardener cook reader host friend baker writer neighbour neighbor guest owner hiker runner".split()
)
HEAD = 3
"""Words behind "and a" among which the thing stands."""


def extra_items(passage: Passage, world: World) -> Iterable[Finding]:
    """A product beside the pick, or the same one twice, behind "you get … and a"."""
    if world.language != "en" or passage.name != "pitch" or "you" not in passage.words:
        return
    for match in _ALSO.finditer(passage.text):
        start, end = match.span("other")
        near = passage.tokens_in(start, end)[1 : HEAD + 1]
        kinds = [
            hit for hit in passage.hits(*world.product_types) if near and near[0].start <= hit.start <= near[-1].end
        ]
        nouns = [passage.text[hit.start : hit.end] for hit in kinds]
        nouns += [token.word for token in near if token.word in _OTHERS]
        if nouns and not _is_told(passage, nouns[0]):
            yield Finding((start, end), f"Nothing in the facts says that “{nouns[0]}” comes with it.")


def _is_told(passage: Passage, noun: str) -> bool:
    """True when a text of the pick tells of the thing beside another ("a pot with a lid", "and a spoon")."""
    picks = [passage.pick] if passage.pick else passage.world.picks
    told = re.compile(_BROUGHT + re.escape(noun.lower()), re.IGNORECASE)
    return any(told.search(pick.soft_text) for pick in picks)
