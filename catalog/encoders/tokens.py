"""The tokenizer of a model's folder, for the ways of running it that do without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog.encoders.card import Card
from catalog.encoders.errors import broken

TOKENIZER = "tokenizer.json"


def load_tokenizer(card: Card, folder: Path) -> Any:
    """A `tokenizers.Tokenizer`, without truncation. Raises ModelUnusable."""
    # Here and not at the top: only models other than the default need it.
    from tokenizers import Tokenizer

    path = folder / TOKENIZER
    if not path.is_file():
        raise broken(card.name, f"there is no {TOKENIZER} in {folder}")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    # All that the library raises is Exception itself.
    except Exception as error:
        raise broken(card.name, f"{path} cannot be read ({error})") from error
    tokenizer.no_truncation()
    return tokenizer
