"""Who may ask a model now, and who waits: slots, requests and tokens a minute, pauses that its server asked for.

Fixed-rate limiters (aiolimiter, limits) know neither a rate that changes under them, nor a price in tokens that is
known only afterwards, nor whose turn it is; so this is our own. The arithmetic is in `pace`.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from composer.model_settings import Endpoint, Limits
from composer.pace import Bucket, Pace

MINUTE = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
"""Seconds after a refusal that names no time; doubles with each refusal in a row."""
TOO_LONG = 900.0
"""Seconds. A server that asks for a longer pause (a day's quota is gone) is not waited for even by those with time:
their calls fail, and a run pauses itself and says why."""
HAND_OVER = 0.005
"""Seconds before the deadline at which a waiting call gives up, so that its error says what it waited for."""

_caller: ContextVar[str] = ContextVar("penfriend_model_caller", default="")


@contextmanager
def calling_for(caller: str) -> Iterator[None]:
    """Model calls in this block, and in tasks begun in it, are `caller`'s: a run's id. Callers take turns."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


class TooLate(Exception):
    """There is no room before the deadline."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A call that is let out, or one that may start when its caller is ready (a reservation)."""

    admitted_at: float
    tokens: float


@dataclass(eq=False, slots=True)
class _Waiter:
    ready: asyncio.Future[Ticket]
    tokens: float


class _Line:
    """One caller's waiting calls. Those with a deadline go before those that may wait."""

    def __init__(self) -> None:
        self.urgent: deque[_Waiter] = deque()
        self.patient: deque[_Waiter] = deque()

    def head(self) -> _Waiter | None:
        """The first that still waits."""
        for line in (self.urgent, self.patient):
            while line and line[0].ready.done():
                line.popleft()
            if line:
                return line[0]
        return None

    def pop(self) -> None:
        """Take the head out."""
        (self.urgent or self.patient).popleft()


class Throttle:
    """One per model, shared by all that call it. Lives on one event loop."""

    def __init__(self, limits: Limits | None = None, *, shared: bool = True) -> None:
        """`shared`: with other processes, so that `share` applies."""
        self.limits = limits or Limits()
        self._shared = shared
        self.in_flight = 0
        self.waiting = 0
        """Calls and reservations in line."""
        self._share = 1.0
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        self._paused_until = -math.inf
        self._refused_in_row = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._pace = Pace()
        self._requests = Bucket(None, 0.0)
        self._tokens = Bucket(None, 0.0)
        self._usual_tokens = 0.0
        self._apply(0.0)

    @property
    def share(self) -> float:
        """The part of the limits that is this process's, over 0 to 1: 1 / live workers."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if not 0.0 < share <= 1.0:
            raise ValueError(f"share is over 0 and at most 1, not {share}")
        self._share = share if self._shared else 1.0
        self._apply(_now())
        self._let_out()

    @property
    def max_concurrency(self) -> int:
        """Calls in flight from this process; never fewer than one."""
        return max(1, int(self.limits.max_concurrency * self._share))

    @property
    def rate(self) -> float | None:
        """Calls a second it is let out at now; None while nothing limits them."""
        return self._pace.rate

    async def enter(self, tokens: float, until: float) -> Ticket:
        """A slot for a call of about `tokens` (prompt and answer), held until `leave`; waits for its turn.

        Raises TooLate when there is none before `until` (loop.time() seconds).
        """
        kept = self._kept()
        if kept is not None and self._paused_until <= _now():
            self._tokens.take(tokens - kept.tokens, _now())
            kept.tokens = tokens
            return kept
        if kept is not None:
            self._give_back(kept)
        if self._paused_until >= until:
            raise TooLate
        return await self._queue(tokens, until)

    @asynccontextmanager
    async def reserved(self) -> AsyncIterator[None]:
        """Wait for the turn of one call, then let the first `enter` of this block go at once.

        For those who have time: the deadline of an e-mail in a run begins when its model is ready for it. Nobody waits
        for a model that is away for TOO_LONG: the block begins, and its calls fail.
        """
        try:
            kept = [await self._queue(self._usual_tokens, None)]
        except TooLate:
            kept = []
        token = _reservations.set((self, kept))
        try:
            yield
        finally:
            _reservations.reset(token)
            for ticket in kept:
                self._give_back(ticket)

    def leave(self, ticket: Ticket, tokens: float | None = None) -> None:
        """The call has ended, having taken `tokens`; None where nobody knows."""
        self.in_flight -= 1
        if tokens is not None:
            self._tokens.take(tokens - ticket.tokens, _now())
        self._let_out()

    def succeeded(self, tokens: float) -> None:
        """A call went through and took `tokens`."""
        self._refused_in_row = 0
        self._usual_tokens += 0.1 * (tokens - self._usual_tokens)
        now = _now()
        self._pace.succeeded(now, pressed=bool(self._lines))
        self._requests.set_rate(self._pace.rate, now)

    def refused(self, ticket: Ticket, retry_after: float | None) -> None:
        """The server said 429, or named a time to come back: nobody calls before it (seconds from now)."""
        now = _now()
        if self._pace.refused(ticket.admitted_at, now):
            self._refused_in_row += 1
            self._requests.set_rate(self._pace.rate, now)
        if retry_after is None:
            retry_after = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (max(1, self._refused_in_row) - 1))
        self._paused_until = max(self._paused_until, now + retry_after)
        self._requests.empty(self._paused_until)
        if self._paused_until - now > TOO_LONG:
            for line in self._lines.values():
                for waiter in line.patient:
                    _give_up(waiter)

    def _kept(self) -> Ticket | None:
        throttle, tickets = _reservations.get()
        return tickets.pop() if tickets and throttle is self else None

    def _give_back(self, ticket: Ticket) -> None:
        """Of a call that was never made."""
        self._requests.take(-1.0, _now())
        self.leave(ticket, 0.0)

    def _apply(self, now: float) -> None:
        requests, tokens = self.limits.requests_per_minute, self.limits.tokens_per_minute
        self._pace.ceiling = None if requests is None else requests * self._share / MINUTE
        self._requests.set_rate(self._pace.rate, now)
        self._tokens.set_rate(None if tokens is None else tokens * self._share / MINUTE, now)

    async def _queue(self, tokens: float, until: float | None) -> Ticket:
        now = _now()
        if until is None and self._paused_until - now > TOO_LONG:
            raise TooLate
        if not self._lines and self.in_flight < self.max_concurrency and self._wait(tokens, now) <= 0:
            return self._admit(tokens, now)
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.create_future(), tokens)
        line = self._lines.setdefault(_caller.get(), _Line())
        (line.patient if until is None else line.urgent).append(waiter)
        too_late = None if until is None else loop.call_at(until - HAND_OVER, _give_up, waiter)
        self._let_out()
        self.waiting += 1
        try:
            return await waiter.ready
        except asyncio.CancelledError:
            if waiter.ready.done() and not waiter.ready.cancelled() and waiter.ready.exception() is None:
                self._give_back(waiter.ready.result())
            raise
        finally:
            self.waiting -= 1
            if too_late is not None:
                too_late.cancel()

    def _let_out(self) -> None:
        """Everyone whose turn it is, one of each caller at a time; then wait for the next moment."""
        while self._lines and self.in_flight < self.max_concurrency:
            caller, line = next(iter(self._lines.items()))
            waiter = line.head()
            if waiter is None:
                del self._lines[caller]
                continue
            now = _now()
            wait = self._wait(waiter.tokens, now)
            if wait > 0:
                self._wake_in(wait)
                return
            line.pop()
            self._lines.move_to_end(caller)
            waiter.ready.set_result(self._admit(waiter.tokens, now))

    def _wake_in(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._let_out)

    def _wait(self, tokens: float, now: float) -> float:
        pause = max(0.0, self._paused_until - now)
        return max(pause + self._requests.wait(1.0, now + pause), self._tokens.wait(tokens, now))

    def _admit(self, tokens: float, now: float) -> Ticket:
        self.in_flight += 1
        self._requests.take(1.0, now)
        self._tokens.take(tokens, now)
        return Ticket(now, tokens)


_reservations: ContextVar[tuple[Throttle | None, list[Ticket]]] = ContextVar(
    "penfriend_model_reservations", default=(None, [])
)


class Throttles:
    """The throttles of all models of one process."""

    def __init__(self, limits: Limits) -> None:
        """`limits` hold for each model on its own."""
        self._limits = limits
        self._share = 1.0
        self._of: dict[Endpoint, Throttle] = {}

    def of(self, endpoint: Endpoint) -> Throttle:
        """The one throttle of this model, however many ask it."""
        if endpoint not in self._of:
            self._of[endpoint] = Throttle(self._limits)
            if self._share < 1.0:
                self._of[endpoint].share = self._share
        return self._of[endpoint]

    def alone(self, endpoint: Endpoint, slots: int) -> Throttle:
        """That of a server which only this process asks, with so many slots."""
        self._of[endpoint] = Throttle(Limits(max_concurrency=slots), shared=False)
        return self._of[endpoint]

    def by_model(self) -> Iterator[tuple[str, Throttle]]:
        """Each throttle and the name of its model."""
        # A copy: metrics are read from another thread.
        for endpoint, throttle in list(self._of.items()):
            yield endpoint.model, throttle

    @property
    def share(self) -> float:
        """The part of every limit that is this process's; a worker sets it to 1 / live workers with each heartbeat."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        self._share = share
        for throttle in self._of.values():
            throttle.share = share


def _give_up(waiter: _Waiter) -> None:
    if not waiter.ready.done():
        waiter.ready.set_exception(TooLate())


def _now() -> float:
    return asyncio.get_running_loop().time()
