"""A brief cut into words, numbers and marks, each with its place, so that what is understood can be quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from catalog.analysis import fold

_TOKEN = re.compile(r"(?P<number>\d+(?:[.,'’]\d+)*)|(?P<word>[^\W\d_]+)|(?P<mark>[<>]=|[^\s\w'’]|_)")


class Token(NamedTuple):
    """One piece of a text; `text[start:end]` is how it was written."""

    folded: str
    start: int
    end: int
    kind: Literal["number", "word", "mark"]
    glued: bool
    """Written together with the piece before: the 4 of "PS4", the 35 of "FZ35K"."""


def read(text: str) -> list[Token]:
    """The pieces of a text, in order."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind: Literal["number", "word", "mark"] = "number" if match["number"] else "word" if match["word"] else "mark"
        before = found[-1] if found else None
        glued = before is not None and before.end == match.start() and "mark" not in (kind, before.kind)
        folded = fold(match[0])
        # The one word of trade that folds to a word without meaning.
        found.append(Token("thé" if folded == "the" != match[0].lower() else folded, *match.span(), kind, glued))
    return found


def words_of(tokens: Sequence[Token]) -> list[str]:
    """Their folded text."""
    return [token.folded for token in tokens]


def amount(written: str) -> Decimal | None:
    """The number a person wrote: "1.299,00", "1,299.00", "29,99", "1'299", "30"; None where it may be two numbers.

    The last separator is the decimal one when one or two digits follow it and it stands there once; any other parts
    groups of three.
    """
    plain = written.replace("’", "'")
    head, sep, tail = max((plain.rpartition(mark) for mark in ".,"), key=lambda parts: len(parts[0]))
    if sep and len(tail) in (1, 2) and sep not in head:
        return _whole(head, Decimal(tail) / 10 ** len(tail))
    return _whole(plain, Decimal(0))


def _whole(written: str, cents: Decimal) -> Decimal | None:
    groups = re.split(r"[.,']", written)
    if any(len(group) != 3 for group in groups[1:]) or not 1 <= len(groups[0]) <= (3 if groups[1:] else 9):
        return None
    return Decimal("".join(groups)) + cents
