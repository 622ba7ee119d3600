"""The shop's shelves as a customer meets them: families of products, what goes with what, and the seasons."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.model import Product
from demo.documents import SHOP
from demo.products import products
from store.plain_yaml import read_yaml


@dataclass(frozen=True)
class Taste:
    """A hidden leaning: families with their weights, consumables bought again and again, words searched."""

    name: str
    families: Mapping[str, float]
    staples: Sequence[str]
    searches: Sequence[str]


@dataclass(frozen=True)
class Shelves:
    """Products by id and by family, and the structure that shopping follows."""

    by_id: Mapping[str, Product]
    families: Mapping[str, Sequence[Product]]
    tastes: Sequence[Taste]
    pairs: Mapping[str, Sequence[str]]
    seasons: Mapping[str, Sequence[float]]

    def choose(self, family: str, at: datetime, rng: random.Random) -> Product:
        """One product of the family, listed at `at`; the first of a family sell most, as in any shop."""
        listed = [product for product in self.families[family] if product.added_at and product.added_at <= at]
        shelf = listed or self.families[family]
        return shelf[min(int(rng.expovariate(2.2 / len(shelf))), len(shelf) - 1)]

    def family(self, taste: Taste, at: datetime, rng: random.Random) -> str:
        """A family of this taste, weighted by the month."""
        names = list(taste.families)
        weights = [taste.families[name] * self._season(name, at) for name in names]
        return rng.choices(names, weights)[0]

    def companion(self, product: Product, at: datetime, rng: random.Random) -> Product | None:
        """Something that goes in the same basket."""
        partners = self.pairs.get(product.category() or "")
        return self.choose(rng.choice(partners), at, rng) if partners else None

    def _season(self, family: str, at: datetime) -> float:
        months = self.seasons.get(family)
        return months[at.month - 1] if months else 1.0


def stock_shelves(now: datetime) -> Shelves:
    """The shelves as of `now`."""
    data: Mapping[str, Any] = read_yaml((SHOP / "tastes.yaml").read_text(encoding="utf-8"))
    families: dict[str, list[Product]] = defaultdict(list)
    everything = products(now)
    for product in everything:
        families[product.category() or ""].append(product)
    return Shelves(
        by_id={product.id: product for product in everything},
        families=families,
        tastes=tuple(Taste(name=name, **taste) for name, taste in data["tastes"].items()),
        pairs=data["pairs"],
        seasons=data["seasons"],
    )
