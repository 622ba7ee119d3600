"""Orders of many customers as columns, in which any earlier moment can be seen as it was then.

An order, its cancellation and each of its refunds keep their own times: as of a cut, only what had happened by then
counts. That is what lets a model be taught at earlier moments without knowing what came after them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from memory.state import NEWEST_CANCELLED, NEWEST_REFUNDS, ORDERS, Entry, State, order_key

DAY_MICROS = 86_400_000_000
NEVER = float("inf")
NO_CURRENCY = ""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Orders by customer, then time. Times are days since 1970."""

    customers: int
    customer: Ints
    """[m] whose order it is, 0 … customers - 1."""
    at: Floats
    """[m]"""
    amount: Floats
    """[m] before refunds."""
    void_at: Floats
    """[m] when it was cancelled; infinite where it was not."""
    refund_order: Ints
    """[k] which order a refund is of."""
    refund_at: Floats
    """[k]"""
    refund_amount: Floats
    """[k]"""
    scale: Mapping[str, float]
    """By currency, the units (1/10000) of the amount 1: people who pay in pounds teach about those who pay in yen."""

    def by(self, cut: float) -> Days:
        """Buying days up to `cut`, as was known then."""
        seen = (self.at <= cut) & (self.void_at > cut)
        return self._days(seen, cut)

    def between(self, cut: float, end: float) -> Days:
        """Buying days after `cut` and up to `end`, as was known at the end."""
        seen = (self.at > cut) & (self.at <= end) & (self.void_at > end)
        return self._days(seen, end)

    def _days(self, seen: NDArray[np.bool_], known_by: float) -> Days:
        counted = self.refund_at <= known_by
        refunded = np.bincount(self.refund_order[counted], weights=self.refund_amount[counted], minlength=len(self.at))
        net = np.maximum(self.amount - refunded, 0.0)
        return Days.of(self.customers, self.customer[seen], self.at[seen], net[seen])


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """Buying days, by customer and time: several orders of a day are one decision to buy, as the models below assume
    (and as CDNOW is counted since Fader & Hardie)."""

    customers: int
    customer: Ints
    """[d]"""
    at: Floats
    """[d] the first order of that day (UTC)."""
    amount: Floats
    """[d] of all orders of that day, net."""

    @classmethod
    def of(cls, customers: int, customer: Ints, at: Floats, amount: Floats) -> Days:
        """From orders sorted by customer and time."""
        if not len(at):
            return cls(customers, customer, at, amount)
        day = np.floor(at)
        new = np.ones(len(at), dtype=np.bool_)
        new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
        starts = np.flatnonzero(new)
        return cls(customers, customer[starts], at[starts], np.add.reduceat(amount, starts))

    def counts(self) -> Ints:
        """[customers] buying days of each."""
        return np.bincount(self.customer, minlength=self.customers).astype(np.int64)

    def totals(self) -> Floats:
        """[customers] spent by each."""
        return np.bincount(self.customer, weights=self.amount, minlength=self.customers).astype(np.float64)


@dataclass(slots=True)
class HistoriesBuilder:
    """Collects states: some 40 bytes an order."""

    customers: int = 0
    _customer: array[int] = field(default_factory=lambda: array("q"))
    _at: array[float] = field(default_factory=lambda: array("d"))
    _units: array[float] = field(default_factory=lambda: array("d"))
    _void_at: array[float] = field(default_factory=lambda: array("d"))
    _currency: array[int] = field(default_factory=lambda: array("q"))
    _currencies: dict[str, int] = field(default_factory=dict)
    _refunds: list[tuple[int, float, float]] = field(default_factory=list)

    def add(self, state: State) -> None:
        """One more customer."""
        void_at = {entry[2]: entry[0] / DAY_MICROS for entry in state["cancelled"]}
        refunds = _by_order(state["refunds"])
        for order_id, entry in sorted(state["orders"].items(), key=lambda item: order_key(item[1])):
            time, _, total, currency = entry[:4]
            for refunded_at, units in refunds.get(order_id, ()):
                given = total if units is None else units
                self._refunds.append((len(self._at), refunded_at / DAY_MICROS, float(given or 0)))
            self._customer.append(self.customers)
            self._at.append(time / DAY_MICROS)
            self._units.append(float(total or 0))
            self._void_at.append(void_at.get(order_id, NEVER))
            self._currency.append(self._currencies.setdefault(currency or NO_CURRENCY, len(self._currencies)))
        self.customers += 1

    def build(self, scale: Mapping[str, float] | None = None) -> Histories:
        """What was collected. `scale`: as `Histories.scale`; without one, each currency's mean order is worth 1."""
        currency, units = np.array(self._currency, dtype=np.int64), np.array(self._units, dtype=np.float64)
        own = _means(units, currency, self._currencies)
        worth = own if scale is None else {name: scale.get(name, one) for name, one in own.items()}
        per_order = np.array([worth[name] for name in self._currencies], dtype=np.float64)[currency]
        order, at, refunded = zip(*self._refunds, strict=True) if self._refunds else ((), (), ())
        refund_order = np.array(order, dtype=np.int64)
        return Histories(
            customers=self.customers,
            customer=np.array(self._customer, dtype=np.int64),
            at=np.array(self._at, dtype=np.float64),
            amount=units / per_order,
            void_at=np.array(self._void_at, dtype=np.float64),
            refund_order=refund_order,
            refund_at=np.array(at, dtype=np.float64),
            refund_amount=np.array(refunded, dtype=np.float64) / per_order[refund_order],
            scale=worth,
        )


def histories_of(states: Iterable[State], scale: Mapping[str, float] | None = None) -> Histories:
    """The orders of these customers."""
    builder = HistoriesBuilder()
    for state in states:
        builder.add(state)
    return builder.build(scale)


def is_whole(state: State) -> bool:
    """All their orders are here. Memory keeps a bounded number of each customer: earlier moments of those with more
    cannot be seen as they were, so nothing is taught by them."""
    return (
        len(state["orders"]) < ORDERS
        and len(state["refunds"]) < NEWEST_REFUNDS
        and len(state["cancelled"]) < NEWEST_CANCELLED
    )


def _by_order(refunds: list[Entry]) -> dict[str, list[tuple[int, int | None]]]:
    found: dict[str, list[tuple[int, int | None]]] = {}
    for time, _, order_id, units, _ in refunds:
        found.setdefault(order_id, []).append((time, units))
    return found


def _means(units: Floats, currency: Ints, names: Iterable[str]) -> dict[str, float]:
    """Of orders that cost something; 1 for a currency in which none did."""
    paid = units > 0
    sums, counts = (np.bincount(currency[paid], weights=weights) for weights in (units[paid], None))
    means = {name: float(sums[n] / counts[n]) for n, name in enumerate(names) if n < len(counts) and counts[n]}
    return {name: means.get(name, 1.0) for name in names}
