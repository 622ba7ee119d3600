"""What invented shops are made of: items with a heavy tail, people who lean to some of them, and what they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from benchmarks.recommenders.log import Floats, Ints, Kind

START = int(datetime(2025, 1, 6, tzinfo=UTC).timestamp())
Random = np.random.Generator


class Line(NamedTuple):
    """One thing somebody did; `at` in seconds since `START`, `order` unique within the shop."""

    customer: int
    item: int
    at: int
    kind: Kind
    order: int


@dataclass(frozen=True)
class Assortment:
    """Items of a shop: [items] each, category and style as numbers."""

    category: Ints
    style: Ints
    demand: Floats
    """How much each is wanted by everybody, heavy-tailed."""
    price: Floats
    words: tuple[tuple[str, ...], tuple[str, ...]]
    """Of the categories, of the styles."""

    def title(self, item: int) -> str:
        """Style, category and number."""
        categories, styles = self.words
        return f"{styles[self.style[item]]} {categories[self.category[item]]} No. {item}"


def assortment(random: Random, items: int, categories: str, styles: str) -> Assortment:
    of, in_style = categories.split(), styles.split()
    return Assortment(
        category=random.integers(0, len(of), items),
        style=random.integers(0, len(in_style), items),
        demand=random.pareto(1.2, items) + 0.05,
        price=np.round(random.lognormal(2.0, 0.7, items), 2),
        words=(tuple(of), tuple(in_style)),
    )


def leaning(random: Random, shop: Assortment, sharpness: float) -> Floats:
    """[items]: how much one person leans to each item, by its category and style."""
    categories = random.dirichlet(np.full(len(shop.words[0]), sharpness)) * len(shop.words[0])
    styles = random.dirichlet(np.full(len(shop.words[1]), sharpness)) * len(shop.words[1])
    return np.asarray(categories[shop.category] * styles[shop.style] + 0.02)


def drawn(random: Random, weight: Floats, count: int) -> Ints:
    """Different items, by weight."""
    count = min(count, int(np.count_nonzero(weight)))
    return random.choice(len(weight), count, replace=False, p=weight / weight.sum())
