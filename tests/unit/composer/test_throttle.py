"""Who may ask a model, and who waits."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from composer.model_settings import Endpoint, Limits
from composer.throttle import Throttle, Throttles, TooLate, calling_for

SOON = 30.0


def until(seconds: float = SOON) -> float:
    return asyncio.get_running_loop().time() + seconds


async def calls(throttle: Throttle, order: list[str], caller: str, count: int) -> None:
    """`count` calls at once; each notes when it is let out and gives up its slot in the next turn of the loop."""

    async def one() -> None:
        ticket = await throttle.enter(10.0, until())
        order.append(caller)
        await asyncio.sleep(0)
        throttle.leave(ticket, 10.0)

    with calling_for(caller):
        await asyncio.gather(*(one() for _ in range(count)))


async def test_not_more_than_the_slots_are_out_at_once() -> None:
    throttle = Throttle(Limits(max_concurrency=3))
    tickets = [await throttle.enter(1.0, until()) for _ in range(3)]
    waiting = asyncio.ensure_future(throttle.enter(1.0, until()))
    await asyncio.sleep(0.01)
    assert (throttle.in_flight, throttle.waiting, waiting.done()) == (3, 1, False)
    throttle.leave(tickets[0])
    await waiting
    assert (throttle.in_flight, throttle.waiting) == (3, 0)


async def test_callers_take_turns_however_many_calls_each_has_in_line() -> None:
    throttle, order = Throttle(Limits(max_concurrency=2)), list[str]()
    await asyncio.gather(calls(throttle, order, "big", 60), calls(throttle, order, "small", 6))
    before_small_ended = order[: len(order) - order[::-1].index("small")]
    assert Counter(before_small_ended)["big"] <= 10


async def test_one_callers_calls_go_in_the_order_they_came() -> None:
    throttle, order = Throttle(Limits(max_concurrency=1)), list[str]()
    first = await throttle.enter(1.0, until())
    waiting = [asyncio.ensure_future(_noted(throttle, order, str(number))) for number in range(5)]
    await asyncio.sleep(0)
    throttle.leave(first)
    await asyncio.gather(*waiting)
    assert order == ["0", "1", "2", "3", "4"]


async def _noted(throttle: Throttle, order: list[str], name: str) -> None:
    ticket = await throttle.enter(1.0, until())
    order.append(name)
    throttle.leave(ticket)


async def test_a_call_does_not_wait_past_its_deadline() -> None:
    throttle = Throttle(Limits(max_concurrency=1))
    await throttle.enter(1.0, until())
    with pytest.raises(TooLate):
        await throttle.enter(1.0, until(0.02))
    assert throttle.waiting == 0


async def test_after_a_refusal_nobody_goes_before_the_time_the_server_named() -> None:
    throttle = Throttle()
    ticket = await throttle.enter(1.0, until())
    throttle.refused(ticket, 60.0)
    throttle.leave(ticket)
    with pytest.raises(TooLate):
        await throttle.enter(1.0, until(59.0))
    throttle_of_another_model = Throttle()
    await throttle_of_another_model.enter(1.0, until(0.1))


async def test_a_call_that_was_cancelled_in_line_leaves_no_hole() -> None:
    throttle = Throttle(Limits(max_concurrency=1))
    ticket = await throttle.enter(1.0, until())
    cancelled, next_one = (asyncio.ensure_future(throttle.enter(1.0, until())) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    throttle.leave(ticket)
    await next_one
    assert throttle.in_flight == 1


async def test_a_call_cancelled_just_as_it_is_let_out_gives_its_slot_on() -> None:
    throttle = Throttle(Limits(max_concurrency=1))
    ticket = await throttle.enter(1.0, until())
    let_out, next_one = (asyncio.ensure_future(throttle.enter(1.0, until())) for _ in range(2))
    await asyncio.sleep(0)
    throttle.leave(ticket)
    let_out.cancel()
    await next_one
    assert throttle.in_flight == 1


async def test_a_minute_of_tokens_is_not_spent_twice() -> None:
    throttle = Throttle(Limits(tokens_per_minute=600))
    throttle.leave(await throttle.enter(10.0, until()), 10.0)
    with pytest.raises(TooLate):
        await throttle.enter(10.0, until(0.05))


async def test_tokens_that_were_not_used_go_to_the_next_call() -> None:
    throttle = Throttle(Limits(tokens_per_minute=600))
    throttle.leave(await throttle.enter(10.0, until()), 0.0)
    await throttle.enter(10.0, until(0.05))


class TestReservation:
    async def test_its_first_call_goes_at_once_and_the_next_waits_for_its_turn(self) -> None:
        throttle = Throttle(Limits(max_concurrency=1))
        async with throttle.reserved():
            assert throttle.in_flight == 1
            throttle_ticket = await throttle.enter(1.0, until(0.01))
            assert throttle.in_flight == 1
            with pytest.raises(TooLate):
                await throttle.enter(1.0, until(0.02))
            throttle.leave(throttle_ticket)
        assert throttle.in_flight == 0

    async def test_unused_it_is_given_back(self) -> None:
        throttle = Throttle(Limits(max_concurrency=1, requests_per_minute=60))
        async with throttle.reserved():
            pass
        await throttle.enter(1.0, until(0.02))

    async def test_tasks_begun_in_it_may_use_it(self) -> None:
        throttle = Throttle(Limits(max_concurrency=1))
        async with throttle.reserved():
            throttle.leave(await asyncio.ensure_future(throttle.enter(1.0, until(0.02))))

    async def test_it_is_good_for_its_own_model_only(self) -> None:
        one, other = Throttle(Limits(max_concurrency=1)), Throttle(Limits(max_concurrency=1))
        async with one.reserved():
            await other.enter(1.0, until())
            assert (one.in_flight, other.in_flight) == (1, 1)
        assert (one.in_flight, other.in_flight) == (0, 1)

    async def test_a_pause_that_came_since_holds_for_it_too(self) -> None:
        throttle = Throttle()
        refused = await throttle.enter(1.0, until())
        async with throttle.reserved():
            throttle.refused(refused, 60.0)
            with pytest.raises(TooLate):
                await throttle.enter(1.0, until())

    async def test_a_model_that_is_away_for_the_day_is_not_waited_for(self) -> None:
        throttle = Throttle(Limits(max_concurrency=1))
        ticket = await throttle.enter(1.0, until())

        async def fails() -> None:
            async with throttle.reserved():
                with pytest.raises(TooLate):
                    await throttle.enter(1.0, until())

        waiting = asyncio.ensure_future(fails())
        await asyncio.sleep(0)
        throttle.refused(ticket, 86_400.0)
        throttle.leave(ticket)
        await waiting
        await fails()

    async def test_calls_with_a_deadline_go_before_those_that_may_wait(self) -> None:
        throttle, order = Throttle(Limits(max_concurrency=1)), list[str]()
        held = await throttle.enter(1.0, until())

        async def patient() -> None:
            async with throttle.reserved():
                order.append("patient")

        waiting = [asyncio.ensure_future(patient())]
        await asyncio.sleep(0)
        waiting.append(asyncio.ensure_future(_noted(throttle, order, "urgent")))
        await asyncio.sleep(0)
        throttle.leave(held)
        await asyncio.gather(*waiting)
        assert order == ["urgent", "patient"]


class TestShare:
    async def test_a_process_takes_its_part_of_the_slots(self) -> None:
        throttles = Throttles(Limits(max_concurrency=10))
        throttle = throttles.of(Endpoint(model="a"))
        throttles.share = 0.25
        later = throttles.of(Endpoint(model="b"))
        assert (throttle.max_concurrency, later.max_concurrency) == (2, 2)

    async def test_and_of_the_rate(self) -> None:
        throttles = Throttles(Limits(requests_per_minute=1200))
        throttles.share = 0.5
        assert throttles.of(Endpoint(model="a")).rate == 10.0

    async def test_a_larger_share_lets_out_who_waits(self) -> None:
        throttle = Throttle(Limits(max_concurrency=4))
        throttle.share = 0.25
        await throttle.enter(1.0, until())
        waiting = asyncio.ensure_future(throttle.enter(1.0, until()))
        await asyncio.sleep(0)
        throttle.share = 1.0
        await waiting
        assert throttle.in_flight == 2

    @pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
    async def test_no_share_is_no_share(self, share: float) -> None:
        with pytest.raises(ValueError, match="share is over 0"):
            Throttle().share = share

    async def test_a_server_of_our_own_is_not_shared(self) -> None:
        throttles, endpoint = Throttles(Limits()), Endpoint(model="local")
        throttle = throttles.alone(endpoint, 4)
        throttles.share = 0.25
        assert (throttle.max_concurrency, throttles.of(endpoint)) == (4, throttle)

    async def test_one_model_has_one_throttle(self) -> None:
        throttles = Throttles(Limits())
        assert throttles.of(Endpoint(model="a")) is throttles.of(Endpoint(model="a"))
        assert throttles.of(Endpoint(model="a")) is not throttles.of(Endpoint(model="a", api_base="http://b"))
