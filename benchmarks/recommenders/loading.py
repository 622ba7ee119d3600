"""From a shop's files to a log: read, join, clean, number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.recommenders.files import read_joined
from benchmarks.recommenders.log import DAY, Floats, Ints, Kind, Log, Mask, numbered
from benchmarks.recommenders.roles import Role, mapping
from benchmarks.recommenders.times import MISSING, seconds
from store.errors import InvalidInput

KINDS = {
    Kind.VIEWED: ("view", "viewed", "detail", "click", "pv", "productviewed", "pageview", "impression"),
    Kind.CARTED: ("cart", "addtocart", "add", "carted", "basket", "productadded"),
    Kind.BOUGHT: (
        "buy", "purchase", "transaction", "bought", "order", "sale", "purchased", "checkout", "ordercompleted",
    ),
}  # fmt: skip
UCI_ITEM = r"^\d{5}[A-Za-z]*$"
"""What a product is in the UCI Online Retail files; the other codes are postage, fees and samples."""
UCI_CANCELLED = r"^[Cc]"
LAST_DAY = 3_650
"""The day of the last order in shops that only count them; any will do."""


class NothingLeft(InvalidInput):
    """No purchase is left after cleaning."""

    reason = "nothing_left"


@dataclass(frozen=True)
class Loaded:
    """A log, and what was done to make it."""

    log: Log
    notes: list[str] = field(default_factory=list)
    """Sentences to print: which column was taken for what, what was left out."""


def load(paths: Sequence[Path], joined: Sequence[Path] = (), columns: dict[str, str] | None = None) -> Loaded:
    """Read order lines or events from Parquet, CSV, TSV or NDJSON.

    Several `paths` are parts of one table; each of `joined` is a table of more columns, joined on those it shares.
    Raises: DataMissing, ColumnMissing, TimeUnreadable, NothingLeft.
    """
    table = read_joined(paths, joined)
    roles = mapping(table.column_names, columns or {})
    notes = [", ".join(map(str, paths)), "columns: " + ", ".join(f"{role} = {name}" for role, name in roles.items())]
    at = _moments(table, roles)
    kind = _kinds(table, roles)
    kept = _clean(table, roles, at, notes)
    if not (kept & (kind == Kind.BOUGHT)).any():
        raise NothingLeft(
            f"No purchases are left of {len(table)} lines. {' '.join(notes)}.",
            fix="Check the columns; events that are purchases are called " + ", ".join(KINDS[Kind.BOUGHT]) + ".",
        )
    return Loaded(_log(table, roles, at, kind, kept), notes)


def _texts(table: pa.Table, name: str) -> pa.ChunkedArray:
    column = table[name]
    if pa.types.is_floating(column.type):
        # Ids with a gap in the column come as 17850.0.
        column = pc.cast(column, pa.int64(), safe=False)
    return pc.cast(column, pa.string())


def _numbers(table: pa.Table, name: str) -> Floats:
    column = table[name]
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.replace_substring(column, pattern=",", replacement=".")
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)


def _mask(column: pa.ChunkedArray) -> Mask:
    return np.asarray(column.to_numpy(), dtype=np.bool_)


def _matches(table: pa.Table, name: str, pattern: str) -> Mask:
    found = pc.match_substring_regex(_texts(table, name), pattern)
    return _mask(pc.fill_null(found, False))


def _clean(table: pa.Table, roles: dict[Role, str], at: Ints, notes: list[str]) -> Mask:
    """The lines that count, with a note on what was left out."""
    bad: dict[str, Mask] = {"no time": at == MISSING}
    for role in (Role.CUSTOMER, Role.ITEM):
        text = pc.fill_null(_texts(table, roles[role]), "")
        bad[f"no {role}"] = _mask(pc.equal(pc.utf8_trim_whitespace(text), ""))
    for role in (Role.QUANTITY, Role.PRICE, Role.AMOUNT):
        if role in roles:
            bad[f"{role} not above 0"] = _numbers(table, roles[role]) <= 0
    if roles[Role.ITEM].lower() == "stockcode":
        bad["not a product"] = ~_matches(table, roles[Role.ITEM], UCI_ITEM)
        if Role.ORDER in roles:
            bad["cancelled"] = _matches(table, roles[Role.ORDER], UCI_CANCELLED)
    kept: Mask = ~np.logical_or.reduce(list(bad.values()))
    counted = ", ".join(f"{int(mask.sum()):,} {reason}" for reason, mask in bad.items() if mask.any())
    notes.append(f"{int(kept.sum()):,} of {len(kept):,} lines kept" + (f" (left out: {counted})" if counted else ""))
    return kept


def _kinds(table: pa.Table, roles: dict[Role, str]) -> NDArray[np.int8]:
    """[lines], -1 for a kind of event that says nothing here."""
    if Role.EVENT not in roles:
        return np.full(len(table), Kind.BOUGHT, dtype=np.int8)
    encoded = pc.dictionary_encode(pc.fill_null(_texts(table, roles[Role.EVENT]), "")).combine_chunks()
    named = {name: kind for kind, names in KINDS.items() for name in names}
    plain = ("".join(filter(str.isalnum, name.lower())) for name in encoded.dictionary.to_pylist())
    codes = np.array([named.get(name, -1) for name in plain], dtype=np.int8)
    return np.asarray(codes[encoded.indices.to_numpy()])


def _moments(table: pa.Table, roles: dict[Role, str]) -> Ints:
    if Role.TIME not in roles:
        return _from_sequence(table, roles)
    at = seconds(table[roles[Role.TIME]], roles[Role.TIME])
    if Role.CLOCK in roles and not (at % DAY).any():
        clock = np.nan_to_num(_numbers(table, roles[Role.CLOCK])).astype(np.int64)
        # 1631 is 16:31; hours alone stay below 24.
        part = clock // 100 * 3600 + clock % 100 * 60 if clock.max(initial=0) >= 24 else clock * 3600
        at = np.where(at == MISSING, MISSING, at + part)
    return at


def _from_sequence(table: pa.Table, roles: dict[Role, str]) -> Ints:
    """Times of shops that only count orders: everybody's last order is on one day, the others so long before it."""
    number = _numbers(table, roles[Role.SEQUENCE]).astype(np.int64)
    customer = np.asarray(pc.dictionary_encode(_texts(table, roles[Role.CUSTOMER])).combine_chunks().indices)
    orders, line = np.unique(np.stack([customer, number]), axis=1, return_inverse=True)
    gaps = np.full(orders.shape[1], 7.0)
    if Role.GAP in roles:
        gaps[line.ravel()] = np.nan_to_num(_numbers(table, roles[Role.GAP]))
    total = np.cumsum(gaps)
    last = np.append(np.flatnonzero(np.diff(orders[0])), len(total) - 1)
    until_last = total[last][np.searchsorted(last, np.arange(len(total)))] - total
    return np.asarray((LAST_DAY - until_last[line.ravel()]) * DAY, dtype=np.int64)


