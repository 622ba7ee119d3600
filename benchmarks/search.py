"""How well search finds the same product under another shop's title, and how fast.

    python -m benchmarks.search [--data ../shared/data] [--offers 8000] [--queries 500] [--seed 1]

The catalog are real electronics offers of several shops (`electronics_offers.parquet`). A query is the title of one
offer, its answers the offers of *other* shops with the same model number (four characters or more, with a digit); the
query's own shop is excluded before ranking, as a limit would. Three kinds: the title as it is; without the model
number, so that the words must do; and with two neighbouring letters of one long word swapped.

Printed for each: MRR@10 and Recall@10 of words alone (ours, and the bare library bm25s over the same texts), of meaning
alone, of reciprocal rank fusion (Cormack, Clarke & Büttcher 2009), and of the search that is shipped; p50 and p99 of a
query in ms with their ratio to the bare library and to one bare `vectors @ query` of numpy; and what building costs.
The query's encoding is not in these times: it happens beside them, once for each query.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from catalog.embedding import Vectors, product_text
from catalog.encoders.opening import open_encoder
from catalog.encoders.settings import EmbeddingSettings
from catalog.model import Product
from catalog.raw import raw_of
from catalog.search import POOL, fitting
from catalog.spelling import spelled
from catalog.view import CatalogView, build_view

FILE = "electronics_offers.parquet"
TOP = 10
LEAST_MODEL = 4
RRF = 60
"""The constant of the paper."""
LONG_WORD = 5

Mask = NDArray[np.bool_]
Order = NDArray[np.int64]
"""Rows, best first."""


class Query(NamedTuple):
    """One question: the row its title is from, the rows that answer it, the model number they share."""

    row: int
    answers: frozenset[int]
    model: str


@dataclass(frozen=True, slots=True)
class Offers:
    """The catalog and the questions about it."""

    view: CatalogView
    shops: NDArray[np.str_]
    titles: list[str]
    queries: list[Query]

    def others(self, query: Query) -> Mask:
        """[n]: offers of other shops."""
        return np.asarray(self.shops != self.shops[query.row])


def _folded(text: str | None) -> str:
    return re.sub(r"[^a-z0-9]", "", (text or "").lower())


def _model(row: dict[str, Any]) -> str:
    """The model number: as the shop gives it, or behind the last dash of a title that ends with one."""
    named = _folded(row["modelno"])
    if not named and row["source"] in ("abt", "buy") and " - " in row["title"]:
        named = _folded(row["title"].rsplit(" - ", 1)[1])
    return named if len(named) >= LEAST_MODEL and any(char.isdigit() for char in named) else ""


def read_offers(path: Path) -> list[dict[str, Any]]:
    """All offers. Exits with what is missing."""
    if not path.exists():
        sys.exit(f"{path} is not there: give the folder that holds {FILE} with --data.")
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


def _questions(rows: Sequence[dict[str, Any]], count: int, rng: random.Random) -> list[Query]:
    by_model: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if model := _model(row):
            by_model[model].append(number)
    found = []
    for model, same in by_model.items():
        for number in same:
            answers = frozenset(other for other in same if rows[other]["source"] != rows[number]["source"])
            # The largest shop's offers are what is looked for, not what is asked.
            if answers and rows[number]["source"] != "amazon_elec":
                found.append(Query(number, answers, model))
    return rng.sample(found, min(count, len(found)))


def prepare(rows: list[dict[str, Any]], offers: int, queries: int, seed: int) -> Offers:
    """Choose questions, fill up with other offers, encode."""
    rng = random.Random(seed)
    asked = _questions(rows, queries, rng)
    needed = {row for query in asked for row in (query.row, *query.answers)}
    others = [number for number in range(len(rows)) if number not in needed]
    kept = sorted(needed | set(rng.sample(others, max(0, min(offers, len(rows)) - len(needed)))))
    place = {number: at for at, number in enumerate(kept)}
    products = [_product(at, rows[number]) for at, number in enumerate(kept)]
    began = time.perf_counter()
    encoder = open_encoder(EmbeddingSettings(), Path(), spare_cores=0)
    vectors = encoder.encode([product_text(one) for one in products])
    print(f"{len(products)} offers encoded in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    view = build_view([raw_of(one) for one in products], {}, vectors)
    print(f"view with its words built in {time.perf_counter() - began:.1f} s")
    moved = [Query(place[q.row], frozenset(place[row] for row in q.answers), q.model) for q in asked]
    shops = np.array([rows[number]["source"] for number in kept])
    return Offers(view, shops, [rows[number]["title"] for number in kept], moved)


def _product(at: int, row: dict[str, Any]) -> Product:
    attributes = {"model": row["modelno"]} if row["modelno"] else {}
    return Product(
        id=f"{at:06}",
        title=row["title"],
        description=row["description"] or "",
        link=f"https://shop.example/{at}",
        brand=row["brand"],
        attributes=attributes,
    )


def without_model(title: str, model: str) -> str:
    """The title less every word that is the model number, or a piece of it with a digit."""
    words = (word for word in title.split() if not _is_of(model, _folded(word)))
    return " ".join(words).strip(" -")


def _is_of(model: str, word: str) -> bool:
    piece = len(word) >= LEAST_MODEL and word in model and any(char.isdigit() for char in word)
    return word == model or piece


def with_a_slip(title: str, rng: random.Random) -> str:
    """Two neighbouring letters within one word of five letters or more swapped."""
    words = title.split()
    long = [at for at, word in enumerate(words) if word.isalpha() and len(word) >= LONG_WORD]
    if not long:
        return title
    at = rng.choice(long)
    cut = rng.randrange(1, len(words[at]) - 2)
    word = words[at]
    words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)


class Bare:
    """The library alone, over the same words in one field."""

    def __init__(self, view: CatalogView) -> None:
        # Here, since only this benchmark needs it.
        import bm25s
        import Stemmer  # type: ignore[import-not-found]

        self._library = bm25s
        self._stemmer = Stemmer.Stemmer("english")
        texts = [" ".join(view.texts(row)) for row in range(len(view))]
        began = time.perf_counter()
        tokens = bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)
        self._index = bm25s.BM25()
        self._index.index(tokens, show_progress=False)
        print(f"bm25s built in {time.perf_counter() - began:.1f} s")

    def scores(self, text: str, mask: Mask) -> NDArray[np.float32]:
        """[n]"""
        (words,) = self._library.tokenize(
            [text], stopwords="en", stemmer=self._stemmer, show_progress=False, return_ids=False
        )
        known = [word for word in words if word in self._index.vocab_dict]
        if not known:
            return np.zeros(len(mask), dtype=np.float32)
        found: NDArray[np.float32] = self._index.get_scores(known, weight_mask=mask.astype(np.float32))
        return found


def _best(score: NDArray[np.float32], mask: Mask) -> Order:
    masked = np.where(mask, score, -np.inf)
    best = np.argpartition(-masked, TOP)[:TOP]
    return best[np.argsort(-masked[best], kind="stable")]


def _fused(view: CatalogView, words: NDArray[np.float32], cosine: NDArray[np.float32], mask: Mask) -> Order:
    score = np.zeros(len(mask), dtype=np.float32)
    for signal in (words, cosine):
        order = np.argsort(-np.where(mask, signal, -np.inf), kind="stable")[:POOL]
        score[order] += 1.0 / (RRF + 1 + np.arange(len(order)))
    return _best(score, mask)


Method = Callable[[str, Vectors, Mask], Order]


def methods(offers: Offers, bare: Bare) -> dict[str, Method]:
    """Everything that is compared."""
    view, index = offers.view, offers.view.columns.words

    def by_words(text: str) -> NDArray[np.float32]:
        return index.score(spelled(index, index.read(text)).words)

    def ours(text: str, vector: Vectors, mask: Mask) -> Order:
        found = fitting(view, spelled(index, index.read(text)).words, vector, mask, TOP)
        return found.rows.astype(np.int64)

    return {
        "words (bm25s)": lambda text, vector, mask: _best(bare.scores(text, mask), mask),
        "words (ours)": lambda text, vector, mask: _best(by_words(text), mask),
        "meaning": lambda text, vector, mask: _best(view.vectors @ vector[0], mask),
        "rank fusion": lambda text, vector, mask: _fused(view, by_words(text), view.vectors @ vector[0], mask),
        "search as shipped": ours,
    }


def _measured(
    offers: Offers, method: Method, texts: Sequence[str], vectors: Vectors
) -> tuple[float, float, list[float]]:
    """MRR@10, Recall@10, and ms of each query."""
    ranks, shares, took = [], [], []
    for query, text, vector in zip(offers.queries, texts, vectors, strict=True):
        mask = offers.others(query)
        began = time.perf_counter()
        rows = method(text, vector[None, :], mask).tolist()
        took.append((time.perf_counter() - began) * 1000)
        hits = [place for place, row in enumerate(rows, 1) if row in query.answers]
        ranks.append(1 / hits[0] if hits else 0.0)
        shares.append(len(hits) / min(TOP, len(query.answers)))
    return float(np.mean(ranks)), float(np.mean(shares)), took


def _table(offers: Offers, bare: Bare, kinds: dict[str, list[str]]) -> None:
    encoder = open_encoder(EmbeddingSettings(), Path(), spare_cores=0)
    for kind, texts in kinds.items():
        vectors = encoder.encode_query(texts)
        print(
            f"\n{kind} ({len(texts)} queries)\n{'':20}{'MRR@10':>8}{'R@10':>8}{'p50 ms':>9}{'p99 ms':>9}{'× bm25s':>9}"
        )
        library = 0.0
        for name, method in methods(offers, bare).items():
            mrr, recall, took = _measured(offers, method, texts, vectors)
            p50, p99 = np.percentile(took, [50, 99])
            library = library or float(p50)
            print(f"{name:20}{mrr:8.3f}{recall:8.3f}{p50:9.2f}{p99:9.2f}{p50 / library:9.2f}")
        times = []
        for vector in vectors:
            began = time.perf_counter()
            offers.view.vectors @ vector
            times.append((time.perf_counter() - began) * 1000)
        print(f"{'bare numpy product':20}{'':16}{np.median(times):9.2f}{np.percentile(times, 99):9.2f}")


def main() -> int:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--offers", type=int, default=8_000)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    offers = prepare(read_offers(given.data / FILE), given.offers, given.queries, given.seed)
    rng = random.Random(given.seed)
    titles = [offers.titles[query.row] for query in offers.queries]
    bare_titles = [without_model(title, query.model) for title, query in zip(titles, offers.queries, strict=True)]
    kinds = {
        "title": titles,
        "title without its model number": bare_titles,
        "title with a slip": [with_a_slip(title, rng) for title in titles],
    }
    _table(offers, Bare(offers.view), kinds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
