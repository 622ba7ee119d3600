"""The catalog in memory, immutable and shared by all requests: products, columns, vectors, signals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from catalog import products
from catalog.ann import Plan, Segment
from catalog.columns import NO_GROUP, Columns, RawProduct, build_columns, shelf_of, texts_of
from catalog.columns import field as field_of
from catalog.corpus import Corpus, Ids, Raws, RowOf
from catalog.embedding import Vectors, product_text, text_hash
from catalog.index import Rows
from catalog.learning.model import Bound, Learned, bind
from catalog.lexical import Texts
from catalog.masks import Masks
from catalog.model import Product
from catalog.packed import Keys, Packed
from catalog.raw import pack
from catalog.signals import Popular

Hashes = NDArray[np.uint64]
NO_TEXT = 0
ROOM_SHARE, ROOM_AT_LEAST = 0.25, 1_024
"""Rows of room behind the last: what comes finds a place without the vectors being copied."""
KEPT_TIES = 2_000
"""Products whose ties are kept in memory, some 6 kB each: people buy the same few."""

KEPT_PRODUCTS = 2_000
"""Products kept as they are handed out, some 3 kB each."""


class Together(NamedTuple):
    """A product bought together with another: its row, how strongly (0..1), in how many baskets."""

    row: int
    score: float
    baskets: int


class Ledger(NamedTuple):
    """What each row [n] was made of."""

    text: Hashes
    """Of the product's text now."""
    encoded: Hashes
    """Of the text its vector was made of, 0 where it has none."""
    stamp: NDArray[np.int64]
    """`catalog.changes.Changed.stamp`."""


@dataclass(frozen=True, slots=True, eq=False)
class CatalogView:
    """One state of the catalog. A refresh makes another; this one stays as it is for whoever holds it.

    A product has one row. `len` counts rows, those of products that are gone among them: no mask of limits lets them
    through. `live` counts products.
    """

    corpus: Corpus
    columns: Columns
    room: Vectors
    """float32 [capacity, d]: the vectors, and behind them room for more. A row is written once."""
    ledger: Ledger
    live: int
    segments: tuple[Segment, ...] = ()
    plan: Plan = field(default_factory=Plan)
    masks: Masks = field(default_factory=Masks)
    signals: Mapping[str, Popular] = field(default_factory=dict)
    """What baskets taught, by product id."""
    learned: Bound | None = None
    """What ranks picks here, learned from the shop's history; None where nothing was learned. See `attach`."""
    _ties: dict[str, tuple[Together, ...]] = field(default_factory=dict, init=False)
    """What `bought_with` read before. Not an argument: a view made of this one may have other rows."""
    _products: dict[int, Product] = field(default_factory=dict, init=False)
    """What `product` made before; not an argument either."""

    def __len__(self) -> int:
        return len(self.corpus)

    @property
    def ids(self) -> Sequence[str]:
        """The id of each row."""
        return Ids(self.corpus)

    @property
    def row_of(self) -> Mapping[str, int]:
        """The row of each product that is there."""
        return RowOf(self.corpus, self.live)

    @property
    def vectors(self) -> Vectors:
        """float32 [n, d]; zeros where a product has no vector yet."""
        return self.room[: len(self.corpus)]

    @property
    def alive(self) -> NDArray[np.bool_]:
        """[n] rows of products that are there."""
        return self.columns.alive

    @property
    def _raws(self) -> Sequence[RawProduct]:
        return Raws(self.corpus)

    def waiting(self) -> Rows:
        """Rows of products whose vector is missing or was made of another text."""
        return np.flatnonzero(self.alive & (self.ledger.text != self.ledger.encoded)).astype(np.int32)

    def encodable(self, row: int) -> tuple[str, str]:
        """A product's id and the text its vector is made of."""
        return self.corpus.id(row), product_text(products.from_row(self._raws[row]))

    def product(self, row: int) -> Product:
        """The whole product of a row. What was asked for lately is at hand: picks fall on the same few."""
        known = self._products.get(row)
        if known is None:
            if len(self._products) >= KEPT_PRODUCTS:
                self._products.clear()
            known = self._products[row] = products.from_row(self._raws[row])
        return known

    def texts(self, row: int) -> Texts:
        """What it is found by."""
        return texts_of(self._raws[row])

    def title(self, row: int) -> str:
        """Without building the product."""
        return str(field_of(self._raws[row], "title"))

    def category(self, row: int) -> str | None:
        """As `Product.category`, without building the product."""
        path = field_of(self._raws[row], "product_type") or field_of(self._raws[row], "google_product_category")
        return path.split(">")[-1].strip() if path else None

    def path(self, row: int) -> str:
        """The whole category path, empty for none."""
        raw = self._raws[row]
        return str(field_of(raw, "product_type") or field_of(raw, "google_product_category") or "")

    def shelf(self, row: int) -> str | None:
        """The first part of the category path: the department."""
        return shelf_of(self._raws[row])

    def same_shelf(self, row: int, other: int) -> bool:
        """In one department; False where the shop names none."""
        shelf = self.columns.shelf
        return bool(shelf[row] == shelf[other] and shelf[row] != NO_GROUP)

    def consumable_days(self, row: int) -> int | None:
        """Days one unit lasts, None for what is not used up."""
        return int(self.columns.table["lasts"][row]) or None

    def brand(self, row: int) -> str | None:
        """The brand, without building the product."""
        name: str | None = field_of(self._raws[row], "brand")
        return name

    def naming(self, row: int) -> tuple[str, str | None, str | None]:
        """Title, colour and size, as the feed says them."""
        raw = self.corpus.raw(row)
        return str(field_of(raw, "title")), field_of(raw, "color"), field_of(raw, "size")

    def bought_with(self, product_id: str, k: int) -> Sequence[Together]:
        """The `k` products most bought together with this one, as far as the catalog still has them."""
        if product_id not in self._ties:
            if len(self._ties) >= KEPT_TIES:
                self._ties.clear()
            self._ties[product_id] = tuple(self._tied_to(product_id))
        return self._ties[product_id][:k]

    def _tied_to(self, product_id: str) -> Iterator[Together]:
        found = self.signals.get(product_id)
        ties = orjson.loads(found.neighbours) if found else ()
        rows = self.corpus.rows([other for other, _, _ in ties]).tolist()
        for row, (_, score, baskets) in zip(rows, ties, strict=True):
            if row >= 0:
                yield Together(row, score, baskets)

    def heat(self, product_id: str) -> float:
        """How popular a product is, 0..1."""
        found = self.signals.get(product_id)
        return found.popularity if found else 0.0


