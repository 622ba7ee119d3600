"""Every way a model call can fail, as one error with a stable reason code."""

from __future__ import annotations

import re
from collections.abc import Mapping

from composer.retry_after import retry_after
from store import clock
from store.errors import Unavailable

RATE_LIMITED = "model_rate_limited"

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
    "RateLimitError": (RATE_LIMITED, True),
    "ConflictError": (RATE_LIMITED, True),
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
    401: ("model_unauthorised", False),
    402: ("model_out_of_budget", False),
    403: ("model_unauthorised", False),
    404: ("model_unknown", False),
    408: ("model_timeout", True),
    409: (RATE_LIMITED, True),
    413: ("model_prompt_too_long", False),
    429: (RATE_LIMITED, True),
}
"""HTTP statuses that mean something of their own; LiteLLM throws some of them as a bare APIError."""

_EMPTY_ACCOUNT = ("insufficient_quota", "exceeded your current quota")
"""OpenAI's 429 for an account without money: no waiting helps."""

SILENT = frozenset({"model_unreachable", "model_timeout", "model_unauthorised", "model_unknown", "model_out_of_budget"})
"""Reasons that count against the model in its circuit breaker. The rest are answers, if poor ones."""

_FIXES = {
    "model_unauthorised": "Check the model's API key.",
    "model_unknown": "Check the model's name and its api_base.",
    "model_unreachable": "Check that the model server runs and that api_base is right.",
    "model_out_of_budget": "Top up the account or set another model.",
}


_CLASSES = re.compile(r"\A(?:(?:litellm\.)?\w*(?:Error|Exception)(?:: | - ))+")
_OBJECT = re.compile(r"(?:\w+:)?<[\w.]+ object at 0x[0-9a-f]+>\s?")


class ModelError(Unavailable):
    """A model call that gave no text. `reason` is one of the codes in `composer.writing.Attempt.error`."""

    def __init__(self, reason: str, message: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, fix=_FIXES.get(reason), reason=reason)
        self.retryable = retryable
        self.retry_after = retry_after
        """Seconds, when the server said so."""


def reason_of(exception_name: str) -> str | None:
    """The reason code for an exception class of LiteLLM or openai; None for one nobody has looked at."""
    return _FAILURES[exception_name][0] if exception_name in _FAILURES else None


def error_of_exception(error: Exception) -> ModelError:
    """What LiteLLM (or openai beneath it) threw."""
    names = [kind.__name__ for kind in type(error).__mro__]
    reason, retryable = next((_FAILURES[name] for name in names if name in _FAILURES), ("model_failed", False))
    if names[0] in ("APIError", "APIStatusError"):
        reason, retryable = _by_status(getattr(error, "status_code", None)) or (reason, retryable)
    headers: Mapping[str, str] = getattr(error, "litellm_response_headers", None) or {}
    return _error(reason, retryable, f"{names[0]}: {_told(str(error))}", headers)


def _told(text: str) -> str:
    """What somebody can use of it: without the names of classes, said up to four times, and where objects lie."""
    return _CLASSES.sub("", _OBJECT.sub("", text)) or text


def _error(reason: str, retryable: bool, message: str, headers: Mapping[str, str]) -> ModelError:
    if reason == RATE_LIMITED and any(sign in message for sign in _EMPTY_ACCOUNT):
        return ModelError("model_out_of_budget", message[:300])
    return ModelError(reason, message[:300], retryable=retryable, retry_after=retry_after(headers, clock.now()))


def _by_status(status: int | None) -> tuple[str, bool] | None:
    if status is None or status in _BY_STATUS:
        return _BY_STATUS.get(status or 0)
    if 200 <= status < 300:
        return "model_garbage", True
    return ("model_bad_request", False) if 400 <= status < 500 else None
