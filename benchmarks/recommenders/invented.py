"""Shops made by law, for what a single real one cannot show: each has laws of its own, and the laws are known.

`grocery`: staples with personal cycles, most of a basket bought before. `fashion`: views and baskets of the shop,
seasons, short-lived items, hardly a repeat. `tiny`: 300 customers and 80 products, so thin that learning must not
make it worse. Three more, after published counts, are in `counted`. Figures on them say nothing of real shops; only
that what works on one kind does not fail on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.recommenders.assortment import START, Assortment, Line, Random, assortment, drawn, leaning
from benchmarks.recommenders.counted import trends, visits, weekly
from benchmarks.recommenders.log import DAY, Floats, Kind, Log

FAITH, ADOPTED = 0.97, 0.2
"""Chance that a staple is still one at the next order; that a thing tried becomes one."""
GROCERY = (
    "Milk Bread Cheese Apples Pasta Rice Coffee Tea Yoghurt Eggs Butter Juice Soap Shampoo Crisps Chocolate Soup Beans"
)
GROCERY_STYLES = "Organic Classic Budget Finest Farm Family Light Vegan"


def grocery(
    random: Random, customers: int = 1_000, items: int = 1_500, days: int = 400
) -> tuple[Assortment, list[Line]]:
    """Everybody has some staples, each with a cycle of its own, and shops about every other week."""
    shop = assortment(random, items, GROCERY, GROCERY_STYLES)
    usual_cycle = random.lognormal(2.9, 0.5, items)
    lines: list[Line] = []
    for customer in range(customers):
        lines += _grocery_customer(random, shop, usual_cycle, customer, days)
    return shop, lines


def _grocery_customer(
    random: Random, shop: Assortment, usual_cycle: Floats, customer: int, days: int
) -> Iterator[Line]:
    wants = shop.demand * leaning(random, shop, 0.3)
    staples = {int(item): -random.uniform(0, 30) for item in drawn(random, wants, int(random.integers(8, 30)))}
    every, day = random.gamma(4, 3.5), random.uniform(0, 60)
    while day < days:
        at, order = int(day * DAY), customer * 1_000_000 + int(day)
        season = 1 + 0.8 * np.sin(2 * np.pi * day / 365 + shop.category)
        tried = drawn(random, wants * season, 1 + random.poisson(2.5))
        due = [item for item, last in staples.items() if random.random() < _due(day - last, usual_cycle[item])]
        for item in {*due, *tried.tolist()}:
            if item in staples or random.random() < ADOPTED:
                staples[item] = day
            yield Line(customer, item, at, Kind.BOUGHT, order)
        staples = {item: last for item, last in staples.items() if random.random() < FAITH}
        day += max(1.0, random.gamma(6, every / 6))


def _due(elapsed: float, cycle: float) -> float:
    """Chance of a staple to be in today's basket: rising around the end of its cycle."""
    return float(0.6 / (1 + np.exp(-6 * (elapsed / cycle - 0.9))))


FASHION = "Dress Shirt Jeans Coat Sneakers Boots Scarf Skirt Jumper Blazer Sandals Swimsuit Bag Belt Hat Socks"
FASHION_STYLES = "Black Linen Floral Denim Striped Wool Silk Sport Vintage Leather Pastel Neon"
LIFE_DAYS = 70.0


def fashion(
    random: Random, customers: int = 3_000, items: int = 2_400, days: int = 300
) -> tuple[Assortment, list[Line]]:
    """Items come every week and fade; people look at many, come back to some, and buy nothing twice."""
    shop = assortment(random, items, FASHION, FASHION_STYLES)
    arrives = np.sort(random.uniform(-LIFE_DAYS, days, items))
    lines: list[Line] = []
    for customer in range(customers):
        lines += _fashion_customer(random, shop, arrives, customer, days)
    return shop, lines


