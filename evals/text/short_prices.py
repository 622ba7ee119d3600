"""Prices that are said short: "the Malbec is nineteen dollars, the Riesling 24", "forty-nine fifty for the dock"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.text.quantities import Compare, Kind, Quantity

_LEADS_TO_PRICE = re.compile(
    r",?\s?(?:is|are|at|for|costs?|comes? (?:in )?(?:to|at)|makes?|:|–|—|-)?\s?(?:just|only)?\s?", re.IGNORECASE
)
_SAYS_PRICE = re.compile(r"\b(?:are|is|costs?|comes? to|makes?)\s(?:just\s|only\s)?$", re.IGNORECASE)
_ENDS_PRICE = re.compile(r"\s*(?:$|[.,;:!?)\n]|(?:and|but|or|in all|together|each|all told)\b|[–—])", re.IGNORECASE)
_FOR_NAME = re.compile(r"\sfor\s(?:the|a|an|one|each|our|both)?\s?$", re.IGNORECASE)
_YEAR_HALVES = frozenset((19, 20))
LEAST_PRICE = 3
"""Smaller numbers beside a name count things."""


def with_short_prices(
    text: str, found: list[Quantity], names: Sequence[tuple[int, int]], sentence_ends: Sequence[int], currency: str
) -> list[Quantity]:
    """Prices that are said short, read as money: "the Malbec is nineteen dollars, the Riesling 24", "forty-nine fifty
    for the dock". `names` are the ranges of products named, in reading order.

    Only beside a name, or behind a word of costing, once the sentence has said an amount with its currency.
    """
    if not names or not found:
        return found
    read: list[Quantity] = []
    skip = False
    for item, after in zip(found, [*found[1:], None], strict=True):
        if skip:
            skip = False
            continue
        joined = _pounds_and_pence(text, item, after)
        price = joined or item
        if price.kind is not Kind.PLAIN or not _stands_as_price(text, price, names):
            read.append(item)
            continue
        said = next(
            (seen for seen in read if seen.kind is Kind.MONEY and _is_one_sentence(seen, price, sentence_ends)), None
        )
        if joined is None and (said is None or price.value < LEAST_PRICE):
            read.append(item)
            continue
        skip = joined is not None
        read.append(price._replace(kind=Kind.MONEY, currencies=said.currencies if said else frozenset((currency,))))
    return read


def _pounds_and_pence(text: str, item: Quantity, after: Quantity | None) -> Quantity | None:
    """The 49.50 of "forty-nine fifty"; not "nineteen ninety", which may be a year."""
    if (
        after is None
        or not (item.spelled and after.spelled)
        or item.kind is not Kind.PLAIN
        or after.kind is not Kind.PLAIN
    ):
        return None
    apart = text[item.end : after.start] != " " or not 10 <= after.value < 100 or item.value in _YEAR_HALVES
    if apart or item.value < LEAST_PRICE or item.compare is not Compare.EXACT:
        return None
    return item._replace(end=after.end, readings=(item.value + after.value / 100,))


def _stands_as_price(text: str, item: Quantity, names: Sequence[tuple[int, int]]) -> bool:
    before = max((end for _, end in names if end <= item.start), default=-1)
    behind = min((start for start, _ in names if start >= item.end), default=-1)
    if behind >= 0 and _FOR_NAME.fullmatch(text, item.end, behind):
        return True
    leads = before >= 0 and _LEADS_TO_PRICE.fullmatch(text, before, item.start) is not None
    said = _SAYS_PRICE.search(text, max(0, item.start - 20), item.start) is not None
    return (leads or said) and _ENDS_PRICE.match(text, item.end) is not None


def _is_one_sentence(first: Quantity, second: Quantity, ends: Sequence[int]) -> bool:
    return not any(first.start < end <= second.start for end in ends)
