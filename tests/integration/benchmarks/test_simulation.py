"""The benchmark of the simulator goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import orjson

from benchmarks.simulation import compared
from composer.simulation.running import Arm
from composer.simulation.world import World

WORLD = World.of(customers=12, weeks=2, products=24)
ARMS: tuple[Arm, ...] = ("one_for_all", "segments")


def test_shops_that_are_done_are_not_run_again(tmp_path: Path) -> None:
    first = compared(WORLD, 2, ARMS, tmp_path, 1)
    kept = sorted(tmp_path.iterdir())
    marked = orjson.loads(kept[0].read_bytes())
    marked[0]["clicked"] = 1_000
    kept[0].write_bytes(orjson.dumps(marked))
    again = compared(WORLD, 3, ARMS, tmp_path, 1)
    assert first.seeds == (1, 2)
    assert again.seeds == (1, 2, 3)
    assert len(list(tmp_path.iterdir())) == 3
    assert again.arms[0].metrics["clicks"].mean > 300


def test_another_kind_of_shop_is_another_run(tmp_path: Path) -> None:
    compared(WORLD, 1, ARMS, tmp_path, 1)
    compared(WORLD.model_copy(update={"taste": 0.5}), 1, ARMS, tmp_path, 1)
    assert len(list(tmp_path.iterdir())) == 2
