"""Small logs of shops, written out by hand."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.recommenders.log import DAY, Kind, Log

Line = tuple[int, int, float] | tuple[int, int, float, Kind]
"""Customer, item, day, and what was done: bought where it is not said."""


def log_of(lines: Iterable[Line], *, customers: int = 0, items: int = 0) -> Log:
    """A log of these lines; lines of one customer on one day are one order."""
    rows = sorted(((*line, Kind.BOUGHT)[:4] for line in lines), key=lambda row: row[2])
    customer, item = (np.array([row[at] for row in rows], dtype=np.int64) for at in (0, 1))
    day = np.array([row[2] for row in rows])
    known = max(items, int(item.max()) + 1)
    return Log(
        customer=customer,
        item=item,
        at=(day * DAY).astype(np.int64),
        kind=np.array([row[3] for row in rows], dtype=np.int8),
        order=customer * 100_000 + day.astype(np.int64),
        quantity=np.ones(len(rows)),
        price=np.full(len(rows), 5.0),
        text=item,
        category=np.full(len(rows), -1),
        customer_ids=np.array([f"c{number:05d}" for number in range(max(customers, int(customer.max()) + 1))]),
        item_ids=np.array([f"i{number:05d}" for number in range(known)]),
        texts=[f"Thing {number}" for number in range(known)],
    )
