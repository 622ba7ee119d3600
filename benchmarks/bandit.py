"""The learner: what it is worth beside Vowpal Wabbit, what a decision costs, and what learning from many e-mails takes.

    python -m benchmarks.bandit [--seeds 20] [--customers 500] [--weeks 26] [--emails 100000]

1. A made-up shop with effects of shop, segment and person that drift (`benchmarks.bandit_shop`): worth of an e-mail,
   in orders, its gain over an even draw in the same shop, and ours less it, in points of that gain and by shop, each
   with a 95 % interval over seeds (Student's t); and regret, the share of what an oracle gains over an even draw that
   is not gained. Seeds begin at 100: shops below it were seen when settings were chosen. Vowpal Wabbit's
   `cb_explore_adf` plays in the same shops, where it is installed (`pip install vowpalwabbit`), with the same floor of
   exploration and the same delay.
2. Processor time of nine draws for a person of 60 e-mails, from their folded memory on, beside Vowpal Wabbit's
   prediction and learning of the same draws.
3. Processor time of learning from `--emails` stored decisions, and by how much the process grew meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from scipy.stats import t
from sqlalchemy import insert

from benchmarks.bandit_shop import ARMS, Array, Differ, Sent, Shop, VowpalWabbit, learners, run
from composer.bandit.evidence import REMEMBERED, own_of
from composer.bandit.learning import learn_decisions
from composer.bandit.model import Dimension, Situation
from composer.bandit.policy import Thompson
from composer.bandit.posterior import learn_posterior
from composer.bandit.reward import Kind
from composer.bandit.statistics import Segment, Statistics, Told
from composer.bandit.tables import DecisionRow
from memory.fold import remember
from memory.model import CustomerMemory, Profile
from memory.view import to_memory
from store.crypto import Keyring
from store.database import Database
from store.ids import CustomerId
from store.upsert import table_of
from tests.kit.events import NOW
from tests.kit.mails import sent

NINE: dict[Dimension, tuple[str, ...]] = {
    "angle": ("news", "care", "gift", "season"),
    "tone": ("plain", "warm", "playful", "curious"),
    "length": ("short", "medium"),
    "subject": ("question", "name", "number", "product", "plain"),
    "cta": ("short", "long", "product"),
    "picks": ("3", "4", "5"),
    "exploration": ("none", "usual", "more"),
    "offer": ("ten_percent", "none"),
    "slot": ("morning", "midday", "evening"),
}
CHUNK = 1_000
REPEATS = 300
FIRST_SEED = 100


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--emails", type=int, default=100_000, help="stored decisions to learn from")
    asked = parser.parse_args()
    print_shop(asked.seeds, asked.customers, asked.weeks)
    print_cost()
    asyncio.run(print_volume(asked.emails))


# Worth --------------------------------------------------------------------------------------------------------------


def print_shop(seeds: int, customers: int, weeks: int) -> None:
    """Worth of an e-mail and regret, over the whole time and over its last quarter."""
    print(f"\nOrders' worth of 1,000 e-mails, {customers} customers, {weeks} weekly e-mails, {seeds} seeds")
    shops = range(FIRST_SEED, FIRST_SEED + seeds)
    worths = {
        learner: np.array([run(Shop(seed, customers, Differ()), make, weeks, seed) for seed in shops])
        for learner, make in learners().items()
        if find_spec("vowpalwabbit") or not learner.startswith("VW")
    }
    even, oracle = worths["even"].mean(axis=1), worths["oracle"].mean(axis=1)
    late_even = worths["even"][:, -weeks // 4 :].mean(axis=1)
    ours = 100 * (worths["ours"].mean(axis=1) / even - 1)
    columns = ("over even, %", "last quarter, %", "ours less it", "regret")
    print(f"{'':>22} {'worth':>8}" + "".join(f" {column:>16}" for column in columns))
    for learner, worth in worths.items():
        mean, late = worth.mean(axis=1), worth[:, -weeks // 4 :].mean(axis=1)
        regret = (oracle - mean) / (oracle - even)
        gain = 100 * (mean / even - 1)
        figures = [_interval(one) for one in (gain, 100 * (late / late_even - 1), ours - gain, regret)]
        print(f"{learner:>22} {1_000 * mean.mean():>8.2f}" + "".join(f" {figure:>16}" for figure in figures))


def _interval(values: Array) -> str:
    """Mean and 95 % interval."""
    wide = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return f"{values.mean():.2f} ± {wide:.2f}"


# Cost ---------------------------------------------------------------------------------------------------------------


def print_cost() -> None:
    """Microseconds of processor time an e-mail."""
    memory, policy = _somebody(), Thompson(learn_posterior(_taught(), NOW, {}), "v")
    own = own_of(memory)
    known = Situation(flow="newsletter", lifecycle="active", own=dict(own), emails=60)
    stranger = Situation(flow="newsletter", lifecycle="active")

    def draw(asked: Situation) -> None:
        for dimension, arms in NINE.items():
            policy.shares(asked, dimension, arms)

    costs: dict[str, Callable[[], object]] = {
        "a person's own evidence, out of memory": lambda: own_of(memory),
        "nine draws by it": lambda: draw(known),
        "nine draws for a stranger": lambda: draw(stranger),
    }
    if find_spec("vowpalwabbit"):
        costs["Vowpal Wabbit, nine of predict and learn"] = _vowpal_wabbit()
    print("\nProcessor time, µs an e-mail")
    for name, work in costs.items():
        print(f"{name:>44} {_microseconds(work):>8.0f}")


def _microseconds(work: Callable[[], object]) -> float:
    """Best of five, as others use the same processor's caches."""
    work()
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(REPEATS):
            work()
        best = min(best, time.process_time() - began)
    return best / REPEATS * 1e6


