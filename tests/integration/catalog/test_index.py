"""The index on disk: whole or refused, and never half replaced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from catalog import index
from catalog.embedding import HashingEncoder
from catalog.index import Generation, IndexBusy, IndexFolder, IndexState, IndexUnusable, flat_index, held_vectors

ENCODER = HashingEncoder(16)


def generation(*texts: str, products: str = "p1") -> Generation:
    held = held_vectors(flat_index(ENCODER.encode(list(texts))))
    lists = np.arange(len(texts), dtype=np.int32)[:, None]
    return Generation(ENCODER.model_id, products, [f"id-{t}" for t in texts], flat_index(held), held, lists)


def load(folder: Path, products: str = "p1") -> Generation:
    return IndexFolder(folder).load(ENCODER.model_id, ENCODER.dimension, products)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written = generation("tea", "cup")
    IndexFolder(tmp_path / "new" / "index").write(written)
    found = load(tmp_path / "new" / "index")
    assert found.ids == written.ids
    assert np.array_equal(found.vectors, written.vectors)
    assert found.neighbours is not None
    assert found.neighbours.tolist() == [[0], [1]]


def test_an_empty_catalog_has_an_index_too(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation())
    assert load(tmp_path).vectors.shape == (0, 16)


def test_vectors_outlive_the_index_they_lie_in() -> None:
    held = held_vectors(flat_index(ENCODER.encode(["tea"] * 2_000)))
    filler = [np.ones(32_000, dtype=np.float32) for _ in range(50)]
    assert np.array_equal(held, ENCODER.encode(["tea"] * 2_000))
    assert filler


@pytest.mark.parametrize(
    ("model", "dimension", "products", "state"),
    [
        ("other", 16, "p1", IndexState.OTHER_MODEL),
        (ENCODER.model_id, 32, "p1", IndexState.OTHER_MODEL),
        (ENCODER.model_id, 16, "p2", IndexState.STALE),
    ],
)
def test_an_index_of_something_else_is_refused(
    tmp_path: Path, model: str, dimension: int, products: str, state: IndexState
) -> None:
    IndexFolder(tmp_path).write(generation("tea"))
    with pytest.raises(IndexUnusable) as raised:
        IndexFolder(tmp_path).load(model, dimension, products)
    assert raised.value.state is state


def test_no_index_is_missing_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable) as raised:
        load(tmp_path)
    assert raised.value.state is IndexState.MISSING


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe", b"../../etc/passwd abc", b"g-000 abc"])
def test_a_pointer_that_leads_nowhere_is_damage(tmp_path: Path, pointer: bytes) -> None:
    IndexFolder(tmp_path).write(generation("tea"))
    (tmp_path / index.CURRENT).write_bytes(pointer)
    with pytest.raises(IndexUnusable) as raised:
        load(tmp_path)
    assert raised.value.state is IndexState.DAMAGED


def test_old_generations_are_pruned_and_the_newest_is_current(tmp_path: Path) -> None:
    for word in ("one", "two", "three", "four"):
        IndexFolder(tmp_path).write(generation(word))
    assert load(tmp_path).ids == ["id-four"]
    assert len(list(tmp_path.glob("g-*"))) == index.KEEP


def test_two_writers_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LOCK_SECONDS", 0.05)
    IndexFolder(tmp_path).write(generation("tea"))
    with FileLock(tmp_path / index.LOCK), pytest.raises(IndexBusy):
        IndexFolder(tmp_path).write(generation("cup"))
    assert load(tmp_path).ids == ["id-tea"]


FULL_DISK = """
import resource, sys
from pathlib import Path
from catalog.index import IndexFolder, IndexNotWritten
from tests.integration.catalog.test_index import generation
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    IndexFolder(Path(sys.argv[1])).write(generation("cup", "pot"))
except IndexNotWritten as error:
    sys.exit(f"{error.reason}: {error}")
"""


def test_on_a_full_disk_the_old_generation_stays_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation("tea"))
    # A file size limit is the full disk a test can have: the kernel refuses the write in the same place.
    ran = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "disk_full" in ran.stderr
    assert "Free some space" in ran.stderr
    assert load(tmp_path).ids == ["id-tea"]
    assert len(list(tmp_path.glob("g-*"))) == 1
