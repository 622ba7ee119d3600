"""What was learned of ways to write in a shop where every way does as well as any other, looked at every day.

As many e-mails as a middling shop sends in four months, through the real sums, beliefs and sentences. No database: what
e-mails came to is drawn as it would be counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np

from composer.bandit.learned import Lesson
from composer.bandit.posterior import learn_posterior
from composer.bandit.reward import Kind
from composer.bandit.statistics import Segment, Statistics, Told
from composer.simulation.null_looks import Look, of_lesson
from composer.simulation.world import START

WAYS: Mapping[str, Sequence[str]] = {
    "tone": ("plain", "warm", "playful"),
    "length": ("short", "medium"),
    "subject": ("plain", "name", "question"),
    "cta": ("short", "product", "long"),
    "picks": ("3", "4", "5", "6"),
    "slot": ("usual", "morning", "evening"),
}
SEGMENTS = (Segment("newsletter", "active"), Segment("newsletter", "lapsed"))
DAYS, A_DAY = 120, 60
"""Days, and e-mails a day."""
SHARES: Mapping[Kind, float] = {
    Kind.NOTHING: 0.55,
    Kind.OPENED: 0.33,
    Kind.CLICKED: 0.08,
    Kind.ORDERED: 0.03,
    Kind.UNSUBSCRIBED: 0.007,
    Kind.COMPLAINED: 0.002,
    Kind.ORDERED_AND_LEFT: 0.001,
}
"""More happens than to most, so that there is enough to be fooled by."""


def look_at_ways(seed: int) -> Iterator[Look]:
    """What is said at the end of each day."""
    draw = np.random.default_rng([seed, 5])
    kinds, shares = list(SHARES), list(SHARES.values())
    statistics = Statistics()
    for day in range(DAYS):
        at = START + day * timedelta(days=1)
        for kind in draw.choice(len(kinds), A_DAY, p=shares):
            choices = {name: _drawn(draw, arms) for name, arms in WAYS.items()}
            segment = SEGMENTS[int(draw.integers(len(SEGMENTS)))]
            statistics.add(Told(segment, at, kinds[kind], choices))
        lesson = Lesson(learn_posterior(statistics, at, {}), f"day {day}", statistics.emails, at)
        untrue = tuple(sorted(set(of_lesson(lesson))))
        yield Look("more" if untrue else "cannot_tell_yet", untrue)


def _drawn(draw: np.random.Generator, arms: Sequence[str]) -> tuple[str, float, Sequence[str]]:
    return arms[int(draw.integers(len(arms)))], 1 / len(arms), arms
