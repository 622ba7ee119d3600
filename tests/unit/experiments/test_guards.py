"""An arm that drives customers off is found, also where nobody leaves control; one that does not is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from composer.experiments.outcomes import worse
from composer.results.clusters import Totals
from composer.results.sequential import ALPHA


def who(responded: int, of: int = 10_000) -> Totals:
    """So many of so many customers."""
    return Totals(n=of, m=of, mm=of, positive=responded, hits=responded, x=responded, xx=responded, xm=responded)


@pytest.mark.parametrize(
    ("arm", "control", "said"),
    [
        pytest.param(40, 0, True, id="none in control"),
        pytest.param(15, 0, True, id="a few, and none in control"),
        pytest.param(5, 0, False, id="too few to say"),
        pytest.param(60, 20, True, id="three times as many"),
        pytest.param(45, 40, False, id="hardly more"),
        pytest.param(0, 40, False, id="fewer"),
        pytest.param(0, 0, False, id="none at all"),
    ],
)
def test_more_who_leave_than_in_control_are_found(arm: int, control: int, said: bool) -> None:
    assert worse(who(arm), who(control), ALPHA) is said


def test_an_arm_of_another_size_is_not_worse_for_being_larger() -> None:
    assert not worse(who(90, 90_000), who(10, 10_000), ALPHA)
    assert worse(who(30, 1_000), who(90, 9_000), ALPHA)


def test_where_arms_are_alike_looking_after_each_customer_finds_harm_in_at_most_one_of_twenty() -> None:
    draw = np.random.default_rng(4)
    fooled = 0
    for _ in range(400):
        in_arm = np.cumsum(draw.random(150) < 0.3)
        looks = zip(in_arm, range(1, 151), strict=True)
        fooled += any(worse(who(int(hits), 3_000), who(total - int(hits), 7_000), ALPHA) for hits, total in looks)
    assert fooled / 400 <= 0.05