def attach(view: CatalogView, learned: Learned | None) -> CatalogView:
    """The view with what was learned laid over its rows; again for every view that is built anew."""
    return replace(view, learned=None if learned is None else bind(learned, view.row_of, len(view)))


def text_number(digest: str) -> int:
    """The first 64 bits of a text's hash."""
    return int(digest[:16], 16)


def text_of(raw: RawProduct) -> int:
    """The `Ledger.text` of a product."""
    return text_number(text_hash(product_text(products.from_row(raw))))


def room_for(rows: int, dimension: int) -> Vectors:
    """float32 [capacity, dimension] of zeros, with room for more than `rows`."""
    return np.zeros((rows + spare(rows), dimension), dtype=np.float32)


def spare(rows: int) -> int:
    """Rows of room behind `rows`."""
    return max(ROOM_AT_LEAST, int(rows * ROOM_SHARE))


def popularity_of(corpus: Corpus, learned: Mapping[str, Popular]) -> NDArray[np.float32]:
    """[n] 0..1."""
    popularity = np.zeros(len(corpus), dtype=np.float32)
    rows = corpus.rows(list(learned))
    heat = np.fromiter((one.popularity for one in learned.values()), dtype=np.float32, count=len(learned))
    popularity[rows[rows >= 0]] = heat[rows >= 0]
    return popularity


def build_view(raws: Sequence[RawProduct], learned: Mapping[str, Popular], vectors: Vectors) -> CatalogView:
    """A view of these products, row i the i-th; `vectors` [n, d] are of their texts. For shops that fit into memory."""
    names = [field_of(raw, "id") for raw in raws]
    corpus = Corpus(Keys.of(Packed.of(name.encode() for name in names)), Packed.of(map(pack, raws)))
    room = room_for(len(names), vectors.shape[1])
    room[: len(names)] = vectors
    text = np.array([text_of(raw) for raw in raws], dtype=np.uint64)
    ledger = Ledger(text, text, np.zeros(len(names), dtype=np.int64))
    columns = build_columns(raws, popularity_of(corpus, learned))
    return CatalogView(corpus, columns, room, ledger, len(names), signals=learned)
