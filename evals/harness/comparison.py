"""`comparison` suites: prompt against prompt or model against model, on the same recipients.

Each recipient gets an e-mail from either side. What differs is averaged over recipients, with a 95 % interval from the
paired bootstrap: recipients are drawn with replacement, both sides of each together (Efron & Tibshirani, "An
Introduction to the Bootstrap", 1993, section 13.3; Koehn, "Statistical Significance Tests for Machine Translation
Evaluation", 2004). An interval that holds 0 says: cannot tell yet.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from evals.harness.bench import DEFAULT_DEADLINE_MS, Bench, Recipient, WrittenEmail
from evals.harness.composing import (
    FLOWS,
    bench_of,
    case_id,
    compose_all,
    duplicates_among,
    email_case,
    failed_checks,
    faults_of,
    recipients_of,
)
from evals.harness.result import CaseResult, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.report import Interval
from evals.snapshot import Frozen

Values = Sequence[float]
TAIL = 0.025


class Side(Frozen):
    """One of the two: a model and the prompts it is given."""

    model: str | None = None
    """As LiteLLM names it, or `scripted`; None takes the run's own."""
    prompts: Path | None = None
    """A folder like `prompts/`, relative to where the suite is run; None takes the shipped one."""
    garbage_share: float = Field(default=0.0, ge=0.0, le=1.0)
    """Of the scripted model's answers."""

    def told(self, model: str) -> str:
        """The side in a few words; `model` is the run's own."""
        garbage = f"{self.garbage_share:.0%} garbage" if self.garbage_share else ""
        return ", ".join(filter(None, (self.model or model, str(self.prompts or ""), garbage)))


class ComparisonOptions(Frozen):
    """The two sides, and for whom they write."""

    a: Side = Side()
    b: Side = Side()
    customers: int = Field(default=300, ge=12)
    per_flow: int = Field(default=3, ge=1)
    flows: tuple[str, ...] = FLOWS
    seed: int = 1
    resamples: int = Field(default=2_000, ge=100)
    deadline_ms: int = Field(default=DEFAULT_DEADLINE_MS, ge=50, le=120_000)
    side_by_side: int = Field(default=1, ge=1)


def paired_bootstrap(a: Values, b: Values, *, resamples: int, seed: int) -> Interval:
    """95 % percentile interval of mean(b) - mean(a), where `a[i]` and `b[i]` are of the same recipient.

    Raises ValueError when the two differ in length or are empty.
    """
    differences = [other - one for one, other in zip(a, b, strict=True)]
    if not differences:
        raise ValueError("there is nothing to draw from")
    draw = random.Random(seed)  # noqa: S311 - resampling that repeats, no secret
    size = len(differences)
    means = sorted(sum(draw.choices(differences, k=size)) / size for _ in range(resamples))
    return Interval(means[int(TAIL * resamples)], means[min(resamples - 1, int((1 - TAIL) * resamples))])


def _fallback(emails: Sequence[WrittenEmail]) -> Values:
    """Share of templated blocks; an e-mail that is none counts as wholly fallen back."""
    return [sum(b.is_templated for b in email.blocks) / len(email.blocks) if email.blocks else 1.0 for email in emails]


def _failed(emails: Sequence[WrittenEmail]) -> Values:
    return [float(failed_checks(email)) for email in emails]


def _words(emails: Sequence[WrittenEmail]) -> Values:
    return [float(sum(len(block.text.split()) for block in email.blocks)) for email in emails]


def _duplicated(emails: Sequence[WrittenEmail]) -> Values:
    alike = duplicates_among(emails).alike
    return [float(place in alike) for place in range(len(emails))]


def _cost(emails: Sequence[WrittenEmail]) -> Values:
    return [email.cost_usd * 1000 for email in emails]


def _milliseconds(emails: Sequence[WrittenEmail]) -> Values:
    return [email.total_ms for email in emails]


