"""How long picks take at 100,000 products, under every kind of limit, against one bare dot product.

    python -m benchmarks.picks_latency [--products 100000] [--picks 300]

Prints p50 and p99 in ms, p99 of the CPU time (which other programs on the machine do not disturb), the ratios
of p50 and p99 to numpy's `vectors @ query` over the whole catalog in the same run, and the recall of the filtered
neighbour search against exact scoring. Vectors are random around 500 centres.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import numpy as np
import orjson

from catalog import neighbours
from catalog.candidates import MIN_COSINE
from catalog.columns import RawProduct
from catalog.embedding import Vectors
from catalog.index import Generation, Rows, flat_index, held_vectors
from catalog.limits import allowed
from catalog.model import Limits, Product, Signal, Taste
from catalog.picks import pick
from catalog.signals import Popular
from catalog.view import CatalogView, build_view

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DIMENSION, CENTRES = 384, 500
KINDS = ("bought", "bought", "viewed", "viewed", "viewed", "carted", "wished", "picked_before")

FILTERS: dict[str, Limits] = {
    "none": Limits(currency="EUR"),
    "half the catalog": Limits(categories=("Half 1",)),
    "one category in 20": Limits(categories=("Twentieth 3",)),
    "one category in 500": Limits(categories=("Shelf 7",)),
    "a brand in 100": Limits(brands=("Brand 5",)),
    "a narrow price": Limits(min_price=Decimal(50), max_price=Decimal(52)),
    "on sale": Limits(only_on_sale=True),
    "everything at once": Limits(categories=("Half 1",), brands=("Brand 5",), max_price=Decimal(60)),
}


def _product(number: int, centre: int) -> Product:
    price = Decimal(500 + (number * 7919) % 9_500) / 100
    return Product(
        id=f"p{number:06d}",
        title=f"Model {number} of shelf {centre}",
        link=f"https://shop.example/{number}",
        price=price,
        currency="EUR",
        sale_price=price / 2 if number % 12 == 0 else None,
        product_type=f"Half {centre % 2} > Twentieth {centre % 20} > Shelf {centre}",
        brand=f"Brand {number % 100}",
        item_group_id=f"g{number // 3}",
        availability="out_of_stock" if number % 10 == 0 else "in_stock",
        consumable_days=30 if number % 5 == 0 else None,
        added_at=NOW - timedelta(days=number % 700),
    )


def _vectors(rng: np.random.Generator, centres: np.ndarray) -> Vectors:
    middle = rng.standard_normal((CENTRES, DIMENSION), dtype=np.float32)
    noise = rng.standard_normal((len(centres), DIMENSION), dtype=np.float32)
    vectors = middle[centres] + np.float32(0.8) * noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _lists(vectors: Vectors, centres: np.ndarray) -> Rows:
    """Neighbour lists by cluster: what `neighbours.build_lists` finds here, in seconds instead of minutes."""
    lists = np.full((len(vectors), neighbours.LIST_LENGTH), -1, dtype=np.int32)
    for centre in range(CENTRES):
        rows = np.flatnonzero(centres == centre).astype(np.int32)
        score = vectors[rows] @ vectors[rows].T
        np.fill_diagonal(score, -np.inf)
        best = np.argsort(-score, axis=1)[:, : min(neighbours.LIST_LENGTH, len(rows) - 1)]
        lists[rows, : best.shape[1]] = rows[best]
    return lists


def _signals(rng: np.random.Generator, ids: list[str]) -> dict[str, Popular]:
    others = rng.integers(0, len(ids), (len(ids), 50)).tolist()
    return {
        product_id: Popular(float(rng.random() ** 4), orjson.dumps([[ids[o], 0.2, 5] for o in others[at]]).decode())
        for at, product_id in enumerate(ids)
    }


def _view(rng: np.random.Generator, count: int) -> CatalogView:
    centres = rng.integers(0, CENTRES, count)
    raws: list[RawProduct] = [
        tuple(getattr(product, name) for name in Product.model_fields)
        for product in map(_product, range(count), centres.tolist())
    ]
    ids = [str(raw[0]) for raw in raws]
    index = flat_index(_vectors(rng, centres))
    held = held_vectors(index)
    generation = Generation("random", "", ids, index, held, _lists(held, centres))
    return build_view(raws, _signals(rng, ids), generation)


def _taste(rng: np.random.Generator, ids: tuple[str, ...]) -> Taste:
    signals = tuple(
        Signal.model_validate(
            {
                "product_id": ids[int(rng.integers(len(ids)))],
                "kind": kind,
                "at": NOW - timedelta(days=float(rng.integers(1, 60))),
            }
        )
        for kind in KINDS
        for _ in range(3)
    )
    shelf = int(rng.integers(CENTRES))
    return Taste(
        signals=signals,
        searches=(f"model shelf {shelf}", "brand 7"),
        interests=(("category", f"Shelf {shelf}", 0.6), ("brand", f"Brand {shelf % 100}", 0.3)),
        price_low=Decimal(20),
        price_high=Decimal(60),
    )


def _milliseconds(call: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and CPU time of a call."""
    began, worked = time.perf_counter(), time.thread_time()
    call()
    return (time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000


def _times(view: CatalogView, limits: Limits, tastes: list[Taste]) -> tuple[list[float], list[float]]:
    """Wall-clock and CPU times of one pick for each taste."""
    times = [_milliseconds(partial(pick, view, taste, limits, now=NOW, seed=1)) for taste in tastes]
    return [wall for wall, _ in times], [cpu for _, cpu in times]


def _recall(view: CatalogView, limits: Limits, rng: np.random.Generator) -> float:
    """Share of the exact ten nearest allowed products that picks' own search finds, over 50 seeds.

    Only products near enough to be picked at all (`MIN_COSINE`) count; NaN where no seed has any.
    """
    mask = allowed(view, limits, NOW)
    seeds = rng.integers(0, len(view), 50).tolist()
    found = neighbours.nearest(view.vectors, view.neighbours, mask, seeds, 10)
    exact = neighbours.nearest(view.vectors, None, mask, seeds, 10)
    wanted = [set(near.rows[near.cosine >= MIN_COSINE].tolist()) for near in exact]
    pairs = zip(found, wanted, strict=True)
    shares = [len(set(near.rows.tolist()) & of_seed) / len(of_seed) for near, of_seed in pairs if of_seed]
    return float(np.mean(shares)) if shares else float("nan")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--picks", type=int, default=300)
    arguments = parser.parse_args()
    rng = np.random.default_rng(7)
    view = _view(rng, arguments.products)
    query = view.vectors[0]
    bare = float(np.median([_milliseconds(lambda: view.vectors @ query)[0] for _ in range(30)]))
    print(f"{len(view):,} products x {DIMENSION}; bare dot product {bare:.2f} ms (median of 30)")
    print(
        f"{'limits':20}{'allowed':>8}{'p50 ms':>8}{'p99 ms':>8}{'p99 cpu':>8}{'p50/dot':>8}{'p99/dot':>8}{'recall':>8}"
    )
    for name, limits in FILTERS.items():
        wall, cpu = _times(view, limits, [_taste(rng, view.ids) for _ in range(arguments.picks)])
        p50, p99 = np.percentile(wall, [50, 99])
        figures = (p50, p99, np.percentile(cpu, 99), p50 / bare, p99 / bare, _recall(view, limits, rng))
        share = int(allowed(view, limits, NOW).sum())
        print(f"{name:20}{share:8,}" + "".join(f"{figure:8.2f}" for figure in figures))


if __name__ == "__main__":
    main()
