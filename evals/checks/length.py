"""How long a block may be, counted in characters as readers see them (grapheme clusters, Unicode TR29)."""

from __future__ import annotations

from collections.abc import Iterable

import regex

from evals.draft import BlockName
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.verdict import Severity
from evals.world import World

LIMITS: dict[BlockName, int] = {
    "subject": 78,
    "preheader": 130,
    "opening": 600,
    "pitch": 600,
    "closing": 600,
    "cta": 32,
    "whole": 4000,
}
"""Longest block that may go out. Phones show 33 to 50 characters of a subject, Gmail on a desktop about 70."""
SUBJECT_ADVICE = 60
_GRAPHEMES = regex.compile(r"\X")
_CUTTABLE = frozenset(("opening", "pitch", "closing"))


def graphemes(text: str) -> int:
    """Characters as a reader counts them."""
    return len(text) if text.isascii() else len(_GRAPHEMES.findall(text))


@rule("length.exceeded")
def exceeded(passage: Passage, world: World) -> Iterable[Finding]:
    """Too long: prose loses its last sentences, headings and buttons are blocked."""
    limit = LIMITS[passage.name]
    if len(passage.source) <= min(limit, SUBJECT_ADVICE) or (
        passage.name != "subject" and len(passage.source) <= limit
    ):
        return  # never more graphemes than characters
    length = graphemes(passage.source)
    span = (min(limit, len(passage.text)), len(passage.text))
    if length > limit:
        reason = f"{length} characters; a {passage.name} may have {limit}."
        yield Finding(span, reason, repaired=_shortened(passage, limit))
    elif passage.name == "subject" and length > SUBJECT_ADVICE:
        reason = f"{length} characters; many inboxes cut a subject at about {SUBJECT_ADVICE}."
        yield Finding(span, reason, severity=Severity.WARN)


def _shortened(passage: Passage, limit: int) -> str | None:
    """The sentences that fit, when at least one does."""
    if passage.name not in _CUTTABLE:
        return None
    for sentence in reversed(passage.sentences[:-1]):
        end = passage.source_span(0, sentence.end)[1]
        kept = passage.source[:end].rstrip()
        if graphemes(kept) <= limit:
            return kept
    return None


@rule("text.truncated", more=True)
def empty(passage: Passage, world: World) -> Iterable[Finding]:
    """A block without a letter or a digit says nothing."""
    if not any(map(str.isalnum, passage.text)):
        yield Finding((0, len(passage.text)), "There is no text.")
