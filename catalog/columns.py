"""The catalog as columns: what limits and rankings compare, one numpy array each, built once a refresh."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.index import Rows
from catalog.model import Product
from catalog.text import words
from store.types import AMOUNT_UNITS, to_units

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]
Postings = dict[str, Rows]
"""Rows by case-folded key, the most popular first."""

NEVER, ALWAYS = np.iinfo(np.int64).min, np.iinfo(np.int64).max
NO_PRICE = -1
_FIELD = {name: number for number, name in enumerate(Product.model_fields)}

RawProduct = tuple[Any, ...]
"""A product's fields in the order of `Product.model_fields`."""


def field(row: RawProduct, name: str) -> Any:
    """One field of a raw product."""
    return row[_FIELD[name]]


def key(text: str) -> str:
    """How categories, brands and attributes are compared."""
    return " ".join(text.casefold().split())


def path_keys(path: str | None) -> Iterable[str]:
    """Every part of a category path and every path to one: `tea`, `green tea`, `tea > green tea`."""
    parts = [key(part) for part in (path or "").split(">") if part.strip()]
    yield from parts
    yield from (" > ".join(parts[:end]) for end in range(2, len(parts) + 1))


def micros(moment: datetime | None, missing: int) -> int:
    """Microseconds since the epoch."""
    return missing if moment is None else round(moment.timestamp() * 1_000_000)


def at_least(amount: Decimal) -> int:
    """The smallest price in 1/10000 units that is not below `amount`."""
    return int((amount * AMOUNT_UNITS).to_integral_value(ROUND_CEILING))


def at_most(amount: Decimal) -> int:
    """The largest price in 1/10000 units that is not above `amount`."""
    return int((amount * AMOUNT_UNITS).to_integral_value(ROUND_FLOOR))


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Products with a sale price, and when it holds. Arrays of one length; prices in 1/10000 units."""

    rows: Rows
    price: Whole
    starts: Whole
    ends: Whole

    def running(self, now: datetime) -> Mask:
        """[len(rows)]: is the sale on at `now`?"""
        moment = micros(now, 0)
        return np.asarray((self.starts <= moment) & (moment < self.ends))


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Row i of every array is product i of the view."""

    price: Whole
    """Regular price in 1/10000 units, -1 where there is none."""
    sales: Sales
    sellable: Mask
    """In stock, with a price and a currency."""
    currency: dict[str, Mask]
    group: Rows
    """Number of the item group, -1 where there is none."""
    number: NDArray[np.uint64]
    """A hash of the id: the same for the same product in every view."""
    added: Whole
    """Microseconds since the epoch."""
    newest: Rows
    """All rows, the newest first."""
    popularity: NDArray[np.float32]
    """0..1."""
    popular: Rows
    """Rows that may be called popular, the most popular first; see `POPULAR_SHARE`."""
    categories: Postings
    brands: Postings
    attributes: Postings
    words: Postings
    """Rows by word of title, brand and category."""

    def current_price(self, now: datetime) -> Whole:
        """[n] what each product costs at `now`, in 1/10000 units."""
        price = self.price.copy()
        running = self.sales.running(now)
        price[self.sales.rows[running]] = self.sales.price[running]
        return price

    def on_sale(self, now: datetime) -> Mask:
        """[n]."""
        mask = np.zeros(len(self.price), dtype=np.bool_)
        mask[self.sales.rows[self.sales.running(now)]] = True
        return mask


POPULAR_SHARE, POPULAR_AT_LEAST, POPULAR_IN_CATEGORY = 0.05, 20, 3
"""Called popular: the top 5 % of the products that sell, 20 at least, and the top three of each category.
The word would not be true of any lesser product."""


def _price(raw: RawProduct, name: str) -> int:
    amount = field(raw, name)
    return NO_PRICE if amount is None else to_units(amount)


