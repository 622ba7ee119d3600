"""Vectors of product texts, encoded once and kept on disk outside the repository."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.embedding import Encoder, text_hash

Vectors = NDArray[np.float32]
SAVE_EVERY = 2_048


class VectorCache:
    """Text → vector of one encoder, in one file of `folder`."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._encoder = encoder
        name = hashlib.sha256(encoder.model_id.encode()).hexdigest()[:12]
        self._path = folder / f"vectors-{name}.npz"
        self._hashes, self._vectors = self._read()

    def _read(self) -> tuple[NDArray[np.str_], Vectors]:
        if not self._path.is_file():
            return np.zeros(0, dtype="U64"), np.zeros((0, self._encoder.dimension), dtype=np.float32)
        with np.load(self._path, allow_pickle=False) as held:
            return held["hashes"], held["vectors"]

    def of(self, texts: list[str], progress: Callable[[int, int], None]) -> Vectors:
        """float32 [len(texts), dimension]. Encodes what is not held yet; `progress` hears (encoded, to encode)."""
        hashes = np.array([text_hash(text) for text in texts])
        missing = sorted(set(np.flatnonzero(~np.isin(hashes, self._hashes)).tolist()), key=lambda at: hashes[at])
        wanted = [at for at, before in zip(missing, [None, *missing], strict=False) if not _same(hashes, at, before)]
        for start in range(0, len(wanted), SAVE_EVERY):
            chunk = wanted[start : start + SAVE_EVERY]
            self._add(hashes[chunk], self._encoder.encode([texts[at] for at in chunk]))
            progress(min(start + SAVE_EVERY, len(wanted)), len(wanted))
        return self._vectors[np.searchsorted(self._hashes, hashes)]

    def _add(self, hashes: NDArray[np.str_], vectors: Vectors) -> None:
        hashes = np.concatenate([self._hashes, hashes])
        order = np.argsort(hashes)
        self._hashes, self._vectors = hashes[order], np.concatenate([self._vectors, vectors])[order]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(".tmp.npz")
        np.savez(written, hashes=self._hashes, vectors=self._vectors)
        written.replace(self._path)


def _same(hashes: NDArray[np.str_], at: int, before: int | None) -> bool:
    return before is not None and bool(hashes[at] == hashes[before])
