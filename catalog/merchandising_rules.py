"""A merchandising document against one state of the catalog: which rows its rules are about, and what they weigh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from catalog.columns import UNCOUNTED, Columns, Mask, Postings, at_least, at_most, key, micros
from catalog.index import Rows
from catalog.merchandising import Boost, Bury, Merchandising, Placement, Selector
from catalog.trace import Trace, Weighed
from catalog.view import CatalogView
from store.types import to_units

Factors = NDArray[np.float64]

FULL_SHELF = 100
"""Units from which a shelf counts as full."""
LEAST_FACTOR, MOST_FACTOR = 0.1, 10.0
"""However many rules meet in one product, together they count tenfold at most, either way."""


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """A selector with everything looked up that does not change by the hour."""

    selector: Selector
    rows: Rows | None
    """Sorted; None where only price, sale or age select."""

    def among(self, columns: Columns, rows: Rows, now: datetime) -> Mask:
        """[k]: which of these rows it selects at `now`."""
        found = np.ones(len(rows), dtype=np.bool_) if self.rows is None else _members(self.rows, rows)
        wanted = self.selector
        if wanted.on_sale is not None:
            found &= columns.reduced(rows, now) == wanted.on_sale
        if wanted.new_days is not None:
            found &= columns.added[rows] >= micros(now - timedelta(days=wanted.new_days), 0)
        if wanted.min_price is not None or wanted.max_price is not None:
            price = columns.prices(rows, now)
            found &= price >= at_least(wanted.min_price or Decimal(0))
            found &= price <= at_most(wanted.max_price) if wanted.max_price is not None else True
        return found

    def everywhere(self, columns: Columns, mask: Mask, now: datetime) -> Rows:
        """The rows of `mask` [n] it selects."""
        rows = self.rows if self.rows is not None else np.flatnonzero(mask).astype(np.int32)
        return rows[mask[rows] & self.among(columns, rows, now)]


def _members(of: Rows, rows: Rows) -> Mask:
    if not len(of):
        return np.zeros(len(rows), dtype=np.bool_)
    at = np.minimum(np.searchsorted(of, rows), len(of) - 1)
    return np.asarray(of[at] == rows)


def _any(postings: Postings, names: Iterable[str]) -> Rows:
    found = [postings[name] for name in map(key, names) if name in postings]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int32)


def _conditions(view: CatalogView, selector: Selector) -> Iterator[Rows]:
    columns = view.columns
    if selector.ids:
        known = (view.row_of[product_id] for product_id in selector.ids if product_id in view.row_of)
        yield np.array(sorted(known), dtype=np.int32)
    if selector.categories:
        yield _any(columns.categories, selector.categories)
    if selector.brands:
        yield _any(columns.brands, selector.brands)
    for name, value in selector.attributes.items():
        yield _any(columns.attributes, [f"{name}={value}"])


def selected(view: CatalogView, selector: Selector) -> Selected:
    """Look a selector's ids, categories, brands and attributes up."""
    rows: Rows | None = None
    for found in _conditions(view, selector):
        rows = found if rows is None else np.intersect1d(rows, found, assume_unique=True)
    return Selected(selector, rows)


