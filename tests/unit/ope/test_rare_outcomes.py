"""Where hardly anything came of e-mails, and some weigh much, a policy that changes nothing is not called worse."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from composer.ope.judging import judge
from composer.ope.log import Log
from tests.unit.ope.logs import ARMS, step

RUNS = 16
OLD, NEW = np.array([0.6, 0.2, 0.1, 0.1]), np.array([0.1, 0.2, 0.2, 0.5])


def nothing_to_find(seed: int, emails: int, clicks: float, draws: int) -> Log:
    """Whatever is drawn, as many click, and a quarter of these order for very different amounts."""
    draw = np.random.default_rng(seed)
    size, none = draws * ARMS, np.zeros(emails, dtype=np.int32)
    new, old = (np.tile(policy, (emails, 1)) for policy in (NEW, OLD))
    clicked = (draw.random(emails) < clicks).astype(np.float64)
    spent = clicked * (draw.random(emails) < 0.25) * draw.lognormal(3.7, 0.8, emails)
    return Log(
        metrics=("clicks", "revenue"),
        rewards=np.stack([clicked, spent], axis=1),
        customers=(np.arange(emails) % (emails // 2)).astype(np.int32),
        segments=none,
        flows=none,
        flow_names=("newsletter",),
        steps=tuple(
            step(str(place), draw.choice(ARMS, emails, p=OLD), new, old, first=place * ARMS, features=size)
            for place in range(draws)
        ),
        features=size,
    )


@pytest.mark.parametrize(
    ("emails", "clicks", "draws", "told"),
    [
        pytest.param(2_600, 0.1, 2, 0, id="rare outcomes, heavy weights"),
        pytest.param(2_000, 0.2, 1, RUNS, id="enough to tell"),
    ],
)
def test_a_policy_that_changes_nothing_is_hardly_ever_called_worse_or_better(
    emails: int, clicks: float, draws: int, told: int
) -> None:
    found: Counter[tuple[str, str]] = Counter()
    for seed in range(RUNS):
        [scope] = judge(nothing_to_find(seed, emails, clicks, draws))
        assert scope.verdict == "cannot_tell_yet"
        found.update((one.metric, one.verdict) for one in scope.metrics)
    # One look at a time, 95 % sure: three standard errors above.
    assert all(found[metric, said] <= 3 for metric in ("clicks", "revenue") for said in ("worse", "better"))
    assert found["clicks", "too_few_outcomes"] == RUNS - told
