"""The models behind the writers: warmed up early, probed cheaply, and known to be well or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from api.readiness import Check
from composer.breaker import State
from composer.litellm_transport import load_litellm
from composer.model_client import ModelClient
from composer.model_writer import ModelWriter, probe
from store.errors import PenfriendError

PROBE_S = 120.0
"""The first call of the embedded model loads it."""


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
    except PenfriendError as error:
        return _check(writer, ok=False, detail=error.message, fix=error.fix)
    return _check(writer, ok=True, detail=f"answers (first call {ms:.0f} ms)")


def standing(writer: ModelWriter) -> Check:
    """What its last calls say, without making one."""
    model = writer.model
    if isinstance(model, ModelClient) and model.breaker.state is not State.CLOSED:
        detail = "failed repeatedly and is left alone for a while; blocks come from templates"
        return _check(writer, ok=False, detail=detail, fix="Run `penfriend doctor`.")
    return _check(writer, ok=True, detail="no reason to doubt it")


def _check(writer: ModelWriter, *, ok: bool, detail: str, fix: str | None = None) -> Check:
    return Check(name=f"model {writer.name}", ok=ok, detail=detail, fix=fix, required=False)
