"""`golden` suites: customers of the demo shop in every flow, each e-mail judged anew from its blocks and its bytes."""

from __future__ import annotations

from pydantic import Field

from evals.harness.bench import DEFAULT_DEADLINE_MS, Bench, WrittenEmail
from evals.harness.composing import (
    FLOWS,
    RUN_METRICS,
    bench_of,
    case_id,
    compose_all,
    email_case,
    faults_of,
    recipients_of,
    run_metrics,
    warnings_of,
)
from evals.harness.result import SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.snapshot import Frozen


class GoldenOptions(Frozen):
    """Who is written to, and by how good a model."""

    customers: int = Field(default=300, ge=12)
    """People in the demo shop."""
    per_flow: int = Field(default=5, ge=1)
    flows: tuple[str, ...] = FLOWS
    seed: int = 1
    garbage_share: float = Field(default=0.0, ge=0.0, le=1.0)
    """Of the scripted model's answers."""
    deadline_ms: int = Field(default=DEFAULT_DEADLINE_MS, ge=50, le=120_000)
    side_by_side: int = Field(default=1, ge=1)
    """E-mails composed at once: raise it for a slow model, and read `own_ms` with care."""
    accepted_warnings: tuple[str, ...] = ()
    """Rules whose warning is no surprise."""


@kind("golden", options=GoldenOptions, metrics=RUN_METRICS, needs_bench=True, needs_cases=False)
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """An e-mail for each recipient. A case fails when its e-mail has a fault, a surprising warning, or is none."""
    options = GoldenOptions.model_validate(suite.options)
    async with bench_of(bench).shop("demo", customers=options.customers, garbage_share=options.garbage_share) as shop:
        chosen = await recipients_of(shop, options.flows, options.per_flow, options.seed)
        emails = await compose_all(
            shop,
            [recipient for recipient in chosen if suite.selects(case_id(recipient))],
            progress,
            deadline_ms=options.deadline_ms,
            side_by_side=options.side_by_side,
        )
    return SuiteResult(
        name=suite.name,
        kind=suite.kind,
        cases=tuple(email_case(email, [*faults_of(email), *_surprises(email, options)]) for email in emails),
        metrics=tuple(run_metrics(emails)),
    )


def _surprises(email: WrittenEmail, options: GoldenOptions) -> list[str]:
    return [
        f"{verdict.block}: {verdict.rule} warns: {verdict.reason}"
        for verdict in warnings_of(email)
        if verdict.rule not in options.accepted_warnings
    ]
