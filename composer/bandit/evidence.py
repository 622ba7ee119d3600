"""What a person's own e-mails say of each arm, read off their memory: what they did, and nothing of who they are."""

from __future__ import annotations

from collections.abc import Iterable

from composer.bandit.model import Dimension, Own, Tried
from composer.bandit.reward import USUAL, Kind
from memory.model import CustomerMemory
from memory.responses.tallies import PLACES
from memory.responses.trials import Trial

REMEMBERED: dict[Dimension, int] = {
    "angle": PLACES["angle"],
    "tone": PLACES["tone"],
    "length": PLACES["length"],
    "subject": PLACES["subject"],
    "cta": PLACES["cta"],
}
"""Dimensions whose drawn arm memory keeps with each e-mail, and their places among a trial's arms.

Not the part of the day: memory keeps the hour an e-mail arrived at, which is as often their own hours' (`usual`) as a
drawn part's. What a person's hours are is learned in `memory.send_time`, and is that arm.
"""


def own_of(memory: CustomerMemory) -> Own:
    """Of their newest 60 e-mails, weighted by age: a fraction of a millisecond. Empty for a stranger.

    Rewards are in `reward.USUAL`, whatever the shop has learned since: the same memory says the same.
    """
    return summed(memory.trials())


def summed(told: Iterable[Trial]) -> Own:
    """By dimension and arm."""
    sums: dict[Dimension, dict[str, list[float]]] = {dimension: {} for dimension in REMEMBERED}
    places = [(sums[dimension], place) for dimension, place in REMEMBERED.items()]
    for trial in told:
        reward = trial.weight * _REWARDS[kind_of_trial(trial)]
        for arms, place in places:
            arm = trial.arms[place]
            if arm in arms:
                found = arms[arm]
                found[0] += trial.weight
                found[1] += reward
            elif arm:
                arms[arm] = [trial.weight, reward]
    return {
        dimension: {arm: Tried(round(weight, 6), round(reward, 6)) for arm, (weight, reward) in arms.items()}
        for dimension, arms in sums.items()
        if arms
    }


def kind_of_trial(trial: Trial) -> Kind:
    """As `reward.kind_of`, of what memory knows of an e-mail that arrived."""
    if trial.left:
        return Kind.ORDERED_AND_LEFT if trial.ordered else Kind.UNSUBSCRIBED
    if trial.ordered:
        return Kind.ORDERED
    if trial.clicked:
        return Kind.CLICKED
    return Kind.OPENED if trial.opened else Kind.NOTHING


_REWARDS = USUAL.kinds
