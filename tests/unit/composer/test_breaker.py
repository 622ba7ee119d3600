"""The circuit breaker."""

from __future__ import annotations

from composer.breaker import Breaker, State


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def failing(times: int, clock: Clock) -> Breaker:
    """One that saw as many failures, a second apart, the last of them at time 0."""
    breaker = Breaker(threshold=3, cool_off=10.0, clock=clock)
    for ago in reversed(range(times)):
        clock.now = -float(ago)
        breaker.failure()
    return breaker


def test_it_opens_after_as_many_failures_in_a_row_as_the_threshold_says() -> None:
    assert failing(2, Clock()).allow()
    assert not failing(3, Clock()).allow()


def test_all_calls_that_fail_at_one_moment_are_one_failure() -> None:
    breaker = failing(0, Clock())
    for _ in range(100):
        breaker.failure()
    assert breaker.state is State.CLOSED


def test_a_success_in_between_starts_the_count_again() -> None:
    clock = Clock()
    breaker = failing(2, clock)
    breaker.success()
    clock.now = 1.0
    breaker.failure()
    assert breaker.state is State.CLOSED


def test_after_the_cool_off_exactly_one_probe_goes_through() -> None:
    clock = Clock()
    breaker = failing(3, clock)
    clock.now = 9.9
    assert not breaker.allow()
    clock.now = 10.0
    assert [breaker.allow(), breaker.allow()] == [True, False]


def test_a_good_probe_closes_it_and_a_bad_one_opens_it_for_another_cool_off() -> None:
    clock = Clock()
    good, bad = failing(3, clock), failing(3, clock)
    clock.now = 10.0
    assert good.allow()
    assert bad.allow()
    good.success()
    bad.failure()
    assert (good.state, bad.state) == (State.CLOSED, State.OPEN)
    clock.now = 20.0
    assert bad.allow()


def test_an_abandoned_probe_makes_room_for_the_next() -> None:
    clock = Clock()
    breaker = failing(3, clock)
    clock.now = 10.0
    assert breaker.allow()
    breaker.abandon()
    assert breaker.allow()
