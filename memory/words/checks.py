"""What a statement must pass before it is remembered, when a model found it.

The rules here find nothing else by construction; a model may answer anything, and the text it read may have told it
what to answer. So a statement counts only if its span stands in the text, word for word and where it says, if its kind
and value are of the closed vocabulary, if the words of that value are within the span, and if nothing around it is a
question, a wish, somebody else's taste, sensitive, or an order. Whatever a model says beyond that is lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from memory.words import lexicon
from memory.words.evidence import EVIDENCE
from memory.words.lexicon import Term
from memory.words.model import MAX_SPAN, Found, StatementKind
from memory.words.reading import sentences_in, words_in
from memory.words.vetoes import is_foreign, is_modal, unfit

TASTES: tuple[StatementKind, ...] = ("likes", "prefers", "dislikes", "too_much")
_POSITIVE = frozenset({"likes", "prefers"})


def why_refused(found: Found, text: str, terms: Mapping[str, Term]) -> str | None:
    """The reason why a statement about `text` is not taken, a code; None when it may be remembered.

    `terms`: the words of the products that the text is about (`sources.terms_of`).
    """
    span = found.span
    if not 0 <= span.start < span.end <= len(text) or text[span.start : span.end] != span.text:
        return "not_in_text"
    if len(span.text) > MAX_SPAN:
        return "span_too_long"
    if unfit(text) is not None:
        return "unfit_text"
    refused = _unsupported(found, terms)
    return refused or _doubtful(found, text)


def values_of(terms: Mapping[str, Term]) -> dict[StatementKind, list[str]]:
    """The closed vocabulary: the kinds that may be found in a text, and the values that each may have.

    `answered` is none of them: an answer is read off its question, not found in a text.
    """
    found = {kind: sorted({term.value for term in _known(kind, terms).values()}) for kind in TASTES}
    for kind, value in EVIDENCE:
        found.setdefault(kind, []).append(value)
    return found


def _known(kind: StatementKind, terms: Mapping[str, Term]) -> Mapping[str, Term]:
    return lexicon.EXCESSIVE if kind == "too_much" else {**lexicon.QUALITIES, **terms}


def _unsupported(found: Found, terms: Mapping[str, Term]) -> str | None:
    words = words_in(found.span.text)
    if found.kind in TASTES:
        known = _known(found.kind, terms)
        if found.value not in {term.value for term in known.values()}:
            return "unknown_value"
        said = {*words, *(form for form, _, _ in lexicon.joined(words))}
        named = {term.value for word in said if (term := lexicon.lookup(word, known))}
        return None if found.value in named else "value_not_in_span"
    evidence = EVIDENCE.get((found.kind, found.value))
    if evidence is None:
        return "unknown_value"
    return None if evidence.search(" ".join(words)) else "value_not_in_span"


def _doubtful(found: Found, text: str) -> str | None:
    span = found.span
    at = 0
    for sentence in sentences_in(text):
        begin, at = text.index(sentence.text, at), text.index(sentence.text, at) + len(sentence.text)
        if begin >= span.end or at <= span.start:
            continue
        if is_modal(sentence) or (found.kind in TASTES and is_foreign(sentence)):
            return "not_stated"
        if found.kind in _POSITIVE and any(word.form in lexicon.NEGATORS for word in sentence.words):
            return "denied"
    return None
