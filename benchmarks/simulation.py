"""Does it learn, and does it say so honestly? Marketers in made-up shops, and shops in which there is nothing to find.

    python -m benchmarks.simulation --seeds 20 [--processes 2] [--set NAME=VALUE]…
    python -m benchmarks.simulation --null 200 [--processes 2]
    python -m benchmarks.simulation --weaker 10 [--processes 2]

`--seeds` lets every marketer write to the customers of that many shops (`penfriend simulate`) for half a year, and says
who is ahead.
`--null` looks every day at that many shops in which e-mails have no effect or in which there is nothing to learn, and
counts in how many of them anything that users are told ever says that something is there: it may in 5 of 100.
`--weaker` repeats the comparison with weaker tastes, down to none, to see from where on learning pays nothing.

Each shop that is done is kept in `--folder`, so that a run that was stopped goes on; another folder begins anew.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel

from api.commands.simulate import one_shop, settings, show
from api.console import out, progress_bar
from composer.results.statistics import share
from composer.simulation.figures import Outcome
from composer.simulation.nulls import KINDS, WORLDS, Kind, NullOutcome, NullWorld, run_null
from composer.simulation.running import ARMS, Arm
from composer.simulation.summary import Report, summed_up
from composer.simulation.world import World

SIZE: dict[str, float] = {"customers": 200, "weeks": 24}
WEAKER: tuple[dict[str, float], ...] = (
    {"shop_style": 0.12, "own_style": 0.15},
    {"shop_style": 0.06, "own_style": 0.08},
    {"shop_style": 0.03, "own_style": 0.04},
    {"shop_style": 0.0, "own_style": 0.15},
    {"shop_style": 0.0, "own_style": 0.0},
)
"""How strongly customers care about how they are written to, from the usual down to not at all."""
LEARNERS: tuple[Arm, ...] = ("even", "learning")
Job = tuple[str, Callable[..., Sequence[BaseModel]], tuple[Any, ...]]
"""Under which it is kept, what to run, and on what."""
Kept = TypeVar("Kept", bound=BaseModel)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=0, help="shops in which every marketer works")
    parser.add_argument("--null", type=int, default=0, help="shops in which there is nothing to find")
    parser.add_argument("--weaker", type=int, default=0, help="shops of each strength of tastes")
    parser.add_argument("--set", action="append", default=[], help="a parameter of the shops: taste=0.5")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "penfriend-simulation")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    world = World.of(**{**SIZE, **settings(asked.set)})
    if asked.seeds:
        show(out(), compared(world, asked.seeds, ARMS, asked.folder, asked.processes))
    if asked.weaker:
        print_weaker(world, asked.weaker, asked.folder, asked.processes)
    if asked.null:
        print_nulls(asked.null, asked.folder, asked.processes)


def compared(world: World, shops: int, arms: Sequence[Arm], folder: Path, processes: int) -> Report:
    """All of `arms` in each shop."""
    jobs: list[Job] = [
        (_name("shop", world, seed, arms), one_shop, (world, seed, tuple(arms), False)) for seed in range(1, shops + 1)
    ]
    found = _run(jobs, Outcome, folder, processes, "shops")
    return summed_up(world, [one for shop in found for one in shop])


def print_weaker(world: World, shops: int, folder: Path, processes: int) -> None:
    """What learning brings where tastes are weaker."""
    for tastes in WEAKER:
        changed = World.of(**{**world.model_dump(), **tastes})
        report = compared(changed, shops, LEARNERS, folder, processes)
        difference = report.differences[0].metrics
        told = ", ".join(
            f"{name} {value.mean:+.3f} ({value.low:+.3f} to {value.high:+.3f}){'' if value.tells else ': cannot tell'}"
            for name in ("relevance", "clicks", "mail_orders", "unsubscribes")
            if (value := difference[name]).low is not None and value.high is not None
        )
        out().print(f"{tastes}: learning less not learning, a shop: {told}", highlight=False)


def print_nulls(shops: int, folder: Path, processes: int) -> None:
    """In how many of them something was said to be there, at any look."""
    kinds = [KINDS[number % len(KINDS)] for number in range(shops)]
    jobs: list[Job] = [
        (_name("null", WORLDS[kind], seed, kind), one_null, (kind, seed, WORLDS[kind]))
        for seed, kind in enumerate(kinds, 1)
    ]
    found = [one for shop in _run(jobs, NullOutcome, folder, processes, "null shops") for one in shop]
    for kind in (*KINDS, None):
        some = [one for one in found if kind in (None, one.kind)]
        wrong = sum(one.found_on is not None for one in some)
        told = share(wrong, len(some))
        if told is None:
            continue
        looks, spoke = sum(one.looks for one in some), sum(one.told for one in some)
        out().print(
            f"{kind or 'all'}: in {wrong} of {len(some)} shops something was said to be there at any of {looks} daily "
            f"looks ({told.value:.1%}; {told.low:.1%} to {told.high:.1%}); at {spoke} looks there were enough orders "
            "to say anything.",
            highlight=False,
        )
        for where, count in Counter(where for one in some for where in one.untrue).most_common():
            out().print(f"  {where}: in {count} of them", highlight=False)


def one_null(kind: Kind, seed: int, world: NullWorld) -> list[NullOutcome]:
    """One of them, in a process of its own."""
    return [asyncio.run(run_null(kind, seed, world))]


def _name(what: str, world: BaseModel, seed: int, more: object) -> str:
    digest = hashlib.sha256(f"{world.model_dump_json()} {more}".encode()).hexdigest()[:10]
    return f"{what}-{digest}-{seed}.json"


def _run(jobs: Sequence[Job], kept: type[Kept], folder: Path, processes: int, what: str) -> list[list[Kept]]:
    """What each job came to, in their order; those that were done before are read."""
    missing = [job for job in jobs if not (folder / job[0]).exists()]
    with progress_bar() as bar, ProcessPoolExecutor(processes) as pool:
        task = bar.add_task(what, total=len(jobs), completed=len(jobs) - len(missing))
        running = {pool.submit(work, *given): name for name, work, given in missing}
        for done in as_completed(running):
            text = orjson.dumps([one.model_dump(mode="json") for one in done.result()])
            partial = folder / f"{running[done]}.part"
            partial.write_bytes(text)
            partial.rename(folder / running[done])
            bar.update(task, advance=1)
    return [[kept.model_validate(one) for one in orjson.loads((folder / name).read_bytes())] for name, _, _ in jobs]


if __name__ == "__main__":
    main()