def _vowpal_wabbit() -> Callable[[], object]:
    # It has spaces for the made-up shop's two dimensions: nine draws are four and a half times those.
    learner, segment = VowpalWabbit("--squarecb --cb_type mtr"), Segment("newsletter", "active")
    told = Sent(1, segment, 1, {name: (arms[0], 0.25) for name, arms in ARMS.items()}, Kind.CLICKED)

    def work() -> None:
        for _ in range(9):
            learner.shares(1, segment, "tone", 1)
        for _ in range(9 // len(ARMS)):
            learner.hear([told], 1)

    return work


def _somebody() -> CustomerMemory:
    """Of 60 e-mails, every fifth clicked."""
    draw = Random(1)
    emails = [sent(number, days_ago=4 + 3 * number, clicked=number % 5 == 0, **_arms(draw)) for number in range(60)]
    return to_memory(CustomerId("cus_1"), "u1", remember(chain(*emails)), Profile(), NOW)


def _arms(draw: Random) -> dict[str, Any]:
    """Those that memory keeps."""
    return {name: draw.choice(NINE[name]) for name in REMEMBERED}


def _taught() -> Statistics:
    statistics = Statistics()
    for told in islice(_emails(), 5_000):
        statistics.add(told)
    return statistics


def _emails() -> Iterator[Told]:
    """Without an end, drawn evenly."""
    draw = Random(2)
    lifecycles = ("prospect", "new", "active", "at_risk", "lapsed")
    flows = ("newsletter", "welcome", "abandoned_cart", "win_back")
    while True:
        choices: dict[str, Any] = {name: [draw.choice(arms), 1 / len(arms), list(arms)] for name, arms in NINE.items()}
        kind = Kind.CLICKED if draw.random() < 0.05 else Kind.NOTHING
        at = NOW - timedelta(days=draw.uniform(10, 300))
        yield Told(Segment(draw.choice(flows), draw.choice(lifecycles)), at, kind, choices)


# Volume -------------------------------------------------------------------------------------------------------------


async def print_volume(emails: int) -> None:
    """From all of them at once, and again with nothing new."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}", Keyring.generate())
        try:
            await database.migrate()
            await _store(database, emails)
            print(f"\nLearning from {emails:,} stored decisions of nine draws")
            for name in ("anew", "with nothing new"):
                memory = _Memory()
                began, began_wall = time.process_time(), time.perf_counter()
                lesson = await learn_decisions(database, NOW, memory.look)
                spent, waited = time.process_time() - began, time.perf_counter() - began_wall
                print(
                    f"{name:>20}: {spent:.1f} s of processor time ({waited:.1f} s), {lesson.emails:,} e-mails, "
                    f"{memory.grown:.0f} MiB more"
                )
        finally:
            await database.close()


class _Memory:
    """How much the process has grown. What was needed before is not given back, so that storing is in small batches."""

    def __init__(self) -> None:
        self._before = self._now()
        self.grown = 0.0

    def look(self, emails: int) -> None:
        """After each batch."""
        self.grown = max(self.grown, self._now() - self._before)

    def _now(self) -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _store(database: Database, emails: int) -> None:
    source = enumerate(islice(_emails(), emails))
    while rows := [_row(number, told) for number, told in islice(source, CHUNK)]:
        async with database.session() as session:
            await session.execute(insert(table_of(DecisionRow)), rows)


def _row(number: int, told: Told) -> dict[str, Any]:
    return {
        "email_id": f"msg_{number:026}",
        "customer": f"u{number % 50_000}",
        "campaign_id": "spring",
        "campaign_version": 1,
        "flow": told.segment.flow,
        "lifecycle": told.segment.lifecycle,
        "at": told.at,
        "policy": "uniform-1",
        "situation": {},
        "choices": dict(told.choices),
        "sent_at": told.at,
        "delivered": True,
        "clicked": told.kind is Kind.CLICKED,
        "rules": "bench",
        "counted_at": told.at + timedelta(days=9),
        "final": True,
    }


if __name__ == "__main__":
    main()
