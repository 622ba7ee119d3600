"""How fast a run moves is told from the last half minute."""

from __future__ import annotations

from datetime import timedelta

import pytest

from composer.runs.pace import SPAN_S, noted, rate
from store import clock
from tests.kit.factories import NOW


def after(seconds: float, pace: dict[str, int], count: int) -> dict[str, int]:
    """The pace when so many more became final so many seconds after NOW."""
    with clock.frozen_at(NOW + timedelta(seconds=seconds)):
        return noted(pace, count)


def test_a_steady_run_goes_at_its_rate() -> None:
    pace: dict[str, int] = {}
    for second in range(60):
        pace = after(second, pace, 40)
    assert rate([pace], NOW + timedelta(seconds=60)) == pytest.approx(40, rel=0.05)


def test_chunks_add_up() -> None:
    pace = after(0, {}, 50)
    assert rate([pace, pace, {}], NOW + timedelta(seconds=10)) == 10


def test_what_stands_still_slows_down_and_comes_to_nothing() -> None:
    pace = after(0, {}, 100)
    rates = [rate([pace], NOW + timedelta(seconds=seconds)) for seconds in (0.5, 10, 20, SPAN_S + 10)]
    assert rates == [100, 10, 5, 0]


def test_only_the_newest_is_kept() -> None:
    pace: dict[str, int] = {}
    for second in range(0, 600, 5):
        pace = after(second, pace, 1)
    assert len(pace) <= SPAN_S / 5 + 2
