"""The index on disk: generations that are written whole, swapped in atomically and verified at load.

    index/
      CURRENT                one line: generation name and XXH3 of its manifest
      g-7c1f…/manifest.json  model, what the catalog knows of it, every array's place, every file's XXH3-128
      g-7c1f…/*.bin          arrays, mapped into memory: processes of one machine share them

It is a cache of the database, never the truth: whatever is wrong with it, it is rebuilt from there. XXH3 finds damage,
not forgery: who can write here can also write to the database. At 4 GB/s it checks a million vectors in half a second,
where SHA-256 takes four.
"""

from __future__ import annotations

import errno
import mmap
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import orjson
import xxhash
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from store.errors import Unavailable

CURRENT, LOCK, MANIFEST = "CURRENT", ".lock", "manifest.json"
PREFIX, SUFFIX = "g-", ".bin"
SHARED = f"arrays{SUFFIX}"
"""Most arrays are small, and a file costs a sync."""
ALIGNED = 64
VERSION = 2
LOCK_SECONDS = 10.0
KEEP = 2
"""Generations kept: a process that has just read CURRENT may still be opening the one before."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
BLOCK = 1 << 24
"""Bytes written and hashed at once."""
MAP_FROM = 1 << 25
"""Bytes from which a file is mapped: below, a copy for each process costs little, and nobody who cuts the file short
under a running process can take memory from it."""

Rows = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]


class IndexState(StrEnum):
    """What is wrong with an index; each is mended by rebuilding it from the database."""

    MISSING = "index_missing"
    DAMAGED = "index_damaged"
    OLD_FORMAT = "index_old_format"
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


class Stored(BaseModel):
    """One file. `reserve` bytes behind `size` are room for what comes while the generation is in use: not checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    reserve: int = 0
    digest: str
    """XXH3-128."""


class Place(BaseModel):
    """Where an array lies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    offset: int
    dtype: str
    shape: list[int]


class Manifest(BaseModel):
    """What a generation holds and what its files must hash to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = VERSION
    model_id: str
    dimension: int
    facts: dict[str, Any]
    """What the catalog knows of it besides its arrays."""
    arrays: dict[str, Place]
    files: dict[str, Stored]


class Generation(NamedTuple):
    """What goes into a generation, and what comes out of one, there with its folder."""

    model_id: str
    dimension: int
    facts: dict[str, Any]
    arrays: Arrays
    reserves: Mapping[str, int] = {}
    """Rows of room behind the last, by array. Such an array comes back writable, for this process alone."""
    alone: frozenset[str] = frozenset()
    """Arrays that have a file of their own, which others read by its path. So have those with a reserve."""
    folder: Path | None = None

    def path(self, name: str) -> Path:
        """The file of an array that is alone."""
        assert self.folder is not None, "it was never written"
        return self.folder / f"{name}{SUFFIX}"

    def file_of(self, name: str) -> str:
        """Which file an array goes into."""
        return f"{name}{SUFFIX}" if name in self.alone or name in self.reserves else SHARED


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


