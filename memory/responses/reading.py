"""One customer's responses, partially pooled: the shop, an arm in the shop, a person, an arm with that person.

What is expected of an arm for a person is the shop's rate, times how much better the arm does in the shop than its
flows let expect (`priors`), times how much more often this person succeeds than others (`leaning`): whoever clicks one
kind of e-mail may be expected to click the others too. Their own e-mails of the arm are weighed against that
(`memory.pooling.pool`). Nobody's history: exactly the shop's rate; much history: their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from memory.pooling import pool, strength_of
from memory.responses.frequency import frequency
from memory.responses.model import Arm, Preference, Rate, Responses
from memory.responses.priors import ResponsePriors
from memory.responses.tallies import MOST_SURE, NOTHING, Tally, leaning, of_person, tally
from memory.responses.trials import DIMENSIONS, OUTCOMES, Dimension, Outcome, Trial, trials
from memory.responses.wording import reason_of
from memory.state import State


def responses(state: State, zone: ZoneInfo, as_of: datetime, priors: ResponsePriors) -> Responses:
    """What they respond to. `zone`: the customer's, for the time of day."""
    told = list(trials(state, zone, as_of))
    return read(told, priors) if told else _of_nobody(_ById(priors))


def read(told: Sequence[Trial], priors: ResponsePriors) -> Responses:
    """From the trials themselves, newest first."""
    preferences = [_preference(told, dimension, priors) for dimension in DIMENSIONS]
    return Responses(
        emails=len(told),
        rates={outcome: _rate(told, outcome, priors) for outcome in OUTCOMES},
        preferences=tuple(one for one in preferences if one is not None),
        frequency=frequency(preferences[-1], priors),
    )


class _ById:
    """Priors as a key of a cache: they hold dictionaries, and are never changed."""

    def __init__(self, priors: ResponsePriors) -> None:
        self.priors = priors

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.priors is self.priors

    def __hash__(self) -> int:
        return id(self.priors)


@lru_cache(maxsize=4)
def _of_nobody(key: _ById) -> Responses:
    """Everybody without a history is the same."""
    return read([], key.priors)


def _rate(told: Sequence[Trial], outcome: Outcome, priors: ResponsePriors) -> Rate:
    evidence = of_person(told, outcome, priors)
    found = pool(*evidence, strength_of(evidence.mean, priors.spread_of_persons(outcome)))
    succeeded = sum(1 for trial in told if getattr(trial, outcome))
    return Rate(
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        shop=evidence.mean,
        succeeded=succeeded,
        emails=len(told),
        own_share=found.own_share,
    )


def _preference(told: Sequence[Trial], dimension: Dimension, priors: ResponsePriors) -> Preference | None:
    counted = tally(told, dimension, priors)
    known = {**dict.fromkeys(priors.ratios.get(dimension, {}), NOTHING), **counted}
    if not known:
        return None
    lean = leaning(counted.values(), priors.spread_of_persons(DIMENSIONS[dimension]))
    arms = [_arm(arm, one, lean, dimension, priors) for arm, one in known.items()]
    arms.sort(key=lambda one: (-one.estimate, one.arm))
    tells = len(arms) > 1 and arms[0].own_share > 0 and arms[0].low > arms[1].estimate
    outcome = DIMENSIONS[dimension]
    return Preference(
        dimension=dimension,
        outcome=outcome,
        arms=tuple(arms),
        tells=tells,
        reason=reason_of(dimension, outcome, arms, tells),
    )


def _arm(arm: str, one: Tally, lean: float, dimension: Dimension, priors: ResponsePriors) -> Arm:
    shop = min(priors.rates[DIMENSIONS[dimension]] * priors.ratio(dimension, arm), MOST_SURE)
    usual = min(shop * lean, MOST_SURE)
    # Their e-mails of this arm may have stood in better flows than most: what is expected of those is weighed against
    # what they did, and the answer told for an e-mail as the shop sends it on average.
    mean = min(one.expected / one.trials * lean, MOST_SURE) if one.trials else usual
    found = pool(one.successes, one.trials, mean, strength_of(mean, priors.spread(dimension)))
    scale = usual / mean
    return Arm(
        arm=arm,
        estimate=min(found.estimate * scale, 1.0),
        low=min(found.low * scale, 1.0),
        high=min(found.high * scale, 1.0),
        shop=shop,
        succeeded=one.succeeded,
        emails=one.emails,
        own_share=found.own_share,
    )
