"""What one e-mail was worth, in usual orders: the number that is learned to be raised. Version `reward-2`.

An e-mail came to one of seven things (`Kind`). Attributed orders are worth what they brought (`brought_by`): the shop's
average is worth 1, twice the money 2, and no e-mail more than about `MOST`, as a few great orders would drown all
others. A click is worth what clicks lead to
in this shop, as orders: orders are too rare to learn from alone, and a click tells earlier that one may come (the
surrogate index: Athey, Chetty, Imbens & Kang 2019). An open is worth little, as software opens too. Whoever leaves
takes with them a year of e-mails at one a week (as `memory.responses.frequency` reasons), and whoever complains twice
that, as complaints keep e-mails from others too: so fatigue enters.

An offer is judged by what is left of its orders once the goods are paid (`DecisionRow.kept`), as otherwise the
greatest discount wins whose money only moves from shop to customers; and not by clicks, which a discount gets without
saying what it will cost.

An e-mail that did not arrive came to nothing that its arms could have caused: it is missing, not worth 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

VERSION = "reward-2"
WEEKS_LOST = 52.0
COMPLAINTS_WEIGH = 2.0
"""Times an unsubscribe."""
OPENS_WEIGH = 0.02
"""Of a click."""
USUAL_CLICK = 0.1
"""Orders that follow a click, until the shop has shown its own."""
CLICK_STRENGTH = 50.0
"""Clicks of the shop that weigh as much as what is usual."""
LEAST_CLICK, MOST_CLICK = 0.05, 0.5
"""A shop whose orders are not reported must still learn from clicks."""
LEAST_LOSS, MOST_LOSS = 0.1, 2.0
"""A year of e-mails, in orders: a shop that sells nothing must not learn to drive people off, nor be frozen by one."""
MOST = 3.0
"""Usual orders that an e-mail can bring; what is left of them may be as far below 0."""
QUANTUM = 1_024
"""What e-mails bring is kept in whole parts of a usual order: such sums are exact."""
UNPRICED_LEAVES = 0.4
"""Of an order whose money is not known, in usual orders: an average margin (`AttributionRules.margin_percent`)."""
USUAL_APART = 0.5
"""Variance of what orders bring, relative to their mean squared, until the shop has shown its own: half of them below
0.82 of the mean and one of six above 1.5."""
APART_STRENGTH = 20.0
"""Orders of the shop that weigh as much as what is usual."""
LEAST_AVERAGE = 0.05
"""Of a usual order, what orders bring on average, or leave: a shop that earns nothing must not take pennies for a
fortune."""
USUAL_STRENGTH = 50.0
"""E-mails of the shop that weigh as much as what is usual (`USUAL_KINDS`)."""


class Kind(IntEnum):
    """What an e-mail came to, as far as it matters here. The numbers are places in what is kept."""

    NOTHING = 0
    OPENED = 1
    CLICKED = 2
    ORDERED = 3
    UNSUBSCRIBED = 4
    COMPLAINED = 5
    ORDERED_AND_LEFT = 6


KINDS = len(Kind)
USUAL_KINDS: tuple[float, ...] = (0.6475, 0.325, 0.0205, 0.005, 0.0018, 0.0002, 0.0)
"""Shares of e-mails by kind, as `memory.responses.priors.USUAL_RATES` has them."""


class Outcome(Protocol):
    """The columns of `composer.bandit.tables.DecisionRow` that are read here."""

    @property
    def delivered(self) -> bool: ...
    @property
    def bounced(self) -> bool: ...
    @property
    def opened(self) -> bool: ...
    @property
    def clicked(self) -> bool: ...
    @property
    def unsubscribed(self) -> bool: ...
    @property
    def complained(self) -> bool: ...
    @property
    def orders(self) -> int: ...
    @property
    def unpriced(self) -> int: ...
    @property
    def revenue(self) -> int: ...
    @property
    def kept(self) -> int: ...


def kind_of(outcome: Outcome, *, reported: bool = True) -> Kind | None:
    """What an e-mail came to; None where it did not arrive.

    An order whose money all came back is a click; one whose money is not known is an order.

    `reported`: whether the sender reports what arrived; where it does not, all that did not bounce is taken to have.
    """
    if outcome.bounced or (reported and not outcome.delivered):
        return None
    ordered = outcome.orders > 0 and (outcome.revenue > 0 or outcome.unpriced > 0)
    if outcome.complained or outcome.unsubscribed:
        if ordered:
            return Kind.ORDERED_AND_LEFT
        return Kind.COMPLAINED if outcome.complained else Kind.UNSUBSCRIBED
    if ordered:
        return Kind.ORDERED
    if outcome.clicked or outcome.orders > 0:
        return Kind.CLICKED
    return Kind.OPENED if outcome.opened else Kind.NOTHING


class Brought(NamedTuple):
    """What the orders of one e-mail brought, in parts (`QUANTUM`) of a usual order."""

    revenue: int
    left: int
    """Once the goods were paid."""


ONE_ORDER = Brought(QUANTUM, round(UNPRICED_LEAVES * QUANTUM))


def brought_by(outcome: Outcome, usual_order: float) -> Brought:
    """`usual_order`: in 1/10000 of the currency, above 0 (`composer.bandit.money`)."""
    revenue = outcome.revenue / usual_order + outcome.unpriced
    left = outcome.kept / usual_order + UNPRICED_LEAVES * outcome.unpriced
    within = min(1.0, MOST / revenue) if revenue > 0 else 1.0
    return Brought(round(revenue * within * QUANTUM), round(max(left * within, -MOST) * QUANTUM))


class Worth(NamedTuple):
    """What each kind is worth, in orders."""

    click: float = USUAL_CLICK
    loss: float = 0.5
    """Of somebody who leaves."""
    apart: float = USUAL_APART
    """Variance of what orders are worth, about 1."""

    def of(self, kind: Kind) -> float:
        """From minus twice the loss to 1, an average order's."""
        return self.kinds[kind]

    @property
    def kinds(self) -> tuple[float, ...]:
        """By kind."""
        complaint = COMPLAINTS_WEIGH * self.loss
        return (0.0, OPENS_WEIGH * self.click, self.click, 1.0, -self.loss, -complaint, 1.0 - self.loss)


