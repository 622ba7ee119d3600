"""What picks cost in large catalogs: latency under every kind of limit, recall, memory, build, load, upserts.

    python -m benchmarks.picks_latency [--products 100000 1000000] [--picks 300] [--folder DIR] [--learned]

For each size a database is filled and indexed by a process of its own; another opens it and prints: seconds to build
and to open, memory (its own, and mapped from disk, which processes share), the plan of the index with the recall it
measured, then for each limit p50 and p99 of one customer's picks in ms by the clock and of processor time (which other
programs on the machine disturb less), the ratio of p50 to one bare `vectors @ query` of numpy in the same run, and the
recall of the filtered neighbour search against exact scoring. Last, upserts a second while a thread keeps picking, for
two minutes at most. Each part tells how long it took. `--learned`: instead of recall and upserts, the same limits for
customers with a past, in turn one by the default weights and one by a ranking learned from it (`picks_learned`).
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import orjson

from api.house import collect_rarely
from benchmarks.big_catalog import CENTRES, DIMENSION, NOW, CentredEncoder, fill, open_database, product
from benchmarks.picks_learned import history, learned, tastes
from catalog import neighbours
from catalog.candidates import MIN_COSINE
from catalog.cosines import cosines
from catalog.limits import allowed
from catalog.model import Limits, Signal, Taste
from catalog.neighbours import Filter, Mask, Near
from catalog.picks import pick
from catalog.products import upsert
from catalog.service import Catalog
from catalog.view import CatalogView, attach

KINDS = ("bought", "bought", "viewed", "viewed", "viewed", "carted", "wished", "picked_before")
SEEDS = 50
UPSERTS, BATCH = 10_000, 500
UPSERT_SECONDS = 120.0
"""No batch begins later than this: on a busy machine one of a million products was seen after 17 s."""

FILTERS: dict[str, Limits] = {
    "100 %": Limits(currency="EUR"),
    "10 %, anywhere": Limits(attributes=("tenth=t3",)),
    "1 %, anywhere": Limits(attributes=("hundredth=h5",)),
    "0.1 %, anywhere": Limits(attributes=("thousandth=m7",)),
    "half, by category": Limits(categories=("Half 1",)),
    "5 %, by category": Limits(categories=("Twentieth 3",)),
    "0.2 %, by category": Limits(categories=("Shelf 7",)),
    "1 %, by brand": Limits(brands=("Brand 5",)),
    "a narrow price": Limits(min_price=Decimal(50), max_price=Decimal(52)),
    "on sale": Limits(only_on_sale=True),
    "half, brand, price": Limits(categories=("Half 1",), brands=("Brand 5",), max_price=Decimal(60)),
}


def _taste(rng: np.random.Generator, count: int) -> Taste:
    signals = tuple(
        Signal.model_validate(
            {
                "product_id": product(int(rng.integers(count))).id,
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


def _exact(view: CatalogView, mask: Mask, seeds: list[int], k: int) -> list[Near]:
    rows = Filter(view, mask).rows
    scores = cosines(view.vectors, rows, view.vectors[seeds])
    near = [neighbours.top(rows, scores[:, at], k + 1) for at in range(len(seeds))]
    kept = [one.rows != seed for one, seed in zip(near, seeds, strict=True)]
    return [Near(one.rows[of_one][:k], one.cosine[of_one][:k]) for one, of_one in zip(near, kept, strict=True)]


def _recall(view: CatalogView, limits: Limits, rng: np.random.Generator) -> float:
    """Share of the exact ten nearest allowed products that picks' own search finds; NaN where no seed has any.

    Only products near enough to be picked at all (`MIN_COSINE`) count.
    """
    mask = allowed(view, limits, NOW)
    seeds = rng.integers(0, len(view), SEEDS).tolist()
    found = neighbours.nearest_to(view, mask, seeds, 10)
    wanted = [set(near.rows[near.cosine >= MIN_COSINE].tolist()) for near in _exact(view, mask, seeds, 10)]
    pairs = zip(found, wanted, strict=True)
    shares = [len(set(near.rows.tolist()) & of_seed) / len(of_seed) for near, of_seed in pairs if of_seed]
    return float(np.mean(shares)) if shares else float("nan")


def _bare(view: CatalogView) -> float:
    """Milliseconds of one dot product with every vector."""
    query = view.vectors[0]
    bare = float(np.median([_milliseconds(lambda: view.vectors @ query)[0] for _ in range(15)]))
    print(f"bare dot product over all vectors {bare:.2f} ms (median of 15)")
    return bare


def _learned_latencies(view: CatalogView, picks: int, folder: Path) -> None:
    began, happened = time.perf_counter(), history(view.live)
    ranked = attach(view, learned(view, happened, folder))
    # Each is asked about once: what a pick looked up is at hand for the next of the same customer.
    asked = list(tastes(happened, 2 * picks))
    signals = np.array([len(one.signals) for one in asked])
    print(f"a past of {len(happened):,} events, learned (or read) in {time.perf_counter() - began:,.0f} s")
    print(f"twice {picks} customers with {signals.mean():.0f} signals in the mean, the 99th of a hundred "
          f"{np.percentile(signals, 99):.0f}")  # fmt: skip
    collect_rarely()
    bare = _bare(view)
    heads = ("p50 ms", "p99 ms", "p50 cpu", "p99 cpu", "p50/dot")
    print(f"{'limits':20}{'ranked by':>12}" + "".join(f"{head:>8}" for head in heads))
    for name, limits in FILTERS.items():
        views: dict[str, CatalogView] = {"defaults": view, "learned": ranked}
        times: dict[str, list[tuple[float, float]]] = {of: [] for of in views}
        for taste, (of, one) in zip(asked, cycle(views.items()), strict=False):
            times[of].append(_milliseconds(partial(pick, one, taste, limits, now=NOW, seed=1)))
        for of, each in times.items():
            wall, cpu = np.percentile(each, [50, 99], axis=0).T
            figures = (*wall, *cpu, wall[0] / bare)
            print(f"{name:20}{of:>12}" + "".join(f"{figure:8.2f}" for figure in figures), flush=True)


def _latencies(view: CatalogView, picks: int) -> None:
    rng, bare = np.random.default_rng(7), _bare(view)
    heads = ("p50 ms", "p99 ms", "p50 cpu", "p99 cpu", "p50/dot", "recall")
    print(f"{'limits':20}{'allowed':>9}" + "".join(f"{head:>8}" for head in heads))
    for name, limits in FILTERS.items():
        tastes = [_taste(rng, view.live) for _ in range(picks)]
        times = [_milliseconds(partial(pick, view, taste, limits, now=NOW, seed=1)) for taste in tastes]
        wall, cpu = ([one[at] for one in times] for at in (0, 1))
        p50, p99 = np.percentile(wall, [50, 99])
        figures = (p50, p99, *np.percentile(cpu, [50, 99]), p50 / bare, _recall(view, limits, rng))
        share = int(allowed(view, limits, NOW).sum())
        print(f"{name:20}{share:9,}" + "".join(f"{figure:8.2f}" for figure in figures), flush=True)


def _keep_picking(catalog: Catalog, times: list[float], stop: threading.Event) -> None:
    rng = np.random.default_rng(11)
    tastes = [_taste(rng, catalog.view.live) for _ in range(200)]
    while not stop.is_set():
        taste = tastes[len(times) % len(tastes)]
        times.append(_milliseconds(partial(pick, catalog.view, taste, FILTERS["100 %"], now=NOW, seed=1))[0])
        # A mailing has pauses too; without any, one thread would only fight for the interpreter with the other.
        time.sleep(0.005)


async def _upserts(catalog: Catalog, folder: Path, count: int) -> None:
    """Batches of which nine tenths change a price and one tenth a text; each is seen before the next is written."""
    times: list[float] = []
    stop = threading.Event()
    thread = threading.Thread(target=_keep_picking, args=(catalog, times, stop))
    thread.start()
    database, rng, seen = open_database(folder), np.random.default_rng(3), []
    began = time.perf_counter()
    for version in range(UPSERTS // BATCH):
        if time.perf_counter() - began > UPSERT_SECONDS:
            break
        batch = [
            product(int(number), 9 if at % 10 else 20 + version)
            for at, number in enumerate(rng.integers(0, count, BATCH))
        ]
        async with database.session() as session:
            await upsert(session, batch)
        written = time.perf_counter()
        await catalog.refresh()
        seen.append(time.perf_counter() - written)
    took = time.perf_counter() - began
    stop.set()
    thread.join()
    await database.close()
    p50, p99 = np.percentile(times, [50, 99])
    print(
        f"{len(seen) * BATCH / took:,.0f} upserts/s in {len(seen)} batches of {BATCH}, each seen after "
        f"{np.median(seen):.2f} s (longest "
        f"{max(seen):.2f}); meanwhile {len(times)} picks, p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    )


def _memory() -> dict[str, int]:
    """MiB of this process: its own, and mapped from files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kinds = {"RssAnon": "own", "RssFile": "mapped"}
    return {
        kinds[name]: int(rest.split()[0]) // 1024
        for name, _, rest in (line.partition(":") for line in lines)
        if name in kinds
    }


