"""What one marketer came to in one shop: counted from what really happened, not from what was heard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from composer.simulation.life import Truth, Week


class Point(BaseModel):
    """The n-th e-mails of all customers: means over them."""

    model_config = ConfigDict(frozen=True)

    number: int
    emails: int
    relevance: float
    """How many times as likely they were clicked, once opened, as products and words at random."""
    products: float
    """Its part that lies in the products."""
    writing: float
    """Its part that lies in how it was written."""


class Outcome(BaseModel):
    """Of one marketer in one shop."""

    model_config = ConfigDict(frozen=True)

    arm: str
    seed: int
    emails: int = 0
    opened: int = 0
    clicked: int = 0
    mail_orders: int = 0
    """Orders that followed a click."""
    orders: int = 0
    """All, those of the customers' own included."""
    revenue: float = 0.0
    """Of all orders, less what came back."""
    unsubscribed: int = 0
    complained: int = 0
    relevance: float = 0.0
    """Mean over all e-mails."""
    curve: tuple[Point, ...] = ()

    @property
    def aov(self) -> float:
        """Average order value, after returns."""
        return self.revenue / self.orders if self.orders else 0.0


def outcome_of(arm: str, seed: int, weeks: Sequence[Week]) -> Outcome:
    """`weeks`: those with mailings."""
    letters = [letter for week in weeks for letter in week.letters]
    bought = [order for week in weeks for order in week.bought]
    return Outcome(
        arm=arm,
        seed=seed,
        emails=len(letters),
        opened=sum(one.opened for one in letters),
        clicked=sum(one.clicked for one in letters),
        mail_orders=sum(one.ordered for one in letters),
        orders=sum(one.ordered for one in letters) + len(bought),
        revenue=sum(one.revenue for one in letters) + sum(one.revenue for one in bought),
        unsubscribed=sum(one.left for one in letters),
        complained=sum(one.complained for one in letters),
        relevance=_mean(one.relevance.whole for one in letters),
        curve=_curve(letters),
    )


def _curve(letters: Iterable[Truth]) -> tuple[Point, ...]:
    by_number: dict[int, list[Truth]] = defaultdict(list)
    for letter in letters:
        by_number[letter.number].append(letter)
    return tuple(
        Point(
            number=number,
            emails=len(some),
            relevance=_mean(one.relevance.whole for one in some),
            products=_mean(one.relevance.products for one in some),
            writing=_mean(one.relevance.writing for one in some),
        )
        for number, some in sorted(by_number.items())
    )


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
