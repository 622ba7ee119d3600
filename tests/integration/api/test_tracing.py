"""Traces leave by OpenTelemetry's own variables, and hold no text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from api.tracing import wanted

SCRIPT = """
from api.tracing import traces
from composer import telemetry
from composer.model_errors import ModelError

with traces():
    with telemetry.span(telemetry.SPAN_COMPOSE, {telemetry.FLOW: "newsletter"}):
        with telemetry.Chat("openai/gpt-x", 80) as chat:
            chat.answered(120, 30, 0.0, "stop")
        try:
            with telemetry.Chat("openai/gpt-x", 80):
                raise ModelError("model_timeout", "Dear Ada, write to ada@example.com")
        except ModelError:
            pass
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP endpoint, and what was sent to it."""
    sent: list[bytes] = []

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Collect)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_of_an_e_mail_and_its_model_calls_are_sent_without_a_word_of_them(
    collector: tuple[str, list[bytes]],
) -> None:
    address, sent = collector
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_COMPRESSION": "none", "PATH": ""}
    subprocess.run([sys.executable, "-c", SCRIPT], env=environment, check=True, timeout=60)
    told = b"".join(sent)
    for name in ("penfriend", "compose", "chat openai/gpt-x", "gen_ai.usage.input_tokens", "model_timeout"):
        assert name.encode() in told, name
    assert b"Ada" not in told
    assert b"example.com" not in told


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_standard_variables_switch_traces_on_and_off(environment: dict[str, str], on: bool) -> None:
    assert wanted(environment) is on
