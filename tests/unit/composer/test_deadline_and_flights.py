"""Promises about time, and one composition for many callers."""

from __future__ import annotations

import asyncio

import pytest

from composer.deadline import Deadline
from composer.flights import Flights
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


async def answer(value: str, delay: float = 0.0) -> str:
    await asyncio.sleep(delay)
    return value


async def test_work_that_ends_in_time_gives_its_result() -> None:
    assert await Deadline(PATIENCE_S).run(answer("done")) == "done"


async def test_work_that_does_not_end_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def stubborn() -> str:
        try:
            await asyncio.sleep(60)
            return "too late"
        except asyncio.CancelledError:
            cancelled.set()
            raise

    assert await Deadline(0.05).run(stubborn()) is None
    await asyncio.wait_for(cancelled.wait(), PATIENCE_S)


async def test_tightening_wakes_a_waiter_and_loosening_does_nothing() -> None:
    deadline = Deadline(60)
    before = deadline.until
    deadline.tighten(600)
    assert deadline.until == before
    waiting = asyncio.create_task(deadline.run(answer("late", 50)))
    await asyncio.sleep(0)
    deadline.tighten(0.01)
    assert await asyncio.wait_for(waiting, PATIENCE_S) is None


async def test_an_error_in_the_work_reaches_the_caller() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Deadline(1).run(broken())


async def test_fifty_callers_share_one_flight() -> None:
    flights: Flights[str] = Flights()
    started: list[Deadline] = []

    async def start(deadline: Deadline) -> str:
        started.append(deadline)
        return await answer(f"answer {len(started)}", 0.01)

    answers = await asyncio.gather(*(flights.join("key", PATIENCE_S, start) for _ in range(50)))
    assert set(answers) == {"answer 1"}
    assert len(started) == 1
    assert await flights.join("key", PATIENCE_S, start) == "answer 2"


async def test_an_impatient_caller_hurries_the_flight_of_a_patient_one() -> None:
    flights: Flights[str | None] = Flights()

    async def start(deadline: Deadline) -> str | None:
        return await deadline.run(answer("late", 60))

    patient = asyncio.create_task(flights.join("key", 60, start))
    await asyncio.sleep(0)
    assert await asyncio.wait_for(flights.join("key", 0.05, start), PATIENCE_S) is None
    assert await patient is None


async def test_a_caller_that_goes_away_does_not_cancel_the_others() -> None:
    flights: Flights[str] = Flights()

    async def start(deadline: Deadline) -> str:
        return await answer("done", 0.05)

    leaving = asyncio.create_task(flights.join("key", PATIENCE_S, start))
    await asyncio.sleep(0)
    staying = asyncio.create_task(flights.join("key", PATIENCE_S, start))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "done"
    with pytest.raises(asyncio.CancelledError):
        await leaving
