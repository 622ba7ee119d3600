"""What a suite is: its cases, its gates, what it is known to miss; and the register of kinds of suite.

A kind is a function that judges a suite's cases. It is registered with the names of the figures it yields, so that a
threshold on a figure nobody computes is refused before anything runs:

    @kind("guard", options=GuardOptions, metrics=("recall", "fpr"))
    async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
        ...

`run` gives back bare cases and metrics: the runner (`evals.harness.run`) sets thresholds, known misses and seconds.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from evals.harness.bench import Bench
from evals.harness.result import Direction, SuiteResult
from evals.snapshot import Frozen

_THRESHOLD = re.compile(r"\s*(>=|<=)\s*(-?\d+(?:\.\d+)?)\s*")
_DIRECTIONS = {">=": Direction.AT_LEAST, "<=": Direction.AT_MOST}


class Threshold(Frozen):
    """A bound a metric must keep; written `>= 0.95` or `<= 10`."""

    direction: Direction
    bound: float


def _threshold(written: object) -> object:
    if not isinstance(written, str):
        return written
    match = _THRESHOLD.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no threshold; write it like '>= 0.95' or '<= 10'")
    return Threshold(direction=_DIRECTIONS[match[1]], bound=float(match[2]))


class KnownMiss(Frozen):
    """Why a failing case is accepted, and the last day on which it is."""

    reason: str = Field(min_length=1)
    expires: date


class Suite(Frozen):
    """Cases of one kind with the gates they must keep. Read from a file by `evals.harness.loading.load_suites`."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    kind: str
    about: str = ""
    """What it shows, in a sentence."""
    cases: tuple[Path, ...] = ()
    """Files of cases, JSON lines; absolute once loaded. In the file: paths or globs relative to it."""
    thresholds: dict[str, Annotated[Threshold, BeforeValidator(_threshold)]] = Field(default_factory=dict)
    """Metric name -> bound."""
    cases_must_pass: bool = True
    """False where only the thresholds gate."""
    known_misses: dict[str, KnownMiss] = Field(default_factory=dict)
    """Case id, or a glob of ids -> why it may fail for now. One that has expired, or that no failing case needs any
    more, fails the suite."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Settings of the kind, in the shape of its options model."""
    tags: tuple[str, ...] = ()
    only: str = ""
    """Run only the cases whose id contains this, or matches it as a glob; empty runs all."""

    def known_miss(self, case_id: str) -> str | None:
        """The entry of `known_misses` that speaks of a case, an id before a glob."""
        if case_id in self.known_misses:
            return case_id
        return next((entry for entry in self.known_misses if fnmatchcase(case_id, entry)), None)

    def narrowed(self, only: str) -> Suite:
        """The suite with some of its cases. Its figures are then not those of the suite: no threshold gates them."""
        return self.model_copy(update={"only": only, "thresholds": {}, "cases_must_pass": True})

    def selects(self, case_id: str) -> bool:
        """True when `only` leaves this case in."""
        return self.only in case_id or fnmatchcase(case_id, self.only)


class NoOptions(Frozen):
    """For kinds without settings."""


Progress = Callable[[int, int], None]
"""Hears (cases done, of how many)."""
Run = Callable[[Suite, Bench | None, Progress], Awaitable[SuiteResult]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to judge cases."""

    name: str
    run: Run
    options: type[Frozen]
    metrics: frozenset[str]
    """Names of the figures it yields: what a threshold may be set on."""
    needs_bench: bool
    """True when it composes e-mails: the runner opens the bench and hands it in."""
    needs_cases: bool
    """True when a suite of this kind must name files of cases."""


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    *,
    metrics: Collection[str],
    options: type[Frozen] = NoOptions,
    needs_bench: bool = False,
    needs_cases: bool = True,
) -> Callable[[Run], Run]:
    """Register a kind of suite. Raises ValueError when the name is taken."""

    def register(run: Run) -> Run:
        if name in KINDS:
            raise ValueError(f"kind {name!r} is registered twice")
        KINDS[name] = Kind(name, run, options, frozenset(metrics), needs_bench, needs_cases)
        return run

    return register
