"""A model behind the `Encoder` protocol: loaded with the first text, fed in batches of like length, in turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from catalog.embedding import Vectors
from catalog.encoders.batches import batches
from catalog.encoders.errors import ModelFault, ModelUnusable
from catalog.encoders.turns import Turns

BATCH_CHARACTERS = 12_800
"""Rows times longest text of one batch: some 3,000 tokens, a quarter of a second on one core. Larger ones are no faster
and keep a search query waiting longer."""


class Run(Protocol):
    """A loaded model."""

    def __call__(self, texts: Sequence[str], prompt: str, query: bool) -> Vectors:
        """float32 [len(texts), d] of one batch, of any length; `prompt` goes before each text."""


class Prompts(NamedTuple):
    """What a model wants before each text; empty for most."""

    query: str = ""
    document: str = ""


class ModelEncoder:
    """`catalog.embedding.Encoder` over any model. Safe to call from several threads."""

    def __init__(self, model_id: str, dimension: int, prompts: Prompts, load: Callable[[], Run]) -> None:
        self.model_id = model_id
        self.dimension = dimension
        self._prompts = prompts
        self._load = load
        self._turns = Turns()

    @cached_property
    def _run(self) -> Run:
        return self._load()

    def encode(self, texts: list[str]) -> Vectors:
        """See `Encoder.encode`. Loads the model with the first call. Raises: ModelUnusable."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for at in batches([len(text) for text in texts], BATCH_CHARACTERS):
            with self._turns.patient():
                vectors[at] = self._encoded([texts[i] for i in at], self._prompts.document, query=False)
        return vectors

    def encode_query(self, texts: list[str]) -> Vectors:
        """See `Encoder.encode_query`. Waits for one batch of `encode` at most. Raises: ModelUnusable."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with self._turns.hurried():
            return self._encoded(texts, self._prompts.query, query=True)

    def _encoded(self, texts: list[str], prompt: str, *, query: bool) -> Vectors:
        vectors = self._run(texts, prompt, query)
        if vectors.shape != (len(texts), self.dimension):
            raise ModelUnusable(
                ModelFault.OTHER_DIMENSION,
                f"The embedding model {self.model_id} gives vectors of {vectors.shape[-1]}, "
                f"and its configuration says {self.dimension}.",
                fix="Save the model anew with sentence-transformers, or set embedding.model to another.",
            )
        return unit(vectors)


def unit(vectors: Vectors) -> Vectors:
    """Of length one, in float32: models that compute in bfloat16 miss it by a thousandth. What is zero gets an axis."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    made = np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
    made[lengths[:, 0] == 0, 0] = 1.0
    return made
