"""Opens the writers that the settings name, the embedded server behind them if one needs it, and who judges them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from composer.asking import PromptStyle
from composer.block_style import BlockStyle
from composer.json_style import JsonStyle
from composer.local_model import LocalModelServer
from composer.model_client import ModelClient
from composer.model_judge import ModelJudge
from composer.model_settings import EMBEDDED, Endpoint, ModelSettings
from composer.model_writer import ModelWriter
from composer.panel import Judges
from composer.throttle import Throttles
from composer.word_reader import PROMPT, WordReader
from composer.word_settings import WordSettings
from evals.judges import Judge
from prompts.library import Library

# Same protocol as `openai/`, without the openai SDK in between: fewer cycles a call, and a 200 that is no JSON is told
# apart from a server error (benchmarks/model_throughput.py).
_PROVIDER = "hosted_vllm/"

_PATIENCE = 600.0
"""Seconds. On our own processor a slow call only gets slower when it is asked again: the deadline alone ends it."""


@asynccontextmanager
async def open_writers(
    settings: ModelSettings, library: Library, home: Path, throttles: Throttles | None = None
) -> AsyncIterator[tuple[ModelWriter, ...]]:
    """The writers in the order they are asked. The embedded server starts at its first call and ends with this block.

    `throttles` are those of the process. Raises LocalModelError `model_missing` when the embedded model is wanted and
    has no weights.
    """
    endpoints = [endpoint for endpoint in (settings.primary, settings.fallback) if endpoint]
    wants_local = any(endpoint.model == EMBEDDED for endpoint in endpoints)
    server = LocalModelServer(settings, home) if wants_local else None
    shared = throttles or Throttles(settings.limits)
    try:
        yield tuple(
            _writer(endpoint, _client(endpoint, settings, shared, server), settings, library) for endpoint in endpoints
        )
    finally:
        if server is not None:
            server.stop()


def with_prompts(writers: Sequence[ModelWriter], settings: ModelSettings, library: Library) -> tuple[ModelWriter, ...]:
    """The same models asked with other prompts: for two sides of a comparison."""
    endpoints = [endpoint for endpoint in (settings.primary, settings.fallback) if endpoint]
    pairs = zip(writers, endpoints, strict=False)
    return tuple(writer.asked_with(_style(settings, endpoint, library)) for writer, endpoint in pairs)


def open_panel(
    settings: ModelSettings, library: Library, judges: Sequence[Judge], throttles: Throttles | None = None
) -> Judges | None:
    """Those who may object to what is written; None when there is nobody. `throttles` are those of the process."""
    endpoint = settings.judge
    if endpoint is None:
        return Judges(judges) if judges else None
    client = _client(endpoint, settings, throttles or Throttles(settings.limits), None)
    return Judges(judges, ModelJudge(client, library.prompt("judge")))


def open_word_reader(
    words: WordSettings, settings: ModelSettings, library: Library, throttles: Throttles
) -> WordReader | None:
    """Who reads customers' own words beside the rules; None when no model is named."""
    endpoint = words.endpoint
    if endpoint is None:
        return None
    return WordReader(_client(endpoint, settings, throttles, None), library.prompt(PROMPT))


def _client(
    endpoint: Endpoint, settings: ModelSettings, throttles: Throttles, server: LocalModelServer | None
) -> ModelClient:
    if endpoint.model == EMBEDDED and server is not None:
        return ModelClient(
            Endpoint(model=f"{_PROVIDER}{server.name}"),
            locate=server.locate,
            throttle=throttles.alone(endpoint, server.slots),
            timeout=_PATIENCE,
        )
    return ModelClient(endpoint, throttle=throttles.of(endpoint), timeout=settings.timeout)


def _writer(endpoint: Endpoint, client: ModelClient, settings: ModelSettings, library: Library) -> ModelWriter:
    name = endpoint.model
    if endpoint.model == EMBEDDED:
        name = f"local/{client.endpoint.model.removeprefix(_PROVIDER)}"
    prompts = _style(settings, endpoint, library)
    return ModelWriter(client, prompts, name=name, rounds=settings.rounds, temperature=settings.temperature)


def _style(settings: ModelSettings, endpoint: Endpoint, library: Library) -> PromptStyle:
    style = settings.style_for(endpoint.model)
    return JsonStyle(library) if style == "json" else BlockStyle(library, settings.samples)
