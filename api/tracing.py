"""OpenTelemetry traces: off until the standard variables say where to (`OTEL_EXPORTER_OTLP_ENDPOINT` and its kin).

The variables are OpenTelemetry's own (specification: "OpenTelemetry environment variables"); the SDK reads them. What
spans there are, and that none holds a prompt, an answer or a customer, is `composer.telemetry`'s to say.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace

from api.version import VERSION
from store.errors import InvalidInput

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SERVICE = "penfriend"


def wanted(environment: Mapping[str, str]) -> bool:
    """Do the variables ask for traces?"""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp") == "none":
        return False
    return any(environment.get(name) for name in ENDPOINTS)


@contextmanager
def traces() -> Iterator[None]:
    """Send spans to where the variables say, until the block ends; nothing where they say nothing.

    Raises InvalidInput when they do and OpenTelemetry's SDK is not installed.
    """
    if not wanted(os.environ):
        yield
        return
    provider = _provider()
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def _provider() -> Any:
    try:
        # An extra: who sends no traces need not install it.
        sdk = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        resources = importlib.import_module("opentelemetry.sdk.resources")
        otlp = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    except ImportError as error:
        raise InvalidInput(
            "Traces are asked for, but OpenTelemetry's SDK is not installed.",
            reason="otel_missing",
            pointer=next(name for name in ENDPOINTS if os.environ.get(name)),
            fix='Run `pip install "penfriend[otel]"`, or remove the variable.',
        ) from error
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", SERVICE), "service.version": VERSION}
    provider = sdk.TracerProvider(resource=resources.Resource.create(named))
    provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return provider
