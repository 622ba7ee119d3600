"""What Penfriend tells about itself to those who watch it: every name of a metric, a span and an attribute.

Metrics are named by Prometheus' rules (prometheus.io/docs/practices/naming): our prefix, base units, `_total`. Labels
come from closed sets: models that the settings name, reason codes, rules, routes; never a customer, an address, a
campaign or a run, of which there is no end. Spans have OpenTelemetry's names for generative AI (semantic conventions,
"GenAI client spans"), which are still changing: they stand here only. No prompt and no completion is in any of them.

Spans cost nothing until somebody sets a tracer provider (`api.tracing`, or OpenTelemetry's own instrumentation).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider, Span, SpanKind, Status, StatusCode
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from composer.contract import ComposeResult

REGISTRY: Final = CollectorRegistry()
"""Ours alone: no library adds to it."""

ProcessCollector(registry=REGISTRY)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

_COMPOSE_SECONDS = Histogram(
    "penfriend_compose_duration_seconds",
    "Deciding, writing, checking and rendering one e-mail, model calls included.",
    ["path"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_OWN_SECONDS = Histogram(
    "penfriend_compose_own_duration_seconds",
    "The part of it that is our own: all but waiting for models.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
    registry=REGISTRY,
)
_EMAILS = Counter(
    "penfriend_emails_total",
    "What composing came to: model and template (e-mails), skipped (none, for a reason).",
    ["outcome", "reason"],
    registry=REGISTRY,
)
_BLOCKS = Counter(
    "penfriend_blocks_total", "Blocks of finished e-mails by who wrote them.", ["rung"], registry=REGISTRY
)
_REJECTIONS = Counter("penfriend_guardrail_rejections_total", "Texts held back by a rule.", ["rule"], registry=REGISTRY)
_LLM_REQUESTS = Counter(
    "penfriend_llm_requests_total",
    "Calls that went out to a model, by how they ended: ok, or the reason.",
    ["model", "reason"],
    registry=REGISTRY,
)
_LLM_SECONDS = Histogram(
    "penfriend_llm_request_duration_seconds",
    "One call, from its slot to its end.",
    ["model"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
_LLM_TOKENS = Counter(
    "penfriend_llm_tokens_total", "Tokens of prompts and answers.", ["model", "direction"], registry=REGISTRY
)
_LLM_COST = Counter("penfriend_llm_cost_dollars_total", "What calls cost.", ["model"], registry=REGISTRY)
_TAKEOVERS = Counter(
    "penfriend_run_chunk_takeovers_total",
    "Chunks taken that another process, or this one before, had not finished.",
    registry=REGISTRY,
)
_HANDOFFS = Counter(
    "penfriend_handoff_deliveries_total",
    "What far sides answered to e-mails: sent, refused, later, away, halt.",
    ["result", "reason"],
    registry=REGISTRY,
)
_HOOK_REPORTS = Counter(
    "penfriend_hook_reports_total",
    "What providers reported by webhook: the outcome's type, and whether it was placed, or why not.",
    ["provider", "type", "result"],
    registry=REGISTRY,
)
_HOOK_REFUSALS = Counter(
    "penfriend_hook_refusals_total",
    "Webhook calls that were not believed.",
    ["provider", "reason"],
    registry=REGISTRY,
)
_HTTP_SECONDS = Histogram(
    "penfriend_http_request_duration_seconds",
    "HTTP requests by route template.",
    ["method", "route", "status"],
    buckets=_SECONDS,
    registry=REGISTRY,
)

LLM_IN_FLIGHT = "penfriend_llm_in_flight_requests"
LLM_WAITING = "penfriend_llm_waiting_requests"
LLM_RATE = "penfriend_llm_rate_limit_requests_per_second"
RUNS = "penfriend_runs"
OPEN_CHUNKS = "penfriend_run_open_chunks"
WORKERS = "penfriend_workers"
ALARMS = "penfriend_harm_alarms"
"""Gauges, read when somebody asks (`composer.gauges`)."""

SPAN_COMPOSE = "compose"
SPAN_CHUNK = "chunk"
OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
MAX_TOKENS = "gen_ai.request.max_tokens"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
FINISH_REASONS = "gen_ai.response.finish_reasons"
ERROR_TYPE = "error.type"
HTTP_METHOD, HTTP_ROUTE, HTTP_STATUS = "http.request.method", "http.route", "http.response.status_code"
FLOW, PATH, REASON = "penfriend.flow", "penfriend.path", "penfriend.reason"
RUN, CHUNK = "penfriend.run", "penfriend.chunk"

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Metric = TypeVar("Metric", Counter, Histogram)


@cache
def _labelled(metric: Metric, *labels: str) -> Metric:
    """Its child; looking it up each time would cost five times the count itself."""
    return metric.labels(*labels)


def composed(result: ComposeResult, seconds: float) -> None:
    """One e-mail was composed, or skipped, in so long."""
    path = result.path.value
    _labelled(_COMPOSE_SECONDS, path).observe(seconds)
    _labelled(_EMAILS, path, result.reason).inc()
    if result.id:
        _OWN_SECONDS.observe(result.usage.own_ms / 1000)
    for block in result.blocks:
        _labelled(_BLOCKS, block.rung.value).inc()
    for verdict in result.verdicts:
        if verdict.holds_back:
            _labelled(_REJECTIONS, verdict.rule).inc()


class Chat:
    """Around one call to a model: its span (GenAI client span), its seconds, and how it ended."""

    def __init__(self, model: str, max_tokens: int) -> None:
        self._model = model
        provider = model.partition("/")[0] if "/" in model else "unknown"
        attributes = {OPERATION: "chat", PROVIDER: provider, REQUEST_MODEL: model, MAX_TOKENS: max_tokens}
        self._spanning = span(f"chat {model}", attributes, SpanKind.CLIENT)
        self._seconds = timer()

    def __enter__(self) -> Self:
        self._span = self._spanning.__enter__()
        return self

    def answered(self, input_tokens: int, output_tokens: int, cost_usd: float, finish_reason: str) -> None:
        """What came back."""
        _labelled(_LLM_TOKENS, self._model, "input").inc(input_tokens)
        _labelled(_LLM_TOKENS, self._model, "output").inc(output_tokens)
        _labelled(_LLM_COST, self._model).inc(cost_usd)
        if self._span.is_recording():
            usage = {INPUT_TOKENS: input_tokens, OUTPUT_TOKENS: output_tokens}
            self._span.set_attributes({**usage, FINISH_REASONS: (finish_reason,)})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _labelled(_LLM_REQUESTS, self._model, "ok" if error is None else _reason_of(error)).inc()
        _labelled(_LLM_SECONDS, self._model).observe(self._seconds())
        self._spanning.__exit__(kind, error, trace)


def chunk_taken_over() -> None:
    """A chunk of a run was taken that its last owner had not given back."""
    _TAKEOVERS.inc()


def handed_over(result: str, reason: str) -> None:
    """The far side answered for one e-mail: a `Verdict`, and its reason code."""
    _labelled(_HANDOFFS, result, reason).inc()


def hook_reported(provider: str, type_: str, result: str, count: int) -> None:
    """So many reports of a provider came to `result`: `placed`, or a reason code; `type_`: an outcome's, or `other`."""
    _labelled(_HOOK_REPORTS, provider, type_, result).inc(count)


