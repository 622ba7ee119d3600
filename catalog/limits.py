"""The merchant's limits as one mask over the catalog: what it leaves out can be neither picked nor ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import numpy as np

from catalog.columns import Columns, Mask, Postings, at_least, at_most, key, micros
from catalog.mentions import mentioning
from catalog.model import Limits
from catalog.neighbours import Filter
from catalog.view import CatalogView


def _any_of(total: int, postings: Postings, names: Iterable[str]) -> Mask:
    mask = np.zeros(total, dtype=np.bool_)
    for name in names:
        rows = postings.get(key(name))
        if rows is not None:
            mask[rows] = True
    return mask


def _with_ids(view: CatalogView, ids: Iterable[str]) -> Mask:
    mask = np.zeros(len(view), dtype=np.bool_)
    mask[[view.row_of[product_id] for product_id in ids if product_id in view.row_of]] = True
    return mask


def _prices(columns: Columns, limits: Limits, now: datetime) -> Iterator[tuple[str, Mask]]:
    price = columns.current_price(now)
    if limits.min_price is not None:
        yield "min_price", price >= max(at_least(limits.min_price), 0)
    if limits.max_price is not None:
        yield "max_price", (price >= 0) & (price <= at_most(limits.max_price))


def _attributes(columns: Columns, wanted: Iterable[str]) -> Iterator[tuple[str, Mask]]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for one in wanted:
        by_name[key(one.partition("=")[0])].append(one)
    for name, values in by_name.items():
        yield f"attributes[{name}]", _any_of(len(columns.price), columns.attributes, values)


def _exclusions(view: CatalogView, limits: Limits) -> Iterator[tuple[str, Mask]]:
    columns, total = view.columns, len(view)
    if limits.exclude_categories:
        yield "exclude_categories", ~_any_of(total, columns.categories, limits.exclude_categories)
    if limits.exclude_brands:
        yield "exclude_brands", ~_any_of(total, columns.brands, limits.exclude_brands)
    if limits.exclude_ids:
        yield "exclude_ids", ~_with_ids(view, limits.exclude_ids)
    for phrase in limits.exclude_words:
        speaking = np.zeros(total, dtype=np.bool_)
        speaking[mentioning(view, phrase)] = True
        yield f"exclude_words[{phrase}]", ~speaking


def steps(view: CatalogView, limits: Limits, now: datetime) -> Iterator[tuple[str, Mask]]:
    """Each limit that is set, by its name, and which products [n] it lets through."""
    columns, total = view.columns, len(view)
    if limits.currency is not None:
        yield "currency", columns.in_currency(limits.currency)
    if limits.only_ids is not None:
        yield "only_ids", _with_ids(view, limits.only_ids)
    if limits.categories:
        yield "categories", _any_of(total, columns.categories, limits.categories)
    if limits.brands:
        yield "brands", _any_of(total, columns.brands, limits.brands)
    if limits.new_within_days is not None:
        yield "new_within_days", columns.added >= micros(now - timedelta(days=limits.new_within_days), 0)
    if limits.only_on_sale:
        yield "only_on_sale", columns.on_sale(now)
    yield from _attributes(columns, limits.attributes)
    yield from _exclusions(view, limits)
    if limits.min_price is not None or limits.max_price is not None:
        yield from _prices(columns, limits, now)


def within(view: CatalogView, limits: Limits, now: datetime) -> Mask:
    """[n]: which products satisfy `limits` at `now`, whether or not they can be sold."""
    mask = view.columns.alive.copy()
    for _, passing in steps(view, limits, now):
        mask &= passing
    return mask


def filter_of(view: CatalogView, limits: Limits, now: datetime) -> Filter:
    """Which products may be picked at `now`: in stock and priced always; the rest as `limits` says.

    Worked out once for each view, limits and stretch of time in which no sale begins or ends: all recipients of a
    campaign share it. Its mask is read-only.
    """
    return view.masks.get((limits, _stretch(view.columns, limits, now)), lambda: _made(view, limits, now))


def allowed(view: CatalogView, limits: Limits, now: datetime) -> Mask:
    """[n], read-only: the mask of `filter_of`."""
    return filter_of(view, limits, now).mask


def _made(view: CatalogView, limits: Limits, now: datetime) -> Filter:
    mask = np.asarray(view.columns.sellable & within(view, limits, now))
    mask.flags.writeable = False
    return Filter(view, mask)


def _stretch(columns: Columns, limits: Limits, now: datetime) -> tuple[int, int]:
    """A name for the time around `now` in which these limits let the same products through."""
    priced = limits.only_on_sale or limits.min_price is not None or limits.max_price is not None
    turn = int(np.searchsorted(columns.sales.turns, micros(now, 0), side="right")) if priced else 0
    if limits.new_within_days is None:
        return turn, 0
    since = micros(now - timedelta(days=limits.new_within_days), 0)
    return turn, int(np.count_nonzero(columns.added >= since))
