"""Running rules on a passage and turning their findings into verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from evals.passage import Passage
from evals.rules import Finding, Rule
from evals.signs import EVERYTHING
from evals.verdict import Severity, Status, Verdict
from evals.world import World

GUARD_VERSION = "2026.6"
"""Raised once a release whose rules or lexicons differ from the last one's: a record says which guard let it pass."""


FEW = 3
"""Up to so many rules are run at once: looking for their signs would take longer."""


def judge(passage: Passage, world: World, rules: Sequence[Rule]) -> list[Verdict]:
    """Run `rules` on a passage: one verdict a rule, several when it fails several times.

    A rule that raises fails it: a guard that cannot judge must not let pass.
    """
    signs = passage.signs if len(rules) > FEW else EVERYTHING
    verdicts: list[Verdict] = []
    for rule in rules:
        if rule.needs is not None and not rule.needs(world):
            verdicts.append(_not_judged(rule, passage.key))
        elif not rule.mask & signs:
            verdicts.append(_passed(rule, passage.key))
        else:
            verdicts += _breaches(rule, passage, world) or (_passed(rule, passage.key),)
    return verdicts


def breaches(passage: Passage, world: World, rules: Sequence[Rule]) -> list[Verdict]:
    """The fails among the verdicts of `judge`, in the same order, without the many that tell of nothing."""
    signs = passage.signs
    return [
        verdict
        for rule in rules
        if rule.mask & signs
        if rule.needs is None or rule.needs(world)
        for verdict in _breaches(rule, passage, world)
    ]


def _breaches(rule: Rule, passage: Passage, world: World) -> Sequence[Verdict]:
    try:
        findings = list(rule.check(passage, world))
    except Exception as error:  # noqa: BLE001 - whatever breaks in a check, the text has not been judged
        return (_crash(rule, passage, error),)
    return [_failure(rule, passage, finding) for finding in findings]


@lru_cache(maxsize=4096)
def _passed(rule: Rule, block: str) -> Verdict:
    return Verdict(rule=rule.id, status=Status.PASS, severity=rule.severity, block=block, version=GUARD_VERSION)


@lru_cache(maxsize=4096)
def _not_judged(rule: Rule, block: str) -> Verdict:
    return Verdict(rule=rule.id, status=Status.NOT_JUDGED, severity=rule.severity, block=block, version=GUARD_VERSION)


def _crash(rule: Rule, passage: Passage, error: Exception) -> Verdict:
    return Verdict(
        rule=rule.id,
        status=Status.FAIL,
        severity=Severity.BLOCK,
        block=passage.key,
        reason=f"The check itself failed ({type(error).__name__}: {error}); unjudged text is not sent.",
        crashed=True,
        version=GUARD_VERSION,
    )


def _failure(rule: Rule, passage: Passage, finding: Finding) -> Verdict:
    start, end = passage.source_span(*finding.span)
    severity = finding.severity or (Severity.REPAIR if finding.repaired is not None else rule.severity)
    return Verdict(
        rule=rule.id,
        status=Status.FAIL,
        severity=severity,
        block=passage.key,
        span=(start, end),
        found=passage.source[start:end],
        reason=finding.reason,
        source=finding.source,
        repaired=finding.repaired,
        version=GUARD_VERSION,
    )
