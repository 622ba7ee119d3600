"""The one door to models.

A call goes out once per attempt, through a throttle and a circuit breaker, and ends by its deadline. tenacity is the
only owner of retries: it repeats what may pass, `Retry-After` is obeyed by all calls to that model, and nothing waits
past its deadline. Being told to come back later is no failure: such a call waits as long as its deadline allows. Every
way a call can fail becomes a `ModelError` with a stable reason code.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from composer import telemetry
from composer.breaker import Breaker, State
from composer.litellm_transport import Answer, send
from composer.model_errors import RATE_LIMITED, SILENT, ModelError
from composer.model_settings import Endpoint
from composer.throttle import Throttle, TooLate
from prompts.model import Message

__all__ = ["ALLOW_VARIABLE", "Completion", "ModelClient", "ModelError"]

ALLOW_VARIABLE = "PENFRIEND_ALLOW_MODEL_CALLS"
"""`0` refuses every model call, `loopback` all but those to this machine. Unit tests set `0`."""
ATTEMPTS = 3
FIRST_WAIT = 0.25
"""Seconds before the first retry; doubles each time."""
FAIR_CHANCE = 1.0
"""Seconds. A call cut off by its deadline speaks against the model only after this long."""
MAX_CHARACTERS = 20_000
"""No block or e-mail is longer; more than this is a model that does not stop."""
CHARACTERS_A_TOKEN = 4
"""Rule of thumb for English (OpenAI); what a call really took is known when it ends."""


@dataclass(frozen=True)
class Completion:
    """What one successful call gave. `cost_usd` is 0 for models without a price, `ms` spans retries and queueing."""

    text: str
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    ms: float
    model: str


class ModelClient:
    """Calls one model. Lives on one event loop."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        locate: Callable[[], Awaitable[str]] | None = None,
        breaker: Breaker | None = None,
        throttle: Throttle | None = None,
        timeout: float = 30.0,
    ) -> None:
        """`locate`, if given, is asked for the base URL before each call (the embedded server may have moved).

        `throttle` is shared by all clients of one model.
        """
        self.endpoint = endpoint
        self.breaker = breaker or Breaker()
        self.throttle = throttle or Throttle()
        self._locate = locate
        self._timeout = timeout

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        until: float,
        temperature: float | None = None,
        seed: int | None = None,
        stop: Sequence[str] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """One completion by `until` (`loop.time()`), or a ModelError; nothing else is raised.

        `schema` is a JSON Schema the answer is bound to, where the model's API can do that.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        body: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "stop": list(stop) or None,
            "response_format": _response_format(schema),
        }
        patience = _Patience(until)
        retrying = AsyncRetrying(retry=_RETRYABLE, wait=patience.wait, stop=patience.is_out, reraise=True)
        try:
            async with asyncio.timeout_at(until):
                answer: Answer = await retrying(self._once, body, until)
        except TimeoutError as error:
            raise ModelError("deadline", "The e-mail's deadline came before the model's answer.") from error
        finally:
            # What is left in it to do refers to itself: the prompt would stay until some collection.
            retrying.iter_state.reset()
        return _read(answer, self.endpoint.model, (loop.time() - started) * 1000)

    async def _once(self, body: Mapping[str, Any], until: float) -> Answer:
        if self.breaker.state is State.OPEN:
            raise self._open_error()
        tokens: float | None = None
        try:
            ticket = await self.throttle.enter(_about(body), until)
        except TooLate as error:
            raise ModelError(RATE_LIMITED, "The model takes no more calls before the e-mail's deadline.") from error
        try:
            answer = await self._guarded(body)
            tokens = answer.input_tokens + answer.output_tokens
            self.throttle.succeeded(tokens)
            return answer
        except ModelError as error:
            if error.reason == RATE_LIMITED or error.retry_after is not None:
                self.throttle.refused(ticket, error.retry_after)
            tokens = 0.0
            raise
        finally:
            self.throttle.leave(ticket, tokens)

    async def _guarded(self, body: Mapping[str, Any]) -> Answer:
        """The call, and what its end says of the model."""
        if not self.breaker.allow():
            raise self._open_error()
        began = asyncio.get_running_loop().time()
        try:
            answer = await self._call(body)
        except ModelError as error:
            self._blame(error)
            raise
        except asyncio.CancelledError:
            waited = asyncio.get_running_loop().time() - began
            (self.breaker.failure if waited >= FAIR_CHANCE else self.breaker.abandon)()
            raise
        self.breaker.success()
        return answer

    async def _call(self, body: Mapping[str, Any]) -> Answer:
        api_base = await self._locate() if self._locate else self.endpoint.api_base
        refuse_if_switched_off(api_base)
        with telemetry.Chat(self.endpoint.model, body["max_tokens"]) as chat:
            answer = await send(
                self.endpoint.model, body, api_base=api_base, api_key=self.endpoint.api_key, seconds=self._timeout
            )
            chat.answered(answer.input_tokens, answer.output_tokens, answer.cost_usd, answer.finish_reason)
        return answer

    def _blame(self, error: ModelError) -> None:
        if error.reason in SILENT:
            self.breaker.failure()
        elif error.reason.startswith("model_"):
            self.breaker.success()
        else:
            self.breaker.abandon()

    def _open_error(self) -> ModelError:
        return ModelError("circuit_open", f"{self.endpoint.model} failed repeatedly and is left alone for a while.")


class _Patience:
    """How long one call is tried again. Being sent away is not counted: there the throttle says how long to wait."""

    def __init__(self, until: float) -> None:
        self._until = until
        self._failures = 0

    def wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt."""
        if _was_sent_away(state):
            return 0.0
        return FIRST_WAIT * 2.0**self._failures

    def is_out(self, state: RetryCallState) -> bool:
        """Enough failures, or no time for another attempt."""
        if _was_sent_away(state):
            return False
        self._failures += 1
        return self._failures >= ATTEMPTS or asyncio.get_running_loop().time() + state.upcoming_sleep >= self._until


_RETRYABLE = retry_if_exception(lambda error: isinstance(error, ModelError) and error.retryable)


def _was_sent_away(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, ModelError) and error.reason == RATE_LIMITED


def _about(body: Mapping[str, Any]) -> float:
    """Tokens that a call will take at most, by its length."""
    characters = sum(len(message["content"]) for message in body["messages"])
    return characters / CHARACTERS_A_TOKEN + float(body["max_tokens"])


def refuse_if_switched_off(api_base: str | None) -> None:
    """Raises ModelError `model_calls_off` when the environment forbids this call."""
    switch = os.environ.get(ALLOW_VARIABLE, "1")
    if switch == "0" or (switch == "loopback" and not _is_loopback(api_base)):
        raise ModelError(
            "model_calls_off", f"{ALLOW_VARIABLE}={switch} forbids calling {api_base or 'a hosted model'}."
        )


def _is_loopback(api_base: str | None) -> bool:
    host = urlsplit(api_base or "").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _response_format(schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "email", "strict": True, "schema": dict(schema)}}


def _read(answer: Answer, model: str, ms: float) -> Completion:
    """Raises ModelError `model_garbage` for an answer without usable text."""
    text = answer.text
    if not isinstance(text, str) or not text.strip():
        raise ModelError("model_garbage", "The model's answer holds no text.")
    if len(text) > MAX_CHARACTERS:
        raise ModelError("model_garbage", f"The model's answer has {len(text)} characters.")
    return Completion(
        text=text,
        finish_reason=answer.finish_reason,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost_usd=answer.cost_usd,
        ms=ms,
        model=model,
    )