MEASURES: Mapping[str, Callable[[Sequence[WrittenEmail]], Values]] = {
    "fallback_share": _fallback,
    "checks_failed": _failed,
    "words": _words,
    "near_duplicates": _duplicated,
    "cost_per_1000": _cost,
    "total_ms": _milliseconds,
}
"""Per recipient; a metric `NAME_a`, `NAME_b` and `NAME_difference` (b less a) each."""
SHARES = frozenset({"fallback_share", "near_duplicates"})
UNITS = {"cost_per_1000": "USD", "total_ms": "ms"}
METRICS = tuple(f"{name}_{which}" for name in MEASURES for which in ("a", "b", "difference"))


@kind("comparison", options=ComparisonOptions, metrics=METRICS, needs_bench=True, needs_cases=False)
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """One case for each recipient, `FLOW:CUSTOMER`, which fails when side b's e-mail has a fault."""
    options = ComparisonOptions.model_validate(suite.options)
    opened = bench_of(bench)
    chosen = await _recipients(opened, suite, options)
    a = await _side(opened, options.a, chosen, options, lambda done, of: progress(done, 2 * of))
    b = await _side(opened, options.b, chosen, options, lambda done, of: progress(of + done, 2 * of))
    return SuiteResult(
        name=suite.name,
        kind=suite.kind,
        cases=tuple(_case(one, other, options, opened.model) for one, other in zip(a, b, strict=True)),
        metrics=tuple(_metrics(a, b, options)) if chosen else (),
    )


async def _recipients(bench: Bench, suite: Suite, options: ComparisonOptions) -> list[Recipient]:
    async with bench.shop("demo", customers=options.customers) as shop:
        found = await recipients_of(shop, options.flows, options.per_flow, options.seed)
    return [recipient for recipient in found if suite.selects(case_id(recipient))]


async def _side(
    bench: Bench, side: Side, chosen: Sequence[Recipient], options: ComparisonOptions, progress: Progress
) -> list[WrittenEmail]:
    """In a shop of its own: what one side has shown must not change what the other may show."""
    async with bench.shop(
        "demo",
        customers=options.customers,
        model=side.model,
        prompts=side.prompts,
        garbage_share=side.garbage_share,
    ) as shop:
        return await compose_all(
            shop, chosen, progress, deadline_ms=options.deadline_ms, side_by_side=options.side_by_side
        )


def _case(a: WrittenEmail, b: WrittenEmail, options: ComparisonOptions, model: str) -> CaseResult:
    """Side b's e-mail first: the marks are on it."""
    result = email_case(b, faults_of(b))
    other = f"{a.subject}\n{a.preheader}\n\n{a.text}" if not a.is_skipped else f"no e-mail: {a.reason}"
    sides = f"above: side b: {options.b.told(model)}; below: side a: {options.a.told(model)}"
    return result.model_copy(update={"text": f"{result.text}\n\n===== {sides} =====\n{other}"})


def _metrics(a: Sequence[WrittenEmail], b: Sequence[WrittenEmail], options: ComparisonOptions) -> Iterator[Metric]:
    """The differences first: they are what was asked for."""
    measured = {name: (measure(a), measure(b)) for name, measure in MEASURES.items()}
    for name, (one, other) in measured.items():
        interval = paired_bootstrap(one, other, resamples=options.resamples, seed=options.seed)
        yield _metric(f"{name}_difference", name, len(one), _mean(other) - _mean(one), interval)
    for name, (one, other) in measured.items():
        yield _metric(f"{name}_a", name, len(one), _mean(one))
        yield _metric(f"{name}_b", name, len(one), _mean(other))


def _metric(called: str, name: str, pairs: int, value: float, interval: Interval | None = None) -> Metric:
    # Only a share says of how many: reports write it in percent then.
    of = pairs if name in SHARES else None
    return Metric(name=called, value=value, interval=interval, of=of, unit=UNITS.get(name, ""))


def _mean(values: Values) -> float:
    return sum(values) / len(values)
