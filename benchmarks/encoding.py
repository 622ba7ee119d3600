"""How fast product texts become vectors, each way of running the packaged model, and what each does to neighbours.

    python -m benchmarks.encoding [--texts 512] [--rounds 5] [--data ../shared/data/electronics_offers.parquet]

Against plain sentence-transformers (float32, batches of 32) in the same run, turn by turn, so that what else the
machine does falls on all alike: texts a second (median of the rounds, and the ratio to plain), the share of the ten
nearest neighbours of float32 that are kept, and the lowest cosine between a text's vector and that of float32. "mixed"
compares vectors of one way with queries of float32: what machines with different CPUs do that share one database.
Real titles of an electronics shop where the file is there, else the demo shop's products.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from catalog.embedding import Vectors, product_text
from catalog.encoders.errors import ModelFault, ModelUnusable
from catalog.encoders.locate import model_folder
from catalog.encoders.opening import open_encoder
from catalog.encoders.settings import PACKAGED, EmbeddingSettings
from catalog.model import Product
from demo import products as demo

DATA = Path("../shared/data/electronics_offers.parquet")
NEIGHBOURS = 10
PLAIN = "plain sentence-transformers"
WAYS: dict[str, dict[str, Any]] = {
    "ours, float32": {"precision": "float32"},
    "ours, bfloat16": {"precision": "bfloat16"},
    "ours, as it comes": {},
    "onnx float32": {"backend": "onnx"},
    "onnx int8": {"backend": "onnx", "precision": "int8"},
}
Encode = Callable[[list[str]], Vectors]


class Line(NamedTuple):
    """One way of encoding."""

    name: str
    per_second: float
    kept: float
    mixed: float
    lowest: float


def texts(path: Path, wanted: int) -> list[str]:
    """Texts of different products, the same in every run."""
    found = _offers(path) if path.is_file() else list(demo.products(datetime(2026, 6, 1, tzinfo=UTC)))
    distinct = list(dict.fromkeys(map(product_text, found)))
    order = np.random.default_rng(0).permutation(len(distinct))
    return [distinct[at] for at in order[:wanted]]


def _offers(path: Path) -> list[Product]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, columns=["title", "description", "brand", "modelno"]).to_pylist()
    return [
        Product(
            id=str(at),
            title=row["title"] or "-",
            description=row["description"] or "",
            link="https://shop.example",
            brand=row["brand"],
            google_product_category="Electronics",
            attributes={"model": row["modelno"]},
        )
        for at, row in enumerate(table)
    ]


def measured(ways: dict[str, Encode], said: list[str], rounds: int) -> list[Line]:
    """Each way in turn, `rounds` times, after one that warms it up."""
    vectors = {name: encode(said) for name, encode in ways.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, encode in ways.items():
            began = time.perf_counter()
            encode(said)
            times[name].append(time.perf_counter() - began)
    exact = vectors[PLAIN]
    nearest = _nearest(exact, exact)
    return [
        Line(
            name,
            len(said) / statistics.median(times[name]),
            _share(nearest, _nearest(own, own)),
            _share(nearest, _nearest(exact, own)),
            float((own * exact).sum(axis=1).min()),
        )
        for name, own in vectors.items()
    ]


def _nearest(queries: Vectors, vectors: Vectors) -> list[set[int]]:
    cosine = queries @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    return [set(row) for row in np.argpartition(-cosine, NEIGHBOURS, axis=1)[:, :NEIGHBOURS].tolist()]


def _share(expected: list[set[int]], found: list[set[int]]) -> float:
    return float(np.mean([len(one & other) / NEIGHBOURS for one, other in zip(expected, found, strict=True)]))


def _plain(max_tokens: int) -> Encode:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_folder(PACKAGED)[1]), device="cpu", local_files_only=True)
    model.max_seq_length = max_tokens
    return lambda said: np.asarray(
        model.encode(said, batch_size=32, normalize_embeddings=True, show_progress_bar=False), dtype=np.float32
    )


def _ways(kept: Path) -> dict[str, Encode]:
    # Ours first: what it sets before torch is loaded then holds for both.
    ways: dict[str, Encode] = {}
    for name, given in WAYS.items():
        encoder = open_encoder(EmbeddingSettings.model_validate(given), kept)
        try:
            encoder.encode(["a first text loads the model"])
        except ModelUnusable as error:
            if error.fault is not ModelFault.NO_PACKAGE:
                raise
            print(f"{name}: left out. {error}")
        else:
            ways[name] = encoder.encode
    return {PLAIN: _plain(EmbeddingSettings().max_tokens), **ways}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    if not arguments.data.is_file():
        print(f"{arguments.data} is not there: the demo shop's products instead.")
    said = texts(arguments.data, arguments.texts)
    with tempfile.TemporaryDirectory() as kept:
        lines = measured(_ways(Path(kept)), said, arguments.rounds)
    print(f"{len(said)} texts of {statistics.mean(map(len, said)):.0f} characters on average")
    print(f"{'':30}{'texts/s':>9}{'ratio':>8}{'kept':>8}{'mixed':>8}{'lowest cosine':>15}")
    for line in lines:
        ratio = line.per_second / lines[0].per_second
        print(f"{line.name:30}{line.per_second:9.0f}{ratio:8.2f}{line.kept:8.3f}{line.mixed:8.3f}{line.lowest:15.4f}")


if __name__ == "__main__":
    main()
