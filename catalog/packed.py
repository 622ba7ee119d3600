"""A million texts as two arrays: compact, memory-mapped, decoded one at a time.

A Python string costs 50 bytes before its first letter, and a process that opens a million of them makes them all
anew. Here they are bytes in one blob that every process of the machine shares.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import xxhash
from numpy.typing import NDArray

Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def hash64(text: str) -> int:
    """XXH3 of a text, 0..2⁶⁴-1: the same in every process, unlike Python's own."""
    return xxhash.xxh3_64_intdigest(text.encode())


class Packed(Sequence[bytes]):
    """Byte strings in one blob uint8 [m]; string i lies at `offsets[i]:offsets[i + 1]`."""

    __slots__ = ("_bytes", "blob", "offsets")

    def __init__(self, blob: NDArray[np.uint8], offsets: Offsets) -> None:
        self.blob = blob
        self.offsets = offsets
        self._bytes = blob.data

    @classmethod
    def of(cls, items: Iterable[bytes]) -> Packed:
        """Packs `items`; never holds them all as objects."""
        builder = PackedBuilder()
        for item in items:
            builder.add(item)
        return builder.packed()

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        return bytes(self._bytes[self.offsets[at] : self.offsets[at + 1]])


class PackedBuilder:
    """Takes one byte string after another."""

    def __init__(self) -> None:
        self._blob = bytearray()
        self._ends = array("q", [0])

    def add(self, item: bytes) -> None:
        """The next one."""
        self._blob += item
        self._ends.append(len(self._blob))

    def packed(self) -> Packed:
        """Those that were added. Nothing can be added after it."""
        return Packed(np.frombuffer(self._blob, dtype=np.uint8), np.frombuffer(self._ends, dtype=np.int64))


class Keys(Mapping[str, int]):
    """Distinct texts and their positions: a sorted array of hashes instead of a dictionary.

    A lookup is one binary search and one comparison of bytes, about 2 µs among a million.
    """

    __slots__ = ("hashes", "order", "texts")

    def __init__(self, texts: Packed, hashes: Hashes, order: NDArray[np.int32]) -> None:
        self.texts = texts
        self.hashes = hashes
        """Ascending."""
        self.order = order
        """Position in `texts` of each hash."""

    @classmethod
    def of(cls, texts: Packed) -> Keys:
        """The positions of `texts`, which are distinct UTF-8."""
        hashes = np.fromiter((xxhash.xxh3_64_intdigest(text) for text in texts), dtype=np.uint64, count=len(texts))
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        return cls(texts, hashes[order], order)

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return (text.decode() for text in self.texts)

    def __getitem__(self, text: str) -> int:
        found = self._find(text)
        if found < 0:
            raise KeyError(text)
        return found

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self._find(text) >= 0

    def get(self, text: str, default: Any = None) -> Any:
        """Without the exception that `Mapping.get` goes through."""
        found = self._find(text)
        return default if found < 0 else found

    def find_all(self, texts: Iterable[str]) -> NDArray[np.int32]:
        """[len(texts)] the position of each, -1 for those that are not there: a third of the price of one by one."""
        encoded = [text.encode() for text in texts]
        wanted = np.fromiter(map(xxhash.xxh3_64_intdigest, encoded), dtype=np.uint64, count=len(encoded))
        if not len(self.hashes):
            return np.full(len(encoded), -1, dtype=np.int32)
        at = np.minimum(self.hashes.searchsorted(wanted), len(self.hashes) - 1)
        found = np.where(self.hashes[at] == wanted, self.order[at], np.int32(-1))
        blob, offsets = self.texts.blob.data, self.texts.offsets
        spans = zip(found.tolist(), offsets[found].tolist(), offsets[found + 1].tolist(), encoded, strict=True)
        for number, (position, start, end, text) in enumerate(spans):
            if position >= 0 and blob[start:end] != text:
                found[number] = self._find_encoded(text)
        return found

    def _find(self, text: str) -> int:
        return self._find_encoded(text.encode())

    def _find_encoded(self, encoded: bytes) -> int:
        wanted = np.uint64(xxhash.xxh3_64_intdigest(encoded))
        at = int(self.hashes.searchsorted(wanted))
        # Two texts may share a hash; equal hashes stand side by side.
        while at < len(self.hashes) and self.hashes[at] == wanted:
            position = int(self.order[at])
            if self.texts[position] == encoded:
                return position
            at += 1
        return -1
