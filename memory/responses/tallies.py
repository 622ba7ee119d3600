"""One person's trials counted by arm, and what is to be expected of each arm from all the rest of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from memory.pooling import Evidence
from memory.responses.priors import ResponsePriors
from memory.responses.trials import DIMENSIONS, Dimension, Outcome, Trial

MOST_SURE = 0.98
"""No rate is expected to be higher, whatever ratios multiply up to."""


class Tally(NamedTuple):
    """Of one arm. Trials and successes weigh by their age; `expected` successes are the shop's."""

    trials: float
    successes: float
    expected: float
    emails: int
    succeeded: int


NOTHING = Tally(0.0, 0.0, 0.0, 0, 0)


def tally(told: Sequence[Trial], dimension: Dimension, priors: ResponsePriors) -> dict[str, Tally]:
    """By arm; e-mails that had none are left out."""
    outcome, place = DIMENSIONS[dimension], PLACES[dimension]
    flows = priors.flows.get(outcome, {})
    usual, ratios = priors.rates[outcome], priors.ratios.get(dimension, {})
    succeeded = SUCCEEDED[outcome]
    sums: dict[str, list[float]] = {}
    for trial in told:
        arm = trial.arms[place]
        found = sums.get(arm)
        if found is None:
            found = sums[arm] = [0.0, 0.0, 0.0, 0, 0]
        burden = trial.burden
        found[0] += burden
        found[2] += burden * flows.get(trial.flow, usual) * ratios.get(arm, 1.0)
        found[3] += 1
        if trial[succeeded]:
            found[1] += burden
            found[4] += 1
    return {
        arm: Tally(found[0], found[1], found[2], int(found[3]), int(found[4])) for arm, found in sums.items() if arm
    }


def of_person(told: Sequence[Trial], outcome: Outcome, priors: ResponsePriors) -> Evidence:
    """All of their e-mails together."""
    seen = sum(trial.weight for trial in told)
    succeeded = sum(trial.weight for trial in told if getattr(trial, outcome))
    expected = sum(trial.weight * priors.expected(outcome, trial.flow) for trial in told)
    return Evidence(succeeded, seen, expected / seen if seen else priors.rates[outcome])


def leaning(counted: dict[str, Tally], arm: str, strength: float) -> float:
    """How much more often they succeed than the shop, in all e-mails of other arms than this: 1 where there are none.

    Without this arm's own e-mails, which are to be weighed against it and must not count twice.
    """
    others = [one for other, one in counted.items() if other != arm]
    trials, expected = sum(one.trials for one in others), sum(one.expected for one in others)
    if not expected:
        return 1.0
    mean = expected / trials
    return (sum(one.successes for one in others) + strength * mean) / (trials + strength) / mean


def person_arms(
    told: Sequence[Trial], dimension: Dimension, priors: ResponsePriors
) -> Iterator[tuple[str, Tally, Evidence]]:
    """Each arm they had, with what the shop and their other e-mails let expect of it."""
    counted = tally(told, dimension, priors)
    strength = priors.strength_of_person(DIMENSIONS[dimension])
    for arm, one in counted.items():
        mean = min(one.expected / one.trials * leaning(counted, arm, strength), MOST_SURE)
        yield arm, one, Evidence(one.successes, one.trials, mean)


PLACES = {dimension: place for place, dimension in enumerate(DIMENSIONS)}
SUCCEEDED = {outcome: Trial._fields.index(outcome) for outcome in DIMENSIONS.values()}