def _fashion_customer(random: Random, shop: Assortment, arrives: Floats, customer: int, days: int) -> Iterator[Line]:
    likes = shop.demand * leaning(random, shop, 0.25)
    considered: set[int] = set()
    owned: set[int] = set()
    day, every = random.uniform(0, days / 2), random.gamma(3, 9)
    while day < days:
        age = day - arrives
        season = 1 + 0.9 * np.sin(2 * np.pi * day / 365 + 2 * np.pi * shop.category / len(shop.words[0]))
        wants = np.where((age >= 0) & (age < 2 * LIFE_DAYS), likes * season * np.exp(-age / LIFE_DAYS), 0.0)
        wants[list(owned)] = 0.0
        back = [item for item in considered if wants[item] > 0 and random.random() < 0.5]
        session = _Session(customer, int(day * DAY), customer * 1_000_000 + int(day))
        yield from session.lines(random, [*back, *drawn(random, wants, random.poisson(6)).tolist()], considered, owned)
        day += max(0.5, random.exponential(every))


class _Session(NamedTuple):
    """One visit of a fashion shop."""

    customer: int
    at: int
    order: int

    def lines(self, random: Random, seen: list[int], considered: set[int], owned: set[int]) -> Iterator[Line]:
        """Look at `seen`; what was considered before is bought far sooner. Changes both sets."""
        for step, item in enumerate(dict.fromkeys(seen)):
            known = item in considered
            yield self._line(item, step, Kind.VIEWED)
            if random.random() < (0.25 if known else 0.08):
                yield self._line(item, step, Kind.CARTED)
                considered.add(item)
                if random.random() < 0.5:
                    yield self._line(item, 40, Kind.BOUGHT)
                    considered.discard(item)
                    owned.add(item)
            elif random.random() < 0.2:
                considered.add(item)

    def _line(self, item: int, minutes: int, kind: Kind) -> Line:
        return Line(self.customer, item, self.at + 60 * minutes, kind, self.order)


TINY = "Tea Teapot Cup Honey Biscuits Tin"
TINY_STYLES = "Green Black Rooibos White Herbal"


def tiny(random: Random, customers: int = 300, items: int = 80, days: int = 400) -> tuple[Assortment, list[Line]]:
    """A tea shop of one person: an order every other month, tea again and again, a pot once."""
    shop = assortment(random, items, TINY, TINY_STYLES)
    lasting = np.isin(shop.category, (1, 2, 5))
    lines: list[Line] = []
    for customer in range(customers):
        lines += _tiny_customer(random, shop, lasting, customer, days)
    return shop, lines


def _tiny_customer(random: Random, shop: Assortment, lasting: np.ndarray, customer: int, days: int) -> Iterator[Line]:
    wants = shop.demand * leaning(random, shop, 0.5)
    day, every = random.uniform(0, days), random.gamma(4, 12)
    bought: set[int] = set()
    while day < days:
        again = np.isin(np.arange(len(wants)), list(bought))
        weight = wants * np.where(again, np.where(lasting, 0.0, 6.0), 1.0)
        for item in drawn(random, weight, 1 + random.poisson(1.5)).tolist():
            bought.add(item)
            yield Line(customer, item, int(day * DAY), Kind.BOUGHT, customer * 1_000_000 + int(day))
        day += max(3.0, random.gamma(5, every / 5))


SHOPS: dict[str, Callable[[Random], tuple[Assortment, list[Line]]]] = {
    "grocery": grocery, "fashion": fashion, "tiny": tiny, "weekly": weekly, "visits": visits, "trends": trends,
}  # fmt: skip


def invent(name: str, seed: int = 0) -> Log:
    """The log of one of `SHOPS`, always the same for the same seed."""
    shop, lines = SHOPS[name](np.random.default_rng(seed))
    lines.sort(key=lambda line: (line.at, line.customer, line.item, line.kind))
    customer, item, at, kind, order = (np.array(column, dtype=np.int64) for column in zip(*lines, strict=True))
    items = len(shop.category)
    categories = list(shop.words[0])
    return Log(
        customer=customer,
        item=item,
        at=at + START,
        kind=kind.astype(np.int8),
        order=order,
        quantity=np.ones(len(lines)),
        price=shop.price[item],
        text=item,
        category=items + shop.category[item],
        customer_ids=_names("c", int(customer.max()) + 1),
        item_ids=_names("i", items),
        texts=[*map(shop.title, range(items)), *categories],
    )


def _names(letter: str, count: int) -> np.ndarray:
    return np.array([f"{letter}{number:06d}" for number in range(count)])
