"""One composition at a time for one idempotency key in this process; everybody else waits for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from composer.deadline import Deadline

T = TypeVar("T")


@dataclass
class _Flight(Generic[T]):
    deadline: Deadline
    task: asyncio.Task[T]


class Flights(Generic[T]):
    """Between processes the unique constraint decides; in one process nobody should pay for a second model call."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, _Flight[T]] = {}

    async def join(self, key: Hashable, seconds: float, start: Callable[[Deadline], Coroutine[Any, Any, T]]) -> T:
        """The result of the flight under `key`, started when there is none.

        A later caller with less time tightens the deadline for all: the promise to each of them is kept. A caller
        that goes away does not take the flight down with it.
        """
        flight = self._flying.get(key)
        if flight is None:
            deadline = Deadline(seconds)
            flight = _Flight(deadline, asyncio.create_task(start(deadline)))
            self._flying[key] = flight
            flight.task.add_done_callback(lambda _: self._flying.pop(key, None))
        else:
            flight.deadline.tighten(seconds)
        return await asyncio.shield(flight.task)
