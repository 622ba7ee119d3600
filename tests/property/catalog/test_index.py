"""The index comes back as it was written, and no damaged byte goes unnoticed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catalog.embedding import Vectors
from catalog.index import CURRENT, Generation, IndexFolder, IndexState, IndexUnusable, flat_index, held_vectors

DIMENSION = 4
vectors_ = hnp.arrays(
    np.float32, st.tuples(st.integers(0, 20), st.just(DIMENSION)), elements=st.floats(-1, 1, width=32)
)


def written(folder: Path, vectors: Vectors, lists: bool) -> Generation:
    index = flat_index(np.ascontiguousarray(vectors))
    neighbours = np.arange(len(vectors) * 3, dtype=np.int32).reshape(-1, 3) if lists else None
    ids = [f"é{n}" for n in range(len(vectors))]
    generation = Generation("model", "products", ids, index, held_vectors(index), neighbours)
    IndexFolder(folder).write(generation)
    return generation


def loaded(folder: Path) -> Generation:
    return IndexFolder(folder).load("model", DIMENSION, "products")


@given(vectors_, st.booleans())
@settings(max_examples=40, deadline=None)
def test_what_goes_in_comes_out(vectors: Vectors, lists: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = written(Path(folder), vectors, lists)
        after = loaded(Path(folder))
        assert after.ids == before.ids
        assert after.vectors.tobytes() == before.vectors.tobytes()
        assert (after.neighbours is None) == (before.neighbours is None)
        if after.neighbours is not None and before.neighbours is not None:
            assert after.neighbours.tobytes() == before.neighbours.tobytes()


@given(vectors_, st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_byte_anywhere_in_the_generation_is_detected(vectors: Vectors, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), vectors, lists=True)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size)
        path = data.draw(st.sampled_from(files))
        content = bytearray(path.read_bytes())
        # The line end of CURRENT carries nothing.
        last = len(content) - (2 if path.name == CURRENT else 1)
        content[data.draw(st.integers(0, last))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(IndexUnusable) as raised:
            loaded(Path(folder))
        assert raised.value.state in (IndexState.DAMAGED, IndexState.OTHER_MODEL, IndexState.STALE)
