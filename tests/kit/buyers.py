"""Made-up customers whose buying follows a known law: the truth that predictions are held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from memory.predictions.histories import Histories, histories_of
from memory.state import State, empty, micros
from tests.kit.events import order

END = datetime(2026, 6, 1, 12, tzinfo=UTC)
END_DAY = micros(END) / 86_400_000_000
R, ALPHA, S, BETA = 0.8, 40.0, 0.6, 60.0
"""Of `fading`: the parameters of Pareto/NBD, in days."""


@dataclass
class Buyer:
    """One customer: the days before `END` on which they order, with what they pay, and what became of it."""

    orders: list[tuple[float, float]]
    refunds: Mapping[int, tuple[float, float | None]] = field(default_factory=dict)
    """Number of the order -> (days before `END`, amount or None for all of it)."""
    cancelled: Mapping[int, float] = field(default_factory=dict)

    def state(self, currency: str = "EUR") -> State:
        """As memory folds it."""
        state = empty()
        for number, (days_ago, amount) in enumerate(self.orders):
            units = round(amount * 10_000)
            state["orders"][f"o{number}"] = [_micros(days_ago), f"m{number}", units, currency, [], []]
        for number, (days_ago, back) in self.refunds.items():
            units_back = None if back is None else round(back * 10_000)
            state["refunds"].append([_micros(days_ago), f"r{number}", f"o{number}", units_back, []])
        for number, days_ago in self.cancelled.items():
            state["cancelled"].append([_micros(days_ago), f"x{number}", f"o{number}"])
        return state

    def messages(self, user: str) -> list[dict[str, Any]]:
        """The same as events of Segment."""
        return [
            order(f"{user}-o{number}", user=user, days_ago=days_ago, total=amount)
            for number, (days_ago, amount) in enumerate(self.orders)
        ]


def fading(customers: int, days: int, seed: int = 0) -> list[Buyer]:
    """Pareto/NBD itself: everyone comes within the first half, buys at a rate of their own and leaves unseen."""
    draw = np.random.default_rng(seed)
    rates = draw.gamma(R, 1 / ALPHA, customers)
    lifetimes = draw.exponential(1 / draw.gamma(S, 1 / BETA, customers))
    came = draw.uniform(days / 2, days, customers)
    spends = draw.gamma(4.0, 8.0, customers)
    buyers = []
    for rate, lifetime, first, spend in zip(rates, lifetimes, came, spends, strict=True):
        stays = min(lifetime, first)
        at = [0.0, *sorted(draw.uniform(0, stays, draw.poisson(rate * stays)).tolist())]
        buyers.append(Buyer([(first - moment, float(draw.gamma(6.0, spend / 6.0))) for moment in at]))
    return buyers


def steady(customers: int, days: int, seed: int = 0) -> list[Buyer]:
    """Clockwork, of which Pareto/NBD knows nothing: half of them buy every 20 days to the day, half every 110."""
    draw = np.random.default_rng(seed)
    buyers = []
    for number in range(customers):
        every = 20 if number % 2 else 110
        ages = np.arange(draw.uniform(0, every), days, every)
        buyers.append(Buyer([(float(age), 20.0) for age in sorted(ages, reverse=True)]))
    return buyers


def histories(buyers: Sequence[Buyer]) -> Histories:
    """Their orders as columns; an amount of 1 is one of the currency's units."""
    return histories_of((buyer.state() for buyer in buyers), {"EUR": 10_000.0})


def _micros(days_ago: float) -> int:
    return micros(END - timedelta(days=days_ago))
