"""A policy judged by the log: each metric, all together and flow by flow, and what may be said of it."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from pydantic import BaseModel

from composer.ope.estimators import Estimate, Estimator, estimates
from composer.ope.log import Array, Log
from composer.ope.outcomes import control
from composer.ope.weights import Overlap, effective, overlap

Verdict = Literal[
    "better", "worse", "cannot_tell_yet", "too_few_outcomes", "out_of_reach", "bad_probabilities", "empty"
]
LEAST_CUSTOMERS = 100
LEAST_EFFECTIVE = 100.0
"""As many e-mails of its own the log has to be worth."""
MOST_TOP_SHARE = 0.5
"""Where 1 % of e-mails have half of all weight, the rest tells nothing."""
MOST_UNSUPPORTED = 0.01
ERRORS_OFF = 4.0
"""Standard errors by which the mean weight may miss 1: chance does it once in 16,000."""
LEAST_OFF = 0.01
LEAST_OUTCOMES = 50.0
"""E-mails that came to anything, of as many as the log is worth: below, a handful decides."""
MOST_ASYMMETRY = 0.2
"""Third standardised moment of the weighted outcomes' mean, above which a few that weigh much decide: without them it
looks poorer than it is, and its error smaller."""


class Judged(BaseModel):
    """One metric."""

    metric: str
    verdict: Verdict
    """`better` and `worse` mean more and less of it."""
    logged: Estimate
    candidate: dict[Estimator, Estimate]
    difference: dict[Estimator, Estimate]
    """Candidate less logged. `dr` is what the verdict goes by."""


class Scope(BaseModel):
    """All e-mails, or those of a flow."""

    flow: str
    """Empty for all."""
    customers: int
    reach: Overlap | None
    """None without e-mails."""
    verdict: Verdict
    """Whether anything can be told at all: `cannot_tell_yet` where it can, and the metrics tell what."""
    metrics: list[Judged]


def judge(log: Log) -> list[Scope]:
    """All e-mails first, then flow by flow, the one with the most e-mails first. Raises BadLog."""
    if not len(log):
        return [Scope(flow="", customers=0, reach=None, verdict="empty", metrics=[])]
    added = control(log)
    found = [_scope(log, added, "")]
    counts = np.bincount(log.flows, minlength=len(log.flow_names))
    if np.count_nonzero(counts) > 1:
        for place in np.argsort(-counts, kind="stable"):
            if counts[place]:
                rows = np.flatnonzero(log.flows == place)
                found.append(_scope(log.rows(rows), added[rows], log.flow_names[place]))
    return found


def _scope(log: Log, added: Array, flow: str) -> Scope:
    weights = log.weights
    reach, customers = overlap(log), len(np.unique(log.customers))
    verdict = _reachable(reach, customers)
    judged = [
        Judged(
            metric=name,
            verdict=verdict if verdict != "cannot_tell_yet" else _verdict(one.difference["dr"], rewards, weights),
            logged=one.logged,
            candidate=one.candidate,
            difference=one.difference,
        )
        for name, one, rewards in zip(
            log.metrics, estimates(log.rewards, weights, added, log.customers), log.rewards.T, strict=True
        )
    ]
    return Scope(flow=flow, customers=customers, reach=reach, verdict=verdict, metrics=judged)


def _reachable(reach: Overlap, customers: int) -> Verdict:
    if reach.unsupported > MOST_UNSUPPORTED:
        return "out_of_reach"
    if reach.effective < LEAST_EFFECTIVE or reach.top_share > MOST_TOP_SHARE or customers < LEAST_CUSTOMERS:
        return "out_of_reach"
    if abs(reach.mean - 1) > max(LEAST_OFF, ERRORS_OFF * reach.mean_error):
        return "bad_probabilities"
    return "cannot_tell_yet"


def _verdict(difference: Estimate, rewards: Array, weights: Array) -> Verdict:
    if _expected(rewards, weights) < LEAST_OUTCOMES or _asymmetry(rewards, weights) > MOST_ASYMMETRY:
        return "too_few_outcomes"
    within = difference.wider
    return "better" if within.low > 0 else "worse" if within.high < 0 else "cannot_tell_yet"


def _expected(rewards: Array, weights: Array) -> float:
    """E-mails that came to anything, as many as they would be worth wherever among all they were.

    By which of them it was that came to something, a log without the heavy ones would pass, and one with them fail:
    whatever passes would look worse than it is.
    """
    return int(np.count_nonzero(rewards)) * effective(weights) / len(weights)


def _asymmetry(rewards: Array, weights: Array) -> float:
    """Of the sum of weighted outcomes, wherever among all e-mails the outcomes were; 0 or more."""
    return _lopsided(rewards) * _lopsided(weights) / math.sqrt(len(weights))


def _lopsided(values: Array) -> float:
    """Third moment over the second's power: 1 where all are alike, the more the fewer of them matter."""
    top = float(np.abs(values).max(initial=0.0))
    if top <= 0:
        return math.inf
    # Relative to the largest: powers of large amounts would lose the small ones.
    relative = np.abs(values) / top
    return float((relative**3).mean() / (relative**2).mean() ** 1.5)
