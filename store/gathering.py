"""Those who ask while others are served are served together next: what costs the same for one as for many, once.

Nobody waits to be joined. Who finds nothing under way is served at once and alone; of those who come meanwhile, all
that go together are served together as soon as that is done. The busier a process is, the larger its groups.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context, copy_context
from typing import Generic, NamedTuple, TypeVar

from store.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


class Sort(NamedTuple):
    """Who goes together with whom."""

    kind: Hashable
    """A group is of one kind …"""
    whose: Hashable
    """… and has nobody twice."""


class _Asked(NamedTuple, Generic[T, R]):
    what: T
    answer: asyncio.Future[R]
    context: Context
    """Of whoever asked: their clock, their span."""
    alone: bool = False
    """What they were served with failed: they go with nobody any more."""


class Gathering(Generic[T, R]):
    """Serves groups. For the tasks of one event loop."""

    def __init__(
        self,
        serve: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        sort: Callable[[T], Sort],
        *,
        most: int,
        lanes: int = 1,
    ) -> None:
        """`serve` answers a group of at most `most`, in its order; `lanes` of them at a time."""
        self._serve = serve
        self._sort = sort
        self._most = most
        self._lanes = lanes
        self._waiting: list[_Asked[T, R]] = []
        self._serving: set[asyncio.Task[None]] = set()

    async def ask(self, what: T) -> R:
        """The answer. Raises what `serve` raised for a group of this one alone, or that all is unavailable.

        Who goes away is served all the same once their group has begun.
        """
        asked: _Asked[T, R] = _Asked(what, asyncio.get_running_loop().create_future(), copy_context())
        self._waiting.append(asked)
        self._begin()
        return await asked.answer

    def _begin(self) -> None:
        while len(self._serving) < self._lanes and (group := self._next()):
            task = asyncio.get_running_loop().create_task(self._answer(group), context=group[0].context)
            self._serving.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        self._begin()

    def _next(self) -> list[_Asked[T, R]]:
        """Who has waited longest, and those that go with them; all others keep their place."""
        group: dict[Hashable, _Asked[T, R]] = {}
        left: list[_Asked[T, R]] = []
        kind: Hashable = None
        for one in self._waiting:
            if one.answer.done():  # They went away.
                continue
            sort = Sort(one.answer, None) if one.alone else self._sort(one.what)
            if not group:
                kind = sort.kind
            if sort.kind != kind or sort.whose in group or len(group) == self._most:
                left.append(one)
            else:
                group[sort.whose] = one
        self._waiting = left
        return list(group.values())

    async def _answer(self, group: Sequence[_Asked[T, R]]) -> None:
        try:
            answers = await self._serve([one.what for one in group])
        except asyncio.CancelledError:
            for one in group:
                one.answer.cancel()
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, each of them must hear of it
            self._fail(group, error)
        else:
            for one, answer in zip(group, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)

    def _fail(self, group: Sequence[_Asked[T, R]], error: Exception) -> None:
        """What is wrong with one is no matter of the others; a database that is gone is a matter of all."""
        if len(group) > 1 and not isinstance(error, Unavailable):
            self._waiting[:0] = [one._replace(alone=True) for one in group]
            return
        for one in group:
            if not one.answer.done():
                one.answer.set_exception(error)
