"""One marketer in one shop, week by week; and every marketer in the same shop."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, get_args

from composer.simulation.clumsy import Wire
from composer.simulation.dice import Dice
from composer.simulation.figures import Outcome, outcome_of
from composer.simulation.house import open_simulated
from composer.simulation.life import Lives, Week
from composer.simulation.marketers import Marketer, OneForAll, Oracle, Segments
from composer.simulation.people import People
from composer.simulation.personal import BRIEFS, Personal
from composer.simulation.shelf import Shelf
from composer.simulation.world import START, WEEK, World
from prompts.library import Library
from store.errors import InvalidInput

Arm = Literal["one_for_all", "segments", "even", "learning", "oracle"]
ARMS: tuple[Arm, ...] = get_args(Arm)
"""One text for all; five segments with three variants; 1:1 whose ways to write are drawn evenly; 1:1 that learns them;
one that knows every taste."""
Progress = Callable[[Arm, int], None]
"""Hears which marketer has done how many weeks."""


def unseen(arm: Arm, weeks: int) -> None:
    """Nobody watches."""


def arms_of(names: Sequence[str]) -> tuple[Arm, ...]:
    """Those named, each once, in the usual order; all where none is. Raises InvalidInput for one there is not."""
    for name in names:
        if name not in ARMS:
            fix = f"Choose among {', '.join(ARMS)}."
            raise InvalidInput(f"There is no arm {name!r}.", pointer="--arms", fix=fix)
    return tuple(arm for arm in ARMS if not names or arm in names)


class Shop:
    """One made-up shop: the same for every marketer who works in it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        self.shelf = Shelf(world, seed)
        self.people = People(world, self.shelf, seed)
        self.dice = Dice(world, seed)


async def run_shop(
    world: World, seed: int, arms: Sequence[Arm] = ARMS, *, full: bool = False, progress: Progress = unseen
) -> list[Outcome]:
    """Each of `arms` in the same shop under the same chance. `full`: Penfriend writes its e-mails out."""
    shop = Shop(world, seed)
    return [await run_arm(shop, arm, full=full, progress=progress) for arm in arms]


async def run_arm(shop: Shop, arm: Arm, *, full: bool = False, progress: Progress = unseen) -> Outcome:
    """One marketer, from the first week of history to the last mailing's week."""
    lives, wire = Lives(shop.world, shop.shelf, shop.people, shop.dice), Wire(shop.world, shop.seed)
    weeks: list[Week] = []
    async with _marketer(shop, arm, lives, full) as marketer:
        for week in range(-shop.world.history_weeks, shop.world.weeks):
            lived = await _week(marketer, lives, wire, week)
            if week >= 0:
                weeks.append(lived)
                progress(arm, week + 1)
    return outcome_of(arm, shop.seed, weeks)


async def _week(marketer: Marketer, lives: Lives, wire: Wire, week: int) -> Week:
    letters = await marketer.mail(week, lives.reachable()) if week >= 0 else []
    lived = lives.live(week, letters)
    ends = START + (week + 1) * WEEK
    await marketer.hear(wire.told(lived.happened, ends), ends)
    return lived


@asynccontextmanager
async def _marketer(shop: Shop, arm: Arm, lives: Lives, full: bool) -> AsyncIterator[Marketer]:
    match arm:
        case "one_for_all":
            yield OneForAll(shop.shelf)
        case "segments":
            yield Segments(shop.shelf)
        case "oracle":
            yield Oracle(Library.load().flow("newsletter"), shop.people, lives)
        case "even" | "learning":
            with tempfile.TemporaryDirectory(prefix="penfriend-simulated-") as folder:
                async with open_simulated(Path(folder), shop.shelf, BRIEFS[arm], full=full) as house:
                    yield Personal(house, shop.shelf, shop.world.customers)
