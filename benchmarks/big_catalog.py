"""A catalog of any size in a database of its own: products, vectors that cost no model, and what baskets taught."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sqlalchemy import insert

from catalog.embedding import Vectors
from catalog.model import Product
from catalog.products import upsert
from catalog.tables import SignalRow
from store.crypto import Keyring, load_keyring, save_keyring
from store.database import Database

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DIMENSION, CENTRES, NOISE_BITS, SPREAD = 384, 500, 14, 0.8
NOISE = 2**NOISE_BITS
SOLD_SHARE = 5
"""One product in so many was ever bought together with another."""
CHUNK = 5_000


class CentredEncoder:
    """Vectors around 500 centres, one a shelf: as crowded as a shop's, and as slow as adding two rows."""

    model_id = "benchmark/centres"
    dimension = DIMENSION

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self._centres = rng.standard_normal((CENTRES, DIMENSION), dtype=np.float32)
        self._noise = rng.standard_normal((NOISE, DIMENSION), dtype=np.float32) * np.float32(SPREAD / np.sqrt(2))

    def encode(self, texts: list[str]) -> Vectors:
        """See `catalog.embedding.Encoder.encode`. Texts are those of `product`."""
        numbers = np.array([[int(one) for one in re.findall(r"\d+", text)[:2]] for text in texts], dtype=np.int64)
        model, shelf = numbers.reshape(-1, 2).T
        # Two lots of the bits of one product: no two models have both in common, which would make them twins across
        # shelves.
        mixed = model * 2_654_435_761
        first, second = mixed % NOISE, (mixed >> NOISE_BITS) % NOISE
        vectors = self._centres[shelf % CENTRES] + self._noise[first] + self._noise[second]
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)

    def encode_query(self, texts: list[str]) -> Vectors:
        """See `catalog.embedding.Encoder.encode_query`: the same."""
        return self.encode(texts)


def product(number: int, version: int = 0) -> Product:
    """Product `number` of a shop with 500 shelves. Another `version` has another price, each tenth another text."""
    shelf = (number * 7_919) % 104_729 % CENTRES
    price = Decimal(500 + (number * 7919 + version * 13) % 9_500) / 100
    return Product(
        id=f"p{number:07d}",
        title=f"Model {number + version // 10 * 3} of shelf {shelf}",
        description=f"A thing for every day. It is made to last and easy to clean, and there are {number % 97} of it.",
        link=f"https://shop.example/{number}",
        price=price,
        currency="EUR",
        sale_price=price / 2 if number % 12 == 0 else None,
        product_type=f"Half {shelf % 2} > Twentieth {shelf % 20} > Shelf {shelf}",
        brand=f"Brand {number % 100}",
        item_group_id=f"g{number // 3}",
        availability="out_of_stock" if number % 10 == 0 else "in_stock",
        consumable_days=30 if number % 5 == 0 else None,
        added_at=NOW - timedelta(days=number % 700),
        attributes={"tenth": f"t{number % 11}", "hundredth": f"h{number % 111}", "thousandth": f"m{number % 1111}"},
    )


def _signals(count: int) -> Iterator[dict[str, object]]:
    rng = np.random.default_rng(5)
    for number in range(0, count, SOLD_SHARE):
        others = (f"p{other:07d}" for other in rng.integers(0, count, 50).tolist())
        yield {
            "product_id": f"p{number:07d}",
            "popularity": float(rng.random() ** 4),
            "neighbours": orjson.dumps([[other, 0.2, 5] for other in others]).decode(),
            "baskets": 5,
            "learned_at": NOW,
        }


def open_database(folder: Path) -> Database:
    """The database in a folder, one for all who open it."""
    keys = folder / "keys.json"
    if not keys.exists():
        save_keyring(keys, Keyring.generate())
    return Database.open(f"sqlite:///{folder / 'shop.db'}", load_keyring(keys))


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    each = iter(items)
    while chunk := list(islice(each, CHUNK)):
        yield chunk


async def fill(folder: Path, count: int) -> None:
    """Products 0..count-1 and what baskets taught about a fifth of them."""
    database = open_database(folder)
    await database.migrate()
    for products in _chunks(map(product, range(count))):
        async with database.session() as session:
            await upsert(session, products)
    for rows in _chunks(_signals(count)):
        async with database.session() as session:
            await session.execute(insert(SignalRow), rows)
    await database.close()
