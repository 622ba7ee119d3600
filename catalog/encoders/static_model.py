"""Static models: a text is the mean of its tokens' vectors. No torch, no attention, tens of thousands a second.

The folders are those of sentence-transformers' StaticEmbedding and of model2vec (Tulkens & van Dongen 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catalog.embedding import Vectors
from catalog.encoders.card import WEIGHTS, Card
from catalog.encoders.errors import broken
from catalog.encoders.tokens import load_tokenizer


class StaticModel:
    """See `encoder.Run`. `table`: float32 [tokens, d], one row for each id of the tokenizer."""

    def __init__(self, tokenizer: Any, table: Vectors) -> None:
        self._tokenizer = tokenizer
        self._table = table

    def __call__(self, texts: Sequence[str], prompt: str, query: bool) -> Vectors:
        """A text without known tokens is zero."""
        read = self._tokenizer.encode_batch([prompt + text for text in texts], add_special_tokens=False)
        made = np.zeros((len(texts), self._table.shape[1]), dtype=np.float32)
        for at, tokens in enumerate(read):
            if tokens.ids:
                made[at] = self._table[tokens.ids].mean(axis=0)
        return made


def load_static(card: Card) -> StaticModel:
    """Milliseconds. Raises ModelUnusable."""
    # Here and not at the top: most installations have no static model, and the library takes half a second.
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    folder = card.modules[0].folder
    tokenizer = load_tokenizer(card, folder)
    tokenizer.no_padding()
    try:
        held = load_file(folder / WEIGHTS)
        table = _folded(held)
    except (OSError, SafetensorError, KeyError, IndexError) as error:
        raise broken(card.name, f"{folder / WEIGHTS} is damaged ({type(error).__name__})") from error
    if len(table) < tokenizer.get_vocab_size():
        raise broken(card.name, f"{WEIGHTS} has {len(table)} rows for {tokenizer.get_vocab_size()} tokens")
    return StaticModel(tokenizer, table)


def _folded(held: dict[str, Any]) -> Vectors:
    """One row for each token: model2vec may share rows between tokens (`mapping`) and weigh them."""
    table = held["embedding.weight"] if "embedding.weight" in held else held["embeddings"]
    table = table[held["mapping"]] if "mapping" in held else table
    table = np.asarray(table, dtype=np.float32)
    weights = held.get("weights")
    return table if weights is None else np.asarray(table * weights[:, None], dtype=np.float32)
