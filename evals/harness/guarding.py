"""`guard` suites: labelled texts through every check. How many bad ones are held back, how many sound ones are."""

from __future__ import annotations

from evals.cases import Case
from evals.harness.bench import Bench
from evals.harness.figures import share_metric, timing_metrics
from evals.harness.labelled import Judged, explain, fact_lines, judge_block, marks_of, read_labelled
from evals.harness.result import CaseResult, CaseStatus, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.report import Outcome, Report, outcome, report

METRICS = (
    "recall", "named_recall", "hard_recall", "soft_recall", "precision", "fpr", "fpr_upper", "crashed",
    "ms_p50", "ms_p95", "ms_p99",
)  # fmt: skip


@kind("guard", metrics=METRICS)
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """Judge every labelled text. A case passes when the guard's answer is its label's."""
    cases = [case for case in read_labelled(suite) if suite.selects(case.id)]
    outcomes: list[Outcome] = []
    answers: list[Judged] = []
    results: list[CaseResult] = []
    for done, case in enumerate(cases, 1):
        answer = judge_block(case.snapshot, case.block)
        answers.append(answer)
        outcomes.append(outcome(case, answer.verdicts))
        results.append(_result(outcomes[-1], answer))
        progress(done, len(cases))
    found = report(outcomes)
    return SuiteResult(
        name=suite.name,
        kind=suite.kind,
        cases=tuple(results),
        metrics=tuple(_metrics(found, answers)),
        by_rule=found.by_rule,
        by_category=found.by_category,
        by_locale=found.by_locale,
    )


def _result(item: Outcome, answer: Judged) -> CaseResult:
    case = item.case
    message = _mistake(item, answer)
    return CaseResult(
        id=case.id,
        status=CaseStatus.FAIL if message else CaseStatus.PASS,
        category=case.category,
        locale=case.snapshot.locale,
        flow=case.snapshot.flow,
        rules=answer.rules,
        expected=case.violated,
        text=case.block.text,
        marks=marks_of(answer.held),
        facts=fact_lines(case.snapshot),
        message=message,
        seconds=answer.seconds,
    )


def _mistake(item: Outcome, answer: Judged) -> str:
    """What is wrong with the guard's answer; empty when it is the label's."""
    case = item.case
    if answer.has_crashed:
        return f"A check crashed. {explain(answer.held)}"
    if case.label == "ok":
        return f"False alarm. {explain(answer.held)}" if item.is_caught else ""
    return _missed(case, item, answer)


def _missed(case: Case, item: Outcome, answer: Judged) -> str:
    wanted = " or ".join(case.violated)
    if not item.is_caught:
        return f"Missed: nothing held it back, {wanted or 'any rule'} should have."
    if case.violated and not item.is_named:
        return f"Held back, but not by {wanted}. {explain(answer.held)}"
    return ""


def _metrics(found: Report, answers: list[Judged]) -> list[Metric]:
    alarms = found.false_positive_rate
    shares = {
        "recall": found.recall,
        "named_recall": found.named_recall,
        "hard_recall": found.hard_recall,
        "soft_recall": found.soft_recall,
        "precision": found.precision,
        "fpr": alarms,
    }
    upper = alarms.interval.high if alarms.of else None
    return [
        *(share_metric(name, share) for name, share in shares.items()),
        Metric(name="fpr_upper", value=upper, of=alarms.of),
        Metric(name="crashed", value=sum(answer.has_crashed for answer in answers)),
        *timing_metrics("ms", [answer.seconds for answer in answers], (0.50, 0.95, 0.99)),
    ]
