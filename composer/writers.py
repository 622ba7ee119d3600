"""Opens the writers that the settings name, the embedded server behind them if one needs it, and who judges them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from composer.block_style import BlockStyle
from composer.json_style import JsonStyle
from composer.local_model import LocalModelServer
from composer.model_client import ModelClient
from composer.model_judge import ModelJudge
from composer.model_settings import EMBEDDED, Endpoint, ModelSettings
from composer.model_writer import ModelWriter
from composer.panel import Judges
from evals.judges import Judge
from prompts.library import Library

# Same protocol as `openai/`, without the openai SDK in between: 14 % more calls a second, and a 200 that is no JSON
# is told apart from a server error (benchmarks/model_throughput.py).
_TRANSPORT = "hosted_vllm"

_PATIENCE = 600.0
"""Seconds. On our own processor a slow call only gets slower when it is asked again: the deadline alone ends it."""


@asynccontextmanager
async def open_writers(settings: ModelSettings, library: Library, home: Path) -> AsyncIterator[tuple[ModelWriter, ...]]:
    """The writers in the order they are asked. The embedded server starts at its first call and ends with this block.

    Raises LocalModelError `model_missing` when the embedded model is wanted and has no weights.
    """
    endpoints = [endpoint for endpoint in (settings.primary, settings.fallback) if endpoint]
    wants_local = any(endpoint.model == EMBEDDED for endpoint in endpoints)
    server = LocalModelServer(settings, home) if wants_local else None
    try:
        yield tuple(_writer(endpoint, settings, library, server) for endpoint in endpoints)
    finally:
        if server is not None:
            server.stop()


def open_panel(settings: ModelSettings, library: Library, judges: Sequence[Judge]) -> Judges | None:
    """Those who may object to what is written; None when there is nobody."""
    endpoint = settings.judge
    if endpoint is None:
        return Judges(judges) if judges else None
    client = ModelClient(endpoint, max_concurrency=settings.max_concurrency, timeout=settings.timeout)
    return Judges(judges, ModelJudge(client, library.prompt("judge")))


def _writer(
    endpoint: Endpoint, settings: ModelSettings, library: Library, server: LocalModelServer | None
) -> ModelWriter:
    if endpoint.model == EMBEDDED and server is not None:
        name = f"local/{server.name}"
        client = ModelClient(
            Endpoint(model=f"{_TRANSPORT}/{server.name}"),
            locate=server.locate,
            max_concurrency=server.slots,
            timeout=_PATIENCE,
        )
    else:
        name = endpoint.model
        client = ModelClient(endpoint, max_concurrency=settings.max_concurrency, timeout=settings.timeout)
    style = settings.style_for(endpoint.model)
    prompts = JsonStyle(library) if style == "json" else BlockStyle(library, settings.samples)
    return ModelWriter(client, prompts, name=name, rounds=settings.rounds, temperature=settings.temperature)
