"""A search never waits longer for the model than whoever asks."""

from __future__ import annotations

import threading

import pytest

from catalog.embedding import HashingEncoder, Vectors
from catalog.query_vectors import MAX_WAITING, QueryVectors
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


class SlowEncoder(HashingEncoder):
    """Encodes when it is told to."""

    def __init__(self) -> None:
        super().__init__(8)
        self.ready = threading.Event()
        self.asked: list[str] = []

    def encode_query(self, texts: list[str]) -> Vectors:
        self.ready.wait(PATIENCE_S)
        self.asked += texts
        return self.encode(texts)


async def test_whoever_cannot_wait_gets_nothing_and_the_next_one_the_vector() -> None:
    encoder = SlowEncoder()
    vectors = QueryVectors(encoder)
    assert await vectors.get("tea", 0.01) is None
    encoder.ready.set()
    found = await vectors.get("tea", None)
    assert found is not None
    assert found.shape == (1, 8)
    assert encoder.asked == ["tea"]


async def test_a_vector_is_kept() -> None:
    encoder = SlowEncoder()
    encoder.ready.set()
    vectors = QueryVectors(encoder)
    assert await vectors.get("tea", None) is await vectors.get("tea", None)
    assert encoder.asked == ["tea"]


async def test_while_many_wait_others_are_answered_at_once() -> None:
    encoder = SlowEncoder()
    vectors = QueryVectors(encoder)
    for number in range(MAX_WAITING):
        assert await vectors.get(f"query {number}", 0.001) is None
    assert await vectors.get("one more", None) is None
    encoder.ready.set()
    assert await vectors.get("query 0", None) is not None


async def test_a_failure_is_told_and_tried_again() -> None:
    class FailsOnce(HashingEncoder):
        """Fails the first time."""

        failed = False

        def encode_query(self, texts: list[str]) -> Vectors:
            if not self.failed:
                self.failed = True
                raise OSError("no model")
            return self.encode(texts)

    vectors = QueryVectors(FailsOnce(8))
    with pytest.raises(OSError, match="no model"):
        await vectors.get("tea", None)
    assert await vectors.get("tea", None) is not None
