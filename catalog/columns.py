"""The catalog as columns: what limits and rankings compare, one numpy array each.

A row never changes its place. A change makes other columns of those it touches, and copies only the arrays of numbers:
whoever holds the columns of before keeps them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.index import Rows
from catalog.lexical import Texts, WordIndex
from catalog.packed import hash64
from catalog.postings import Gatherer, Grouped, Ranks
from catalog.postings import Postings as Postings
from catalog.raw import RawProduct as RawProduct
from catalog.raw import field as field
from store.types import AMOUNT_UNITS, to_units

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]

NEVER, ALWAYS = np.iinfo(np.int64).min, np.iinfo(np.int64).max
NO_PRICE = -1
NO_GROUP = -1
UNCOUNTED = -1
DAY = 86_400_000_000
"""In microseconds."""

ROW = np.dtype([
    ("price", np.int64), ("sale_price", np.int64), ("sale_starts", np.int64), ("sale_ends", np.int64),
    ("sellable", np.bool_), ("currency", np.uint32), ("group", np.int64), ("shelf", np.int64),
    ("number", np.uint64), ("added", np.int64), ("lasts", np.int32),
    ("stock", np.int64),
])  # fmt: skip
"""What is known of one row as numbers. Amounts in 1/10000 units, moments in microseconds since the epoch; `lasts` in
days, 0 for what is not used up; `stock` in units, -1 where the shop does not count them."""


def key(text: str) -> str:
    """How categories, brands and attributes are compared."""
    return " ".join(text.casefold().split())


def path_keys(path: str | None) -> Iterable[str]:
    """Every part of a category path and every path to one: `tea`, `green tea`, `tea > green tea`."""
    parts = [key(part) for part in (path or "").split(">") if part.strip()]
    yield from parts
    yield from (" > ".join(parts[:end]) for end in range(2, len(parts) + 1))


def shelf_of(raw: RawProduct) -> str | None:
    """The first part of the category path: the department."""
    path = field(raw, "product_type") or field(raw, "google_product_category")
    return path.split(">")[0].strip() if path else None


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
    """Ascending."""
    price: Whole
    starts: Whole
    ends: Whole
    turns: Whole
    """Every moment at which one of them begins or ends, ascending: between two of them all prices stay."""

    def running(self, now: datetime) -> Mask:
        """[len(rows)]: is the sale on at `now`?"""
        moment = micros(now, 0)
        return np.asarray((self.starts <= moment) & (moment < self.ends))


def sales_of(table: Mapping[str, NDArray[Any]]) -> Sales:
    """Those whose sale price is below their price, whenever it holds."""
    sale = table["sale_price"]
    rows = np.flatnonzero((sale >= 0) & (sale < table["price"])).astype(np.int32)
    starts, ends = table["sale_starts"][rows], table["sale_ends"][rows]
    return Sales(rows, sale[rows], starts, ends, np.unique(np.concatenate([starts, ends])))


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Row i of every array is product i of the view."""

    table: Mapping[str, NDArray[Any]]
    """By the names of `ROW`."""
    alive: Mask
    """False for a row whose product was taken off the shelf, or has moved to another row since."""
    sales: Sales
    popularity: NDArray[np.float32]
    """0..1."""
    ranks: Ranks
    """The most popular have the smallest; see `ranks`."""
    newest: Rows
    """All rows, the newest first."""
    groups: Grouped
    """The rows of the view that changes came upon; see `variants`."""
    popular: Rows
    """Rows that may be called popular, the most popular first; see `POPULAR_SHARE`."""
    categories: Postings
    brands: Postings
    attributes: Postings
    words: WordIndex
    """Of everything a product's texts say."""

    @property
    def price(self) -> Whole:
        """[n] regular price in 1/10000 units, -1 where there is none."""
        return self.table["price"]

    @property
    def sellable(self) -> Mask:
        """[n] listed, in stock, with a price and a currency."""
        return self.table["sellable"]

    @property
    def group(self) -> Whole:
        """[n] a hash of the item group, -1 where there is none."""
        return self.table["group"]

    def variants(self, row: int) -> Rows:
        """Rows of the item group of `row`, itself among them; none where it has no group. Those gone may be there."""
        group = int(self.group[row])
        return self.groups.of(group, self.group) if group >= 0 else np.zeros(0, dtype=np.int32)

    @property
    def shelf(self) -> Whole:
        """[n] a hash of the department, -1 where the shop names none."""
        return self.table["shelf"]

    @property
    def number(self) -> NDArray[np.uint64]:
        """[n] a hash of the id: the same for the same product in every view."""
        return self.table["number"]

    @property
    def added(self) -> Whole:
        """[n] microseconds since the epoch."""
        return self.table["added"]

    @property
    def tells_what_lasts(self) -> bool:
        """Whether the feed says of anything how long a unit of it lasts. Looks at all rows."""
        return bool(self.table["lasts"].any())

    def in_currency(self, code: str) -> Mask:
        """[n]."""
        return np.asarray(self.table["currency"] == _currency_number(code))

    def currencies(self) -> set[str]:
        """All that products are priced in."""
        numbers = np.unique(self.table["currency"]).tolist()
        return {number.to_bytes(4, "big").strip(b"\0").decode() for number in numbers if number}

    def current_price(self, now: datetime) -> Whole:
        """[n] what each product costs at `now`, in 1/10000 units."""
        price = self.price.copy()
        running = self.sales.running(now)
        price[self.sales.rows[running]] = self.sales.price[running]
        return price

    def prices(self, rows: Rows, now: datetime) -> Whole:
        """[k] what these products cost at `now`: as `current_price`, without looking at the others."""
        moment = micros(now, 0)
        price, sale = self.price[rows], self.table["sale_price"][rows]
        running = (self.table["sale_starts"][rows] <= moment) & (moment < self.table["sale_ends"][rows])
        return np.asarray(np.where(running & (sale >= 0) & (sale < price), sale, price))

    def reduced(self, rows: Rows, now: datetime) -> Mask:
        """[k] which of these products cost less than usual at `now`."""
        return np.asarray(self.prices(rows, now) < self.price[rows])

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


