"""The one door to models, and the one module that imports LiteLLM.

A call goes out once per attempt (LiteLLM's own retries are off), through a circuit breaker and a semaphore, and
ends by its deadline. tenacity is the only owner of retries: it repeats what may pass, obeys `Retry-After`, and never
waits past the deadline. Every way a call can fail becomes a `ModelError` with a stable reason code.

LiteLLM takes seconds to import, so it is loaded at the first call, off the event loop; `warm_up()` does it early.
"""

from __future__ import annotations

import asyncio
import importlib
import ipaddress
import os
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, stop_before_delay

from composer.breaker import Breaker, State
from composer.model_settings import Endpoint
from prompts.model import Message
from store.errors import Unavailable

ALLOW_VARIABLE = "PENFRIEND_ALLOW_MODEL_CALLS"
"""`0` refuses every model call, `loopback` all but those to this machine. Unit tests set `0`."""
ATTEMPTS = 3
FIRST_WAIT = 0.25
"""Seconds before the first retry; doubles each time unless the server names a time itself."""
FAIR_CHANCE = 1.0
"""Seconds. A call cut off by its deadline speaks against the model only after this long."""
MAX_CHARACTERS = 20_000
"""No block or e-mail is longer; more than this is a model that does not stop."""

_OURS = {"num_retries": 0, "max_retries": 0, "drop_params": True}

_FAILURES: dict[str, tuple[str, bool]] = {
    "Timeout": ("model_timeout", True),
    "APITimeoutError": ("model_timeout", True),
    "APIConnectionError": ("model_unreachable", True),
    "ServiceUnavailableError": ("model_unreachable", True),
    "BadGatewayError": ("model_unreachable", True),
    "InternalServerError": ("model_unreachable", True),
    "MidStreamFallbackError": ("model_unreachable", True),
    "APIStatusError": ("model_unreachable", True),
    "APIError": ("model_unreachable", True),
    "RateLimitError": ("model_rate_limited", True),
    "ConflictError": ("model_rate_limited", True),
    "BudgetExceededError": ("model_out_of_budget", False),
    "PaymentRequiredError": ("model_out_of_budget", False),
    "AuthenticationError": ("model_unauthorised", False),
    "PermissionDeniedError": ("model_unauthorised", False),
    "OAuthError": ("model_unauthorised", False),
    "SubjectTokenProviderError": ("model_unauthorised", False),
    "NotFoundError": ("model_unknown", False),
    "LiteLLMUnknownProvider": ("model_unknown", False),
    "ModelNotMappedError": ("model_unknown", False),
    "ContentPolicyViolationError": ("model_refused", False),
    "ContentFilterFinishReasonError": ("model_refused", False),
    "RejectedRequestError": ("model_refused", False),
    "GuardrailRaisedException": ("model_refused", False),
    "BlockedPiiEntityError": ("model_refused", False),
    "ModifyResponseException": ("model_refused", False),
    "SensitiveDataRouteException": ("model_refused", False),
    "APIResponseValidationError": ("model_garbage", True),
    "JSONSchemaValidationError": ("model_garbage", True),
    "ContextWindowExceededError": ("model_prompt_too_long", False),
    "LengthFinishReasonError": ("model_prompt_too_long", False),
    "BadRequestError": ("model_bad_request", False),
    "InvalidRequestError": ("model_bad_request", False),
    "UnprocessableEntityError": ("model_bad_request", False),
    "UnsupportedParamsError": ("model_bad_request", False),
    "ImageFetchError": ("model_bad_request", False),
    "VectorStoreSearchError": ("model_bad_request", False),
    "WebSocketConnectionClosedError": ("model_unreachable", True),
    "WebSocketQueueFullError": ("model_unreachable", True),
    "InvalidWebhookSignatureError": ("model_failed", False),
    "MockException": ("model_unreachable", True),
    "OpenAIError": ("model_unreachable", True),
}
"""Exception class name (LiteLLM's or openai's) to reason code and whether trying again may help."""

_BY_STATUS: dict[int, tuple[str, bool]] = {
    402: ("model_out_of_budget", False),
    403: ("model_unauthorised", False),
    408: ("model_timeout", True),
    409: ("model_rate_limited", True),
}
"""HTTP statuses that LiteLLM throws as a bare APIError."""

_SILENT = frozenset(
    {"model_unreachable", "model_timeout", "model_unauthorised", "model_unknown", "model_out_of_budget"}
)
"""Reasons that count against the model in its circuit breaker. The rest are answers, if poor ones."""

_FIXES = {
    "model_unauthorised": "Check the model's API key.",
    "model_unknown": "Check the model's name and its api_base.",
    "model_unreachable": "Check that the model server runs and that api_base is right.",
    "model_out_of_budget": "Top up the account or set another model.",
}


