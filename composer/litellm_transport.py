"""Any provider's API, through LiteLLM: the one module that imports it.

One call out, one answer back; what waits, retries and judges is `model_client`. LiteLLM takes seconds to import, so it
is loaded at the first call, off the event loop.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import SecretStr

from composer.model_errors import error_of_exception

_OURS = {"num_retries": 0, "max_retries": 0, "drop_params": True}
_OWN_SERVER = "hosted_vllm/"
_FREE = {
    "litellm_provider": "hosted_vllm",
    "mode": "chat",
    "input_cost_per_token": 0.0,
    "output_cost_per_token": 0.0,
    "cache_creation_input_token_cost": 0.0,
    "cache_read_input_token_cost": 0.0,
}


@dataclass(frozen=True)
class Answer:
    """What came back, unread: `text` is whatever stood where the text should be, None where nothing did."""

    text: object
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    """0 for a model without a price."""


async def send(
    model: str, body: Mapping[str, Any], *, api_base: str | None, api_key: SecretStr | None, seconds: float
) -> Answer:
    """The answer of the model that a LiteLLM model string names (`ollama/qwen3`) to OpenAI's parameters in `body`.

    Within `seconds`. Raises ModelError and nothing else.
    """
    litellm = load_litellm() if load_litellm.cache_info().currsize else await asyncio.to_thread(load_litellm)
    if model.startswith(_OWN_SERVER):
        _without_price(model)
    try:
        with _unlogged():
            raw = await litellm.acompletion(
                model=model,
                api_base=api_base,
                api_key=api_key.get_secret_value() if api_key else None,
                timeout=seconds,
                **body,
                **_OURS,
            )
    # LiteLLM is the edge of our world: whatever it throws, known or not, is a failed call with a reason.
    except Exception as error:
        raise error_of_exception(error) from error
    return _read(raw)


@cache
def load_litellm() -> Any:
    """Import LiteLLM as we want it: no fetch of a price list, no telemetry, no banner. Takes seconds, once."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litellm: Any = _imported()
        # Builds pydantic's schemas, which warn, here rather than within the first answer.
        litellm.ModelResponse()
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    return litellm


@cache
def _without_price(model: str) -> None:
    """Tell LiteLLM that a model on a server of one's own costs nothing, unless it knows a price.

    Otherwise it looks for one at each call, finds none, and writes down at length why: a fifth of the call.
    """
    litellm = load_litellm()
    try:
        litellm.get_model_info(model)
    except Exception:  # noqa: BLE001  # what it raises for a model it does not know is no type of its own
        litellm.register_model({model: _FREE})


@contextmanager
def _unlogged() -> Iterator[None]:
    """LiteLLM writes no log of the calls made within: ours is the compose record.

    It takes a fifth of a call to put one together, and does so though nobody listens. It has no setting against that,
    but marks calls that it makes within others, of which it logs none; a version without that mark logs.
    """
    mark = _mark()
    before = mark.set(True)
    try:
        yield
    finally:
        mark.reset(before)


@cache
def _mark() -> ContextVar[bool]:
    try:
        mark: ContextVar[bool] = importlib.import_module("litellm._internal_context").is_internal_call
    except (ImportError, AttributeError):
        return ContextVar("is_internal_call", default=False)
    return mark


def _imported() -> Any:
    try:
        return importlib.import_module("litellm")
    except BaseException:
        # Python forgets a package whose import breaks off, but not its parts: with those in place the next try could
        # not succeed, for as long as the process lives.
        for name in [name for name in sys.modules if name.partition(".")[0] == "litellm"]:
            del sys.modules[name]
        raise


def _read(raw: Any) -> Answer:
    choices = getattr(raw, "choices", None)
    usage = getattr(raw, "usage", None)
    return Answer(
        text=choices[0].message.content if choices else None,
        finish_reason=(choices[0].finish_reason if choices else "") or "",
        input_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        output_tokens=getattr(usage, "completion_tokens", 0) or 0,
        cost_usd=float(getattr(raw, "_hidden_params", {}).get("response_cost") or 0.0),
    )