async def prepare(folder: Path, count: int) -> None:
    """Fill a database and build its index; print how long that took."""
    began = time.perf_counter()
    await fill(folder, count)
    database = open_database(folder)
    steps: dict[str, float] = {"filling the database": time.perf_counter() - began}
    began = last = time.perf_counter()
    doing = "opening"

    def heard(what: str, _: int, __: int | None) -> None:
        nonlocal doing, last
        steps[doing] = steps.get(doing, 0.0) + time.perf_counter() - last
        doing, last = what, time.perf_counter()

    catalog = await Catalog.open(database, folder / "index", CentredEncoder())
    await catalog.rebuild(heard)
    heard("", 0, None)
    print(orjson.dumps({"seconds": time.perf_counter() - began, **steps}).decode())
    peak, worked = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, time.process_time()
    print(f"at most {peak:,} MiB of memory, {worked:,.0f} s of processor time with filling the database")
    await database.close()


async def measure(folder: Path, count: int, picks: int, *, with_learned: bool = False) -> None:
    """Open what was prepared and print everything else."""
    before, database, began = _memory(), open_database(folder), time.perf_counter()
    catalog = await Catalog.open(database, folder / "index", CentredEncoder())
    took, after = time.perf_counter() - began, _memory()
    size = sum(path.stat().st_blocks * 512 for path in (folder / "index").rglob("*")) >> 20
    print(f"{catalog.view.live:,} products x {DIMENSION}; opened in {took:.2f} s, rebuilt: {catalog.opened.rebuilt}")
    # As a service does that has opened its house: a full collection walks through the catalog, for 130 ms of 100,000.
    collect_rarely()
    own, mapped = (after[kind] - before[kind] for kind in ("own", "mapped"))
    print(f"memory {own} MiB own, {mapped} mapped; {size} MiB on disk")
    print(f"plan: {catalog.view.plan.model_dump()}")
    if with_learned:
        _learned_latencies(catalog.view, picks, folder / "learned")
        await database.close()
        return
    began = time.perf_counter()
    _latencies(catalog.view, picks)
    print(f"picking and recall took {time.perf_counter() - began:,.0f} s")
    print(f"memory after picking: {_memory()}")
    await _upserts(catalog, folder, count)
    await database.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, nargs="+", default=[100_000])
    parser.add_argument("--picks", type=int, default=300)
    parser.add_argument("--folder", type=Path, help="where databases are kept between runs; otherwise they are not")
    parser.add_argument("--learned", action="store_true", help="measure the learned ranking beside the default weights")
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for count in arguments.products:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (arguments.folder or Path(scratch)) / str(count)
            folder.mkdir(parents=True, exist_ok=True)
            if arguments.prepare:
                asyncio.run(prepare(folder, count))
                continue
            if not (folder / "index" / "CURRENT").exists():
                command = [sys.executable, "-m", "benchmarks.picks_latency", "--prepare", "--folder", folder.parent]
                subprocess.run([*command, "--products", str(count)], check=True)
            asyncio.run(measure(folder, count, arguments.picks, with_learned=arguments.learned))


if __name__ == "__main__":
    main()
