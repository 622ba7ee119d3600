"""A run in the process that answers pulls gives way to them, and still goes on."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from composer import courtesy as module
from composer.courtesy import Courtesy, give_way
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


async def rounds(count: int = 20) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


def stretches(courtesy: Courtesy, done: list[str], count: int = 3) -> list[asyncio.Task[None]]:
    async def one(name: str) -> None:
        courtesy.begin()
        await give_way()
        done.append(name)

    return [asyncio.create_task(one(f"stretch {number}")) for number in range(count)]


async def test_no_stretch_begins_while_somebody_waits() -> None:
    courtesy, done = Courtesy(), list[str]()
    with courtesy.hurry():
        tasks = stretches(courtesy, done)
        with courtesy.hurry():
            await rounds()
        await rounds()
        assert done == []
    await asyncio.gather(*tasks)
    assert len(done) == 3


async def test_between_two_stretches_whatever_came_in_is_seen() -> None:
    courtesy, done = Courtesy(), list[str]()
    tasks = stretches(courtesy, done)

    async def passer_by() -> None:
        while not all(task.done() for task in tasks):
            done.append("loop")
            await asyncio.sleep(0)

    await passer_by()
    places = [place for place, what in enumerate(done) if what != "loop"]
    assert len(places) == 3
    assert all("loop" in done[one:other] for one, other in pairwise(places))


async def test_a_run_goes_on_under_pulls_that_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_S", 0.0)
    courtesy, done = Courtesy(), list[str]()
    with courtesy.hurry():
        await asyncio.gather(*stretches(courtesy, done))
    assert len(done) == 3


async def test_who_is_waited_for_gives_way_to_nobody() -> None:
    courtesy = Courtesy()
    with courtesy.hurry():
        async with asyncio.timeout(PATIENCE_S):
            await give_way()
