"""What baskets teach: which products are bought together, and what is popular lately.

Item-item cosine over baskets, shrunk towards zero for thin evidence (Sarwar et al. 2001; Koren 2008), and
exponentially decayed popularity with a landmark, so that the order of baskets does not matter (forward decay,
Cormode et al. 2009). The baskets are handed in: this room knows no customers.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.tables import SignalRow
from store import clock

Basket = tuple[Iterable[str], datetime]
"""The product ids of one order, and when it was placed."""

NEIGHBOURS = 50
SHRINKAGE = 5.0
"""Baskets of evidence at which a cosine counts half."""
MIN_TOGETHER = 2
"""One basket with two products in it is a coincidence."""
MAX_BASKET = 60
"""Products beyond this are left out of a basket's pairs: resellers would tie everything together."""
POPULARITY_HALF_LIFE_DAYS = 30.0
PAIRS_IN_MEMORY = 2_000_000
CHUNK = 1_000
DAY = 86_400.0

_table = cast(Table, SignalRow.__table__)  # type: ignore[attr-defined]
Codes = NDArray[np.int64]


class Learned(NamedTuple):
    """How much was learned from how much."""

    baskets: int
    products: int
    pairs: int


class Popular(NamedTuple):
    """What the view needs of one product's signals."""

    popularity: float
    neighbours: str


class _Pairs:
    """Counts of product pairs, merged whenever the unmerged ones fill their share of memory."""

    def __init__(self) -> None:
        self._pending: list[int] = []
        self.codes: Codes = np.zeros(0, dtype=np.int64)
        self.counts: Codes = np.zeros(0, dtype=np.int64)

    def add(self, products: list[int]) -> None:
        """One basket: every pair once, the smaller number in the upper 32 bits."""
        for at, first in enumerate(products):
            self._pending.extend((first << 32) | second for second in products[at + 1 :])
        if len(self._pending) > PAIRS_IN_MEMORY:
            self.merge()

    def merge(self) -> None:
        """Fold the pending pairs into the counts."""
        codes = np.concatenate([self.codes, np.array(self._pending, dtype=np.int64)])
        weights = np.concatenate([self.counts, np.ones(len(self._pending), dtype=np.int64)])
        self._pending.clear()
        self.codes, inverse = np.unique(codes, return_inverse=True)
        self.counts = np.bincount(inverse, weights, minlength=len(self.codes)).astype(np.int64)


class _Lessons:
    """Everything counted from the baskets so far."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.baskets: list[int] = []
        self.heat: list[float] = []
        """Log2 of each product's decayed count, with the decay's landmark at the Unix epoch."""
        self.pairs = _Pairs()
        self.seen = 0

    def add(self, basket: Basket) -> None:
        ids, at = basket
        age = at.timestamp() / DAY / POPULARITY_HALF_LIFE_DAYS
        numbers = sorted({self._number(product_id) for product_id in ids})
        self.seen += 1
        for number in numbers:
            self.baskets[number] += 1
            self.heat[number] = float(np.logaddexp2(self.heat[number], age))
        self.pairs.add(numbers[:MAX_BASKET])

    def _number(self, product_id: str) -> int:
        number = self.numbers.setdefault(product_id, len(self.numbers))
        if number == len(self.baskets):
            self.baskets.append(0)
            self.heat.append(-np.inf)
        return number

    def popularity(self) -> NDArray[np.float64]:
        """[n] of the hottest product's heat, 0..1."""
        heat = np.array(self.heat)
        return np.exp2(heat - heat.max()) if len(heat) else heat

    def neighbours(self) -> list[list[tuple[int, float, int]]]:
        """For each product its best (number, score, baskets together)."""
        self.pairs.merge()
        kept = self.pairs.counts >= MIN_TOGETHER
        codes, together = self.pairs.codes[kept], self.pairs.counts[kept]
        first, second = codes >> 32, codes & 0xFFFFFFFF
        alone = np.array(self.baskets, dtype=np.float64)
        score = together / np.sqrt(alone[first] * alone[second]) * together / (together + SHRINKAGE)
        both = np.concatenate([first, second]), np.concatenate([second, first])
        return _best(len(self.baskets), *both, np.tile(score, 2), np.tile(together, 2))


def _best(
    total: int, of: Codes, other: Codes, score: NDArray[np.float64], together: Codes
) -> list[list[tuple[int, float, int]]]:
    """The best pairs of each product, grouped by one sort."""
    order = np.lexsort((other, -score, of))
    of, other, score, together = of[order], other[order], score[order], together[order]
    starts = np.searchsorted(of, np.arange(total + 1))
    lists = []
    for start, end in pairwise(starts.tolist()):
        cut = slice(start, min(end, start + NEIGHBOURS))
        lists.append(list(zip(other[cut].tolist(), score[cut].tolist(), together[cut].tolist(), strict=True)))
    return lists


async def _each(baskets: AsyncIterable[Basket] | Iterable[Basket]) -> AsyncIterator[Basket]:
    if isinstance(baskets, AsyncIterable):
        async for basket in baskets:
            yield basket
        return
    for basket in baskets:
        yield basket


def _rows(lessons: _Lessons) -> list[dict[str, Any]]:
    ids, now = list(lessons.numbers), clock.now()
    popularity = lessons.popularity()
    return [
        {
            "product_id": product_id,
            "neighbours": orjson.dumps([(ids[n], round(s, 4), c) for n, s, c in near]).decode(),
            "popularity": float(popularity[number]),
            "baskets": lessons.baskets[number],
            "learned_at": now,
        }
        for number, (product_id, near) in enumerate(zip(ids, lessons.neighbours(), strict=True))
    ]


async def learn_signals(session: AsyncSession, baskets: AsyncIterable[Basket] | Iterable[Basket]) -> Learned:
    """Learn anew from all `baskets`, in any order, in place of what was learned before. Never commits.

    Memory grows with the products and the distinct pairs, not with the baskets.
    """
    lessons = _Lessons()
    async for basket in _each(baskets):
        lessons.add(basket)
    rows = _rows(lessons)
    await session.execute(delete(_table))
    for start in range(0, len(rows), CHUNK):
        await session.execute(insert(_table), rows[start : start + CHUNK])
    return Learned(lessons.seen, len(rows), len(lessons.pairs.codes))


async def lesson(session: AsyncSession) -> datetime | None:
    """When what is there was learned: all of it at once, so one row tells."""
    found: datetime | None = await session.scalar(select(_table.c.learned_at).limit(1))
    return found


async def load(session: AsyncSession) -> dict[str, Popular]:
    """All signals by product id; neighbours stay unparsed."""
    query = select(_table.c.product_id, _table.c.popularity, _table.c.neighbours)
    rows = await session.stream(query.execution_options(yield_per=5_000))
    return {row.product_id: Popular(row.popularity, row.neighbours) async for row in rows}
