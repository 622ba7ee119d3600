"""What an e-mail comes to: chances, given what is true of the customer. Pure functions.

A click needs relevance, which is how well the products fit times how well it is written for this person; an order
follows a click, or comes by itself. Every e-mail tires, one that is not relevant more, and the tired open less and
leave more.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from composer.simulation.world import World

Array = NDArray[np.float64]
ATTENTION = 0.7
"""What the next place gets of the attention the one before it gets."""
MOST = 0.9
"""No chance of a click or an order is above it."""
SEEN_BEFORE, SEEN_WEEKS = 0.7, 3
"""A product is liked so much less when it was in one of the last e-mails."""
BOUGHT_BEFORE = 0.2
"""And so much less when they have it."""


class Relevance(NamedTuple):
    """Of one e-mail for its reader; 1 each for products and a way to write at random."""

    products: float
    """Mean affinity of the products, weighted by the attention their places get."""
    writing: float

    @property
    def whole(self) -> float:
        """How many times as likely it is clicked, once opened."""
        return self.products * self.writing


def attention(places: int) -> Array:
    """[place] shares, 1 together."""
    weights = ATTENTION ** np.arange(places)
    return np.asarray(weights / weights.sum())


def relevance(affinities: Sequence[float] | Array, style: float) -> Relevance:
    """`affinities`: of the products shown, in their order."""
    if not len(affinities):
        return Relevance(0.0, style)
    return Relevance(float(np.dot(attention(len(affinities)), affinities)), style)


def open_chance(world: World, tired: float) -> float:
    """By a person."""
    return world.opens * exp(-world.tires * tired)


def click_chance(world: World, relevant: Relevance) -> float:
    """Of an e-mail that was opened."""
    return min(MOST, world.clicks * relevant.whole)


def which(affinities: Sequence[float] | Array, unit: float) -> int:
    """The place that is clicked, by attention and affinity."""
    weights = attention(len(affinities)) * np.asarray(affinities)
    return draw(weights, unit)


def draw(weights: Array, unit: float) -> int:
    """The place where `unit` in [0, 1) falls among `weights`."""
    ends = np.cumsum(weights)
    return min(int(np.searchsorted(ends, unit * ends[-1], side="right")), len(weights) - 1)


def order_chance(world: World, affinity: float) -> float:
    """After a click on a product of this affinity: whoever clicked likes it, so that it counts by its root."""
    return min(MOST, world.orders * sqrt(affinity))


def leave_chance(world: World, relevant: Relevance, tired: float) -> float:
    """What is relevant to them makes fewer leave; the tired leave sooner."""
    return min(MOST, world.unsubscribes * exp(2 * world.tires * tired) / sqrt(max(relevant.whole, 0.1)))


def tiring(relevant: Relevance) -> float:
    """How much an e-mail tires, of 1 for one that is of no relevance at all."""
    return 1 / (1 + 0.5 * relevant.whole)


def rested(world: World, tired: float, days: float) -> float:
    """After so many days without e-mails."""
    return float(tired * 2 ** (-days / world.rests_days))
