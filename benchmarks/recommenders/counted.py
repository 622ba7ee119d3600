"""Invented shops after published counts of real ones that may not lie here.

`weekly`: groceries as Instacart's 2017 set counts them: ten items a basket, six of ten bought before, an order a week
with a second peak at a month; half a year of it. `visits`: as RetailRocket's: of a hundred events 97 are views, hardly
anybody orders twice. `trends`: as H&M's: baskets of three, fashions of weeks, some of it bought again. What is
drawn has their proportions; whom it is drawn for is invented.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.recommenders.assortment import Assortment, Line, Random, assortment, drawn, leaning
from benchmarks.recommenders.log import DAY, Floats, Ints, Kind

SHELVES = (
    "Fruit Vegetables Milk Yogurt Cheese Water Bread Eggs Cereal Snacks Frozen Meat Pasta Sauce Coffee Tea Baby Pets"
)
KINDS = "Organic Whole Fresh Plain Large Small Sliced Unsweetened"
REORDERED = 0.59
"""Share of a basket's items that were bought before."""
MONTHLY = 0.25
"""People who order by the month rather than by the week."""


def weekly(random: Random, customers: int = 600, items: int = 1_200, days: int = 180) -> tuple[Assortment, list[Line]]:
    """Baskets of ten, most of it again; what was bought often and lately comes first."""
    shop = assortment(random, items, SHELVES, KINDS)
    lines: list[Line] = []
    for customer in range(customers):
        wants = shop.demand * leaning(random, shop, 0.3)
        every, day = (30.0 if random.random() < MONTHLY else 7.0), random.uniform(0, 60)
        size, times, last = random.gamma(3, 10 / 3), np.zeros(items), np.zeros(items)
        while day < days:
            total = 1 + random.poisson(size)
            again = random.binomial(total, REORDERED) if times.any() else 0
            known = drawn(random, times**1.5 * np.exp2((last - day) / 60), again) if again else np.zeros(0, np.int64)
            basket = np.concatenate([known, drawn(random, np.where(times > 0, 0.0, wants), total - len(known))])
            at, order = int(day) * DAY, customer * 1_000_000 + int(day)
            lines += [Line(customer, item, at, Kind.BOUGHT, order) for item in basket.tolist()]
            times[basket], last[basket] = times[basket] + 1, day
            day += max(1.0, random.normal(every, every / 4))
    return shop, lines


PARTS = "Phone Case Cable Lamp Drill Tyre Filter Toy Stroller Sofa Printer Mixer Watch Tent Bike Pump Boiler Desk"
GRADES = "Basic Plus Pro Max Mini Duo Eco Neo"
CARTED, ORDERED = 0.026, 0.4
"""Chance that somebody who looks twice puts it into the cart, and that a cart becomes an order."""


def visits(
    random: Random, customers: int = 9_000, items: int = 2_500, days: int = 140
) -> tuple[Assortment, list[Line]]:
    """Most come once and look at a thing or two; a few come often, look at one thing several times, and buy it."""
    shop = assortment(random, items, PARTS, GRADES)
    lines: list[Line] = []
    for customer in range(customers):
        wants = shop.demand * leaning(random, shop, 0.15)
        sessions = min(40, int(random.pareto(1.1)) + 1)
        for day in np.sort(random.uniform(0, days, sessions)).tolist():
            lines += _visit(random, customer, int(day * DAY), wants)
    return shop, lines


def _visit(random: Random, customer: int, at: int, wants: Floats) -> Iterator[Line]:
    for step, item in enumerate(drawn(random, wants, 1 + random.geometric(0.4)).tolist()):
        order = customer * 1_000_000 + at // DAY
        looks = random.geometric(0.6)
        for look in range(looks):
            yield Line(customer, item, at + 300 * step + 20 * look, Kind.VIEWED, order)
        if random.random() < min(0.9, CARTED * looks / 2):
            yield Line(customer, item, at + 300 * step + 200, Kind.CARTED, order)
            # A thing that lies in the cart makes one come back for it.
            if random.random() < ORDERED:
                later = at + 300 * step + 240 + int(random.exponential(2.0) * DAY) * int(random.random() < 0.5)
                yield Line(customer, item, later, Kind.BOUGHT, order)


CLOTHES = "Trousers Dress Sweater Shirt Vest Blouse Jacket Shorts Skirt Bra Leggings Socks Hoodie Top Swimwear Shoes"
LOOKS = "Black White Blue Beige Pink Striped Dotted Denim Lace Ribbed"
FASHION_DAYS = 35.0
AGAIN = 0.05
"""Chance that a thing of the last basket is bought once more: another size or colour, or simply more."""


def trends(
    random: Random, customers: int = 3_000, items: int = 2_500, days: int = 240
) -> tuple[Assortment, list[Line]]:
    """No views; what sells moves on within weeks, and people buy more of what they bought days ago."""
    shop = assortment(random, items, CLOTHES, LOOKS)
    arrives = random.uniform(-FASHION_DAYS, days, items)
    lines: list[Line] = []
    for customer in range(customers):
        likes = shop.demand * leaning(random, shop, 0.3)
        day, every, mine = random.uniform(0, days), random.gamma(2, 25), np.zeros(0, dtype=np.int64)
        while day < days:
            age = day - arrives
            wants = np.where(age >= 0, likes * np.exp(-age / FASHION_DAYS), 0.0)
            mine = _wardrobe(random, wants, mine)
            at, order = int(day * DAY), customer * 1_000_000 + int(day)
            lines += [Line(customer, item, at, Kind.BOUGHT, order) for item in mine.tolist()]
            day += max(2.0, random.exponential(every))
    return shop, lines


def _wardrobe(random: Random, wants: Floats, before: Ints) -> Ints:
    """One basket: some of the last one again, the rest of what is in fashion."""
    total = 1 + random.poisson(2.0)
    again = before[random.random(len(before)) < AGAIN][:total]
    fresh = drawn(random, np.where(np.isin(np.arange(len(wants)), before), 0.0, wants), total - len(again))
    return np.concatenate([again, fresh])