class _File:
    """A file that is written and hashed in one go."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._digest = xxhash.xxh3_128()
        self.size = 0

    def add(self, array: NDArray[Any]) -> int:
        """Append an array, filled up to whole 64 bytes. Answers with its offset."""
        offset = self.size
        flat = memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        for start in range(0, len(flat), BLOCK):
            self._put(flat[start : start + BLOCK])
        self._put(bytes(-self.size % ALIGNED))
        return offset

    def _put(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def close(self, reserve: int) -> Stored:
        """Bring it to disk, with `reserve` bytes behind: a hole, which takes no space until it is written into."""
        with self._file as file:
            if reserve:
                file.truncate(self.size + reserve)
            file.flush()
            os.fsync(file.fileno())
        return Stored(size=self.size, reserve=reserve, digest=self._digest.hexdigest())

    def abandon(self) -> None:
        """Close it, whatever became of it."""
        self._file.close()


def _write_arrays(folder: Path, content: Generation) -> tuple[dict[str, Place], dict[str, Stored]]:
    places, files, reserves = {}, {}, {}
    with ExitStack() as opened:
        for name, array in content.arrays.items():
            file = content.file_of(name)
            if file not in files:
                files[file] = _File(folder / file)
                opened.callback(files[file].abandon)
            offset = files[file].add(array)
            places[name] = Place(file=file, offset=offset, dtype=array.dtype.str, shape=list(array.shape))
            reserves[file] = content.reserves.get(name, 0) * _row_bytes(places[name])
        return places, {name: file.close(reserves[name]) for name, file in files.items()}


def _row_bytes(place: Place) -> int:
    return np.dtype(place.dtype).itemsize * int(np.prod(place.shape[1:], dtype=np.int64))


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

    def write(self, content: Generation) -> Path:
        """Write a new generation, make it the current one and answer with its folder. Blocks.

        Raises: IndexBusy when another process writes for longer than 10 s, IndexNotWritten.
        """
        with _disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                with FileLock(self._folder / LOCK, timeout=LOCK_SECONDS):
                    return self._write_locked(content)
            except Timeout as error:
                raise IndexBusy(
                    f"Another process is writing the index in {self._folder}.", fix="Try again in a minute."
                ) from error

    def _write_locked(self, content: Generation) -> Path:
        generation, before = self._folder / f"{PREFIX}{uuid4().hex[:16]}", self._current()
        try:
            manifest = self._write_generation(generation, content)
            pointer = self._folder / f"{CURRENT}.tmp"
            _write(pointer, f"{generation.name} {xxhash.xxh3_128_hexdigest(manifest)}\n".encode())
            pointer.replace(self._folder / CURRENT)
        except OSError:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        _sync_folder(self._folder)
        self._prune(generation, before)
        return generation

    def _write_generation(self, generation: Path, content: Generation) -> bytes:
        generation.mkdir()
        places, files = _write_arrays(generation, content)
        manifest = Manifest(
            model_id=content.model_id, dimension=content.dimension, facts=content.facts, arrays=places, files=files
        )
        encoded = manifest.model_dump_json(indent=1).encode()
        _write(generation / MANIFEST, encoded)
        _sync_folder(generation)
        return encoded

    def _current(self) -> str | None:
        """The name of the generation that is read now."""
        try:
            return self._pointer()[0]
        except IndexUnusable:
            return None

    def _prune(self, current: Path, before: str | None) -> None:
        """Remove all but the newest generations. One that is being read stays readable until it is closed.

        The one before counts as newer than what a writer left that was killed: nobody ever read that.
        """
        others = [path for path in self._folder.glob(f"{PREFIX}*") if path != current]
        others.sort(key=lambda path: (path.name == before, path.stat().st_mtime_ns), reverse=True)
        for path in others[KEEP - 1 :]:
            shutil.rmtree(path)

    def load(self, model_id: str, dimension: int) -> Generation:
        """The current generation, mapped, every byte of it checked. Blocks.

        Raises: IndexUnusable when there is none, it is damaged, of another model or of another version.
        """
        generation, manifest = self._manifest()
        if (manifest.model_id, manifest.dimension) != (model_id, dimension):
            raise IndexUnusable(IndexState.OTHER_MODEL, f"The index was made with {manifest.model_id}, not {model_id}.")
        files = {name: _mapped(generation / name, stored) for name, stored in manifest.files.items()}
        places = manifest.arrays.items()
        arrays = {name: _array(files[at.file], at, manifest.files[at.file].reserve) for name, at in places}
        reserves = {name: len(arrays[name]) - at.shape[0] for name, at in places if manifest.files[at.file].reserve}
        return Generation(model_id, dimension, manifest.facts, arrays, reserves, folder=generation)

    def _pointer(self) -> tuple[str, str]:
        try:
            name, _, digest = (self._folder / CURRENT).read_text().strip().partition(" ")
        except FileNotFoundError:
            raise IndexUnusable(IndexState.MISSING, f"There is no index in {self._folder}.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise _damaged(CURRENT) from error
        # The name becomes a path: anything but a plain name of ours is damage.
        if not name.startswith(PREFIX) or not name.removeprefix(PREFIX).isalnum():
            raise _damaged(CURRENT)
        return name, digest

    def _manifest(self) -> tuple[Path, Manifest]:
        name, digest = self._pointer()
        generation = self._folder / name
        try:
            data = (generation / MANIFEST).read_bytes()
        except OSError as error:
            raise _damaged(MANIFEST) from error
        if len(digest) == OLD_DIGEST:
            raise IndexUnusable(IndexState.OLD_FORMAT, "The index was written by an earlier version of Penfriend.")
        if xxhash.xxh3_128_hexdigest(data) != digest:
            raise _damaged(MANIFEST)
        return generation, _read_manifest(data)


OLD_DIGEST = 64
"""Hexadecimal digits of the SHA-256 that version 1 pointed with."""


def _read_manifest(data: bytes) -> Manifest:
    try:
        if orjson.loads(data).get("version") != VERSION:
            raise IndexUnusable(IndexState.OLD_FORMAT, "The index was written by another version of Penfriend.")
        return Manifest.model_validate_json(data)
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise _damaged(MANIFEST) from error


def _damaged(name: str) -> IndexUnusable:
    return IndexUnusable(IndexState.DAMAGED, f"The index file {name} is damaged.")


def _mapped(path: Path, stored: Stored) -> memoryview:
    """The bytes of a file, if they are the ones that were written. What is checked is what is used."""
    length = stored.size + stored.reserve
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != length:
                raise _damaged(path.name)
            data = _read(file, stored) if length < MAP_FROM else _map(file, stored)
    except OSError as error:
        raise _damaged(path.name) from error
    if xxhash.xxh3_128_hexdigest(data[: stored.size]) != stored.digest:
        raise _damaged(path.name)
    return data


def _read(file: BufferedReader, stored: Stored) -> memoryview:
    content = bytearray(stored.size + stored.reserve)
    file.readinto(memoryview(content)[: stored.size])
    return memoryview(content) if stored.reserve else memoryview(content).toreadonly()


def _map(file: BufferedReader, stored: Stored) -> memoryview:
    """What is written into a reserve is this process's own."""
    access = mmap.ACCESS_COPY if stored.reserve else mmap.ACCESS_READ
    return memoryview(mmap.mmap(file.fileno(), stored.size + stored.reserve, access=access))


def _array(data: memoryview, place: Place, reserve: int) -> NDArray[Any]:
    """An array of a file, with the rows that fit into its `reserve` bytes."""
    dtype, row = np.dtype(place.dtype), _row_bytes(place)
    rows = place.shape[0] + (reserve // row if reserve else 0)
    if not rows * row:
        return np.zeros((rows, *place.shape[1:]), dtype=dtype)
    flat = np.frombuffer(data, dtype=dtype, count=rows * row // dtype.itemsize, offset=place.offset)
    return flat.reshape(rows, *place.shape[1:])