USUAL = Worth()
"""Until the shop has shown its own. A person's own evidence is always kept in it (`composer.bandit.evidence`)."""


def with_usual(kinds: Sequence[float]) -> list[float]:
    """Weights by kind, and those of `USUAL_STRENGTH` usual e-mails: rates that few e-mails show are drawn to these."""
    return [own + USUAL_STRENGTH * usual for own, usual in zip(kinds, USUAL_KINDS, strict=True)]


def learned_worth(kinds: Sequence[float], apart: float = USUAL_APART) -> Worth:
    """`kinds`: how many of the shop's e-mails came to each, weighted by their age."""
    ordered = kinds[Kind.ORDERED] + kinds[Kind.ORDERED_AND_LEFT]
    clicked = kinds[Kind.CLICKED] + ordered
    click = (ordered + CLICK_STRENGTH * USUAL_CLICK) / (clicked + CLICK_STRENGTH)
    click = min(max(click, LEAST_CLICK), MOST_CLICK)
    loss = WEEKS_LOST * gross(kinds, Worth(click))
    return Worth(click, min(max(loss, LEAST_LOSS), MOST_LOSS), apart)


def gross(kinds: Sequence[float], worth: Worth) -> float:
    """Mean worth of an e-mail before what those who leave take with them: always above 0."""
    told = with_usual(kinds)
    ordered = told[Kind.ORDERED] + told[Kind.ORDERED_AND_LEFT]
    value = ordered + worth.click * (told[Kind.CLICKED] + OPENS_WEIGH * told[Kind.OPENED])
    return value / sum(told)


def noise(kinds: Sequence[float], worth: Worth) -> float:
    """Variance of one e-mail's worth, in orders squared."""
    told, values = with_usual(kinds), worth.kinds
    everything = sum(told)
    mean = sum(weight * value for weight, value in zip(told, values, strict=True)) / everything
    ordered = told[Kind.ORDERED] + told[Kind.ORDERED_AND_LEFT]
    squares = sum(weight * (value - mean) ** 2 for weight, value in zip(told, values, strict=True))
    return (squares + ordered * worth.apart) / everything


def average(orders: float, total: float) -> float:
    """What e-mails with an order brought on average, in usual orders. `total`: in parts (`QUANTUM`)."""
    return max(total / QUANTUM / orders, LEAST_AVERAGE) if orders else 1.0


def apart(orders: float, total: float, squares: float, mean: float) -> float:
    """How much they differ about `mean`, relative to it squared, drawn to `USUAL_APART` where orders are few."""
    scaled = total / QUANTUM / mean
    own = squares / (QUANTUM * mean) ** 2 - 2 * scaled + orders
    return (max(own, 0.0) + APART_STRENGTH * USUAL_APART) / (orders + APART_STRENGTH)