class ModelError(Unavailable):
    """A model call that gave no text. `reason` is one of the codes in `composer.writing.Attempt.error`."""

    def __init__(self, reason: str, message: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, fix=_FIXES.get(reason), reason=reason)
        self.retryable = retryable
        self.retry_after = retry_after
        """Seconds, when the server said so."""


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
        max_concurrency: int = 100,
        timeout: float = 30.0,
    ) -> None:
        """`locate`, if given, is asked for the base URL before each call (the embedded server may have moved)."""
        self.endpoint = endpoint
        self.breaker = breaker or Breaker()
        self._locate = locate
        self._slots = asyncio.Semaphore(max_concurrency)
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
        asked: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
            "stop": list(stop) or None,
            "response_format": _response_format(schema),
        }
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, ModelError) and error.retryable),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(max(0.0, until - started)),
            reraise=True,
        )
        try:
            async with asyncio.timeout_at(until):
                raw: Any = await retrying(self._once, asked, until)
        except TimeoutError as error:
            raise ModelError("deadline", "The e-mail's deadline came before the model's answer.") from error
        return _read(raw, self.endpoint.model, (loop.time() - started) * 1000)

    async def _once(self, asked: Mapping[str, Any], until: float) -> Any:
        if self.breaker.state is State.OPEN:
            raise self._open_error()
        async with self._slots:
            if not self.breaker.allow():
                raise self._open_error()
            began = asyncio.get_running_loop().time()
            try:
                raw = await self._call(asked, until)
            except ModelError as error:
                self._blame(error)
                raise
            except asyncio.CancelledError:
                waited = asyncio.get_running_loop().time() - began
                (self.breaker.failure if waited >= FAIR_CHANCE else self.breaker.abandon)()
                raise
            self.breaker.success()
            return raw

    async def _call(self, asked: Mapping[str, Any], until: float) -> Any:
        api_base = await self._locate() if self._locate else self.endpoint.api_base
        refuse_if_switched_off(api_base)
        litellm = load_litellm() if load_litellm.cache_info().currsize else await asyncio.to_thread(load_litellm)
        key = self.endpoint.api_key
        left = until - asyncio.get_running_loop().time()
        try:
            return await litellm.acompletion(
                model=self.endpoint.model,
                api_base=api_base,
                api_key=key.get_secret_value() if key else None,
                timeout=max(0.001, min(self._timeout, left)),
                **asked,
                **_OURS,
            )
        # LiteLLM is the edge of our world: whatever it throws, known or not, is a failed call with a reason.
        except Exception as error:
            raise _as_model_error(error) from error

    def _blame(self, error: ModelError) -> None:
        if error.reason in _SILENT:
            self.breaker.failure()
        elif error.reason.startswith("model_"):
            self.breaker.success()
        else:
            self.breaker.abandon()

    def _open_error(self) -> ModelError:
        return ModelError("circuit_open", f"{self.endpoint.model} failed repeatedly and is left alone for a while.")


@cache
def load_litellm() -> Any:
    """Import LiteLLM as we want it: no fetch of a price list, no telemetry, no banner. Takes seconds, once."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litellm: Any = importlib.import_module("litellm")
        # Builds pydantic's schemas, which warn, here rather than within the first answer.
        litellm.ModelResponse()
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


async def warm_up() -> None:
    """Import LiteLLM now, in a thread, so that the first e-mail does not wait for it."""
    await asyncio.to_thread(load_litellm)


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


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked_for = error.retry_after if isinstance(error, ModelError) else None
    return asked_for if asked_for is not None else FIRST_WAIT * 2 ** (state.attempt_number - 1)


def reason_of(exception_name: str) -> str | None:
    """The reason code for an exception class of LiteLLM or openai; None for one nobody has looked at."""
    return _FAILURES[exception_name][0] if exception_name in _FAILURES else None


def _as_model_error(error: Exception) -> ModelError:
    names = [kind.__name__ for kind in type(error).__mro__]
    reason, retryable = next((_FAILURES[name] for name in names if name in _FAILURES), ("model_failed", False))
    if names[0] in ("APIError", "APIStatusError"):
        reason, retryable = _by_status(getattr(error, "status_code", None)) or (reason, retryable)
    message = f"{names[0]}: {str(error)[:300]}"
    return ModelError(reason, message, retryable=retryable, retry_after=_retry_after(error))


def _by_status(status: int | None) -> tuple[str, bool] | None:
    if status is None or status in _BY_STATUS:
        return _BY_STATUS.get(status or 0)
    if 200 <= status < 300:
        return "model_garbage", True
    return ("model_bad_request", False) if 400 <= status < 500 else None


def _retry_after(error: Exception) -> float | None:
    """Seconds in `Retry-After`; its date form (RFC 9110, 10.2.3) is taken as no answer."""
    headers = getattr(error, "litellm_response_headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def _read(raw: Any, model: str, ms: float) -> Completion:
    """Raises ModelError `model_garbage` for an answer without usable text."""
    choices = getattr(raw, "choices", None)
    text = choices[0].message.content if choices else None
    if not choices or not isinstance(text, str) or not text.strip():
        raise ModelError("model_garbage", "The model's answer holds no text.")
    if len(text) > MAX_CHARACTERS:
        raise ModelError("model_garbage", f"The model's answer has {len(text)} characters.")
    usage = getattr(raw, "usage", None)
    return Completion(
        text=text,
        finish_reason=choices[0].finish_reason or "",
        input_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        output_tokens=getattr(usage, "completion_tokens", 0) or 0,
        cost_usd=float(getattr(raw, "_hidden_params", {}).get("response_cost") or 0.0),
        ms=ms,
        model=model,
    )
