"""Made-up shops with a past: what happened between customers and products, and the products."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from catalog.learning.interactions import DAY, Interactions, seconds
from catalog.model import Product
from catalog.view import CatalogView
from tests.kit.catalog import product, view

END = datetime(2026, 6, 1, tzinfo=UTC)
Event = tuple[str, str, int, str]
"""Customer, product, seconds since the epoch, kind."""


def interactions(events: list[Event]) -> Interactions:
    """Columns of events."""
    customers, products, at, kinds = zip(*events, strict=True) if events else ((), (), (), ())
    return Interactions.from_arrays(customers, products, at, kinds)


def shelf(total: int, shelves: int = 6) -> list[Product]:
    """Products `p0`, `p1`, …, each on one of the shelves."""
    return [
        product(
            f"p{n}", f"Thing {n} of shelf {n % shelves}", product_type=f"Shelf {n % shelves}", price=str(5 + n % 40)
        )
        for n in range(total)
    ]


def stocked(total: int) -> CatalogView:
    """A catalog of `shelf`."""
    return view(shelf(total))


def grocery(customers: int, days: int, products: int, seed: int = 0) -> Iterator[Event]:
    """Everybody has a few staples, each with a pace of its own, and tries something now and then."""
    draw = np.random.default_rng(seed)
    start = seconds(END - timedelta(days=days))
    pace = draw.uniform(8, 40, products)
    popular = 1.0 / np.arange(2, products + 2)
    popular /= popular.sum()
    for number in range(customers):
        staples = draw.choice(products, size=8, replace=False, p=popular)
        due = draw.uniform(0, pace[staples])
        for day in np.cumsum(draw.uniform(4, 10, days // 5)).astype(int).tolist():
            if day >= days:
                break
            tried = draw.choice(products, size=draw.integers(0, 3), p=popular).tolist()
            ready = np.flatnonzero(due <= day)
            due[ready] = day + pace[staples[ready]] * draw.uniform(0.7, 1.3, len(ready))
            for item in {*staples[ready].tolist(), *tried}:
                yield f"c{number}", f"p{item}", start + day * DAY, "bought"


def fashion(customers: int, days: int, products: int, seed: int = 0) -> Iterator[Event]:
    """People look at much of one or two shelves, put some of it into the basket, and buy a thing once if at all."""
    draw = np.random.default_rng(seed)
    start = seconds(END - timedelta(days=days))
    shelves = 6
    for number in range(customers):
        liked = draw.choice(shelves, size=2, replace=False)
        owned: set[int] = set()
        for day in sorted(draw.integers(0, days, draw.integers(3, 14)).tolist()):
            at = start + int(day) * DAY + int(draw.integers(0, 1_000))
            # What is in fashion moves through each shelf with the weeks.
            centre = products * day / days
            seen = {
                int((centre + draw.normal(0, products / 12)) % products) // shelves * shelves + int(draw.choice(liked))
                for _ in range(draw.integers(2, 9))
            } - owned
            for item in sorted(one for one in seen if one < products):
                yield f"c{number}", f"p{item}", at, "viewed"
                if draw.random() < 0.25:
                    yield f"c{number}", f"p{item}", at + 60, "carted"
                    if draw.random() < 0.4:
                        owned.add(item)
                        yield f"c{number}", f"p{item}", at + int(draw.integers(1, 9)) * DAY, "bought"
