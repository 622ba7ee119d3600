"""How patient hand-offs are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from composer.handoff.pace import Pace


def test_waits_between_attempts_grow_and_come_to_an_end() -> None:
    pace = Pace()
    waits = [pace.retry_after(attempts) for attempts in range(1, len(pace.retry_s) + 1)]
    assert all(one is not None for one in waits)
    assert waits == sorted(waits, key=lambda one: one or timedelta(0))
    assert pace.retry_after(len(pace.retry_s) + 1) is None


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_wait_is_near_what_is_planned_but_not_the_same_for_all(attempts: int) -> None:
    pace = Pace()
    waits = {pace.retry_after(attempts) for _ in range(50)}
    planned = timedelta(seconds=pace.retry_s[attempts - 1])
    assert len(waits) > 1
    assert all(one is not None and abs(one - planned) <= 0.2 * planned for one in waits)


def test_a_far_side_that_stays_away_is_asked_less_and_less_but_never_forgotten() -> None:
    pace = Pace()
    assert pace.rest_after(0) < pace.rest_after(2) < pace.rest_after(5)
    assert pace.rest_after(10_000) <= timedelta(seconds=pace.max_rest_s * 1.2)
