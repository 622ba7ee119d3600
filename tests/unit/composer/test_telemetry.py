"""What Penfriend tells about itself, and what it does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector, CollectorRegistry

from composer import telemetry
from composer.contract import BlockReport, ComposeResult, Path, Rung, Usage
from composer.gauges import exposition, lasting, summed
from composer.model_errors import ModelError
from composer.model_settings import Endpoint, Limits
from composer.runs.load import Load
from composer.throttle import Throttles
from evals.verdict import Status, Verdict

PERSONAL = ("cust-ada-1815", "ada@example.com", "spring-secret-sale", "Dear Ada")


def value(name: str, **labels: str) -> float:
    """A sample as Prometheus would read it; 0 where there is none yet."""
    return telemetry.REGISTRY.get_sample_value(name, labels) or 0.0


def composed() -> ComposeResult:
    held = Verdict(rule="price.wrong", status=Status.FAIL, block="opening", found=PERSONAL[3])
    return ComposeResult(
        id="email_1",
        path=Path.MODEL,
        campaign=PERSONAL[2],
        campaign_version=1,
        customer=PERSONAL[0],
        flow="newsletter",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        subject=PERSONAL[3],
        html=PERSONAL[1],
        blocks=[BlockReport(key="opening", text=PERSONAL[3], rung=Rung.REPAIR, reason="ok")],
        verdicts=[held],
        usage=Usage(own_ms=4.0),
    )


def text(load: Load | None = None) -> str:
    throttles = Throttles(Limits(requests_per_minute=600))
    throttles.of(Endpoint(model="openai/a"))
    throttles.of(Endpoint(model="openai/a", api_base="http://other"))
    return exposition(throttles, load).decode()


def test_an_e_mail_counts_with_how_it_came_about() -> None:
    samples = [
        ("penfriend_emails_total", {"outcome": "model", "reason": "ok"}),
        ("penfriend_blocks_total", {"rung": "repair"}),
        ("penfriend_guardrail_rejections_total", {"rule": "price.wrong"}),
        ("penfriend_compose_duration_seconds_count", {"path": "model"}),
    ]
    before = [value(name, **labels) for name, labels in samples]
    telemetry.composed(composed(), 0.3)
    assert [value(name, **labels) for name, labels in samples] == [count + 1 for count in before]


def test_a_call_counts_with_what_it_took() -> None:
    with telemetry.Chat("openai/counted", 100) as chat:
        chat.answered(120, 30, 0.25, "stop")
    assert value("penfriend_llm_requests_total", model="openai/counted", reason="ok") == 1
    assert value("penfriend_llm_tokens_total", model="openai/counted", direction="input") == 120
    assert value("penfriend_llm_tokens_total", model="openai/counted", direction="output") == 30
    assert value("penfriend_llm_cost_dollars_total", model="openai/counted") == 0.25
    assert value("penfriend_llm_request_duration_seconds_count", model="openai/counted") == 1


def test_a_call_that_failed_counts_with_its_reason() -> None:
    with pytest.raises(ModelError), telemetry.Chat("openai/failing", 100):
        raise ModelError("model_timeout", PERSONAL[1])
    assert value("penfriend_llm_requests_total", model="openai/failing", reason="model_timeout") == 1


def test_a_method_nobody_knows_makes_no_series_of_its_own() -> None:
    telemetry.served("EVIL-1", "unmatched", 404, 0.001)
    assert "EVIL-1" not in text()


def test_no_series_names_a_customer_an_address_a_campaign_or_a_text() -> None:
    telemetry.composed(composed(), 0.3)
    with pytest.raises(ModelError), telemetry.Chat("openai/failing", 100):
        raise ModelError("model_timeout", PERSONAL[1])
    told = text()
    assert [personal for personal in PERSONAL if personal in told] == []


def test_names_follow_prometheus_rules() -> None:
    kinds = dict(re.findall(r"(?m)^# TYPE (penfriend_\w+) (\w+)$", text(Load({"running": 1}, 2, 3))))
    assert set(kinds.values()) == {"counter", "histogram", "gauge"}
    for name, kind in kinds.items():
        assert name.endswith("_total") == (kind == "counter"), name
        if kind == "histogram":
            assert name.endswith("_seconds"), name


def test_gauges_show_what_stands_now() -> None:
    lines = text(Load({"running": 2, "paused": 0}, open_chunks=40, workers=3)).splitlines()
    assert 'penfriend_llm_rate_limit_requests_per_second{model="openai/a"} 20.0' in lines
    assert 'penfriend_llm_in_flight_requests{model="openai/a"} 0.0' in lines
    assert 'penfriend_runs{status="running"} 2.0' in lines
    assert "penfriend_run_open_chunks 40.0" in lines
    assert "penfriend_workers 3.0" in lines


def test_without_a_database_the_process_tells_of_itself_only() -> None:
    assert "penfriend_workers" not in text(load=None)


def test_until_somebody_wants_traces_no_span_records() -> None:
    with telemetry.span("compose", {telemetry.FLOW: "newsletter"}) as span:
        assert span is trace.INVALID_SPAN


class Collected(Collector):
    """Families as they are."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _counted(**emails: float) -> list[Metric]:
    registry = CollectorRegistry()
    count = Counter("emails", "E-mails.", ["reason"], registry=registry)
    seconds = Histogram("seconds", "Time.", buckets=(1.0,), registry=registry)
    for reason, number in emails.items():
        count.labels(reason).inc(number)
        seconds.observe(number)
    Gauge("waiting", "In line.", registry=registry).set(7)
    return list(registry.collect())


def test_what_two_processes_counted_is_added_up_label_by_label() -> None:
    registry = CollectorRegistry()
    registry.register(Collected(_counted(ok=0.5, capped=2)))
    elsewhere = text_string_to_metric_families(generate_latest(registry).decode())

    families = list(summed(_counted(ok=3), elsewhere))

    samples = {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}
    assert (samples["emails_total", "ok"], samples["emails_total", "capped"]) == (3.5, 2.0)
    assert (samples["seconds_count",], samples["seconds_bucket", "1.0"]) == (3.0, 1.0)
    assert samples["waiting",] == 7.0


def _calling(*, rate: float, in_flight: int) -> bytes:
    throttles = Throttles(Limits(requests_per_minute=rate))
    throttles.of(Endpoint(model="openai/a")).in_flight = in_flight
    return exposition(throttles)


async def test_calls_of_two_processes_and_their_parts_of_the_rate_are_added_up() -> None:
    elsewhere = [*text_string_to_metric_families(_calling(rate=120, in_flight=40).decode())]
    throttles = Throttles(Limits(requests_per_minute=60))
    throttles.of(Endpoint(model="openai/a")).in_flight = 2
    told = exposition(throttles, elsewhere=elsewhere).decode().splitlines()
    assert 'penfriend_llm_in_flight_requests{model="openai/a"} 42.0' in told
    assert 'penfriend_llm_waiting_requests{model="openai/a"} 0.0' in told
    assert 'penfriend_llm_rate_limit_requests_per_second{model="openai/a"} 3.0' in told


async def test_nothing_is_in_flight_in_a_process_that_has_ended() -> None:
    elsewhere = lasting(text_string_to_metric_families(_calling(rate=120, in_flight=40).decode()))
    names = {family.name for family in elsewhere}
    assert "penfriend_emails" in names
    assert not any(name.startswith("penfriend_llm_in_flight") for name in names)
