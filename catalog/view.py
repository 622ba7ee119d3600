"""The catalog in memory, immutable and shared by all requests: products, columns, vectors, signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from catalog import products, signals
from catalog.columns import Columns, RawProduct, build_columns, field
from catalog.embedding import Vectors
from catalog.index import Generation, Rows
from catalog.model import Product
from catalog.signals import Popular


class Together(NamedTuple):
    """A product bought together with another: its row, how strongly (0..1), in how many baskets."""

    row: int
    score: float
    baskets: int


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    """One state of the catalog. A refresh makes another; this one stays as it is for whoever holds it."""

    ids: tuple[str, ...]
    row_of: Mapping[str, int]
    columns: Columns
    vectors: Vectors
    """float32 [n, d]; zeros where a product has no vector yet."""
    neighbours: Rows | None
    """int32 [n, k], see `neighbours.build_lists`; None in small catalogs."""
    _raws: Sequence[RawProduct]
    _signals: Mapping[str, Popular]

    def __len__(self) -> int:
        return len(self.ids)

    def product(self, row: int) -> Product:
        """The whole product of a row."""
        return products.from_row(self._raws[row])

    def title(self, row: int) -> str:
        """Without building the product."""
        return str(field(self._raws[row], "title"))

    def category(self, row: int) -> str | None:
        """As `Product.category`, without building the product."""
        path = field(self._raws[row], "product_type") or field(self._raws[row], "google_product_category")
        return path.split(">")[-1].strip() if path else None

    def shelf(self, row: int) -> str | None:
        """The first part of the category path: the department."""
        path = field(self._raws[row], "product_type") or field(self._raws[row], "google_product_category")
        return path.split(">")[0].strip() if path else None

    def same_shelf(self, row: int, other: int) -> bool:
        """In one department; False where the shop names none."""
        shelf = self.shelf(row)
        return shelf is not None and shelf == self.shelf(other)

    def consumable_days(self, row: int) -> int | None:
        """Days one unit lasts, None for what is not used up."""
        days: int | None = field(self._raws[row], "consumable_days")
        return days

    def brand(self, row: int) -> str | None:
        """The brand, without building the product."""
        name: str | None = field(self._raws[row], "brand")
        return name

    def color(self, row: int) -> str | None:
        """As the feed says it, without building the product."""
        name: str | None = field(self._raws[row], "color")
        return name

    def size(self, row: int) -> str | None:
        """As the feed says it, without building the product."""
        name: str | None = field(self._raws[row], "size")
        return name

    def stock(self, row: int) -> int | None:
        """Units on the shelf, None where the shop does not count them."""
        units: int | None = field(self._raws[row], "stock")
        return units

    def bought_with(self, product_id: str, k: int) -> list[Together]:
        """The `k` products most bought together with this one, as far as the catalog still has them."""
        found = self._signals.get(product_id)
        if found is None:
            return []
        listed = orjson.loads(found.neighbours)
        known = (
            Together(self.row_of[other], score, baskets) for other, score, baskets in listed if other in self.row_of
        )
        return list(islice(known, k))


def _aligned(ids: Sequence[str], row_of: Mapping[str, int], generation: Generation) -> tuple[Vectors, Rows | None]:
    """Vectors and lists of the index in the order of the view; the index's own memory where they agree."""
    if generation.ids == list(ids):
        return generation.vectors, generation.neighbours
    kept = [(at, row_of[name]) for at, name in enumerate(generation.ids) if name in row_of]
    at, rows = (np.array(numbers, dtype=np.int32) for numbers in (zip(*kept, strict=True) if kept else ((), ())))
    vectors = np.zeros((len(ids), generation.vectors.shape[1]), dtype=np.float32)
    vectors[rows] = generation.vectors[at]
    if generation.neighbours is None:
        return vectors, None
    # One more entry than rows, so that index -1 ("no neighbour") stays -1.
    to_view = np.full(len(generation.ids) + 1, -1, dtype=np.int32)
    to_view[at] = rows
    lists = np.full((len(ids), generation.neighbours.shape[1]), -1, dtype=np.int32)
    lists[rows] = to_view[generation.neighbours[at]]
    return vectors, lists


def build_view(raws: Sequence[RawProduct], learned: Mapping[str, Popular], generation: Generation) -> CatalogView:
    """Assemble a view. Blocks; about 30 µs a product."""
    ids = tuple(field(raw, "id") for raw in raws)
    row_of = {product_id: row for row, product_id in enumerate(ids)}
    popularity = np.array([learned[i].popularity if i in learned else 0.0 for i in ids], dtype=np.float32)
    vectors, lists = _aligned(ids, row_of, generation)
    return CatalogView(ids, row_of, build_columns(raws, popularity), vectors, lists, raws, learned)


async def read_view(session: AsyncSession) -> tuple[list[RawProduct], dict[str, Popular]]:
    """What a view is built from, besides the index."""
    return [row async for row in products.stream_rows(session)], await signals.load(session)
