"""How well picks foresee what people buy next, against public baselines, on a real shop.

    python -m benchmarks.picks [--data FILE …] [--join FILE …] [--columns customer=… item=… time=…]
                               [--cut 1|2|3] [--customers N] [--quick] [--no-vectors] [--json FILE]

Any shop's order lines will do: Parquet, CSV, TSV or NDJSON, columns guessed from their names or named. Three cuts;
learned from what happened before a cut, asked what is bought in the weeks after it; HitRate@3, Recall@10, NDCG@10,
coverage, diversity and novelty with bootstrap intervals. See docs/picks.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.recommenders import ours, report
from benchmarks.recommenders.base import Recommender
from benchmarks.recommenders.content import Content
from benchmarks.recommenders.factors import Als, Bpr, Ease
from benchmarks.recommenders.invented import SHOPS, invent
from benchmarks.recommenders.loading import Loaded, load
from benchmarks.recommenders.log import Log
from benchmarks.recommenders.measure import Yardstick, measure
from benchmarks.recommenders.neighbours import ItemKnn, TifuKnn
from benchmarks.recommenders.popularity import BuyAgain, Popularity, RecentPopularity
from benchmarks.recommenders.splits import CUTS, Split, cuts, split, thinned, window_days
from benchmarks.recommenders.vectors import VectorCache, Vectors
from catalog.encoders.opening import open_encoder
from catalog.encoders.settings import EmbeddingSettings
from store.errors import PenfriendError

DATA = Path("../shared/data/online_retail.parquet")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "penfriend-benchmarks"
QUICK_CUSTOMERS, QUICK_RESAMPLES = 500, 500


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, nargs="+", default=[DATA], help="order lines or events; parts of one table"
    )
    parser.add_argument("--invented", choices=SHOPS, help="a shop made by law instead of --data")
    parser.add_argument("--join", type=Path, nargs="+", default=[], help="tables of more columns: products, orders")
    parser.add_argument("--columns", nargs="+", default=[], metavar="ROLE=NAME", help="which column is what")
    parser.add_argument("--cut", type=int, choices=range(1, CUTS + 1), action="append", help="only this cut")
    parser.add_argument("--customers", type=int, default=2_000, help="at most so many test customers, drawn at random")
    parser.add_argument(
        "--lines", type=int, default=5_000_000, help="of larger data some customers, with about so many"
    )
    parser.add_argument("--resamples", type=int, default=2_000, help="of the bootstrap")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", nargs="+", help="only these, by name or its beginning")
    parser.add_argument("--quick", action="store_true", help="500 customers, 500 resamples, no slow baselines")
    parser.add_argument("--no-vectors", action="store_true", help="without text: no encoder, no diversity")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder for encoded texts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    return parser


def _methods(arguments: argparse.Namespace, train: Log, vectors: Vectors) -> list[Recommender]:
    simple: list[Recommender] = [Popularity(), RecentPopularity(), BuyAgain(), ItemKnn(), TifuKnn()]
    slow: list[Recommender] = [] if arguments.quick else [Ease(), Als(), Bpr()]
    text: list[Recommender] = [] if arguments.no_vectors else [Content(vectors)]
    if not train.is_bought.all():
        simple += [BuyAgain(views_too=True), ItemKnn(views_too=True)]
        slow += [] if arguments.quick else [Als(views_too=True)]
    learned = ours.Ours(vectors)
    product: list[Recommender] = [learned, ours.RankingAlone(learned), ours.ByHand(vectors)]
    every = [*simple, *slow, *text, *product]
    return [method for method in every if _wanted(method.name, every, arguments.methods or [""])]


def _wanted(name: str, every: list[Recommender], words: list[str]) -> bool:
    """A word is a method's name, or the beginning of several."""
    whole = {method.name for method in every} & set(words)
    return name in whole or name.startswith(tuple(set(words) - whole))


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


def _vectors(arguments: argparse.Namespace, one: Split, progress: Progress) -> Vectors:
    """[items of the training log, d]; without text all are alike nothing."""
    if arguments.no_vectors:
        return np.zeros((one.train.items, 1), dtype=np.float32)
    bar = progress.add_task("encode texts", total=None)
    cache = VectorCache(arguments.cache, open_encoder(EmbeddingSettings(), arguments.cache))
    found = cache.of(ours.texts(one.train), lambda done, total: progress.update(bar, completed=done, total=total))
    progress.remove_task(bar)
    return found


def _load(arguments: argparse.Namespace) -> Loaded:
    if arguments.invented:
        return Loaded(invent(arguments.invented, arguments.seed), [f"the invented shop {arguments.invented!r}"])
    told = dict(pair.split("=", 1) for pair in arguments.columns)
    return load(arguments.data, arguments.join, told)


def _run(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    if arguments.quick:
        arguments.customers = min(arguments.customers, QUICK_CUSTOMERS)
        arguments.resamples = min(arguments.resamples, QUICK_RESAMPLES)
    loaded = _load(arguments)
    log = thinned(loaded.log, arguments.lines, arguments.seed)
    if log is not loaded.log:
        loaded.notes.append(f"drawn: all {len(log):,} lines of {log.customers:,} customers")
    if not (log.text >= 0).any():
        arguments.no_vectors = True
        loaded.notes.append("no titles: nothing is learned from text, and diversity is not measured")
    print("\n".join(loaded.notes))
    days = window_days(log)
    found = []
    for number, cut in enumerate(cuts(log, days), start=1):
        if number in (arguments.cut or range(1, CUTS + 1)):
            one = split(log, cut, days, customers=arguments.customers, seed=arguments.seed)
            found.append(_measured(arguments, one))
    return found


def _measured(arguments: argparse.Namespace, one: Split) -> dict[str, Any]:
    with _progress() as progress:
        vectors = _vectors(arguments, one, progress)
        bar = progress.add_task("", total=None)
        by = Yardstick(one.train, vectors, arguments.resamples, arguments.seed)
        methods = _methods(arguments, one.train, vectors)
        tables = measure(one, methods, by, lambda doing: progress.update(bar, description=doing))
    print("\n".join(report.lines(one, tables)), flush=True)
    return report.as_json(one, tables)


def main(words: Sequence[str] | None = None) -> int:
    """Run and print; `words` are those of the command line."""
    arguments = _parser().parse_args(words)
    try:
        found = _run(arguments)
    except PenfriendError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.json:
        arguments.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