def _sales(raws: Sequence[RawProduct], price: Whole) -> Sales:
    rows = [
        row
        for row, raw in enumerate(raws)
        if field(raw, "sale_price") is not None and 0 <= _price(raw, "sale_price") < price[row]
    ]
    return Sales(
        rows=np.array(rows, dtype=np.int32),
        price=np.array([_price(raws[row], "sale_price") for row in rows], dtype=np.int64),
        starts=np.array([micros(field(raws[row], "sale_price_starts"), NEVER) for row in rows], dtype=np.int64),
        ends=np.array([micros(field(raws[row], "sale_price_ends"), ALWAYS) for row in rows], dtype=np.int64),
    )


def _is_sellable(raw: RawProduct) -> bool:
    stock, price = field(raw, "stock"), field(raw, "price")
    there = field(raw, "availability") == "in_stock" and (stock is None or stock > 0)
    return bool(there and price is not None and price > 0 and field(raw, "currency"))


def _currencies(raws: Sequence[RawProduct]) -> dict[str, Mask]:
    named = np.array([field(raw, "currency") or "" for raw in raws], dtype="U3")
    return {str(code): named == code for code in np.unique(named) if code}


def _groups(raws: Sequence[RawProduct]) -> Rows:
    numbers: dict[str, int] = {}
    groups = (field(raw, "item_group_id") for raw in raws)
    return np.array([numbers.setdefault(g, len(numbers)) if g else -1 for g in groups], dtype=np.int32)


def _attribute_keys(raw: RawProduct) -> Iterable[str]:
    named = {name: field(raw, name) for name in ("color", "size", "material", "condition")}
    for name, value in {**named, **field(raw, "attributes")}.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str | int | float):
                yield key(f"{name}={item}")


def _category_keys(raw: RawProduct) -> Iterable[str]:
    yield from path_keys(field(raw, "product_type"))
    yield from path_keys(field(raw, "google_product_category"))


def _words(raw: RawProduct) -> Iterable[str]:
    path = field(raw, "product_type") or field(raw, "google_product_category") or ""
    return words(f"{field(raw, 'title')} {field(raw, 'brand') or ''} {path}")


def _postings(keys: Iterable[Iterable[str]], rank: Rows) -> Postings:
    """`keys`: those of each row. Each posting is ordered by `rank` [n]."""
    found: dict[str, list[int]] = defaultdict(list)
    for row, of_row in enumerate(keys):
        for name in set(of_row):
            found[name].append(row)
    postings = {}
    for name, listed in found.items():
        rows = np.array(listed, dtype=np.int32)
        postings[name] = rows[np.argsort(rank[rows])]
    return postings


def _popular(order: Rows, popularity: NDArray[np.float32], categories: Postings) -> Rows:
    selling = order[popularity[order] > 0]
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[selling[: max(POPULAR_AT_LEAST, int(len(selling) * POPULAR_SHARE))]] = True
    for rows in categories.values():
        chosen[rows[:POPULAR_IN_CATEGORY]] = True
    return selling[chosen[selling]]


def build_columns(raws: Sequence[RawProduct], popularity: NDArray[np.float32]) -> Columns:
    """`popularity`: [n] in 0..1. Blocks for about 20 µs a product."""
    price = np.array([_price(raw, "price") for raw in raws], dtype=np.int64)
    added = np.array([micros(field(raw, "added_at"), NEVER) for raw in raws], dtype=np.int64)
    order = np.lexsort((-added, -popularity)).astype(np.int32)
    rank = np.empty(len(raws), dtype=np.int32)
    rank[order] = np.arange(len(raws), dtype=np.int32)
    categories = _postings(map(_category_keys, raws), rank)
    return Columns(
        price=price,
        sales=_sales(raws, price),
        sellable=np.array([_is_sellable(raw) for raw in raws], dtype=np.bool_),
        currency=_currencies(raws),
        group=_groups(raws),
        number=np.array([zlib.crc32(str(field(raw, "id")).encode()) for raw in raws], dtype=np.uint64),
        added=added,
        newest=np.argsort(-added, kind="stable").astype(np.int32),
        popularity=popularity,
        popular=_popular(order, popularity, categories),
        categories=categories,
        brands=_postings(([key(field(raw, "brand"))] if field(raw, "brand") else [] for raw in raws), rank),
        attributes=_postings(map(_attribute_keys, raws), rank),
        words=_postings(map(_words, raws), rank),
    )
