"""How fast a model may be asked, as arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.pace import CUT, SLOWEST, Bucket, Pace


def taken_in(bucket: Bucket, cost: float, seconds: float) -> int:
    """How many of `cost` go out when each goes as soon as it may."""
    now, taken = 0.0, 0
    while (now := now + bucket.wait(cost, now)) <= seconds:
        bucket.take(cost, now)
        taken += 1
    return taken


class TestBucket:
    def test_without_a_rate_nothing_waits(self) -> None:
        assert Bucket(None, 0.0).wait(1_000_000, 0.0) == 0.0

    @given(rate=st.floats(0.5, 200), cost=st.floats(0.1, 500), seconds=st.floats(5, 60))
    def test_the_mean_rate_holds_whatever_one_call_costs(self, rate: float, cost: float, seconds: float) -> None:
        spent = taken_in(Bucket(rate, 0.0), cost, seconds) * cost
        assert spent <= rate * seconds + max(1.0, rate) + cost
        assert spent >= rate * seconds - cost

    def test_what_was_saved_up_goes_at_once(self) -> None:
        assert taken_in(Bucket(10.0, 0.0), 1.0, 0.01) == 10

    def test_after_a_pause_one_call_goes_at_once_and_the_rest_at_the_rate(self) -> None:
        bucket = Bucket(10.0, 0.0)
        bucket.empty(5.0)
        assert bucket.wait(1.0, 5.0) == 0.0
        bucket.take(1.0, 5.0)
        assert bucket.wait(1.0, 5.0) == pytest.approx(0.1)

    def test_what_was_not_used_is_given_back(self) -> None:
        bucket = Bucket(10.0, 0.0)
        bucket.take(10.0, 0.0)
        bucket.take(-4.0, 0.0)
        assert bucket.wait(4.0, 0.0) == 0.0
        assert bucket.wait(5.0, 0.0) == pytest.approx(0.1)

    def test_a_debt_made_before_there_was_a_rate_is_none(self) -> None:
        bucket = Bucket(None, 0.0)
        bucket.take(500.0, 0.0)
        bucket.set_rate(1.0, 1.0)
        assert bucket.wait(1.0, 1.0) == 0.0


def served(pace: Pace, per_second: int, seconds: float, began: float = 0.0, *, pressed: bool = True) -> float:
    """Succeed steadily; returns the time it is then."""
    calls = int(per_second * seconds)
    for number in range(calls):
        pace.succeeded(began + number / per_second, pressed=pressed)
    return began + seconds


class TestPace:
    def test_nothing_limits_a_server_that_never_refused(self) -> None:
        pace = Pace()
        served(pace, 50, 3)
        assert pace.rate is None

    def test_a_refusal_cuts_what_the_server_took(self) -> None:
        pace = Pace()
        now = served(pace, 50, 10)
        assert pace.refused(now, now)
        assert pace.rate == pytest.approx(CUT * 50, rel=0.05)

    def test_a_refusal_before_anything_went_through_teaches_nothing(self) -> None:
        pace = Pace()
        assert pace.refused(0.0, 0.1)
        assert pace.rate is None

    def test_calls_that_were_out_together_cut_once(self) -> None:
        pace = Pace()
        now = served(pace, 50, 10)
        pace.refused(now, now)
        once = pace.rate
        assert not pace.refused(now - 0.1, now + 0.1)
        assert pace.rate == once

    def test_it_grows_back_while_the_rate_is_what_holds_calls_back(self) -> None:
        pace = Pace()
        now = served(pace, 50, 10)
        pace.refused(now, now)
        served(pace, 35, 12, began=now)
        assert pace.rate is not None
        assert 45 < pace.rate < 60

    def test_it_does_not_grow_while_nobody_waits(self) -> None:
        pace = Pace()
        now = served(pace, 50, 10)
        pace.refused(now, now)
        cut = pace.rate
        served(pace, 5, 60, began=now, pressed=False)
        assert pace.rate == cut

    def test_the_settings_are_never_exceeded(self) -> None:
        pace = Pace(ceiling=20.0)
        now = served(pace, 20, 10)
        pace.refused(now, now)
        served(pace, 20, 60, began=now)
        assert pace.rate == 20.0

    @given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 3.0)), max_size=60))
    def test_whatever_comes_it_never_stands_still(self, events: list[tuple[bool, float]]) -> None:
        pace, now = Pace(ceiling=100.0), 0.0
        for went_through, passed in events:
            now += passed
            if went_through:
                pace.succeeded(now, pressed=True)
            else:
                pace.refused(now, now)
        assert pace.rate is not None
        assert SLOWEST <= pace.rate <= 100.0
