"""`sameness` suites: how alike the e-mails of one run are, and those that one customer gets one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pydantic import Field

from evals.harness.bench import Bench, WrittenEmail
from evals.harness.composing import (
    bench_of,
    compose_all,
    duplicates_among,
    email_case,
    mean_metric,
    prose_of,
    recipients_of,
)
from evals.harness.figures import share_metric
from evals.harness.result import CaseResult, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.report import Share
from evals.sameness import RULE, near_duplicates, similarity
from evals.snapshot import Frozen

METRICS = ("near_duplicate_rate", "repeat_rate", "mean_similarity", "highest_similarity", "warned_share")


class SamenessOptions(Frozen):
    """One run of one campaign, and as many further e-mails to some of its recipients."""

    flow: str = "newsletter"
    recipients: int = Field(default=60, ge=2)
    loyal: int = Field(default=10, ge=1)
    """How many of them get further e-mails."""
    emails_each: int = Field(default=3, ge=2, le=3)
    """Their e-mails in all; the demo shop's brand allows three a week."""
    customers: int = Field(default=300, ge=12)
    seed: int = 1
    side_by_side: int = Field(default=1, ge=1)


@kind("sameness", options=SamenessOptions, metrics=METRICS, needs_bench=True, needs_cases=False)
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """One case for each recipient (`run:CUSTOMER`) and each customer with several e-mails (`again:CUSTOMER`).

    A case fails when its e-mail says nearly what another recipient's, or an earlier one to the same customer, says.
    """
    options = SamenessOptions.model_validate(suite.options)
    async with bench_of(bench).shop("demo", customers=options.customers) as shop:
        chosen = await recipients_of(shop, [options.flow], options.recipients, options.seed)
        emails = await compose_all(shop, chosen, progress, side_by_side=options.side_by_side)
        series = {email.recipient.customer: [email] for email in emails[: options.loyal] if not email.is_skipped}
        for turn in range(1, options.emails_each):
            for own in series.values():
                email = await shop.compose(own[0].recipient, occasion=f"again-{turn}")
                # A shop of one's own may allow fewer e-mails a week.
                own += [] if email.is_skipped else [email]
    cases = [*_in_run(emails), *(_in_series(own) for own in series.values())]
    return SuiteResult(
        name=suite.name,
        kind=suite.kind,
        cases=tuple(case for case in cases if suite.selects(case.id)),
        metrics=tuple(_metrics(emails, list(series.values()))),
    )


def _in_run(emails: Sequence[WrittenEmail]) -> Iterator[CaseResult]:
    twins: dict[int, int] = {}
    for one, other in duplicates_among(emails).pairs:
        twins.setdefault(one, other)
        twins.setdefault(other, one)
    for place, email in enumerate(emails):
        twin = emails[twins[place]].recipient.customer if place in twins else ""
        faults = [f"It says nearly what the e-mail to {twin} says."] if twin else []
        yield email_case(email, faults, id_=f"run:{email.recipient.customer}", category="run")


def _in_series(own: Sequence[WrittenEmail]) -> CaseResult:
    pairs = near_duplicates([prose_of(email) for email in own]).pairs
    faults = [f"E-mail {other + 1} says nearly what e-mail {one + 1} said." for one, other in pairs]
    last = own[pairs[0][1]] if pairs else own[-1]
    return email_case(last, faults, id_=f"again:{last.recipient.customer}", category="again")


def _metrics(emails: Sequence[WrittenEmail], series: Sequence[Sequence[WrittenEmail]]) -> Iterator[Metric]:
    alike = duplicates_among(emails)
    again = [near_duplicates([prose_of(email) for email in own]) for own in series]
    near = [similarity(prose_of(one), prose_of(other)) for own in series for one, other in pairwise(own)]
    later = [email for own in series for email in own[1:]]
    warned = sum(any(verdict.rule == RULE for verdict in email.verdicts) for email in later)
    yield share_metric("near_duplicate_rate", Share(hits=len(alike.alike), of=alike.of))
    yield share_metric("repeat_rate", Share(hits=sum(bool(found.pairs) for found in again), of=len(again)))
    yield mean_metric("mean_similarity", near)
    yield Metric(name="highest_similarity", value=max(near, default=None))
    yield share_metric("warned_share", Share(hits=warned, of=len(later)))
