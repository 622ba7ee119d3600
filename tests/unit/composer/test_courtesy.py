"""A run in the process that answers pulls gives way to them, and still goes on."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from itertools import pairwise
from pathlib import Path

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


def _load_in_thread(folder: Path, monkeypatch: pytest.MonkeyPatch, courtesy: Courtesy) -> int:
    """How often a thread rested while it imported a library of three modules that nobody has imported yet."""
    name = f"library_{folder.name}"
    library = folder / name
    library.mkdir()
    (library / "__init__.py").write_text(f"from {name} import one, two\n")
    for module_name in ("one", "two"):
        (library / f"{module_name}.py").write_text("found = sum(range(1000))\n")
    monkeypatch.syspath_prepend(str(folder))
    rests: list[float] = []
    monkeypatch.setattr("composer.courtesy.time.sleep", rests.append)
    with courtesy.while_loading():
        thread = threading.Thread(target=importlib.import_module, args=(name,))
        thread.start()
        thread.join()
    assert sys.modules[f"{name}.two"].found == sum(range(1000))
    return len(rests)


def test_a_thread_that_loads_a_library_rests_while_somebody_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    courtesy = Courtesy()
    with courtesy.hurry():
        assert _load_in_thread(tmp_path, monkeypatch, courtesy) >= 3


def test_it_loads_without_a_rest_while_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load_in_thread(tmp_path, monkeypatch, Courtesy()) == 0


def test_whoever_is_waited_for_loads_without_a_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    courtesy, rests = Courtesy(), list[float]()
    (tmp_path / f"alone_{tmp_path.name}.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("composer.courtesy.time.sleep", rests.append)
    before = list(sys.meta_path)
    with courtesy.hurry(), courtesy.while_loading():
        importlib.import_module(f"alone_{tmp_path.name}")
    assert rests == []
    assert sys.meta_path == before
