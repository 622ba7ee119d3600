"""Decisions and what came of them as arrays, a row an e-mail. Memory: some 100 bytes a row and decided dimension."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.errors import InvalidInput

Array = NDArray[np.float64]
Ids = NDArray[np.int32]


class BadLog(InvalidInput):
    """A row of the log cannot be: whoever judges by it would judge wrong."""

    reason = "bad_log"


@dataclass(frozen=True, slots=True)
class Step:
    """One draw of each row, in the order of drawing: later draws may depend on what was drawn before."""

    name: str
    ratio: Array
    """(n,): how likely the arm is under the new policy, over how likely it was. 1 where nothing was to be drawn."""
    chosen: Ids
    """(n,): a feature (an arm in its flow), -1 where the new policy has nothing to say."""
    shares: Any
    """scipy.sparse CSR (n, features): how likely each allowed arm is under the new policy; empty rows where `chosen`
    is -1."""

    def rows(self, rows: NDArray[np.intp]) -> Step:
        """Only these."""
        return Step(self.name, self.ratio[rows], self.chosen[rows], self.shares[rows])


@dataclass(frozen=True, slots=True)
class Log:
    """What is judged by."""

    metrics: tuple[str, ...]
    rewards: Array
    """(n, metrics)."""
    customers: Ids
    """(n,): whose, from 0: they are what is independent."""
    segments: Ids
    """(n,): alike as far as is told before anything is drawn, from 0."""
    flows: Ids
    """(n,): places in `flow_names`."""
    flow_names: tuple[str, ...]
    steps: tuple[Step, ...]
    features: int
    unsupported: Array = field(default_factory=lambda: np.zeros(0))
    """(n,): how likely the new policy is to choose what could not be drawn; no rows: nothing of the kind."""

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def weights(self) -> Array:
        """(n,): how much more likely the whole e-mail is under the new policy."""
        found = np.ones(len(self))
        for step in self.steps:
            found *= step.ratio
        return found

    def rows(self, rows: NDArray[np.intp]) -> Log:
        """Only these."""
        return replace(
            self,
            rewards=self.rewards[rows],
            customers=self.customers[rows],
            segments=self.segments[rows],
            flows=self.flows[rows],
            steps=tuple(step.rows(rows) for step in self.steps),
            unsupported=self.unsupported[rows] if len(self.unsupported) else self.unsupported,
        )


def ratios(new: Array, logged: Array) -> Array:
    """New over logged probabilities, of arrays (n,). Raises BadLog naming the first row that cannot be."""
    for name, of, least in (("new", new, 0.0), ("logged", logged, np.nextafter(0, 1))):
        # Turned around, so that what is no number is found too.
        bad = np.flatnonzero(~((of >= least) & (of <= 1)))
        if len(bad):
            row = int(bad[0])
            raise BadLog(
                f"Row {row} has the {name} probability {of[row]}.",
                pointer=f"/{row}",
                fix="Log the probability with which each arm was drawn: more than 0, at most 1.",
            )
    found: Array = new / logged
    return found
