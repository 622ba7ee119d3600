"""What a person leans to: decayed sums over what the products they deal with stand for, and what those are.

An action counts its factor for each thing the product stands for (its category, brand, attributes, price band). What
is bought as a gift says nothing of their own taste and is summed apart, under `gift`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise

from memory.events import Event
from memory.lines import Line
from memory.state import KNOWN_PRODUCTS, SUM_KEYS, Entry, State, add_to_sum, put_last, weight

INTEREST_HALF_LIFE = timedelta(days=60)
PURCHASE_WEIGHT = 6
CART_WEIGHT = 3
WISH_WEIGHT = 3
REVIEW_WEIGHT = 2
VIEW_WEIGHT = 1
PRICE_BANDS = (5, 10, 25, 50, 100, 250, 500, 1000)
"""Upper ends, in units of the shop's currency."""
_BANDS = (*(f"{low}-{high}" for low, high in pairwise((0, *PRICE_BANDS))), f"{PRICE_BANDS[-1]}+")
NOWHERE = ""
"""The category of a size where none is known."""


def price_band(price: int) -> str:
    """The band an amount in 1/10000 units falls into: `10-25`, `1000+`."""
    return _BANDS[bisect_right(PRICE_BANDS, price / 10_000)]


@dataclass(frozen=True, slots=True)
class Known:
    """What a product is called and what it is; empty where nobody said."""

    name: str = ""
    category: str = ""
    brand: str = ""
    lasts_days: int = 0
    """How long a unit usually lasts by the catalog's word; 0: it is not used up, or nobody said."""


NOTHING = Known()


def known_of(state: State, product_id: str) -> Known:
    """What was last said of a product, as long as it is among those remembered."""
    entry = state["products"].get(product_id)
    return NOTHING if entry is None else Known(*entry[1:])


def know(state: State, time: int, line: Line) -> None:
    """Remember what a product is called and what it is."""
    if line.name is not None:
        entry: Entry = [time, line.name, line.category or "", line.brand or "", line.lasts_days]
        put_product(state["products"], line.product_id, entry)


def put_product(products: dict[str, Entry], product_id: str, entry: Entry) -> None:
    """The latest word on a product; what was said at the same time is put in the order of what it says."""
    present = products.get(product_id)
    if present is None or present < entry:
        if present is not None and present[:2] == entry[:2]:
            del products[product_id]
        put_last(products, product_id, entry, KNOWN_PRODUCTS)


def like(state: State, event: Event, time: int, found: Iterable[Line], factor: int) -> None:
    """Add to the sums of everything these products stand for; once an event, however many of them share it."""
    lines: dict[tuple[str, str], int] = {}
    for line in found:
        for pair in _stands_for(line):
            lines[pair] = lines.get(pair, 0) + 1
    half_life, mantissa = weight(time, INTEREST_HALF_LIFE)
    entry, sums, once = [time, event.message_id], state["sums"], (half_life, factor * mantissa)
    for (kind, value), times in lines.items():
        of_kind = sums.get(kind)
        if of_kind is None:
            of_kind = sums[kind] = {}
        amount = once if times == 1 else (half_life, factor * times * mantissa)
        add_to_sum(of_kind, value, amount, entry, SUM_KEYS)


def give(state: State, event: Event, time: int, found: Iterable[Line], factor: int) -> None:
    """The same for what is bought for somebody else."""
    half_life, mantissa = weight(time, INTEREST_HALF_LIFE)
    sums = state["sums"].setdefault("gift", {})
    for category, lines in Counter(line.category or NOWHERE for line in found).items():
        add_to_sum(sums, category, (half_life, factor * lines * mantissa), [time, event.message_id], SUM_KEYS)


def _stands_for(line: Line) -> Sequence[tuple[str, str]]:
    named = _named(line.category, line.brand, line.price)
    if not line.attributes:
        return named
    pairs = [*named]
    for name, value in line.attributes.items():
        # A medium of shirts is no medium of shoes.
        size = name == "size"
        pairs.append(("size", f"{line.category or NOWHERE}={value}") if size else ("attribute", f"{name}={value}"))
    return pairs


@lru_cache(maxsize=16_384)
def _named(category: str | None, brand: str | None, price: int | None) -> tuple[tuple[str, str], ...]:
    """What nearly every product has: a few thousand of them, over and over."""
    band = None if price is None else price_band(price)
    pairs = (("category", category), ("brand", brand), ("price_band", band))
    return tuple((kind, value) for kind, value in pairs if value is not None)
