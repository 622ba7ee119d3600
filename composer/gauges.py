"""What stands now, read when it is asked for: models in this process, and runs as the database has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from prometheus_client.samples import Sample

from composer import telemetry
from composer.harm.model import Level
from composer.runs.load import Load
from composer.throttle import Throttles

Labelled = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and labels."""
_COUNTING = frozenset({"counter", "histogram"})
"""Types that can be added up, also when what counted has ended."""
_STANDING = frozenset({telemetry.LLM_IN_FLIGHT, telemetry.LLM_WAITING, telemetry.LLM_RATE})
"""Gauges that can: each process has calls of its own, and a part of the model's limits of its own."""


class Everything(Collector):
    """All metrics of this process; with `load`, those of all processes together too."""

    def __init__(
        self,
        throttles: Throttles,
        load: Load | None = None,
        alarms: Mapping[Level, int] | None = None,
        elsewhere: Sequence[Metric] = (),
    ) -> None:
        """`elsewhere`: what a process tells that works for this one."""
        self._throttles = throttles
        self._load = load
        self._alarms = alarms
        self._elsewhere = elsewhere

    def collect(self) -> Iterator[Metric]:
        """The families, one after the other."""
        yield from summed([*telemetry.REGISTRY.collect(), *_models(self._throttles)], self._elsewhere)
        if self._load is not None:
            yield from _runs(self._load)
        if self._alarms is not None:
            yield _standing(self._alarms)


def exposition(
    throttles: Throttles,
    load: Load | None = None,
    alarms: Mapping[Level, int] | None = None,
    elsewhere: Sequence[Metric] = (),
) -> bytes:
    """Everything in Prometheus' text format (0.0.4)."""
    registry = CollectorRegistry()
    registry.register(Everything(throttles, load, alarms, elsewhere))
    return generate_latest(registry)


def summed(own: Iterable[Metric], others: Iterable[Metric]) -> Iterator[Metric]:
    """The families of both: counters, histograms and the gauges of models added up. The rest is as in `own`."""
    theirs = {family.name: family for family in others if family.type in _COUNTING or family.name in _STANDING}
    for family in own:
        yield _together(family, theirs.pop(family.name, None))
    yield from theirs.values()


def lasting(families: Iterable[Metric]) -> list[Metric]:
    """Those that stay true when the process has ended that told them."""
    return [family for family in families if family.type in _COUNTING]


def _together(family: Metric, other: Metric | None) -> Metric:
    if other is None:
        return family
    counts: dict[Labelled, float] = {}
    for sample in (*family.samples, *other.samples):
        # A moment, and none that could be added: when it began to be counted.
        if sample.name.endswith("_created"):
            continue
        key = sample.name, tuple(sorted(sample.labels.items()))
        counts[key] = counts.get(key, 0.0) + sample.value
    both = Metric(family.name, family.documentation, family.type, family.unit)
    both.samples = [Sample(name, dict(labels), value) for (name, labels), value in counts.items()]
    return both


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


def _standing(alarms: Mapping[Level, int]) -> Metric:
    family = GaugeMetricFamily(telemetry.ALARMS, "Alarms of complaints or unsubscribes that stand.", labels=["level"])
    for level in Level:
        family.add_metric([level.value], alarms.get(level, 0))
    return family


def _runs(load: Load) -> Iterator[Metric]:
    runs = GaugeMetricFamily(telemetry.RUNS, "Campaign runs by status.", labels=["status"])
    for status, count in load.runs.items():
        runs.add_metric([status], count)
    yield runs
    yield GaugeMetricFamily(telemetry.OPEN_CHUNKS, "Chunks of running runs, due and not done.", load.open_chunks)
    yield GaugeMetricFamily(telemetry.WORKERS, "Processes that work on runs.", load.workers)
