"""`metamorphic` suites: edits of labelled texts that must change nothing, and edits that must be caught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from evals.cases import Case
from evals.draft import Block
from evals.harness.bench import Bench
from evals.harness.figures import share_metric
from evals.harness.labelled import Judged, explain, fact_lines, judge_block, marks_of, read_labelled
from evals.harness.relations import RELATIONS, Expect, Followup, Relation
from evals.harness.result import CaseResult, CaseStatus, Metric, SuiteResult
from evals.harness.suite import Progress, Suite, kind
from evals.report import Share, matches
from evals.snapshot import Snapshot

HOLDS = "relations_hold"
"""Share of all follow-up cases on which the guard answers as its relation demands; `hold_ID` is that of a relation."""


@kind("metamorphic", metrics=(HOLDS, "crashed", *(f"hold_{relation.id}" for relation in RELATIONS)))
async def run(suite: Suite, bench: Bench | None, progress: Progress) -> SuiteResult:
    """One follow-up case for each labelled case and relation that applies: id `CASE~RELATION`.

    Labelled cases that the guard itself gets wrong are left out: they are a `guard` suite's to tell.
    """
    cases = read_labelled(suite)
    results: list[CaseResult] = []
    for done, case in enumerate(cases, 1):
        results += _followups(suite, case)
        progress(done, len(cases))
    return SuiteResult(name=suite.name, kind=suite.kind, cases=tuple(results), metrics=tuple(_metrics(results)))


def _followups(suite: Suite, case: Case) -> Iterator[CaseResult]:
    wanted = [relation for relation in RELATIONS if suite.selects(_id(case, relation))]
    if not wanted or not _is_right(case, judge_block(case.snapshot, case.block)):
        return
    for relation in wanted:
        new = relation.followup(case)
        if new is not None:
            yield _judge(case, relation, new)


def _id(case: Case, relation: Relation) -> str:
    return f"{case.id}~{relation.id}"


def _judge(case: Case, relation: Relation, new: Followup) -> CaseResult:
    block = Block(name=case.block.name, text=new.text, product_id=case.block.product_id)
    answer = judge_block(new.snapshot, block)
    message = _broken(case, relation, answer)
    return CaseResult(
        id=_id(case, relation),
        status=CaseStatus.FAIL if message else CaseStatus.PASS,
        category=relation.id,
        locale=new.snapshot.locale,
        flow=new.snapshot.flow,
        rules=answer.rules,
        text=new.text,
        marks=marks_of(answer.held),
        facts=_facts(new.snapshot, message),
        message=message,
        seconds=answer.seconds,
    )


def _facts(snapshot: Snapshot, message: str) -> tuple[str, ...]:
    """Only where somebody will look: there are thousands of cases."""
    return fact_lines(snapshot) if message else ()


def _is_right(case: Case, answer: Judged) -> bool:
    """True when the guard's answer is the label's."""
    if answer.has_crashed:
        return False
    if case.label == "ok":
        return not answer.held
    return _names_one(answer.rules, case.violated) if case.violated else bool(answer.held)


def _names_one(raised: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(matches(rule, one) for rule in raised for one in wanted)


def _broken(case: Case, relation: Relation, answer: Judged) -> str:
    """How the answer breaks the relation; empty when it holds."""
    if answer.has_crashed:
        return f"A check crashed. {explain(answer.held)}"
    if relation.expects is Expect.SAME:
        return "" if _is_right(case, answer) else f"{relation.about} changed the answer. {explain(answer.held)}".strip()
    if not answer.held:
        return f"{relation.about}: nothing held it back."
    if relation.rules and not relation.rules.intersection(answer.rules):
        return f"{relation.about}: held back, but not by {' or '.join(sorted(relation.rules))}. {explain(answer.held)}"
    return ""


def _metrics(results: Sequence[CaseResult]) -> Iterator[Metric]:
    of = Counter(result.category for result in results)
    hold = Counter(result.category for result in results if result.status is CaseStatus.PASS)
    yield share_metric(HOLDS, Share(hits=hold.total(), of=of.total()))
    yield Metric(name="crashed", value=sum(result.message.startswith("A check crashed") for result in results))
    for relation in RELATIONS:
        yield share_metric(f"hold_{relation.id}", Share(hits=hold[relation.id], of=of[relation.id]))
