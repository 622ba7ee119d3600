"""Is a line said again that was only shown? What a model writes about one e-mail must not be taken out of another.

The names in examples are those of the prompts' own examples, which `internal.leak` holds back whoever says them; the
words around them are known only here, where the examples are, so that such a line is not offered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from composer.notes import Notes
from composer.writing import Example
from evals.licences import SHINGLE

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_Run = tuple[str, ...]


def why_parroted(text: str, *, examples: Sequence[Example], notes: Notes) -> str | None:
    """None when the line may be offered, else what is wrong, in words for the record.

    `SHINGLE` words in a row out of an example, or all of a shorter one, that the e-mail's own notes do not have.
    """
    if not examples:
        return None
    said = _words(text)
    shown = [_words(line) for one in examples for line in (one.text, one.before, one.note) if line]
    own = set(_runs(_words(" / ".join(_told(notes)))))
    borrowed = set(_runs(said)) & set(chain.from_iterable(map(_runs, shown))) - own
    return "says an example again" if borrowed or said in shown else None


def _told(notes: Notes) -> Iterator[str]:
    yield from (*notes.facts, *notes.brand_facts, notes.message, notes.offer)
    for product in notes.products:
        yield from (product.name, product.about, *product.details, product.reason)


def _words(text: str) -> _Run:
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.casefold()))


def _runs(words: _Run) -> Iterator[_Run]:
    return (words[at : at + SHINGLE] for at in range(len(words) - SHINGLE + 1))
