"""What stands now, read when it is asked for: models in this process, and runs as the database has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from composer import telemetry
from composer.runs.load import Load
from composer.throttle import Throttles


class Everything(Collector):
    """All metrics of this process; with `load`, those of all processes together too."""

    def __init__(self, throttles: Throttles, load: Load | None = None) -> None:
        self._throttles = throttles
        self._load = load

    def collect(self) -> Iterator[Metric]:
        """The families, one after the other."""
        yield from telemetry.REGISTRY.collect()
        yield from _models(self._throttles)
        if self._load is not None:
            yield from _runs(self._load)


def exposition(throttles: Throttles, load: Load | None = None) -> bytes:
    """Everything in Prometheus' text format (0.0.4)."""
    registry = CollectorRegistry()
    registry.register(Everything(throttles, load))
    return generate_latest(registry)


def _models(throttles: Throttles) -> Iterator[Metric]:
    in_flight, waiting, rate = (defaultdict[str, float](float) for _ in range(3))
    # One model may have several addresses, each with a throttle of its own.
    for model, throttle in throttles.by_model():
        in_flight[model] += throttle.in_flight
        waiting[model] += throttle.waiting
        if throttle.rate is not None:
            rate[model] += throttle.rate
    yield _by_model(telemetry.LLM_IN_FLIGHT, "Calls to a model that are out now.", in_flight)
    yield _by_model(telemetry.LLM_WAITING, "Calls and e-mails in line for a model.", waiting)
    yield _by_model(telemetry.LLM_RATE, "Calls a second at most; absent while nothing limits them.", rate)


def _by_model(name: str, documentation: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=["model"])
    for model, value in values.items():
        family.add_metric([model], value)
    return family


def _runs(load: Load) -> Iterator[Metric]:
    runs = GaugeMetricFamily(telemetry.RUNS, "Campaign runs by status.", labels=["status"])
    for status, count in load.runs.items():
        runs.add_metric([status], count)
    yield runs
    yield GaugeMetricFamily(telemetry.OPEN_CHUNKS, "Chunks of running runs that are not done.", load.open_chunks)
    yield GaugeMetricFamily(telemetry.WORKERS, "Processes that work on runs.", load.workers)
