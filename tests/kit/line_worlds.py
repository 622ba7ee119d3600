"""Shops with a holdout, out of arrays: one whose share changes as the season does, told week by week, and one that is
looked at every day for a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from composer.facts.line_totals import Came, sample
from composer.results.clusters import Sample
from composer.results.strata import Sides

Array = NDArray[np.float64]
FIRST = date(2026, 1, 5)
WEEK = 7


@dataclass(frozen=True)
class World:
    """Customers buy at rates of their own, for sums with a heavy tail, and three times as much at the end."""

    customers: int = 4_000
    shares: tuple[float, ...] = (0.1, 0.2, 0.4, 0.5)
    """Of each time the holdout is drawn."""
    weeks: int = 4
    """Of each."""
    orders: float = 0.12
    """A customer and week, at the beginning."""
    basket: float = 0.8
    """Spread of baskets, on the log scale."""
    effect: float = 0.0
    """How much more often who may be written to buys."""
    joining: float = 0.4
    """Share of customers who come in the course of it."""

    def looks(self, seed: int, every: int = 2) -> Iterator[list[Sides]]:
        """What there is to compare at the end of each `every` weeks: one of each time the holdout was drawn."""
        draw = np.random.default_rng(seed)
        total = self.weeks * len(self.shares)
        rates = draw.exponential(self.orders, self.customers)
        joined = np.where(draw.random(self.customers) < self.joining, draw.integers(0, total, self.customers), 0)
        z = np.asarray(draw.poisson(rates * 12), dtype=np.float64) * 40.0
        done: list[Sides] = []
        for number, share in enumerate(self.shares):
            out = draw.random(self.customers) < share
            x: Array = np.zeros(self.customers)
            orders: Array = np.zeros(self.customers)
            for week in range(number * self.weeks, (number + 1) * self.weeks):
                season = 1 + 2 * week / total
                bought = draw.poisson(rates * season * np.where(out, 1, 1 + self.effect)) * (joined <= week)
                x += bought * draw.lognormal(3.5, self.basket, self.customers)
                orders += bought
                whole = week + 1
                there = _Stretch(number * self.weeks, week + 1, joined, x, orders, z)
                now = [_again(one, whole) for one in done] + [there.sides(out, whole)]
                if (week + 1) % every == 0:
                    yield now
            done.append(there.sides(out, 1))


@dataclass(frozen=True)
class Year:
    """A shop in which e-mails change nothing, and what somebody sees who looks at it every day."""

    customers: int = 4_000
    share: float = 0.5
    """Held out."""
    window: int = 28
    """Days that the report is asked for."""
    days: int = 365
    orders: float = 0.02
    """A customer and day."""

    def looks(self, seed: int, every: int = 1) -> Iterator[tuple[Sides, Sides]]:
        """After each `every` days: all that has been since the beginning, and the last `window` days alone."""
        draw = np.random.default_rng(seed)
        rates = draw.exponential(self.orders, self.customers)
        out = draw.random(self.customers) < self.share
        z = np.asarray(draw.poisson(rates * 90), dtype=np.float64) * 45.0
        bought = draw.poisson(rates, (self.days, self.customers))
        spent = bought * draw.lognormal(3.5, 0.8, (self.days, self.customers))
        orders, x = (np.vstack([np.zeros(self.customers), np.cumsum(one, axis=0)]) for one in (bought, spent))
        for day in range(self.window, self.days + 1, every):
            ever, alone = (
                _Stretch(0, 1, np.zeros(self.customers, np.int64), x[day] - x[first], orders[day] - orders[first], z)
                for first in (0, day - self.window)
            )
            yield ever.sides(out, 1), alone.sides(out, 1)


def _again(one: Sides, whole: int) -> Sides:
    """Of a time that is over, by all weeks so far."""
    return Sides(*(_scaled(side, whole) for side in one))


def _scaled(side: Sample, whole: int) -> Sample:
    by = {"m": 1, "mm": 2, "xm": 1, "zm": 1}
    revenue = side.revenue.model_copy(
        update={name: getattr(side.revenue, name) / whole**power for name, power in by.items()}
    )
    return side._replace(revenue=revenue)


@dataclass(frozen=True)
class _Stretch:
    """One time the holdout was drawn, up to a week."""

    since: int
    until: int
    joined: NDArray[np.int64]
    x: Array
    orders: Array
    z: Array

    def sides(self, out: NDArray[np.bool_], whole: int) -> Sides:
        """`whole`: weeks of which somebody who was there in all of them counts as one."""
        weeks = range(self.since, self.until)
        came = np.maximum(self.joined, self.since)
        days = FIRST + timedelta(weeks=self.until)
        mailed, held = (
            sample((self._came(week, (came == week) & side) for week in weeks), days, whole * WEEK)
            for side in (~out, out)
        )
        return Sides(mailed, held)

    def _came(self, week: int, those: NDArray[np.bool_]) -> Came:
        x, z, orders = self.x[those], self.z[those], self.orders[those]
        return Came(
            day=FIRST + timedelta(weeks=week),
            n=int(those.sum()),
            z=float(z.sum()),
            zz=float(z @ z),
            buyers=int((orders > 0).sum()),
            positive=int((x > 0).sum()),
            orders=int(orders.sum()),
            x=float(x.sum()),
            xx=float(x @ x),
            xxx=float(x @ x**2),
            xz=float(x @ z),
            z_of_buyers=float(z[orders > 0].sum()),
        )
