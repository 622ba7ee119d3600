"""The customers' hidden tastes, for products and for ways to be written to, and how they drift."""

from __future__ import annotations

from collections.abc import Mapping
from math import cos, exp, pi, sin

import numpy as np
from numpy.typing import NDArray

from composer.simulation.dice import normal
from composer.simulation.shelf import BRANDS, MATERIALS, Shelf
from composer.simulation.world import World

Array = NDArray[np.float64]
STYLES = ("angle", "tone", "length", "subject", "cta", "picks", "slot")
"""Dimensions of a decision that customers care about (`composer.bandit.model.Dimension`)."""
_YEAR = 52


class People:
    """The tastes of everybody in one shop. Nothing here changes with what they are sent."""

    def __init__(self, world: World, shelf: Shelf, seed: int) -> None:
        self._world, self._shelf, self._seed = world, shelf, seed
        draw = np.random.default_rng([seed, 3])
        count, likings = world.customers, world.categories + len(BRANDS) + len(MATERIALS)
        scale = np.repeat([world.taste, world.detail], [world.categories, likings - world.categories])
        self._now: Array = draw.normal(0, 1, (count, likings)) * scale
        self._later: Array = draw.normal(0, 1, (count, likings)) * scale
        self._level: Array = draw.normal(3.3, 0.4, count)
        """Log of the price each is used to."""
        self._peaks: Array = draw.random(world.categories) * _YEAR
        self.machine: NDArray[np.bool_] = draw.random(count) < world.machines
        """Whose mail program opens e-mails by itself."""
        self._of: Array = np.column_stack([self._one_hot(*pair) for pair in self._features()])
        self._affinities: dict[tuple[int, int], Array] = {}

    def __len__(self) -> int:
        return self._world.customers

    def _features(self) -> list[tuple[NDArray[np.int64], int]]:
        shelf = self._shelf
        return [
            (shelf.category, self._world.categories),
            (shelf.brand, len(BRANDS)),
            (shelf.material, len(MATERIALS)),
        ]

    @staticmethod
    def _one_hot(values: NDArray[np.int64], count: int) -> Array:
        return np.eye(count)[values]

    def affinity(self, customer: int, week: int) -> Array:
        """[product] how much more they like each than a product of this shop at random: 1 on average."""
        known = self._affinities.get((customer, week))
        if known is None:
            known = self._affinities[customer, week] = self._affinity(customer, week)
        return known

    def _affinity(self, customer: int, week: int) -> Array:
        turned = self._turned(week)
        likings = cos(turned) * self._now[customer] + sin(turned) * self._later[customer]
        season = self._world.season * np.cos(2 * pi * (week - self._peaks) / _YEAR)
        above = np.maximum(0.0, np.log(self._shelf.price) - self._level[customer])
        logs = self._of @ likings + season[self._shelf.category] - self._world.price_sensitivity * above
        liked = np.exp(logs)
        return np.asarray(liked / liked.mean())

    def _turned(self, week: int) -> float:
        """How far tastes have turned towards others, independent of them: cos of it is their correlation."""
        weeks = self._world.drift_weeks
        return pi / 3 * max(week, 0) / weeks if weeks else 0.0

    def style(self, customer: int, week: int, arms: Mapping[str, str]) -> float:
        """How much more often they click what is written so than in a way at random: 1 on average over ways."""
        return exp(sum(self._liking(customer, week, name, arms[name]) for name in STYLES if name in arms))

    def best(self, customer: int, week: int, dimension: str, arms: tuple[str, ...]) -> str:
        """The arm they like most."""
        return max(arms, key=lambda arm: self._liking(customer, week, dimension, arm))

    def _liking(self, customer: int, week: int, dimension: str, arm: str) -> float:
        world, key = self._world, (self._seed, dimension, arm)
        turned = self._turned(week)
        own = cos(turned) * normal(*key, customer, "now") + sin(turned) * normal(*key, customer, "later")
        variance = world.shop_style**2 + world.own_style**2
        return world.shop_style * normal(*key) + world.own_style * own - variance / 2