def _is_sellable(raw: RawProduct) -> bool:
    stock, price = field(raw, "stock"), field(raw, "price")
    there = field(raw, "availability") == "in_stock" and (stock is None or stock > 0)
    return bool(there and price is not None and price > 0 and field(raw, "currency"))


def _currency_number(code: str | None) -> int:
    """A three-letter code as a number, 0 for none."""
    return int.from_bytes((code or "").encode()[:4], "big")


def _hashed(text: str | None) -> int:
    """63 bits of a text's hash, -1 for none."""
    return hash64(text) >> 1 if text else NO_GROUP


def row_of(raw: RawProduct) -> tuple[Any, ...]:
    """The values of `ROW` for a product."""
    return (
        _price(raw, "price"),
        _price(raw, "sale_price"),
        micros(field(raw, "sale_price_starts"), NEVER),
        micros(field(raw, "sale_price_ends"), ALWAYS),
        _is_sellable(raw),
        _currency_number(field(raw, "currency")),
        _hashed(field(raw, "item_group_id")),
        _hashed(shelf_of(raw)),
        zlib.crc32(str(field(raw, "id")).encode()),
        micros(field(raw, "added_at"), NEVER),
        field(raw, "consumable_days") or 0,
        UNCOUNTED if field(raw, "stock") is None else field(raw, "stock"),
    )


def _attribute_keys(raw: RawProduct) -> Iterable[str]:
    named = {name: field(raw, name) for name in ("color", "size", "material", "condition")}
    for name, value in {**named, **field(raw, "attributes")}.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str | int | float):
                yield key(f"{name}={item}")


def _category_keys(raw: RawProduct) -> Iterable[str]:
    yield from path_keys(field(raw, "product_type"))
    yield from path_keys(field(raw, "google_product_category"))


def _brand_keys(raw: RawProduct) -> Iterable[str]:
    brand = field(raw, "brand")
    return [key(brand)] if brand else []


KEYS = {"categories": _category_keys, "brands": _brand_keys, "attributes": _attribute_keys}
"""The lists of a catalog, and which of them a product stands in."""


def _said(name: str, value: Any) -> str:
    """An attribute as words: a yes is its name, a no is nothing."""
    if isinstance(value, bool):
        return name if value else ""
    listed = value if isinstance(value, list) else [value]
    return " ".join(str(item) for item in (name, *listed) if isinstance(item, str | int | float))


