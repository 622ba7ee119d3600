"""The index comes back as it was written, and no damaged byte goes unnoticed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catalog.embedding import Vectors
from catalog.index import CURRENT, Generation, IndexFolder, IndexState, IndexUnusable

DIMENSION = 4
vectors_ = hnp.arrays("float32", st.tuples(st.integers(0, 20), st.just(DIMENSION)), elements=st.floats(-1, 1, width=32))


def written(folder: Path, vectors: Vectors, reserve: int) -> Generation:
    reserves = {"vectors": reserve} if reserve else {}
    generation = Generation("model", DIMENSION, {"é": [1]}, {"vectors": vectors, "bits": vectors > 0}, reserves)
    IndexFolder(folder).write(generation)
    return generation


def loaded(folder: Path) -> Generation:
    return IndexFolder(folder).load("model", DIMENSION)


@given(vectors_, st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_what_goes_in_comes_out(vectors: Vectors, reserve: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = written(Path(folder), vectors, reserve)
        after = loaded(Path(folder))
        assert after.facts == before.facts
        assert after.arrays["vectors"][: len(vectors)].tobytes() == vectors.tobytes()
        assert len(after.arrays["vectors"]) == len(vectors) + reserve
        assert not after.arrays["vectors"][len(vectors) :].any()
        assert after.arrays["bits"].tobytes() == before.arrays["bits"].tobytes()


@given(vectors_, st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_byte_anywhere_in_the_generation_is_detected(vectors: Vectors, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), vectors, reserve=0)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size)
        path = data.draw(st.sampled_from(files))
        content = bytearray(path.read_bytes())
        # The line end of CURRENT carries nothing.
        last = len(content) - (2 if path.name == CURRENT else 1)
        content[data.draw(st.integers(0, last))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        with pytest.raises(IndexUnusable) as raised:
            loaded(Path(folder))
        assert raised.value.state is not IndexState.MISSING
