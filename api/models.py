"""The models behind the writers: warmed up early, probed cheaply, and known to be well or not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from api.readiness import Check
from composer.breaker import State
from composer.litellm_transport import load_litellm
from composer.model_client import ModelClient
from composer.model_errors import ModelError
from composer.model_writer import ModelWriter, probe
from store.errors import PenfriendError

PROBE_S = 120.0
"""The first call of the embedded model loads it."""

_SAID = {
    "model_unreachable": "The model's server cannot be reached.",
    "model_timeout": "The model did not answer in time.",
    "model_unauthorised": "The model's server does not accept the API key, or none is set.",
    "model_unknown": "The model's server knows no model of this name.",
    "model_out_of_budget": "The account with the model's provider has no money left.",
    "model_rate_limited": "The model's server asks for fewer calls.",
    "model_bad_request": "The model's server does not accept what it is asked.",
    "model_garbage": "What the model's server answers is no answer of a model.",
}
"""By the reason of a call that failed."""


async def load(writers: Sequence[ModelWriter]) -> None:
    """Import LiteLLM now, in a thread: seconds that the deadlines of a process's first e-mails would pay for."""
    if writers:
        await asyncio.to_thread(load_litellm)


async def warm_up(writers: Sequence[ModelWriter]) -> None:
    """Load LiteLLM and the embedded model now, so that the first e-mail need not wait. Raises ModelError."""
    for writer in writers:
        await probe(writer, PROBE_S)


async def probed(writer: ModelWriter) -> Check:
    """What one cheap call says."""
    try:
        ms = await probe(writer, PROBE_S)
    except ModelError as error:
        # Its own message is the exception's of a library, which tells a shop nothing.
        return _check(writer, ok=False, detail=_SAID.get(error.reason, f"failed ({error.reason})"), fix=error.fix)
    except PenfriendError as error:
        return _check(writer, ok=False, detail=error.message, fix=error.fix)
    return _check(writer, ok=True, detail=f"answers (first call {ms:.0f} ms)")


def breakers(writers: Sequence[ModelWriter]) -> dict[str, State]:
    """How each model stands with this process, by its writer's name."""
    clients = {writer.name: writer.model for writer in writers}
    return {name: model.breaker.state for name, model in clients.items() if isinstance(model, ModelClient)}


def standing(writer: ModelWriter, beside: Mapping[str, State] | None = None) -> Check:
    """What its last calls say, without making one.

    `beside`: `breakers` of a process that works for this one, if one lives. It is the one that calls models all the
    time; this one's own word is old once the breaker has rested.
    """
    own = breakers([writer]).get(writer.name, State.CLOSED)
    theirs = (beside or {}).get(writer.name, own)
    if own is State.OPEN or theirs is not State.CLOSED:
        detail = "failed repeatedly and is left alone for a while; blocks come from templates"
        return _check(writer, ok=False, detail=detail, fix="Run `penfriend doctor`.")
    return _check(writer, ok=True, detail="no reason to doubt it")


def _check(writer: ModelWriter, *, ok: bool, detail: str, fix: str | None = None) -> Check:
    return Check(name=f"model {writer.name}", ok=ok, detail=detail, fix=fix, required=False)
