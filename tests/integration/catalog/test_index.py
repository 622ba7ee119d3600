"""The index on disk: whole or refused, and never half replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from catalog import index
from catalog.index import Generation, IndexBusy, IndexFolder, IndexState, IndexUnusable

MODEL, DIMENSION = "hashing/16", 16


def generation(count: int, **facts: Any) -> Generation:
    arrays: dict[str, NDArray[Any]] = {
        "vectors": np.full((count, DIMENSION), count, dtype=np.float32),
        "prices": np.arange(count, dtype=np.int64),
        "sellable": np.ones(count, dtype=np.bool_),
        "index": np.arange(count % 256, dtype=np.uint8),
    }
    return Generation(MODEL, DIMENSION, facts, arrays, {"vectors": 5}, frozenset({"index"}))


def load(folder: Path) -> Generation:
    return IndexFolder(folder).load(MODEL, DIMENSION)


def state(folder: Path) -> IndexState:
    with pytest.raises(IndexUnusable) as raised:
        load(folder)
    return raised.value.state


@pytest.fixture(params=["read", "mapped"], autouse=True)
def way_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files are read, large ones mapped: everything here holds for both."""
    monkeypatch.setattr(index, "MAP_FROM", 1 if request.param == "mapped" else 1 << 25)


@pytest.mark.parametrize("count", [0, 1, 300])
def test_what_was_written_is_read_back(tmp_path: Path, count: int) -> None:
    written = generation(count, since=7)
    folder = IndexFolder(tmp_path / "new" / "index").write(written)
    found = load(tmp_path / "new" / "index")
    assert (found.facts, found.folder) == ({"since": 7}, folder)
    for name in ("prices", "sellable", "index"):
        assert found.arrays[name].dtype == written.arrays[name].dtype
        assert np.array_equal(found.arrays[name], written.arrays[name])
    assert np.array_equal(found.arrays["vectors"][:count], written.arrays["vectors"])
    assert found.path("index").read_bytes().startswith(written.arrays["index"].tobytes())


def test_a_reserve_is_room_for_one_process_alone(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation(3))
    ours, theirs = load(tmp_path), load(tmp_path)
    assert ours.arrays["vectors"].shape == (3 + 5, DIMENSION)
    ours.arrays["vectors"][3:] = 9.0
    assert not theirs.arrays["vectors"][3:].any()
    assert not load(tmp_path).arrays["vectors"][3:].any()


def test_what_has_no_reserve_cannot_be_written_to(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation(3))
    with pytest.raises(ValueError, match="read-only"):
        load(tmp_path).arrays["prices"][0] = 1


@pytest.mark.parametrize(("model", "dimension"), [("other", 16), (MODEL, 32)])
def test_an_index_of_another_model_is_refused(tmp_path: Path, model: str, dimension: int) -> None:
    IndexFolder(tmp_path).write(generation(3))
    with pytest.raises(IndexUnusable) as raised:
        IndexFolder(tmp_path).load(model, dimension)
    assert raised.value.state is IndexState.OTHER_MODEL


def test_no_index_is_missing_not_damaged(tmp_path: Path) -> None:
    assert state(tmp_path) is IndexState.MISSING


def test_an_index_of_an_earlier_version_is_old_not_damaged(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation(3))
    name = (tmp_path / index.CURRENT).read_text().split()[0]
    (tmp_path / index.CURRENT).write_text(f"{name} {'0' * 64}\n")
    assert state(tmp_path) is IndexState.OLD_FORMAT


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe", b"../../etc/passwd abc", b"g-000 abc"])
def test_a_pointer_that_leads_nowhere_is_damage(tmp_path: Path, pointer: bytes) -> None:
    IndexFolder(tmp_path).write(generation(3))
    (tmp_path / index.CURRENT).write_bytes(pointer)
    assert state(tmp_path) is IndexState.DAMAGED


@pytest.mark.parametrize("file", ["vectors.bin", "arrays.bin", "index.bin", "manifest.json"])
@pytest.mark.parametrize("damage", ["cut", "longer", "gone"])
def test_a_file_of_another_length_is_damage(tmp_path: Path, file: str, damage: str) -> None:
    path = IndexFolder(tmp_path).write(generation(3)) / file
    data = path.read_bytes()
    path.unlink() if damage == "gone" else path.write_bytes(data[:-1] if damage == "cut" else data + b"x")
    assert state(tmp_path) is IndexState.DAMAGED


def test_old_generations_are_pruned_and_the_newest_is_current(tmp_path: Path) -> None:
    for count in (1, 2, 3, 4):
        IndexFolder(tmp_path).write(generation(count))
    assert len(load(tmp_path).arrays["prices"]) == 4
    assert len(list(tmp_path.glob("g-*"))) == index.KEEP


def test_what_a_killed_writer_left_goes_before_the_generation_that_was_read_till_now(tmp_path: Path) -> None:
    before = IndexFolder(tmp_path).write(generation(1))
    left = tmp_path / f"g-{'f' * 16}"
    left.mkdir()
    os.utime(left, ns=(2 * before.stat().st_mtime_ns, 2 * before.stat().st_mtime_ns))
    now = IndexFolder(tmp_path).write(generation(2))
    assert set(tmp_path.glob("g-*")) == {before, now}


def test_a_generation_in_use_outlives_its_files(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation(300))
    held = load(tmp_path)
    for count in (1, 2, 3):
        IndexFolder(tmp_path).write(generation(count))
    assert held.folder is not None
    assert not held.folder.exists()
    assert held.arrays["prices"].sum() == sum(range(300))


def test_two_writers_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LOCK_SECONDS", 0.05)
    IndexFolder(tmp_path).write(generation(3))
    with FileLock(tmp_path / index.LOCK), pytest.raises(IndexBusy):
        IndexFolder(tmp_path).write(generation(5))
    assert len(load(tmp_path).arrays["prices"]) == 3


FULL_DISK = """
import resource, sys
from pathlib import Path
from catalog.index import IndexFolder, IndexNotWritten
from tests.integration.catalog.test_index import generation
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    IndexFolder(Path(sys.argv[1])).write(generation(30))
except IndexNotWritten as error:
    sys.exit(f"{error.reason}: {error}")
"""


def test_on_a_full_disk_the_old_generation_stays_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    IndexFolder(tmp_path).write(generation(3))
    # A file size limit is the full disk a test can have: the kernel refuses the write in the same place.
    ran = subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "disk_full" in ran.stderr
    assert "Free some space" in ran.stderr
    assert len(load(tmp_path).arrays["prices"]) == 3
    assert len(list(tmp_path.glob("g-*"))) == 1
