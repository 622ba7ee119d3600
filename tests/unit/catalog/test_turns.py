"""A query goes between two batches, however many are still to come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event, Thread

import numpy as np

from catalog.embedding import Vectors
from catalog.encoders.encoder import ModelEncoder, Prompts
from tests.kit.patience import PATIENCE_S


class Slow:
    """A model whose second batch waits for `go`, and that remembers what it read in which order."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.busy, self.go = Event(), Event()

    def __call__(self, texts: Sequence[str], prompt: str, query: bool) -> Vectors:
        """Vectors that do not matter."""
        self.read.append("query" if query else f"{len(texts)} products")
        if self.read[1:] == ["32 products"]:
            self.busy.set()
            self.go.wait(PATIENCE_S)
        return np.ones((len(texts), 4), dtype=np.float32)


def test_a_query_waits_for_one_batch_and_not_for_all() -> None:
    model = Slow()
    encoder = ModelEncoder("model/1", 4, Prompts(), lambda: model)
    products = Thread(target=encoder.encode, args=(["x" * 400] * 32 * 6,))
    query = Thread(target=encoder.encode_query, args=(["tea"],))
    products.start()
    assert model.busy.wait(PATIENCE_S)
    query.start()
    until = time.monotonic() + PATIENCE_S
    while not encoder._turns._door.locked() and time.monotonic() < until:
        query.join(0.001)
    model.go.set()
    products.join(PATIENCE_S)
    query.join(PATIENCE_S)
    assert model.read == ["32 products", "32 products", "query", *["32 products"] * 4]


def test_the_model_is_loaded_with_the_first_text_and_once() -> None:
    loads = []

    meanwhile = Event()

    def load() -> Slow:
        loads.append(1)
        meanwhile.wait(0.05)
        return Slow()

    encoder = ModelEncoder("model/1", 4, Prompts(), load)
    assert encoder.encode([]).shape == (0, 4)
    assert loads == []
    callers = [Thread(target=encode, args=(["tea"],)) for encode in (encoder.encode_query, encoder.encode)]
    for one in callers:
        one.start()
    for one in callers:
        one.join(PATIENCE_S)
    assert loads == [1]