def _coded(column: pa.ChunkedArray, kept: Mask) -> tuple[Ints, NDArray[np.str_]]:
    """Codes [kept lines] into names that are in order."""
    encoded = pc.dictionary_encode(column.filter(pa.array(kept))).combine_chunks()
    names = np.array(encoded.dictionary.to_pylist(), dtype=np.str_)
    order = np.argsort(names)
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    return rank[encoded.indices.to_numpy()], names[order]


def _log(table: pa.Table, roles: dict[Role, str], at: Ints, kind: NDArray[np.int8], kept: Mask) -> Log:
    kept = kept & (kind >= 0)
    order = np.argsort(at[kept], kind="stable")
    customer, customer_ids = _coded(_texts(table, roles[Role.CUSTOMER]), kept)
    item, item_ids = _coded(_texts(table, roles[Role.ITEM]), kept)
    title, titles = _labels(table, roles.get(Role.TITLE), kept)
    category, categories = _labels(table, roles.get(Role.CATEGORY), kept)
    baskets = _orders(table, roles, customer, at, kept)
    quantity = _numbers(table, roles[Role.QUANTITY])[kept] if Role.QUANTITY in roles else np.ones(len(customer))
    return Log(
        customer=customer[order],
        item=item[order],
        at=at[kept][order],
        kind=kind[kept][order],
        order=baskets[order],
        quantity=quantity[order],
        price=_prices(table, roles, quantity, kept)[order],
        text=title[order],
        category=np.where(category >= 0, category + len(titles), -1)[order],
        customer_ids=customer_ids,
        item_ids=item_ids,
        texts=[*titles, *categories],
    )


def _labels(table: pa.Table, name: str | None, kept: Mask) -> tuple[Ints, list[str]]:
    if name is None:
        return np.full(int(kept.sum()), -1, dtype=np.int64), []
    text = pc.utf8_trim_whitespace(pc.fill_null(_texts(table, name), ""))
    codes, names = _coded(text, kept)
    empty = np.flatnonzero(names == "")
    return np.where(np.isin(codes, empty), -1, codes), names.tolist()


def _orders(table: pa.Table, roles: dict[Role, str], customer: Ints, at: Ints, kept: Mask) -> Ints:
    """Lines of one customer with the same order id, or at the same moment where there are none, are one order."""
    named = _coded(pc.fill_null(_texts(table, roles[Role.ORDER]), ""), kept)[0] if Role.ORDER in roles else at[kept]
    return numbered(customer, named)


def _prices(table: pa.Table, roles: dict[Role, str], quantity: Floats, kept: Mask) -> Floats:
    if Role.PRICE in roles:
        return _numbers(table, roles[Role.PRICE])[kept]
    if Role.AMOUNT in roles:
        return np.asarray(_numbers(table, roles[Role.AMOUNT])[kept] / np.maximum(quantity, 1.0))
    return np.full(int(kept.sum()), np.nan)
