"""From everybody's trials to the priors: sums over all people, and from some of them how much people differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from memory.pooling import best_spread, pool
from memory.responses.priors import NO_PRIORS, USUAL_RATES, ResponsePriors
from memory.responses.tallies import of_person, person_arms
from memory.responses.trials import DIMENSIONS, OUTCOMES, Dimension, Outcome, Trial

RATE_STRENGTH = 100.0
"""E-mails of the shop that weigh as much as what is usual elsewhere."""
FLOW_STRENGTH = 20.0
"""E-mails of a flow that weigh as much as the shop's average does for it."""
ARM_STRENGTH = 10.0
"""Successes an arm must have been expected to have before its own count as much as the expectation."""
Counts = dict[Any, list[float]]
"""Key -> [trials, successes]."""


class PriorsCollector:
    """Hears everybody's trials, one person after another. Its memory grows with flows and arms, not with people."""

    def __init__(self) -> None:
        self._flows = _counts()
        self._arms = _counts()
        self._per_week = _counts()
        self._emails = 0

    def add(self, told: Sequence[Trial]) -> None:
        """One person's."""
        self._emails += len(told)
        for trial in told:
            for outcome in OUTCOMES:
                _count(self._flows[outcome, trial.flow], trial.weight, getattr(trial, outcome))
            for (dimension, outcome), arm in zip(DIMENSIONS.items(), trial.arms, strict=True):
                _count(self._arms[dimension, trial.flow, arm], trial.burden, getattr(trial, outcome))
            _count(self._per_week[trial.arms[-1]], 1.0, trial.left)

    def learn(self, sample: Sequence[Sequence[Trial]]) -> ResponsePriors:
        """`sample`: the trials of some people, from which is learned how much people differ."""
        if not self._emails:
            return NO_PRIORS
        rates, flows = self._rates()
        priors = ResponsePriors(
            rates=rates,
            flows=flows,
            ratios=self._ratios(flows),
            per_week=self._leaving(rates),
            emails=self._emails,
        )
        persons = {outcome: best_spread(of_person(told, outcome, priors) for told in sample) for outcome in OUTCOMES}
        priors = replace(priors, person_spreads=persons)
        return replace(priors, spreads={dimension: _spread(sample, dimension, priors) for dimension in DIMENSIONS})

    def _rates(self) -> tuple[dict[Outcome, float], dict[Outcome, dict[str, float]]]:
        totals: dict[Outcome, list[float]] = {outcome: [0.0, 0.0] for outcome in OUTCOMES}
        for (outcome, _), (seen, succeeded) in self._flows.items():
            totals[outcome][0] += seen
            totals[outcome][1] += succeeded
        rates = {
            outcome: pool(succeeded, seen, USUAL_RATES[outcome], RATE_STRENGTH).estimate
            for outcome, (seen, succeeded) in totals.items()
        }
        flows: dict[Outcome, dict[str, float]] = {outcome: {} for outcome in OUTCOMES}
        for (outcome, flow), (seen, succeeded) in self._flows.items():
            flows[outcome][flow] = pool(succeeded, seen, rates[outcome], FLOW_STRENGTH).estimate
        return rates, flows

    def _ratios(self, flows: Mapping[Outcome, Mapping[str, float]]) -> dict[Dimension, dict[str, float]]:
        """Indirect standardisation (Clayton & Kaldor 1987): an arm of good flows only is no better for them."""
        sums = _counts()
        for (dimension, flow, arm), (seen, succeeded) in self._arms.items():
            sums[dimension, arm][0] += seen * flows[DIMENSIONS[dimension]][flow]
            sums[dimension, arm][1] += succeeded
        ratios: dict[Dimension, dict[str, float]] = {dimension: {} for dimension in DIMENSIONS}
        for (dimension, arm), (expected, succeeded) in sums.items():
            if arm:
                ratios[dimension][arm] = (succeeded + ARM_STRENGTH) / (expected + ARM_STRENGTH)
        return ratios

    def _leaving(self, rates: Mapping[Outcome, float]) -> dict[str, list[float]]:
        return {
            arm: [seen, pool(left, seen, rates["left"], FLOW_STRENGTH).estimate]
            for arm, (seen, left) in sorted(self._per_week.items())
        }


def _counts() -> Counts:
    return defaultdict(lambda: [0.0, 0.0])


def _count(counts: list[float], weight: float, succeeded: bool) -> None:
    counts[0] += weight
    counts[1] += weight * succeeded


def _spread(sample: Sequence[Sequence[Trial]], dimension: Dimension, priors: ResponsePriors) -> float:
    return best_spread(evidence for told in sample for evidence in person_arms(told, dimension, priors))