class CostBook:
    """What a unit of each product costs the shop, in the currency of its price, found by rows."""

    def __init__(self, costs: Mapping[str, Decimal]) -> None:
        self._units = {product_id: float(to_units(amount)) for product_id, amount in costs.items()}
        self._rows: dict[int, float] = {}
        self._generation: object = None

    def of(self, view: CatalogView, rows: Rows) -> Factors:
        """[k] in 1/10000 units; NaN where it is not known. A row keeps its id, so each is looked up once."""
        if not self._units:
            return np.full(len(rows), np.nan)
        if self._generation is not view.corpus.ids:
            self._generation, self._rows = view.corpus.ids, {}
        known, units = self._rows, self._units
        for row in rows.tolist():
            if row not in known:
                known[row] = units.get(view.corpus.id(row), np.nan)
        return np.array([known[row] for row in rows.tolist()])


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """One document, looked up in one view."""

    view: CatalogView
    document: Merchandising
    excludes: tuple[Selected, ...]
    weights: tuple[tuple[str, Boost | Bury, Selected], ...]
    """With the name of each in an explanation: `boosts[1]`."""
    costs: CostBook | None
    """None where margins do not count."""

    def exclude(self, mask: Mask, placement: Placement, now: datetime, trace: Trace | None) -> Mask:
        """`mask` [n] less what the rules that hold here exclude."""
        for number, (rule, chosen) in enumerate(zip(self.document.excludes, self.excludes, strict=True)):
            if not rule.holds(placement.flow, placement.campaign, now.date()):
                continue
            before, mask = mask, mask.copy()
            mask[chosen.everywhere(self.view.columns, before, now)] = False
            if trace is not None:
                trace.gate("excluded_by_rule", before, mask, f"excludes[{number}]")
        return mask

    def factors(self, rows: Rows, placement: Placement, now: datetime, trace: Trace | None) -> Factors:
        """[k] what boosts, buries, margin and stock make of these candidates' scores: 1 leaves one as it is."""
        factors = np.ones(len(rows))
        for name, of_rule in self._each(rows, placement, now):
            factors *= of_rule
            if trace is not None:
                changed = np.flatnonzero(of_rule != 1.0).tolist()
                trace.weighed += [Weighed(int(rows[at]), name, float(of_rule[at])) for at in changed]
        return np.clip(factors, LEAST_FACTOR, MOST_FACTOR)

    def _each(self, rows: Rows, placement: Placement, now: datetime) -> Iterator[tuple[str, Factors]]:
        for name, rule, chosen in self.weights:
            if rule.holds(placement.flow, placement.campaign, now.date()):
                yield name, np.where(chosen.among(self.view.columns, rows, now), rule.factor, 1.0)
        if self.costs is not None:
            yield "margin", _leaning(_margins(self.view, self.costs, rows, now), self.document.margin_weight)
        if self.document.stock_weight:
            yield "stock", _leaning(_fullness(self.view, rows), self.document.stock_weight)


def _leaning(share: Factors, weight: float) -> Factors:
    """[k] 1 + weight · (share - average share of the candidates); 1 where the share is not known (NaN)."""
    known = ~np.isnan(share)
    if not known.any():
        return np.ones(len(share))
    return np.where(known, 1.0 + weight * (np.nan_to_num(share) - share[known].mean()), 1.0)


def _margins(view: CatalogView, costs: CostBook, rows: Rows, now: datetime) -> Factors:
    """[k] share of the present price that is left when the cost is paid, 0..1; NaN where it is not known."""
    price = view.columns.prices(rows, now).astype(np.float64)
    return np.clip(1.0 - costs.of(view, rows) / np.where(price > 0, price, np.nan), 0.0, 1.0)


def _fullness(view: CatalogView, rows: Rows) -> Factors:
    """[k] 0 for an empty shelf, 1 from 100 units on; NaN where the shop does not count."""
    units = view.columns.table["stock"][rows].astype(np.float64)
    full = np.minimum(1.0, np.log1p(np.maximum(units, 0.0)) / np.log1p(FULL_SHELF))
    return np.where(units == UNCOUNTED, np.nan, full)


def look_up(view: CatalogView, document: Merchandising, costs: CostBook | None = None) -> Rules:
    """A document's rules for this view, at a few microseconds a rule."""
    weights: list[tuple[str, Boost | Bury]] = [(f"boosts[{at}]", rule) for at, rule in enumerate(document.boosts)]
    weights += [(f"buries[{at}]", rule) for at, rule in enumerate(document.buries)]
    return Rules(
        view=view,
        document=document,
        excludes=tuple(selected(view, rule.select) for rule in document.excludes),
        weights=tuple((name, rule, selected(view, rule.select)) for name, rule in weights),
        costs=costs if document.margin_weight else None,
    )


class RuleBook:
    """Rules looked up once for each view and document. Not for threads: a house has one."""

    KEPT = 64

    def __init__(self) -> None:
        self._rules: list[Rules] = []
        self._costs = CostBook({})

    def learn_costs(self, costs: Mapping[str, Decimal]) -> None:
        """What a unit of each product costs the shop, from now on."""
        self._costs = CostBook(costs)
        self._rules = []

    def rules(self, view: CatalogView, document: Merchandising) -> Rules:
        """As `look_up`. A document is known by its identity: keep it, do not copy it."""
        if self._rules and self._rules[0].view is not view:
            self._rules = []
        known = next((rules for rules in self._rules if rules.document is document), None)
        if known is None:
            known = look_up(view, document, self._costs)
            self._rules = [*self._rules[-self.KEPT :], known]
        return known