def texts_of(raw: RawProduct) -> Texts:
    """What a product is found by, field by field."""
    named = {name: field(raw, name) for name in ("color", "size", "material")}
    said = [_said(name, value) for name, value in {**named, **field(raw, "attributes")}.items() if value is not None]
    return Texts(
        title=field(raw, "title"),
        brand=field(raw, "brand") or "",
        category=field(raw, "product_type") or field(raw, "google_product_category") or "",
        attributes=" ".join(said),
        codes=f"{field(raw, 'id')} {field(raw, 'gtin') or ''}",
        description=field(raw, "description"),
    )


def ranks(popularity: NDArray[np.float32], added: Whole, number: NDArray[np.uint64]) -> Ranks:
    """uint64 [n]: ascending, the most popular come first, of equals the newest (by the day), of those by id.

    Popularity is compared to 8 binary digits. The last 32 bits are a hash of the id: an order that does not depend on
    which products were there first.
    """
    heat = np.maximum(popularity, np.float32(0)).view(np.uint32) >> np.uint32(15)
    day = np.clip(np.maximum(added, 0) // DAY, 0, 0xFFFF).astype(np.uint64)
    most = np.uint64(0xFFFF)
    return np.asarray(((most - heat.astype(np.uint64)) << np.uint64(48)) | ((most - day) << np.uint64(32)) | number)


def newest_first(added: Whole, number: NDArray[np.uint64]) -> Rows:
    """All rows, the newest first, of equals by id."""
    return np.lexsort((number, -np.maximum(added, NEVER + 1))).astype(np.int32)


def popular_rows(order: Ranks, popularity: NDArray[np.float32], alive: Mask, categories: Postings) -> Rows:
    """See `Columns.popular`. `order` [n] are the ranks."""
    selling = np.flatnonzero((popularity > 0) & alive).astype(np.int32)
    selling = selling[np.argsort(order[selling], kind="stable")]
    chosen = np.zeros(len(order), dtype=np.bool_)
    chosen[selling[: max(POPULAR_AT_LEAST, int(len(selling) * POPULAR_SHARE))]] = True
    chosen[categories.firsts(POPULAR_IN_CATEGORY)] = True
    return selling[chosen[selling]]


class LazyTexts(Sequence[Texts]):
    """What products are found by, made when it is asked for."""

    def __init__(self, raws: Sequence[RawProduct]) -> None:
        self._raws = raws

    def __len__(self) -> int:
        return len(self._raws)

    def __getitem__(self, at: Any) -> Any:
        return [texts_of(raw) for raw in self._raws[at]] if isinstance(at, slice) else texts_of(self._raws[at])

    def __iter__(self) -> Iterator[Texts]:
        return (texts_of(raw) for raw in self._raws)


class ColumnsBuilder:
    """Takes one product after another; about 25 µs each, and as much again for its words at the end."""

    _CHUNK = 4_096

    def __init__(self) -> None:
        self._chunks: list[NDArray[Any]] = []
        self._waiting: list[tuple[Any, ...]] = []
        self._lists = {name: Gatherer() for name in KEYS}

    def add(self, raw: RawProduct) -> None:
        """The next row."""
        self._waiting.append(row_of(raw))
        for name, keys in KEYS.items():
            self._lists[name].add(keys(raw))
        if len(self._waiting) == self._CHUNK:
            self._pack()

    def _pack(self) -> None:
        self._chunks.append(np.array(self._waiting, dtype=ROW))
        self._waiting = []

    def columns(self, raws: Sequence[RawProduct], popularity: NDArray[np.float32]) -> Columns:
        """All of it. `raws` are those that were added, `popularity` [n] in 0..1."""
        self._pack()
        rows = np.concatenate(self._chunks)
        table = {name: np.ascontiguousarray(rows[name]) for name in ROW.names or ()}
        order = ranks(popularity, table["added"], table["number"])
        lists = {name: gatherer.postings(order) for name, gatherer in self._lists.items()}
        alive = np.ones(len(rows), dtype=np.bool_)
        return Columns(
            table=table,
            alive=alive,
            sales=sales_of(table),
            popularity=popularity,
            ranks=order,
            newest=newest_first(table["added"], table["number"]),
            groups=Grouped(table["group"]),
            popular=popular_rows(order, popularity, alive, lists["categories"]),
            words=WordIndex.build(LazyTexts(raws)),
            **lists,
        )


def build_columns(raws: Sequence[RawProduct], popularity: NDArray[np.float32]) -> Columns:
    """`popularity`: [n] in 0..1. Blocks for about 50 µs a product."""
    builder = ColumnsBuilder()
    for raw in raws:
        builder.add(raw)
    return builder.columns(raws, popularity)