def hook_refused(provider: str, reason: str) -> None:
    """A call in a provider's name was not believed."""
    _labelled(_HOOK_REFUSALS, provider, reason).inc()


def served(method: str, route: str, status: int, seconds: float) -> None:
    """An HTTP request was answered; `route` is the template."""
    _labelled(_HTTP_SECONDS, known_method(method), route, str(status)).observe(seconds)


def known_method(method: str) -> str:
    """A caller may send any word as its method: those nobody knows are one."""
    return method if method in _METHODS else "_OTHER"


def timer() -> Callable[[], float]:
    """Seconds since it was made."""
    began = time.perf_counter()
    return lambda: time.perf_counter() - began


def tracing() -> bool:
    """Has anybody set a tracer provider?"""
    return not isinstance(trace.get_tracer_provider(), ProxyTracerProvider)


def span(name: str, attributes: dict[str, Any], kind: SpanKind = SpanKind.INTERNAL) -> AbstractContextManager[Span]:
    """A span around the block; without tracing, one that records nothing and costs nothing."""
    return _recorded(name, attributes, kind) if tracing() else _UNRECORDED


def _reason_of(error: BaseException) -> str:
    """A code of ours, or the name of what ended it: never its text, which may quote personal data."""
    return getattr(error, "reason", None) or type(error).__name__


@contextmanager
def _recorded(name: str, attributes: dict[str, Any], kind: SpanKind) -> Iterator[Span]:
    with trace.get_tracer("penfriend").start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute(ERROR_TYPE, _reason_of(error))
            current.set_status(Status(StatusCode.ERROR))
            raise


_UNRECORDED: AbstractContextManager[Span] = nullcontext(trace.INVALID_SPAN)
