"""One person's trials counted by arm, and how much more often they succeed than the shop's customers do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from memory.pooling import Evidence, pool, strength_of
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


def leaning(counted: Iterable[Tally], spread: float) -> float:
    """How much more often they succeed in all of these e-mails than the shop's customers do: 1 where there are none."""
    trials = successes = expected = 0.0
    for one in counted:
        trials += one.trials
        successes += one.successes
        expected += one.expected
    if not trials:
        return 1.0
    mean = min(expected / trials, MOST_SURE)
    return pool(successes, trials, mean, strength_of(mean, spread)).estimate / mean


def person_arms(told: Sequence[Trial], dimension: Dimension, priors: ResponsePriors) -> Iterator[Evidence]:
    """Each arm they had, with what the shop and their e-mails of other arms let expect of it.

    Without its own e-mails, which are what is to be explained: with them, people would seem to differ less.
    """
    counted = tally(told, dimension, priors)
    spread = priors.spread_of_persons(DIMENSIONS[dimension])
    for arm, one in counted.items():
        others = (other for name, other in counted.items() if name != arm)
        mean = min(one.expected / one.trials * leaning(others, spread), MOST_SURE)
        yield Evidence(one.successes, one.trials, mean)


PLACES = {dimension: place for place, dimension in enumerate(DIMENSIONS)}
SUCCEEDED = {outcome: Trial._fields.index(outcome) for outcome in DIMENSIONS.values()}
