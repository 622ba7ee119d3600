"""The merchant's limits as one mask over the catalog: what it leaves out can be neither picked nor ranked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from catalog.columns import Columns, Mask, Postings, at_least, at_most, key, micros
from catalog.mentions import mentioning
from catalog.model import Limits
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


def _limit_price(mask: Mask, columns: Columns, limits: Limits, now: datetime) -> None:
    if limits.min_price is None and limits.max_price is None:
        return
    price = columns.current_price(now)
    mask &= price >= 0
    if limits.min_price is not None:
        mask &= price >= at_least(limits.min_price)
    if limits.max_price is not None:
        mask &= price <= at_most(limits.max_price)


def _limit_attributes(mask: Mask, columns: Columns, wanted: Iterable[str]) -> None:
    by_name: dict[str, list[str]] = defaultdict(list)
    for one in wanted:
        by_name[key(one.partition("=")[0])].append(one)
    for values in by_name.values():
        mask &= _any_of(len(mask), columns.attributes, values)


def _exclude(mask: Mask, view: CatalogView, limits: Limits) -> None:
    columns, total = view.columns, len(view)
    if limits.exclude_categories:
        mask &= ~_any_of(total, columns.categories, limits.exclude_categories)
    if limits.exclude_brands:
        mask &= ~_any_of(total, columns.brands, limits.exclude_brands)
    if limits.exclude_ids:
        mask &= ~_with_ids(view, limits.exclude_ids)
    for phrase in limits.exclude_words:
        mask[mentioning(view, phrase)] = False


def within(view: CatalogView, limits: Limits, now: datetime) -> Mask:
    """[n]: which products satisfy `limits` at `now`, whether or not they can be sold."""
    columns, total = view.columns, len(view)
    mask = columns.alive.copy()
    if limits.currency is not None:
        mask &= columns.in_currency(limits.currency)
    if limits.only_ids is not None:
        mask &= _with_ids(view, limits.only_ids)
    if limits.categories:
        mask &= _any_of(total, columns.categories, limits.categories)
    if limits.brands:
        mask &= _any_of(total, columns.brands, limits.brands)
    if limits.new_within_days is not None:
        mask &= columns.added >= micros(now - timedelta(days=limits.new_within_days), 0)
    if limits.only_on_sale:
        mask &= columns.on_sale(now)
    _limit_attributes(mask, columns, limits.attributes)
    _exclude(mask, view, limits)
    _limit_price(mask, columns, limits, now)
    return mask


def allowed(view: CatalogView, limits: Limits, now: datetime) -> Mask:
    """[n]: which products may be picked at `now`. In stock and priced always; the rest as `limits` says."""
    return np.asarray(view.columns.sellable & within(view, limits, now))
