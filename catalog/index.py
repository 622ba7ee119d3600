"""The vector index on disk: generations that are written whole, swapped in atomically and verified at load.

    index/
      CURRENT                one line: generation name and SHA-256 of its manifest
      g-7c1f…/manifest.json  model, dimension, fingerprint of its products, SHA-256 of every other file
      g-7c1f…/vectors.faiss  IndexFlatIP: exact inner product of unit vectors, that is cosine
      g-7c1f…/ids.json       product ids, one a row of the index
      g-7c1f…/neighbours.npy for large catalogs: each row's nearest rows (see `catalog.neighbours`)

The index is a cache of the embedding table, never the truth: whatever is wrong with it, it is rebuilt from
there. Flat is exact, and fast enough to about 100,000 products: picks score only what the limits allow.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import faiss
import numpy as np
import orjson
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from catalog.embedding import Vectors
from store.errors import Unavailable

CURRENT, LOCK, MANIFEST = "CURRENT", ".lock", "manifest.json"
VECTORS, IDS, NEIGHBOURS = "vectors.faiss", "ids.json", "neighbours.npy"
PREFIX = "g-"
LOCK_SECONDS = 10.0
KEEP = 2
"""Generations kept: a process that has just read CURRENT may still be opening the one before."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

Rows = NDArray[np.int32]


class IndexState(StrEnum):
    """What is wrong with an index; each is mended by rebuilding it from the database."""

    MISSING = "index_missing"
    DAMAGED = "index_damaged"
    OTHER_MODEL = "index_other_model"
    STALE = "index_stale"


class IndexUnusable(Unavailable):
    """The index on disk cannot be used as it is; `state` says why."""

    def __init__(self, state: IndexState, message: str) -> None:
        super().__init__(message, fix="It is rebuilt from the database.", reason=state.value)
        self.state = state


class IndexBusy(Unavailable):
    """Another process is writing the index."""

    reason = "index_busy"


class IndexNotWritten(Unavailable):
    """The disk refused the new generation; the one before stays. Reason `disk_full` or `disk_failed`."""

    reason = "disk_failed"
    retryable = False


class Manifest(BaseModel):
    """What a generation holds and what its files must hash to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    model_id: str
    dimension: int
    count: int
    products: str
    """`vectors.fingerprint` of the rows it was built from."""
    files: dict[str, str]
    """SHA-256 by file name."""


class Generation(NamedTuple):
    """What goes into a generation and what comes out of one: row i of each part is about `ids[i]`.

    `index` is a faiss.IndexFlatIP, `vectors` float32 [n, d] the memory it holds; `neighbours` int32 [n, k]
    rows of the index, best first, -1 where there are fewer, or None where the catalog is small.
    """

    model_id: str
    products: str
    ids: list[str]
    index: Any
    vectors: Vectors
    neighbours: Rows | None = None


def flat_index(vectors: Vectors) -> Any:
    """A faiss.IndexFlatIP over `vectors` [n, d]."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _array_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _files(content: Generation) -> dict[str, bytes]:
    files = {VECTORS: faiss.serialize_index(content.index).tobytes(), IDS: orjson.dumps(content.ids)}
    if content.neighbours is not None:
        files[NEIGHBOURS] = _array_bytes(content.neighbours)
    return files


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable: without it a crash may undo them."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in FULL
        raise IndexNotWritten(
            f"The index could not be written to {folder}: {error.strerror or error}. The one before is kept.",
            fix="Free some space and refresh again." if full else "Check the folder and its permissions.",
            reason="disk_full" if full else "disk_failed",
        ) from error


