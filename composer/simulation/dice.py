"""Common random numbers: every marketer meets the same chance (Glasserman & Yao 1992), so that differences between
them are theirs. Each moment has numbers of its own, whether a marketer uses them or not.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from composer import chance
from composer.simulation.world import World

_NORMAL = NormalDist()
_VISITS = 4
"""Visits a week at most."""


class Die(IntEnum):
    """What is left to chance, of one customer in one week."""

    BOUNCE = 0
    OPEN = 1
    CLICK = 2
    WHICH = 3
    ORDER = 4
    RETURN = 5
    LEAVE = 6
    COMPLAIN = 7
    HOUR = 8
    OWN_ORDER = 9
    OWN_WHICH = 10
    OWN_RETURN = 11
    OWN_DAY = 12
    FORWARD = 13
    GUEST = 14
    OWN_GUEST = 15
    CART = 16
    VISITED = 17
    """The first of one for each visit: is there one?"""
    VIEWED = VISITED + _VISITS
    """The first of one for each visit: at what do they look?"""
    VISIT_TIME = VIEWED + _VISITS


_DICE = int(Die.VISIT_TIME) + _VISITS


class Dice:
    """All numbers of one shop, drawn at once: [customer, week, die], uniform in [0, 1)."""

    visits = _VISITS

    def __init__(self, world: World, seed: int) -> None:
        weeks = world.history_weeks + world.weeks
        self._history = world.history_weeks
        self._drawn: NDArray[np.float64] = np.random.default_rng([seed, 1]).random((world.customers, weeks, _DICE))

    def roll(self, customer: int, week: int, die: Die, number: int = 0) -> float:
        """`week` from -history on; `number` of several of a kind."""
        return float(self._drawn[customer, week + self._history, die + number])


@lru_cache(maxsize=500_000)
def normal(*parts: object) -> float:
    """A standard normal number that belongs to these parts: of an arm that nobody thought of before, too."""
    return _NORMAL.inv_cdf(min(max(chance.unit("simulation", *parts), 1e-12), 1 - 1e-12))
