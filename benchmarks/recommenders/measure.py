"""One split, all methods, both tasks: the figures of a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from benchmarks.recommenders import metrics
from benchmarks.recommenders.base import Recommender
from benchmarks.recommenders.bootstrap import Estimate, Resamples
from benchmarks.recommenders.log import Floats, Log
from benchmarks.recommenders.splits import Split, Task, tasks
from benchmarks.recommenders.vectors import Vectors

LED_BY = "ndcg_at_10"


class Speed(NamedTuple):
    """Milliseconds of one pick."""

    p50: float
    p99: float


@dataclass
class Row:
    """One method at one task."""

    method: str
    figures: dict[str, Estimate]
    ndcg: Floats
    """[m], for differences."""
    ours: bool
    learned_s: float
    """Seconds to learn."""
    speed: Speed | None = None
    remark: str = ""
    """What the method says of itself."""


@dataclass
class Table:
    """All methods at one task of one cut."""

    task: str
    customers: int
    resamples: Resamples
    rows: list[Row] = field(default_factory=list)

    def lead(self, row: Row, other: Row) -> Estimate:
        """By how much `row` is ahead of `other` in NDCG@10, customer by customer."""
        return self.resamples.mean(row.ndcg - other.ndcg)

    @property
    def best_baseline(self) -> Row | None:
        """The baseline with the highest NDCG@10, chosen with hindsight: the hardest one to lead."""
        others = [row for row in self.rows if not row.ours]
        return max(others, key=lambda row: row.figures[LED_BY].value, default=None)


@dataclass(frozen=True, eq=False)
class Yardstick:
    """What one split's figures are taken with."""

    train: Log
    vectors: Vectors
    resamples: int
    seed: int

    @cached_property
    def information(self) -> Floats:
        """[items], bits."""
        return metrics.self_information(self.train)

    def table(self, name: str, task: Task) -> Table:
        """Still without rows."""
        return Table(name, len(task), Resamples(len(task), self.resamples, self.seed))

    def row(self, method: Recommender, task: Task, resamples: Resamples, learned_s: float) -> Row:
        """Ask the method, and take every figure of its lists."""
        lists = method.recommend(task.customers, metrics.AT, exclude_bought=task.exclude_bought)
        hit = metrics.hits(lists, task, self.train.items)
        values = {
            "hit_rate_at_3": metrics.hit_rate(hit),
            "recall_at_10": metrics.recall(hit, task.sizes),
            LED_BY: metrics.ndcg(hit, task.sizes),
            "diversity": metrics.diversity(lists, self.vectors),
            "novelty": metrics.novelty(lists, self.information),
        }
        figures = {name: resamples.mean(of) for name, of in values.items()}
        figures["coverage"] = resamples.coverage(lists, self.train.items)
        return Row(
            method=method.name,
            figures=figures,
            ndcg=values[LED_BY],
            ours=is_ours(method.name),
            learned_s=learned_s,
            speed=_speed(method, len(task)),
            remark=getattr(method, "remark", ""),
        )


Progress = Callable[[str], None]


def measure(split: Split, methods: Sequence[Recommender], by: Yardstick, progress: Progress) -> list[Table]:
    """Fit every method on the log before the cut and ask it both tasks. `progress` hears what is done next."""
    asked = [(by.table(name, task), task) for name, task in tasks(split) if len(task)]
    for method in methods:
        progress(f"{method.name}: learn")
        began = time.perf_counter()
        method.fit(split.train, split.cut)
        learned_s = time.perf_counter() - began
        for table, task in asked:
            progress(f"{method.name}: {table.task}")
            table.rows.append(by.row(method, task, table.resamples, learned_s))
    return [table for table, _ in asked]


def is_ours(name: str) -> bool:
    """Rows of the product, not of a baseline."""
    return name.startswith("ours")


def _speed(method: Recommender, asked: int) -> Speed | None:
    taken: list[float] = getattr(method, "milliseconds", [])
    if not taken:
        return None
    p50, p99 = np.percentile(taken[-asked:], [50, 99])
    return Speed(float(p50), float(p99))