class IndexFolder:
    """Reads and writes the generations of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, content: Generation) -> None:
        """Write a new generation and make it the current one. Blocks.

        Raises: IndexBusy when another process writes for longer than 10 s, IndexNotWritten.
        """
        with _disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(self._folder / LOCK, timeout=LOCK_SECONDS):
                    self._write_locked(content)
            except Timeout as error:
                raise IndexBusy(
                    f"Another process is writing the index in {self._folder}.", fix="Try again in a minute."
                ) from error

    def _write_locked(self, content: Generation) -> None:
        generation = self._folder / f"{PREFIX}{uuid4().hex[:16]}"
        try:
            manifest = self._write_generation(generation, content)
            pointer = self._folder / f"{CURRENT}.tmp"
            _write(pointer, f"{generation.name} {hashlib.sha256(manifest).hexdigest()}\n".encode())
            pointer.replace(self._folder / CURRENT)
        except OSError:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        _sync_folder(self._folder)
        self._prune(generation)

    def _write_generation(self, generation: Path, content: Generation) -> bytes:
        files = _files(content)
        manifest = Manifest(
            model_id=content.model_id,
            dimension=content.vectors.shape[1],
            count=len(content.ids),
            products=content.products,
            files={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        )
        encoded = manifest.model_dump_json(indent=1).encode()
        generation.mkdir()
        for name, data in {**files, MANIFEST: encoded}.items():
            _write(generation / name, data)
        _sync_folder(generation)
        return encoded

    def _prune(self, current: Path) -> None:
        """Remove all but the newest generations. One that is being read stays readable until it is closed."""
        others = [path for path in self._folder.glob(f"{PREFIX}*") if path != current]
        others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in others[KEEP - 1 :]:
            shutil.rmtree(path)

    def load(self, model_id: str, dimension: int, products: str) -> Generation:
        """The current generation, every byte of it checked. Blocks.

        Raises: IndexUnusable when there is none, it is damaged, of another model, or of other products.
        """
        generation, manifest = self._manifest()
        if (manifest.model_id, manifest.dimension) != (model_id, dimension):
            raise IndexUnusable(IndexState.OTHER_MODEL, f"The index was made with {manifest.model_id}, not {model_id}.")
        if manifest.products != products:
            raise IndexUnusable(IndexState.STALE, "The index was made from other products or texts.")
        files = {name: _verified(generation / name, digest) for name, digest in manifest.files.items()}
        return _generation(manifest, files)

    def _manifest(self) -> tuple[Path, Manifest]:
        try:
            name, _, digest = (self._folder / CURRENT).read_text().strip().partition(" ")
        except FileNotFoundError:
            raise IndexUnusable(IndexState.MISSING, f"There is no index in {self._folder}.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise _damaged(CURRENT) from error
        # The name becomes a path: anything but a plain name of ours is damage.
        if not name.startswith(PREFIX) or not name.removeprefix(PREFIX).isalnum():
            raise _damaged(CURRENT)
        generation = self._folder / name
        try:
            return generation, Manifest.model_validate_json(_verified(generation / MANIFEST, digest))
        except ValidationError as error:
            raise _damaged(MANIFEST) from error


def _damaged(name: str) -> IndexUnusable:
    return IndexUnusable(IndexState.DAMAGED, f"The index file {name} is damaged.")


def _verified(path: Path, digest: str) -> bytes:
    """The bytes of a file, if they are the ones that were written. What is checked is what is used."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged(path.name) from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise _damaged(path.name)
    return data


def _generation(manifest: Manifest, files: dict[str, bytes]) -> Generation:
    index = faiss.deserialize_index(np.frombuffer(files[VECTORS], dtype=np.uint8))
    neighbours = np.load(io.BytesIO(files[NEIGHBOURS])) if NEIGHBOURS in files else None
    ids = orjson.loads(files[IDS])
    return Generation(manifest.model_id, manifest.products, ids, index, held_vectors(index), neighbours)


class _Memory:
    """A flat index's vectors as numpy's array interface; an array made of it keeps the index alive."""

    def __init__(self, index: Any) -> None:
        self.index = index
        self.__array_interface__ = {
            "shape": (index.ntotal, index.d),
            "typestr": "<f4",
            "data": (int(index.get_xb()), True),
            "version": 3,
        }


def held_vectors(index: Any) -> Vectors:
    """The vectors inside a flat index, float32 [n, d], read-only and without a copy."""
    if index.ntotal == 0:
        return np.zeros((0, index.d), dtype=np.float32)
    return np.asarray(_Memory(index))
