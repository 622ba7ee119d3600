"""A budget admits nobody who would go beyond it, counts what is in flight, and is shared between processes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.contract import Usage
from composer.runs.budget import SCOUTS, Budget, Spent

TENTH = Usage(calls=1, input_tokens=75, output_tokens=25, cost_usd=0.125)


def begun(budget: Budget, usage: Usage = TENTH) -> int:
    """How many it admits one after the other, each ended and stored before the next is asked for."""
    count = 0
    while count < 1_000 and budget.admits():
        budget.begin()
        budget.end(usage)
        budget.store([usage])
        count += 1
    return count


def test_without_a_limit_everyone_is_admitted() -> None:
    assert begun(Budget(None, None)) == 1_000
    assert not Budget(None, None).limited


@pytest.mark.parametrize(
    ("usd", "tokens", "admitted"),
    [
        pytest.param("1", None, 8, id="exactly used up"),
        pytest.param("1.1", None, 8, id="not enough for another"),
        pytest.param(None, 1_000, 10, id="tokens"),
        pytest.param("1", 300, 3, id="whichever comes first"),
        pytest.param(None, 0, 0, id="none at all"),
        # What one takes is not known before the first: then it is known to be too much.
        pytest.param("0.01", None, 1, id="less than one takes"),
    ],
)
def test_it_admits_as_many_as_it_is_enough_for(usd: str | None, tokens: int | None, admitted: int) -> None:
    assert begun(Budget(Decimal(usd) if usd else None, tokens)) == admitted


def test_those_in_flight_are_counted_at_what_others_took() -> None:
    budget = Budget(Decimal(1), None)
    for _ in range(SCOUTS):
        assert budget.admits()
        budget.begin()
    assert not budget.admits(), "nobody knows yet what one takes"
    budget.end(TENTH)
    while budget.admits():
        budget.begin()
    assert not budget.settled
    for _ in range(7):
        budget.end(TENTH)
    budget.store([TENTH] * 8)
    assert budget.settled


def test_whoever_is_dropped_makes_room() -> None:
    budget = Budget(None, 200)
    budget.begin()
    budget.end(TENTH)
    budget.begin()
    assert not budget.admits()
    budget.end(None)
    assert budget.admits()


def test_what_others_spent_counts_and_ones_own_counts_once() -> None:
    budget = Budget(None, 1_000)
    for _ in range(3):
        budget.begin()
        budget.end(TENTH)
    budget.store([TENTH] * 2)
    before = budget.stored
    # 200 of ours, 500 of others; our third is not in the database yet.
    budget.read(Spent(tokens=700, recipients=7), before)
    assert begun(budget) == 2


def test_of_two_processes_each_keeps_within_half_of_what_is_left() -> None:
    budget = Budget(None, 1_000)
    budget.read(Spent(tokens=200, recipients=2), Spent())
    budget.workers = 2
    assert begun(budget) == 4


def test_the_end_is_close_before_it_is_reached() -> None:
    budget = Budget(None, 1_000)
    budget.read(Spent(tokens=500, recipients=5), Spent())
    assert (budget.admits(), budget.close) == (True, False)
    budget.read(Spent(tokens=700, recipients=7), Spent())
    assert (budget.admits(), budget.close) == (True, True)


@given(
    budget=st.integers(0, 5_000),
    takes=st.lists(st.integers(1, 400), min_size=1, max_size=60),
    width=st.integers(1, 20),
)
def test_it_goes_over_by_no_more_than_those_in_flight_exceed_the_average(
    budget: int, takes: list[int], width: int
) -> None:
    kept = Budget(None, budget)
    spent = 0
    flying: list[int] = []
    for tokens in takes:
        while len(flying) >= width or (flying and not kept.admits()):
            ended = flying.pop(0)
            kept.end(Usage(calls=1, input_tokens=ended))
            spent += ended
        if not kept.admits():
            break
        kept.begin()
        flying.append(tokens)
    assert spent + sum(flying) <= budget + max(takes) * max(width, SCOUTS)
    if not budget:
        assert not spent


@given(
    dearest=st.integers(100, 400),
    others=st.lists(st.integers(1, 100), min_size=1, max_size=60),
    width=st.integers(1, 20),
    budget=st.integers(2_000, 8_000),
)
def test_it_is_kept_once_the_dearest_is_known(dearest: int, others: list[int], width: int, budget: int) -> None:
    kept = Budget(None, budget)
    kept.begin()
    kept.end(Usage(calls=1, input_tokens=dearest))
    spent = dearest
    flying: list[int] = []
    for tokens in [*others, *[dearest] * 40]:
        while len(flying) >= width:
            ended = flying.pop(0)
            kept.end(Usage(calls=1, input_tokens=ended))
            spent += ended
        if kept.admits():
            kept.begin()
            flying.append(tokens)
    assert spent + sum(flying) <= budget


def test_who_was_asked_twice_is_what_the_next_are_reckoned_by() -> None:
    budget = Budget(None, 1_000)
    for taken in (100, 100, 100, 300):
        budget.begin()
        budget.end(Usage(calls=1, input_tokens=taken))
    budget.begin()
    assert not budget.admits(), "two more like the last would take all of the 400 that are left, and 200 beyond"
